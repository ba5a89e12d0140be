//! Reviewed tables beside the code: lines whose columns are divided by tabs, `#` before
//! remarks.

/// The lines of a table that are rows.
pub fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}
