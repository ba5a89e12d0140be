//! Rows of a CSV text by the names of its columns, one held at a time.

use std::io::BufRead;

use csv::ByteRecord;

use crate::Reason;
use crate::source::{LineCounter, reason_of};

/// Where the columns are, by the first row.
pub(crate) struct Columns(Vec<Vec<u8>>);

impl Columns {
    /// The position of a column; its name is compared without regard to case.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let mut names = self.0.iter();
        names.position(|column| column.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The field of a row in a column, where it has one.
    pub(crate) fn get<'r>(&self, row: &'r ByteRecord, name: &str) -> Option<&'r [u8]> {
        row.get(self.position(name)?)
    }
}

/// Calls `take` for each row after the one that names the columns. `first_line` is that
/// of the text, for messages.
///
/// # Errors
/// What `take` says of a row, or that the text ends within one: a list has nothing at its end
/// that would be missed, so that the last row alone can tell.
pub(crate) fn read(
    text: LineCounter<Box<dyn BufRead + '_>>,
    first_line: u64,
    mut take: impl FnMut(&Columns, &ByteRecord) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        // A row with a field too many or too few is judged by who reads it.
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text);
    let mut row = ByteRecord::new();
    let mut columns: Option<Columns> = None;
    loop {
        // A row that never ends would be held whole.
        reader.get_mut().begin_event();
        let is_short = |columns: &&Columns| columns.0.len() > row.len();
        let short = columns.as_ref().filter(is_short).map(|_| place(&row));
        if !reader.read_byte_record(&mut row).map_err(reason)? {
            return short.map_or(Ok(()), |last| Err(Reason::Truncated(last)));
        }
        if let Some(mut position) = row.position().cloned() {
            position.set_line(position.line() + first_line - 1);
            row.set_position(Some(position));
        }
        match &columns {
            None => columns = Some(Columns(row.iter().map(<[u8]>::to_vec).collect())),
            Some(columns) => take(columns, &row)?,
        }
    }
}

/// The place of a row, for messages.
pub(crate) fn place(row: &ByteRecord) -> String {
    let line = row.position().map_or(0, csv::Position::line);
    format!("line {line}")
}

fn reason(error: csv::Error) -> Reason {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => reason_of(error),
        other => Reason::Csv(format!("{other:?}")),
    }
}
