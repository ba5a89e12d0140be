//! The registry as `reg export` and regedit write it, or `reg query` prints it: the version
//! of Windows, its revision, installed programs and updates, as far as the keys hold them.

mod keys;
mod query;
mod syntax;

use crate::{Format, Part, ReportError};

/// Whether the text is an export, of either generation.
pub(crate) fn is_export(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("Windows Registry Editor Version 5.00") || text.starts_with("REGEDIT4")
}

/// Whether the text is what `reg query` printed.
pub(crate) fn is_query(text: &str) -> bool {
    query::is_query(text)
}

/// Reads what an export tells of its host.
///
/// # Errors
/// What is wrong, with its line.
pub(crate) fn read(text: &str) -> Result<Part, ReportError> {
    let is_ansi = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with("REGEDIT4");
    let mut reader = keys::Reader::default();
    let mut lines = syntax::Lines::of(text);
    while let Some((line, entry)) = lines.next().map_err(|(line, message)| at(line, message))? {
        let taken = match entry {
            syntax::Entry::Key(key) => reader.key(key),
            syntax::Entry::Value(name, value) => {
                reader.take(&name, || syntax::value(&value, is_ansi))
            }
        };
        taken.map_err(|message| at(line, message))?;
    }
    whole(reader)
}

/// Reads what the answers to queries tell of their host.
///
/// # Errors
/// What is wrong, with its line.
pub(crate) fn read_query(text: &str) -> Result<Part, ReportError> {
    let mut reader = keys::Reader::default();
    for (line, said) in query::lines(text) {
        let taken = match said {
            query::Line::Key(key) => reader.key(key),
            query::Line::Value(name, kind, data) => reader.take(name, || query::value(kind, data)),
        };
        taken.map_err(|message| at(line, message))?;
    }
    whole(reader)
}

const fn at(line: usize, message: String) -> ReportError {
    ReportError::Line {
        format: Format::Registry,
        line,
        message,
    }
}

/// The part, where it tells anything that counts.
fn whole(reader: keys::Reader) -> Result<Part, ReportError> {
    let part = reader.finish();
    let tells = part.os.build.is_some() || part.kbs.is_some() || part.software.is_some();
    if tells {
        return Ok(part);
    }
    Err(ReportError::Place {
        format: Format::Registry,
        message: "holds none of the keys that tell of Windows or of installed programs: export \
                  `HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion` and \
                  `HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall`"
            .to_owned(),
    })
}

/// A value of a key, or a key below it, as a table of the registry has it.
pub(crate) struct TableRow<'r> {
    pub(crate) key: &'r str,
    pub(crate) name: &'r str,
    /// `REG_SZ`, `REG_DWORD` and so on, or `subkey`.
    pub(crate) kind: &'r str,
    /// A text, or a number in decimal digits.
    pub(crate) data: &'r str,
}

/// What rows tell of their host, and what is wrong with some of them. Rows of one key stand
/// together.
pub(crate) fn of_table<'r>(rows: impl IntoIterator<Item = TableRow<'r>>) -> (Part, Vec<String>) {
    let mut reader = keys::Reader::default();
    let (mut current, mut warnings) = ("", Vec::new());
    for row in rows {
        if row.key != current {
            warnings.extend(reader.key(row.key).err());
            current = row.key;
        }
        let taken = match row.kind {
            // What the key itself tells; then that in which it stands goes on.
            "subkey" => {
                let entered = reader.key(&format!("{}\\{}", row.key, row.name));
                entered.and_then(|()| reader.key(row.key))
            }
            kind => reader.take(row.name, || Ok(table_value(kind, row.data))),
        };
        warnings.extend(taken.err());
    }
    (reader.finish(), warnings)
}

fn table_value(kind: &str, data: &str) -> syntax::Value {
    match kind {
        // Numbers of 32 bits are written with a sign.
        "REG_DWORD" | "REG_DWORD_LITTLE_ENDIAN" | "REG_DWORD_BIG_ENDIAN" => {
            let number = data.trim().parse::<i64>().ok();
            let bits = number.and_then(|number| {
                let signed = i32::try_from(number).map(i32::cast_unsigned);
                signed.or_else(|_| u32::try_from(number)).ok()
            });
            bits.map_or(syntax::Value::Other, |bits| {
                syntax::Value::Number(bits.into())
            })
        }
        "REG_QWORD" => data
            .trim()
            .parse()
            .map_or(syntax::Value::Other, syntax::Value::Number),
        "REG_SZ" | "REG_EXPAND_SZ" => syntax::Value::Text(data.to_owned()),
        _ => syntax::Value::Other,
    }
}
