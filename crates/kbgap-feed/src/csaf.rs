//! Microsoft's CSAF 2.0 documents: an advisory or a VEX document for each CVE.
//!
//! Of one are read, per CVE: which products are affected, by which KB or build they are
//! fixed, severity, impact, score, and whether it was exploited or public. It has no
//! supersedence, and rates the CVE as a whole where a month rates each product.
//!
//! # Beside a month
//!
//! Both are written from the same records of the vendor, so the catalogue follows the one that
//! says more:
//!
//! - **A CVE of a month keeps the month's fixes, products and ratings.** A fix more from here would
//!   change what counts as missing: for a pair of product and CVE that a month does not list, or
//!   lists under another product, no rule could tell which of the two is meant, and the updates
//!   would stand in no chain of supersedence.
//! - **That it is exploited or was public is taken from either.** It only ever becomes known, and
//!   an advisory comes out when it does, the month when somebody fetches it anew.
//! - **What a month leaves empty is filled**: title, impact, severity, score, dates.
//! - **A CVE that no month has is taken whole**, as of the month of its first release: an advisory is
//!   there before the month is read, or where nobody has the months.
//! - **What is said to be not affected is no product of it.** A document by which nothing is affected
//!   (which VEX is for) brings no vulnerability.

mod fix;
mod products;

use std::collections::HashSet;

use kbgap_catalog::{DocumentRecord, OddKind};

use self::fix::Fix;
use self::products::{Branch, Products};
use crate::json::Json;
use crate::parts::{MAX_VULNERABILITIES, Parts, Threat, ThreatKind};
use crate::reading::Reading;
use crate::source::Source;
use crate::text::one_line;
use crate::{FeedError, Reason};

/// Reads one document. Its id begins with `csaf:`, or `vex:`, since both kinds give a CVE the same.
///
/// # Errors
/// [`FeedError`] with file, line and reason when the document cannot be used.
pub fn read(source: Source<'_>) -> Result<DocumentRecord, FeedError> {
    let file = source.name;
    let mut json = Json::new(source.text);
    let mut csaf = Csaf::default();
    let read = csaf.document(&mut json);
    let line = json.line();
    read.and_then(|()| csaf.finish(&mut json))
        .map_err(|reason| FeedError::at(file, line, reason))
}

#[derive(Default)]
struct Csaf {
    reading: Reading,
    category: String,
    publisher: String,
    namespace: String,
    severity: String,
    revisions: Vec<(String, String)>,
    tree: Vec<Branch>,
    /// Ids and names that relationships give, such as of a package on a system.
    related: Vec<(String, String)>,
    vulnerabilities: Vec<Vulnerability>,
}

/// A vulnerability whose products are still those of the document.
#[derive(Default)]
struct Vulnerability {
    parts: Parts,
    fixes: Vec<Fix>,
    affected: Vec<String>,
    not_affected: Vec<String>,
}

impl Csaf {
    fn document(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| match name {
            "document" => self.head(json),
            "product_tree" => json.members(|json, name| match name {
                "branches" => json.items(|json| {
                    self.tree.push(Branch::read(json)?);
                    Ok(())
                }),
                "relationships" => json.items(|json| self.relationship(json)),
                _ => json.skip(),
            }),
            "vulnerabilities" => json.items(|json| {
                if self.vulnerabilities.len() >= MAX_VULNERABILITIES {
                    return Err(Reason::TooMany(MAX_VULNERABILITIES));
                }
                self.vulnerabilities.push(Vulnerability::read(json)?);
                Ok(())
            }),
            _ => json.skip(),
        })?;
        json.end()
    }

    fn head(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| {
            match name {
                "category" => self.category = json.text()?,
                "title" => self.reading.title = Some(one_line(json.text()?)),
                "aggregate_severity" => json.members(|json, name| match name {
                    "text" => json.text().map(|text| self.severity = text),
                    _ => json.skip(),
                })?,
                "publisher" => json.members(|json, name| match name {
                    "name" => json.text().map(|text| self.publisher = one_line(text)),
                    "namespace" => json.text().map(|text| self.namespace = text),
                    _ => json.skip(),
                })?,
                "tracking" => self.tracking(json)?,
                _ => json.skip()?,
            }
            Ok(())
        })
    }

    fn tracking(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| {
            match name {
                "id" => self.reading.id = Some(one_line(json.text()?)),
                "version" => self.reading.revision = one_line(json.text()?),
                "initial_release_date" => {
                    let text = json.text()?;
                    self.reading.initial_release = self.reading.date(&text, "initial_release_date");
                }
                "current_release_date" => {
                    let text = json.text()?;
                    self.reading.current_release = self.reading.date(&text, "current_release_date");
                }
                "revision_history" => json.items(|json| {
                    let (mut number, mut date) = (String::new(), String::new());
                    json.members(|json, name| match name {
                        "number" => json.text().map(|text| number = text),
                        "date" => json.text().map(|text| date = text),
                        _ => json.skip(),
                    })?;
                    self.revisions.push((number, date));
                    Ok(())
                })?,
                _ => json.skip()?,
            }
            Ok(())
        })
    }

    fn relationship(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| match name {
            "full_product_name" => {
                self.related.push(products::product(json)?);
                Ok(())
            }
            _ => json.skip(),
        })
    }

    fn finish(mut self, json: &mut Json<'_>) -> Result<DocumentRecord, Reason> {
        let is_microsoft = self.namespace.trim_end_matches('/') == "https://msrc.microsoft.com";
        if !is_microsoft {
            return Err(Reason::OtherPublisher(self.publisher));
        }
        let kind = if self.category == "csaf_vex" {
            "vex"
        } else {
            "csaf"
        };
        self.reading.id = self
            .reading
            .id
            .filter(|id| !id.is_empty())
            .map(|id| format!("{kind}:{id}"));
        let products = Products::of(&self.tree, self.related);
        for (id, name) in products.list() {
            self.reading.product(id.to_owned(), name.to_owned());
        }
        for vulnerability in self.vulnerabilities {
            if !vulnerability.affects_something() {
                continue;
            }
            let parts = vulnerability.into_parts(&products, &self.severity, &self.revisions);
            self.reading.take(parts)?;
        }
        for detail in json.take_odd() {
            self.reading.odd(OddKind::Value, detail);
        }
        self.reading.finish()
    }
}

impl Vulnerability {
    fn read(json: &mut Json<'_>) -> Result<Self, Reason> {
        let mut read = Self::default();
        json.members(|json, name| {
            match name {
                "cve" => read.parts.record.id = one_line(json.text()?),
                "title" => read.parts.record.title = json.text()?,
                "threats" => json.items(|json| read.threat(json))?,
                "scores" => json.items(|json| read.score(json))?,
                "remediations" => json.items(|json| {
                    read.fixes.push(Fix::read(json)?);
                    Ok(())
                })?,
                "product_status" => json.members(|json, name| {
                    let list = match name {
                        "known_not_affected" => &mut read.not_affected,
                        // Whoever is fixed or looked into was affected, or may be.
                        "known_affected"
                        | "fixed"
                        | "first_fixed"
                        | "first_affected"
                        | "last_affected"
                        | "under_investigation" => &mut read.affected,
                        _ => return json.skip(),
                    };
                    json.items(|json| {
                        list.push(json.text()?);
                        Ok(())
                    })
                })?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        Ok(read)
    }

    fn threat(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        let (mut category, mut threat) = (String::new(), Threat::default());
        json.members(|json, name| match name {
            "category" => json.text().map(|text| category = text),
            "details" => json.text().map(|text| threat.description = text),
            _ => json.skip(),
        })?;
        match category.as_str() {
            "impact" => self.parts.threat(ThreatKind::Impact, threat),
            "exploit_status" => self.parts.threat(ThreatKind::ExploitStatus, threat),
            _ => {}
        }
        Ok(())
    }

    fn score(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| {
            if name != "cvss_v3" {
                return json.skip();
            }
            let (mut score, mut vector) = (String::new(), String::new());
            json.members(|json, name| match name {
                "baseScore" => json.text().map(|text| score = text),
                "vectorString" => json.text().map(|text| vector = text),
                _ => json.skip(),
            })?;
            self.parts.score(&score, vector);
            Ok(())
        })
    }

    /// A document that names no status at all is taken at its fixes.
    fn affects_something(&self) -> bool {
        !self.affected.is_empty() || self.not_affected.is_empty()
    }

    fn into_parts(
        self,
        products: &Products,
        severity: &str,
        revisions: &[(String, String)],
    ) -> Parts {
        let mut parts = self.parts;
        let not_affected: HashSet<String> = self.not_affected.into_iter().collect();
        let fixes = self.fixes.into_iter().filter(|fix| fix.is_vendor_fix);
        let fixes: Vec<_> = fixes
            .map(|mut fix| {
                fix.product_ids.retain(|id| !not_affected.contains(id));
                let ids = fix.product_ids.iter();
                fix.product_ids = ids.map(|id| products.vendor_id(id).to_owned()).collect();
                fix
            })
            .collect();
        // The rating is that of the CVE, hence of each product.
        let rated = fixes.iter().flat_map(|fix| fix.product_ids.iter().cloned());
        parts.threat(
            ThreatKind::Severity,
            Threat {
                description: severity.to_owned(),
                product_ids: rated.collect(),
            },
        );
        for fix in fixes {
            parts.remediation(fix.remediation());
        }
        for (number, date) in revisions {
            parts.revision(number.clone(), date);
        }
        parts
    }
}
