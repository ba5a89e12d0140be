//! What becomes of files that are imported.

use std::path::PathBuf;

use kbgap_feed::FeedError;

/// What became of one file.
#[derive(Debug)]
pub struct FileOutcome {
    /// The file.
    pub file: PathBuf,
    /// The document in it, where there is one.
    pub document: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
}

/// What became of a document.
#[derive(Debug)]
pub enum Outcome {
    /// It is new.
    Added,
    /// It took the place of an older one.
    Replaced,
    /// It was known already.
    Unchanged,
    /// A newer one is known.
    Older {
        /// When the known one was released, in seconds since 1970, UTC.
        known: i64,
        /// When the new one was.
        new: i64,
    },
    /// It is newer but lists much less; the known one stays.
    Shrank {
        /// Vulnerabilities of the known document.
        known: usize,
        /// Vulnerabilities of the new one.
        new: usize,
    },
    /// It is the vendor's list of documents, which needs no import.
    UpdateIndex,
    /// It cannot be used.
    Refused(FeedError),
}

impl Outcome {
    /// Whether the user has to be told that the file did not go in.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Older { .. } | Self::Shrank { .. } | Self::Refused(_)
        )
    }
}
