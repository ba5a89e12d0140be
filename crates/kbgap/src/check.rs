//! The answer of `kbgap check`: one document, shown as JSON, table or CSV.

mod csv;
mod document;
mod table;

pub use csv::{header as csv_header, rows as csv_rows};
pub use document::{CheckDocument, FeedState, MissingEntry};
pub use table::show as show_table;
