//! All that a catalogue is compiled of.

use crate::{DocumentRecord, EpssRecord, KnownExploitedRecord};

/// The documents and lists of which a catalogue is compiled: at most one list of a kind,
/// documents of distinct ids. Their order does not matter.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// The vendor's months.
    pub documents: Vec<DocumentRecord>,
    /// The vendor's documents about single CVEs.
    pub advisories: Vec<DocumentRecord>,
    /// Which vulnerabilities are known to be exploited.
    pub known_exploited: Option<KnownExploitedRecord>,
    /// How likely vulnerabilities are exploited.
    pub epss: Option<EpssRecord>,
    /// A number of the caller's that the snapshot carries, by which it is known what it was
    /// compiled of ([`Catalog::source_mark`](crate::Catalog::source_mark)).
    pub source_mark: u64,
}

/// The kinds of documents and lists. Ordered as they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// The vendor's monthly documents.
    Cvrf,
    /// The vendor's advisories and VEX documents, one for each CVE.
    Csaf,
    /// CISA's known exploited vulnerabilities.
    Kev,
    /// FIRST's scores.
    Epss,
}

impl SourceKind {
    const ALL: [Self; 4] = [Self::Cvrf, Self::Csaf, Self::Kev, Self::Epss];

    /// The word for it in answers and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cvrf => "cvrf",
            Self::Csaf => "csaf",
            Self::Kev => "kev",
            Self::Epss => "epss",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.get(usize::from(value)).copied()
    }
}
