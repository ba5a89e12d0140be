//! When each CVE was first seen on any machine.

use std::collections::HashMap;

/// The times, in milliseconds since 1970, by CVE: catalogues come and go, these stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detections {
    by_cve: HashMap<Box<str>, i64>,
}

impl Detections {
    /// When a CVE was first seen, where it ever was.
    #[must_use]
    pub fn first(&self, cve: &str) -> Option<i64> {
        self.by_cve.get(cve).copied()
    }

    /// Takes that a CVE was seen at a time; the earliest of several counts.
    pub fn note(&mut self, cve: &str, at: i64) {
        match self.by_cve.get_mut(cve) {
            Some(known) => *known = at.min(*known),
            None => {
                self.by_cve.insert(cve.into(), at);
            }
        }
    }
}
