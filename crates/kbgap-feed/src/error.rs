//! Why a file was refused.

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
    /// It is larger than any document of the vendor could be.
    #[error("unpacks to more than {0} MB: refused as a decompression bomb")]
    TooLarge(u64),
    /// It lists more than any document of the vendor could.
    #[error("lists more than {0} vulnerabilities: refused, no month has so many")]
    TooMany(usize),
    /// The text ends early.
    #[error("the document is cut off {}: download it again", place(.0))]
    Truncated(String),
    /// It is not well-formed XML.
    #[error("is not well-formed XML: {0}; download it again")]
    Xml(String),
    /// It declares a document type, which the vendor never does.
    #[error(
        "declares a document type, which is refused because it could define entities: \
         download the document from the vendor"
    )]
    DocumentType,
    /// It is some other kind of document.
    #[error("is not a CVRF document: {0}; expected a month of the vendor's feed in its XML form")]
    NotCvrf(String),
    /// A part without which the document means nothing is absent.
    #[error("is not a usable CVRF document: it has no {0}; download it again")]
    Lacks(&'static str),
}

/// Where a document ends, by the element that is still open there.
fn place(element: &str) -> String {
    if element.is_empty() {
        "before its first element is closed".to_owned()
    } else {
        format!("inside `{element}`")
    }
}
