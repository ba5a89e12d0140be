//! Reviewed tables beside the code, by their columns.

use kbgap_catalog::table_rows;

/// The rows of a table that has `N` columns, as far as they can be read; tests see to it
/// that all can.
pub(crate) fn rows<T, C: FromIterator<T>, const N: usize>(
    table: &'static str,
    read: impl Fn([&'static str; N]) -> Option<T>,
) -> C {
    let lines = table_rows(table);
    let columns = lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok());
    columns.filter_map(read).collect()
}

/// How many rows a table has, whether they can be read or not.
#[cfg(test)]
pub(crate) fn count(table: &'static str) -> usize {
    table_rows(table).count()
}
