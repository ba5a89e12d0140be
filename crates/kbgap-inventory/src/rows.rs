//! Rows of named values, whatever writes them: CSV, tables and lists of a console, and
//! objects that PowerShell converted to JSON.
//!
//! One vocabulary tells what a name means ([`fields`]); rows of one host are put
//! together ([`hosts`]).

mod columns;
pub(crate) mod csv;
pub(crate) mod fields;
mod history;
pub(crate) mod hosts;
pub(crate) mod json;
mod list;
mod missing;

use crate::unread::Unread;
use crate::{Part, ReportError};

/// What a table or list holds.
pub(crate) struct Read {
    /// The hosts that run Windows.
    pub(crate) parts: Vec<Part>,
    /// The columns of a table with what they were taken for.
    pub(crate) columns: Vec<csv::Column>,
    /// How many rows there are.
    pub(crate) rows: usize,
    /// How many of them tell of hosts that run something else.
    pub(crate) others: usize,
    /// Those that seem to name an update beside the columns that are read.
    pub(crate) unread: Unread,
    /// How many rows tell of updates that are not installed.
    pub(crate) not_installed: usize,
}

/// Reads a table or a list of a console; `None` where it is neither.
pub(crate) fn read_text(text: &str) -> Option<Result<Read, ReportError>> {
    list::read(text)
        .or_else(|| columns::read(text))
        .or_else(|| csv::read(text))
}
