//! Collecting odd values of a list: as many as somebody may want to see, and how many more.

use kbgap_catalog::{OddKind, OddValue};

/// More than this of one list tell nobody anything.
const MAX: usize = 1_000;

pub(crate) struct Odd {
    document: &'static str,
    values: Vec<(OddKind, String)>,
    more: usize,
}

impl Odd {
    pub(crate) const fn new(document: &'static str) -> Self {
        Self {
            document,
            values: Vec::new(),
            more: 0,
        }
    }

    pub(crate) fn add(&mut self, kind: OddKind, detail: String) {
        if self.values.len() < MAX {
            self.values.push((kind, detail));
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn into_values(mut self) -> Vec<OddValue> {
        if self.more > 0 {
            let more = format!("and {} more", self.more);
            self.values.push((OddKind::Value, more));
        }
        let values = self.values.into_iter();
        values
            .map(|(kind, detail)| OddValue {
                document: self.document.to_owned(),
                kind,
                detail,
            })
            .collect()
    }
}
