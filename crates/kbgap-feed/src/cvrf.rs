//! Microsoft's monthly security documents in the CVRF 1.1 form, as XML or as JSON.
//!
//! Read as a stream of events: of a document only the record is ever held. What
//! is unknown is passed over; a single odd value is counted and never stops the
//! rest. Only what makes the whole meaningless refuses a document: that it is
//! no CVRF, is cut off, or lacks its id or date.
//!
//! - `from_xml` and `from_json` walk the two forms and hand over texts;
//! - `parts` makes records of these, so that both forms read alike.

mod from_json;
mod from_xml;
mod parts;
mod xml;

use std::collections::HashMap;

use kbgap_catalog::{DocumentRecord, OddKind, OddValue, ProductRecord};

use self::xml::Xml;
use crate::form::Form;
use crate::json::Json;
use crate::source::Source;
use crate::{FeedError, Reason, fields};

/// More than this of one document tell nobody anything; the real feed has 94 in all.
const MAX_ODD_VALUES: usize = 10_000;

/// Reads one document.
///
/// # Errors
/// [`FeedError`] with file, line and reason when the document cannot be used.
pub fn read(source: Source<'_>) -> Result<DocumentRecord, FeedError> {
    let file = source.name;
    let mut reading = Reading::default();
    let (read, line) = if source.form == Form::Json {
        let mut json = Json::new(source.text);
        let read = reading.json(&mut json);
        (read, json.line())
    } else {
        let line = source.text.line();
        let read = reading.xml(&mut Xml::new(source.text));
        (read, Some(line.get()))
    };
    read.and_then(|()| reading.finish())
        .map_err(|reason| FeedError::at(file, line, reason))
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
    fn product(&mut self, id: String, name: String) {
        if id.is_empty() {
            self.odd(
                OddKind::UnknownProduct,
                format!("`{name}` has no ProductID"),
            );
            return;
        }
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
}
