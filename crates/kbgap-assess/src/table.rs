//! Reviewed tables beside the code: lines of columns that tabs divide, `#` before remarks.

/// The rows of a table that has `N` columns, as far as they can be read; tests see to it
/// that all can.
pub(crate) fn rows<T, C: FromIterator<T>, const N: usize>(
    table: &'static str,
    read: impl Fn([&'static str; N]) -> Option<T>,
) -> C {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let columns = lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok());
    columns.filter_map(read).collect()
}

/// How many rows a table has, whether they can be read or not.
#[cfg(test)]
pub(crate) fn count(table: &str) -> usize {
    table.lines().filter(|line| !line.starts_with('#')).count()
}
