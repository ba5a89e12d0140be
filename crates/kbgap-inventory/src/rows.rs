//! Rows of named values, whatever writes them: CSV, tables and lists of a console, and
//! objects that PowerShell converted to JSON.
//!
//! One vocabulary tells what a name means ([`fields`]); rows of one host are put
//! together ([`hosts`]).

mod columns;
pub(crate) mod csv;
pub(crate) mod fields;
pub(crate) mod hosts;
pub(crate) mod json;
mod list;

use crate::{Part, ReportError};

/// The hosts of a text, and the columns of a table with what they were taken for.
type Read = (Vec<Part>, Vec<csv::Column>);

/// Reads a table or a list of a console; `None` where it is neither.
pub(crate) fn read_text(text: &str) -> Option<Result<Read, ReportError>> {
    let shown = list::read(text).or_else(|| columns::read(text));
    match shown {
        Some(read) => Some(read.map(|parts| (parts, Vec::new()))),
        None => csv::read(text),
    }
}
