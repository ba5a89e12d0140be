//! What is known of attacks on the CVEs of a KB.

use kbgap_catalog::{Share, Vulnerability};

/// What is known of attacks on some CVEs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Urgency {
    /// Whether one of them is exploited in the wild, as the vendor or CISA says.
    pub known_exploited: bool,
    /// Whether ransomware is known to use one of them.
    pub ransomware: bool,
    /// The earliest day by which CISA wants one of them fixed, in seconds since 1970, UTC.
    pub due_date: Option<i64>,
    /// The highest probability of EPSS.
    pub epss: Option<Share>,
}

impl Urgency {
    /// Takes in what is known of other CVEs.
    pub fn merge(&mut self, other: Self) {
        let dates = [self.due_date, other.due_date];
        *self = Self {
            known_exploited: self.known_exploited || other.known_exploited,
            ransomware: self.ransomware || other.ransomware,
            due_date: dates.into_iter().flatten().min(),
            epss: self.epss.max(other.epss),
        };
    }

    /// Takes in what is known of a CVE.
    pub fn add(&mut self, vulnerability: Vulnerability<'_>) {
        self.known_exploited |= vulnerability.is_exploited();
        self.epss = self
            .epss
            .max(vulnerability.epss().map(|epss| epss.probability));
        if let Some(known) = vulnerability.known_exploited() {
            self.ransomware |= known.is_used_by_ransomware();
            let dates = [self.due_date, known.due_date()];
            self.due_date = dates.into_iter().flatten().min();
        }
    }
}
