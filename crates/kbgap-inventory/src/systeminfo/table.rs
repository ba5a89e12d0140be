//! `systeminfo /fo csv`: the same fields in the same order, a host a line.

use super::{Field, OsVersion};

/// The column of the version, by which a line is known.
const VERSION: usize = 2;

/// The most columns that are looked at; `systeminfo` has about thirty.
const MAX_COLUMNS: usize = 100;

/// The fields of each line that tells a host.
pub(super) fn rows(text: &str) -> Vec<Vec<Field>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .records()
        .map_while(Result::ok)
        .filter(|row| row.get(VERSION).and_then(OsVersion::parse).is_some())
        .map(|row| row.iter().take(MAX_COLUMNS).map(field).collect())
        .collect()
}

/// A list such as that of the updates is one cell: what it counts, then its entries.
fn field(cell: &str) -> Field {
    let (value, entries) = match cell.split_once(",[") {
        Some((value, _)) => (value, cell[value.len() + 1..].split(',')),
        None => (cell, "".split(',')),
    };
    Field {
        is_updates: false,
        value: value.trim().to_owned(),
        entries: entries.map(|entry| entry.trim().to_owned()).collect(),
    }
}
