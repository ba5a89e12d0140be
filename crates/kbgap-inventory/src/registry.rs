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
