//! Why something could not be fetched.

use std::path::PathBuf;
use std::time::Duration;

use kbgap_feed::FeedError;

use crate::IndexError;

/// A client that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The file of authorities cannot be used.
    #[error("{}: {reason}: name a PEM file with the certificates to trust", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The proxy's URL is none.
    #[error("the proxy `{0}` has to be a URL such as http://proxy.example.com:3128")]
    Proxy(String),
}

/// The address of a list that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the URL of a file, such as https://mirror.example.com/epss.csv.gz")]
pub struct ListUrlError;

/// Why one thing could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No whole answer came.
    #[error("no answer from the server ({0})")]
    Connection(String),
    /// The answer is an error.
    #[error("the server answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The server asks for more patience than one run has.
    #[error("the server answered {status} and asks to wait {} s: sync again later", wait.as_secs())]
    Busy {
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait.
        wait: Duration,
    },
    /// The body is larger than anything of the vendor.
    #[error("the answer has more than {0} MB: refused")]
    TooLarge(u64),
    /// The list of documents cannot be used.
    #[error("the list of documents cannot be used: {0}")]
    Index(#[from] IndexError),
    /// The document cannot be used.
    #[error(transparent)]
    Document(#[from] FeedError),
    /// Another document came than was asked for.
    #[error("the server answered with the document `{0}`")]
    OtherDocument(String),
    /// The list tells of a newer edition than there is to fetch.
    #[error("the list tells of a newer edition than the server gives: sync again later")]
    Behind,
    /// It could not be written to the disk.
    #[error("cannot be written: {0}")]
    Write(#[from] std::io::Error),
    /// The server had failed too often before.
    #[error("not tried, since the server had failed {0} times in a row")]
    NotTried(usize),
    /// Whoever asked wants no more.
    #[error("not tried, since the sync was ended")]
    Stopped,
}

impl Failure {
    /// Whether the next attempt may have more luck.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            Self::Status { status, .. } => {
                matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Self::Document(error) => matches!(
                error.reason,
                kbgap_feed::Reason::Truncated(_)
                    | kbgap_feed::Reason::PackedCutOff
                    | kbgap_feed::Reason::PackedDamaged(_)
            ),
            Self::Index(error) => error.is_cut_off(),
            _ => false,
        }
    }

    /// Whether it tells of the server rather than of one document.
    #[must_use]
    pub const fn is_of_server(&self) -> bool {
        matches!(
            self,
            Self::Connection(_)
                | Self::Busy { .. }
                | Self::Status {
                    status: 429 | 500..=599,
                    ..
                }
        )
    }
}
