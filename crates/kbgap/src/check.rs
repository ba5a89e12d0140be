//! The answer of `kbgap check`: one document, shown as JSON, table or CSV.

mod csv;
mod document;
mod plan;
mod support;
mod table;
mod urgency;

pub(crate) use csv::{header as csv_header, rows as csv_rows};
pub(crate) use document::{CheckDocument, FeedState};
pub(crate) use table::show as show_table;
pub(crate) use urgency::UrgencyEntry;
