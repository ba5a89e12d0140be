//! Reading a document of any kind.

use kbgap_catalog::{DocumentRecord, EpssRecord, KnownExploitedRecord};

use crate::form::Form;
use crate::source::Source;
use crate::{FeedError, csaf, cvrf, epss, kev};

/// What a document turned out to be.
#[derive(Debug)]
pub enum Content {
    /// A month of the vendor's feed.
    Month(DocumentRecord),
    /// An advisory or VEX document of one CVE.
    Advisory(DocumentRecord),
    /// Known exploited vulnerabilities.
    KnownExploited(KnownExploitedRecord),
    /// Scores of EPSS.
    Epss(EpssRecord),
    /// The list of months that the vendor's API answers at `/updates`, which holds nothing itself.
    UpdateIndex,
}

/// Reads a document of whatever kind.
///
/// # Errors
/// [`FeedError`] with file, line and reason when it cannot be used.
pub fn read(source: Source<'_>) -> Result<Content, FeedError> {
    match source.form {
        Form::Xml | Form::Json => cvrf::read(source).map(Content::Month),
        Form::Csaf => csaf::read(source).map(Content::Advisory),
        Form::KevJson | Form::KevCsv => kev::read(source).map(Content::KnownExploited),
        Form::Epss => epss::read(source).map(Content::Epss),
        Form::UpdateIndex => Ok(Content::UpdateIndex),
    }
}
