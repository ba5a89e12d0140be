//! Separated values with a header.

use super::Read;
use super::fields::{Field, Mapping};
use super::hosts::Hosts;
use crate::{Format, ReportError};

/// The most columns that are looked at.
const MAX_COLUMNS: usize = 500;

/// What a column of a table was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// What it tells, as the native document names it; `None` where it is passed over.
    pub field: Option<&'static str>,
}

/// Reads a table; `None` where the text is none that tells of hosts.
pub(super) fn read(text: &str) -> Option<Result<Read, ReportError>> {
    let table = Table::of(text)?;
    Some(table.hosts().map(|read| Read {
        columns: table.columns(),
        ..read
    }))
}

struct Table<'t> {
    text: &'t str,
    /// How many lines stand above the header.
    above: usize,
    separator: u8,
    headings: Vec<String>,
    mapping: Mapping,
}

impl<'t> Table<'t> {
    /// Finds the header, below which the rows stand.
    fn of(text: &'t str) -> Option<Self> {
        let mut rest = text.trim_start_matches('\u{feff}');
        let mut above = 0;
        loop {
            let line = rest.lines().next()?;
            // PowerShell names the type in a line of its own, spreadsheets the separator.
            if !(line.trim().is_empty() || line.starts_with("#TYPE") || line.starts_with("sep=")) {
                break;
            }
            above += 1;
            rest = rest.split_once('\n')?.1;
        }
        [b',', b';', b'\t', b'|']
            .into_iter()
            .filter_map(|separator| Self::with(rest, above, separator))
            .max_by_key(|table| (table.mapping.known(), table.headings.len()))
    }

    fn with(text: &'t str, above: usize, separator: u8) -> Option<Self> {
        let headings: Vec<String> = reader(text.lines().next()?, separator)
            .into_records()
            .next()?
            .ok()?
            .iter()
            .take(MAX_COLUMNS)
            .map(|heading| heading.trim().to_owned())
            .collect();
        let mapping = Mapping::of(headings.iter().map(String::as_str));
        // A single word is a header of one column only where it can be nothing else.
        let is_table = headings.len() > 1 || mapping.has(Field::Kb);
        (is_table && mapping.is_useful()).then_some(Self {
            text,
            above,
            separator,
            headings,
            mapping,
        })
    }

    fn columns(&self) -> Vec<Column> {
        let column = |heading: &String| Column {
            heading: heading.clone(),
            field: self.mapping.field(heading).map(Field::title),
        };
        self.headings.iter().map(column).collect()
    }

    /// The line on which the row at a position begins: it counts from the end of the row
    /// before, and empty lines may follow that.
    fn line(&self, position: &csv::Position) -> u64 {
        let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let empty = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        let empty = empty.filter(|b| **b == b'\n').count();
        position.line() + u64::try_from(empty).unwrap_or(0)
    }

    fn hosts(&self) -> Result<Read, ReportError> {
        let mut hosts = Hosts::of(&self.mapping)?;
        let fields: Vec<Option<Field>> = self
            .headings
            .iter()
            .map(|h| self.mapping.field(h))
            .collect();
        let rows = reader(self.text, self.separator).into_records();
        let at = |line: u64, message: String| ReportError::Line {
            format: Format::Table,
            line: self.above + usize::try_from(line).unwrap_or(usize::MAX),
            message,
        };
        let mut is_header = true;
        for row in rows {
            let row = row.map_err(|e| {
                let line = e.position().map_or(0, csv::Position::line);
                at(line, "is no row of the table: it is no text".to_owned())
            })?;
            if std::mem::take(&mut is_header) {
                continue;
            }
            let line = row.position().map_or(0, |position| self.line(position));
            if row.len() > fields.len() {
                let message = format!(
                    "has {} values where the header has {}: values that hold the separator must be \
                     quoted",
                    row.len(),
                    fields.len()
                );
                return Err(at(line, message));
            }
            let values = fields.iter().zip(row.iter());
            let values = values.filter_map(|(field, value)| Some(((*field)?, value)));
            let place = self.above + usize::try_from(line).unwrap_or(usize::MAX);
            let whole = || row.iter().collect::<Vec<_>>().join(" ");
            hosts
                .add_row(place, values, whole)
                .map_err(|message| at(line, message))?;
        }
        Ok(hosts.finish())
    }
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes())
}
