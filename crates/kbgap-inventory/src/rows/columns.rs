//! `Format-Table`: headings, a line of dashes, and values below their headings.

use super::Read;
use super::fields::{Field, Mapping};
use super::hosts::Hosts;
use crate::{Format, ReportError};

/// Reads a table; `None` where the text is none that tells of hosts.
pub(super) fn read(text: &str) -> Option<Result<Read, ReportError>> {
    let lines: Vec<&str> = text.lines().collect();
    let ruler = lines.iter().position(|line| is_ruler(line))?;
    let header = lines.get(ruler.checked_sub(1)?)?;
    let columns = columns(header, lines[ruler]);
    let mapping = Mapping::of(columns.iter().map(|column| column.heading.as_str()));
    if !mapping.is_useful() {
        return None;
    }
    let mut hosts = match Hosts::of(&mapping) {
        Ok(hosts) => hosts,
        Err(wrong) => return Some(Err(wrong)),
    };
    for (position, row) in lines.iter().enumerate().skip(ruler + 1) {
        if row.trim().is_empty() || is_ruler(row) || row == header {
            continue;
        }
        let values: Vec<(Field, String)> = columns
            .iter()
            .filter_map(|column| Some((mapping.field(&column.heading)?, column.value(row))))
            .collect();
        let values = values.iter().map(|(field, value)| (*field, value.as_str()));
        if let Err(message) = hosts.add_row(position + 1, values, || (*row).to_owned()) {
            return Some(Err(ReportError::Line {
                format: Format::Table,
                line: position + 1,
                message,
            }));
        }
    }
    Some(Ok(hosts.finish()))
}

/// `----- ----   --------`
fn is_ruler(line: &str) -> bool {
    line.contains("--") && line.bytes().all(|b| matches!(b, b'-' | b' ' | b'\t'))
}

struct Column {
    heading: String,
    from: usize,
    to: usize,
}

impl Column {
    fn value(&self, row: &str) -> String {
        let value = row.chars().skip(self.from).take(self.to - self.from);
        value.collect::<String>().trim().to_owned()
    }
}

/// A column goes from its dashes to those of the next.
fn columns(header: &str, ruler: &str) -> Vec<Column> {
    let mut begins: Vec<usize> = Vec::new();
    let mut before = b' ';
    for (position, byte) in ruler.bytes().enumerate() {
        if byte == b'-' && before != b'-' {
            begins.push(position);
        }
        before = byte;
    }
    let ends = begins.iter().skip(1).copied().chain([usize::MAX]);
    begins
        .iter()
        .zip(ends)
        .map(|(&from, to)| {
            let mut column = Column {
                heading: String::new(),
                from,
                to,
            };
            column.heading = column.value(header);
            column
        })
        .collect()
}
