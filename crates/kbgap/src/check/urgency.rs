//! What is known of attacks on the CVEs of an update.

use kbgap_assess::Urgency;
use kbgap_catalog::Share;
use serde::Serialize;

use crate::output::day;

/// What is known of attacks on the CVEs of an update.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UrgencyEntry {
    pub(crate) known_exploited: bool,
    /// Whether ransomware is known to use one of the CVEs.
    pub(crate) ransomware: bool,
    /// The earliest day by which CISA wants one of the CVEs fixed.
    pub(crate) due_date: Option<String>,
    /// The highest probability of EPSS.
    pub(crate) highest_epss: Option<f64>,
}

impl From<Urgency> for UrgencyEntry {
    fn from(urgency: Urgency) -> Self {
        Self {
            known_exploited: urgency.known_exploited,
            ransomware: urgency.ransomware,
            due_date: urgency.due_date.and_then(day),
            highest_epss: urgency.epss.map(Share::value),
        }
    }
}

impl UrgencyEntry {
    /// Whether it is exploited, by whom and by when it is to be fixed; else how likely it is to be.
    pub(crate) fn text(&self) -> String {
        let mut parts = vec![if self.known_exploited { "yes" } else { "no" }.to_owned()];
        if self.ransomware {
            parts.push("ransomware".to_owned());
        }
        if let Some(date) = &self.due_date {
            parts.push(format!("due {date}"));
        }
        if let Some(epss) = self.highest_epss {
            parts.push(format!("EPSS {:.1} %", epss * 100.0));
        }
        parts.join(", ")
    }
}
