//! A document of the vendor while it is read, in whichever form.

use std::collections::HashMap;

use kbgap_catalog::{DocumentRecord, OddKind, OddValue, ProductRecord};

use crate::{Reason, fields};

/// More than this of one document tell nobody anything; the real feed has 94 in all.
const MAX_ODD_VALUES: usize = 10_000;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) initial_release: Option<i64>,
    pub(crate) current_release: Option<i64>,
    pub(crate) revision: String,
    pub(crate) products: Vec<ProductRecord>,
    pub(crate) product_positions: HashMap<String, u32>,
    pub(crate) vulnerabilities: Vec<kbgap_catalog::VulnerabilityRecord>,
    pub(crate) odd_values: Vec<(OddKind, String)>,
}

impl Reading {
    pub(crate) fn product(&mut self, id: String, name: String) {
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

    pub(crate) fn date(&mut self, text: &str, field: &str) -> Option<i64> {
        let date = fields::timestamp(text);
        if date.is_none() {
            self.odd(OddKind::Value, format!("{field} `{text}` is no date"));
        }
        date
    }

    pub(crate) fn odd(&mut self, kind: OddKind, detail: String) {
        if self.odd_values.len() < MAX_ODD_VALUES {
            self.odd_values.push((kind, detail));
        }
    }

    pub(crate) fn finish(&mut self) -> Result<DocumentRecord, Reason> {
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
