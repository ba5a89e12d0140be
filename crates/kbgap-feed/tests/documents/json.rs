//! The JSON form of a month, beside its XML form.

mod converted;
mod converter;
mod odd;
mod real;

use kbgap_catalog::DocumentRecord;
use kbgap_feed::{FeedError, cvrf, source};

fn read(text: &str) -> Result<DocumentRecord, FeedError> {
    cvrf::read(source::from_bytes("month.json", text.as_bytes()))
}
