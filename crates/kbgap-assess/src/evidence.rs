//! Why a fix counts as present or missing.

use kbgap_catalog::{KbId, Month};
use serde::{Serialize, Serializer};

/// The single reason why a fix counts as present or missing (section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// The running build was compared with that of the fix.
    Build {
        /// Build and revision that run.
        machine: String,
        /// Build and revision of the fix.
        fix: String,
    },
    /// The KB is installed but a lower revision runs: it waits for a restart.
    PendingRestart {
        /// Build and revision that run.
        machine: String,
        /// Build and revision of the fix.
        fix: String,
    },
    /// No revision is reported; the highest that an installed KB brings was compared.
    RevisionDerived {
        /// Build and derived revision.
        machine: String,
        /// Build and revision of the fix.
        fix: String,
        /// The installed KB that brings the derived revision.
        from: KbId,
    },
    /// The version of a software was compared with that of the fix.
    Version {
        /// The version that runs.
        machine: String,
        /// The version that the fix brings.
        fix: String,
        /// The installed KB that brings the machine's version, where it tells a lower one.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<KbId>,
        /// What has to be installed before the fix can be, such as `CU 32`.
        #[serde(skip_serializing_if = "Option::is_none")]
        requires: Option<String>,
    },
    /// The KB is in the machine's list.
    Listed,
    /// The KB is not in the machine's list, and nothing that is covers it.
    NotListed,
    /// A present KB supersedes it.
    Supersedence {
        /// From the present KB down to the one in question.
        chain: Vec<KbId>,
    },
    /// A cumulative update of that month or a later one is present.
    Series {
        /// The month of the newest cumulative update that is present.
        #[serde(serialize_with = "as_text")]
        month: Month,
        /// That update.
        through: KbId,
    },
}

fn as_text<S: Serializer>(month: &Month, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(month)
}

impl Evidence {
    /// One line for people.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Build { machine, fix } => format!("build {machine}, fix {fix}"),
            Self::PendingRestart { machine, fix } => {
                format!("waits for a restart: build {machine}, fix {fix}")
            }
            Self::RevisionDerived { machine, fix, from } => {
                format!("build {machine} (by KB{from}), fix {fix}")
            }
            Self::Version {
                machine,
                fix,
                from,
                requires,
            } => {
                let from = from.map_or_else(String::new, |kb| format!(" (by KB{kb})"));
                let requires = requires.as_ref();
                let requires = requires.map_or_else(String::new, |r| format!(", requires {r}"));
                format!("version {machine}{from}, fix {fix}{requires}")
            }
            Self::Listed => "listed as installed".to_owned(),
            Self::NotListed => "not listed as installed".to_owned(),
            Self::Supersedence { chain } => {
                let chain: Vec<_> = chain.iter().map(|kb| format!("KB{kb}")).collect();
                format!("superseded: {}", chain.join(" > "))
            }
            Self::Series { month, through } => format!("covered by KB{through} of {month}"),
        }
    }
}
