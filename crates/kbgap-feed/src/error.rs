//! Why a file was refused.

use crate::text::{harmless, one_line};

/// A file that was refused, with the place and the reason.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {reason}", line.map(|l| format!(":{l}")).unwrap_or_default())]
pub struct FeedError {
    /// The file, as the user named it.
    pub file: String,
    /// The line, counted from 1 in the unpacked text, where it is known.
    pub line: Option<u64>,
    /// The reason.
    pub reason: Reason,
}

impl FeedError {
    /// With the line at which reading stopped, where the reason stands on it.
    pub(crate) fn at(file: String, line: Option<u64>, reason: Reason) -> Self {
        let has_line = !matches!(
            reason,
            Reason::Lacks(_)
                | Reason::NoScoreDate
                | Reason::Io(_)
                | Reason::PackedCutOff
                | Reason::PackedDamaged(_)
        );
        Self {
            file: one_line(harmless(file)),
            line: line.filter(|_| has_line),
            reason,
        }
    }
}

/// The reasons for refusing a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It could not be opened or read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It was compressed, and ends before the compressed data does.
    #[error("the compressed file is cut off: download it again")]
    PackedCutOff,
    /// It was compressed, and cannot be unpacked.
    #[error("the compressed file is damaged ({0}): download it again")]
    PackedDamaged(String),
    /// It is an archive that cannot be read, or that nobody made in good faith.
    #[error("is no archive that can be used: {0}")]
    Archive(String),
    /// It is larger than any document of the vendor could be.
    #[error("unpacks to more than {0} MB: refused as a decompression bomb")]
    TooLarge(u64),
    /// It lists more than any document of the vendor could.
    #[error("lists more than {0} vulnerabilities: refused, no document has so many")]
    TooMany(usize),
    /// Something in it is so long that it would have to be held whole.
    #[error("a single tag, text or comment is longer than {0} MB: refused, no document has such")]
    LongText(u64),
    /// The text ends early.
    #[error("the document is cut off {}: download it again", place(.0))]
    Truncated(String),
    /// It is not well-formed XML.
    #[error("is not well-formed XML: {0}; download it again")]
    Xml(String),
    /// It is not well-formed JSON.
    #[error("is not well-formed JSON: {0}; download it again")]
    Json(String),
    /// It is not well-formed CSV.
    #[error("is not well-formed CSV: {0}; download it again")]
    Csv(String),
    /// It declares a document type, which the vendor never does.
    #[error(
        "declares a document type, which is refused because it could define entities: \
         download the document from the vendor"
    )]
    DocumentType,
    /// It is some other kind of document.
    #[error(
        "is not a CVRF document: {0}; expected a month of the vendor's feed (XML or JSON), an advisory (CSAF), \
         KEV or EPSS"
    )]
    NotCvrf(String),
    /// A part without which the document means nothing is absent.
    #[error("is not a usable document: it has no {0}; download it again")]
    Lacks(&'static str),
    /// It is somebody else's.
    #[error(
        "is published by `{0}`: only Microsoft's advisories say which of its products an update fixes"
    )]
    OtherPublisher(String),
    /// It calls itself what is the name of something else.
    #[error("its id `{0}` is that of a document of another kind, which stays")]
    IdTaken(String),
    /// It is dated so late that nothing that comes in the next time would count as newer.
    #[error(
        "is of {0}, which lies in the future: check the clock of this computer and where the document comes from \
         (`kbgap feed import --force` takes it all the same)"
    )]
    Future(String),
    /// Scores of EPSS are of a day, which nothing tells.
    #[error(
        "does not tell of which day its scores are: keep the line with `score_date`, or the name \
         `epss_scores-YYYY-MM-DD.csv`"
    )]
    NoScoreDate,
}

/// Where a document ends, by the element that is still open there.
fn place(element: &str) -> String {
    if element.is_empty() {
        "before its first element is closed".to_owned()
    } else {
        format!("inside `{element}`")
    }
}
