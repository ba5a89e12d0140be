//! Microsoft's monthly security documents in the CVRF 1.1 form.
//!
//! Read as a stream of events: of a document only the record is ever held. What
//! is unknown is passed over; a single odd value is counted and never stops the
//! rest. Only what makes the whole meaningless refuses a document: that it is
//! no CVRF, is cut off, or lacks its id or date.

mod fields;
mod vulnerability;
mod xml;

use std::collections::HashMap;

use kbgap_catalog::{DocumentRecord, OddKind, OddValue, ProductRecord};

use self::xml::{Element, Xml};
use crate::source::Source;
use crate::{FeedError, Reason};

/// More than this of one document tell nobody anything; the real feed has 94 in all.
const MAX_ODD_VALUES: usize = 10_000;

/// Reads one document.
///
/// # Errors
/// [`FeedError`] with file, line and reason when the document cannot be used.
pub fn read(source: Source<'_>) -> Result<DocumentRecord, FeedError> {
    let file = source.name;
    let line = source.text.line();
    let mut xml = Xml::new(source.text);
    let mut reading = Reading::default();
    reading
        .document(&mut xml)
        .and_then(|()| reading.finish())
        .map_err(|reason| FeedError {
            file,
            line: (has_line(&reason)).then(|| line.get()),
            reason,
        })
}

/// Whether the reason is something that stands on the line at which reading stopped.
const fn has_line(reason: &Reason) -> bool {
    !matches!(
        reason,
        Reason::Lacks(_) | Reason::Io(_) | Reason::PackedCutOff | Reason::PackedDamaged(_)
    )
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    id: Option<String>,
    title: Option<String>,
    initial_release: Option<i64>,
    current_release: Option<i64>,
    revision: String,
    products: Vec<ProductRecord>,
    product_positions: HashMap<String, u32>,
    vulnerabilities: Vec<kbgap_catalog::VulnerabilityRecord>,
    odd_values: Vec<(OddKind, String)>,
}

impl Reading {
    fn document(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        let root = xml.root()?;
        if root.eq_ignore_ascii_case("html") {
            return Err(xml::html_page());
        }
        if root != "cvrfdoc" {
            return Err(Reason::NotCvrf(format!(
                "its root element is `{root}`, not `cvrfdoc`"
            )));
        }
        while let Some(element) = xml.child()? {
            match element.name() {
                "DocumentTitle" => self.title = Some(xml.line(&element)?),
                "DocumentTracking" => self.tracking(xml)?,
                "ProductTree" => self.products(xml)?,
                "Vulnerability" => self.vulnerability(xml)?,
                _ => xml.skip(&element)?,
            }
        }
        for detail in xml.take_unreadable() {
            self.odd(OddKind::Value, detail);
        }
        xml.end()
    }

    fn tracking(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        while let Some(element) = xml.child()? {
            match element.name() {
                "Identification" => {
                    while let Some(inner) = xml.child()? {
                        match inner.name() {
                            "ID" => self.id = Some(xml.line(&inner)?),
                            _ => xml.skip(&inner)?,
                        }
                    }
                }
                "RevisionHistory" => self.revision_history(xml)?,
                "InitialReleaseDate" => {
                    let text = xml.text(&element)?;
                    self.initial_release = self.date(&text, "InitialReleaseDate");
                }
                "CurrentReleaseDate" => {
                    let text = xml.text(&element)?;
                    self.current_release = self.date(&text, "CurrentReleaseDate");
                }
                _ => xml.skip(&element)?,
            }
        }
        Ok(())
    }

    /// The last revision listed is the document's own.
    fn revision_history(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        while let Some(revision) = xml.child()? {
            if revision.name() != "Revision" {
                xml.skip(&revision)?;
                continue;
            }
            while let Some(field) = xml.child()? {
                match field.name() {
                    "Number" => self.revision = xml.line(&field)?,
                    _ => xml.skip(&field)?,
                }
            }
        }
        Ok(())
    }

    /// Branches nest to any depth, so they are walked, not recursed into.
    fn products(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        let mut depth = 0_u32;
        loop {
            match xml.child()? {
                Some(element) if element.name() == "Branch" => depth += 1,
                Some(element) if element.name() == "FullProductName" => {
                    let id = element.attribute("ProductID");
                    let name = xml.line(&element)?;
                    self.product(id, name);
                }
                Some(element) => xml.skip(&element)?,
                None if depth == 0 => return Ok(()),
                None => depth -= 1,
            }
        }
    }

    fn product(&mut self, id: Option<String>, name: String) {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            self.odd(
                OddKind::UnknownProduct,
                format!("`{name}` has no ProductID"),
            );
            return;
        };
        let position = u32::try_from(self.products.len()).unwrap_or(u32::MAX);
        self.product_positions.entry(id.clone()).or_insert(position);
        // The same id under another spelling is kept, so that folding sees both.
        self.products.push(ProductRecord { id, name });
    }

    fn date(&mut self, text: &str, field: &str) -> Option<i64> {
        let date = fields::timestamp(text);
        if date.is_none() {
            self.odd(OddKind::Value, format!("{field} `{text}` is no date"));
        }
        date
    }

    fn odd(&mut self, kind: OddKind, detail: String) {
        if self.odd_values.len() < MAX_ODD_VALUES {
            self.odd_values.push((kind, detail));
        }
    }

    fn finish(&mut self) -> Result<DocumentRecord, Reason> {
        let id = self
            .id
            .take()
            .filter(|id| !id.is_empty())
            .ok_or(Reason::Lacks("document id"))?;
        let title = self
            .title
            .take()
            .filter(|t| !t.is_empty())
            .ok_or(Reason::Lacks("title"))?;
        let current_release = self
            .current_release
            .ok_or(Reason::Lacks("usable CurrentReleaseDate"))?;
        let odd_values = std::mem::take(&mut self.odd_values)
            .into_iter()
            .map(|(kind, detail)| OddValue {
                document: id.clone(),
                kind,
                detail,
            })
            .collect();
        Ok(DocumentRecord {
            title,
            initial_release: self.initial_release.unwrap_or(current_release),
            current_release,
            revision: std::mem::take(&mut self.revision),
            products: std::mem::take(&mut self.products),
            vulnerabilities: std::mem::take(&mut self.vulnerabilities),
            odd_values,
            id,
        })
    }

    /// An attribute of [`Element`] tells remediations and threats apart.
    fn kind_of(element: &Element) -> String {
        element.attribute("Type").unwrap_or_default()
    }
}
