//! Microsoft's monthly security documents in the CVRF 1.1 form, as XML or as JSON.
//!
//! Read as a stream of events: of a document only the record is ever held. What
//! is unknown is passed over; a single odd value is counted and never stops the
//! rest. Only what makes the whole meaningless refuses a document: that it is
//! no CVRF, is cut off, or lacks its id or date.
//!
//! `from_xml` and `from_json` walk the two forms and hand over texts, of which the same
//! code makes records, so that both forms read alike.

mod from_json;
mod from_xml;
mod xml;

use kbgap_catalog::DocumentRecord;

use self::xml::Xml;
use crate::FeedError;
use crate::form::Form;
use crate::json::Json;
use crate::reading::Reading;
use crate::source::Source;

/// Reads one document.
///
/// # Errors
/// [`FeedError`] with file, line and reason when the document cannot be used.
pub fn read(source: Source<'_>) -> Result<DocumentRecord, FeedError> {
    let file = source.name;
    let mut reading = Reading::default();
    let (read, line) = if source.form == Form::Json {
        let mut json = Json::new(source.text);
        let read = reading.json(&mut json);
        (read, json.line())
    } else {
        let line = source.text.line();
        let read = reading.xml(&mut Xml::new(source.text));
        (read, Some(line.get()))
    };
    read.and_then(|()| reading.finish())
        .map_err(|reason| FeedError::at(file, line, reason))
}
