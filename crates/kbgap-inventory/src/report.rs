//! Recognising what a file holds, by its content.

use crate::encoding::decode;
use crate::json::Kind;
use crate::native::RecordError;
use crate::rows::csv::Column;
use crate::{
    Format, Machine, Part, cyclonedx, hotfixes, json, mde, native, registry, rows, systeminfo,
    text, vuls,
};

/// A report that is larger is refused unread.
pub const MAX_BYTES: usize = 256 << 20;

/// What one record of a file reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A host with all that is needed.
    Machine {
        /// The form in which it was reported.
        format: Format,
        /// The host.
        machine: Box<Machine>,
        /// What people should know of the report.
        warnings: Vec<String>,
    },
    /// What is told of a host, which other reports may have to complete.
    Part(Box<Part>),
    /// What people should know of the file as a whole.
    Note(String),
    /// The columns of a table, and what they were taken for.
    Columns(Vec<Column>),
}

/// Why a file, or a record of it, was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The file is empty.
    #[error("is empty")]
    Empty,
    /// It is too large to be a report.
    #[error("is larger than 256 MB")]
    TooLarge,
    /// It is none of the known formats.
    #[error(
        "is no known report: expected the native JSON document, the text of `systeminfo` or `Get-ComputerInfo`, a list of \
         hotfixes (`wmic qfe`, `Get-HotFix`), a registry export or the answers of `reg query`, CSV with a header, CycloneDX, a scan result of Vuls, or an \
         export of Microsoft Defender"
    )]
    Unknown,
    /// It has the headings of a table, and nothing below them.
    #[error(
        "has a header and no rows (read as {0}): whatever wrote it found nothing, or it is cut off"
    )]
    NoRows(Format),
    /// It is a list of KB numbers of which nothing says whether they are installed.
    #[error(
        "holds KB numbers alone, which may be those of missing updates: give a list that says they are installed (`Get-HotFix`, \
         `wmic qfe`, or CSV with the heading `HotFixID`)"
    )]
    BareKbs,
    /// It is a list of what a host misses.
    #[error(
        "tells what a host misses, by its names of columns (such as `CVE`), and not what it has: give a list of what is installed \
         (`Get-HotFix`, `wmic qfe`, or CSV with the heading `HotFixID`)"
    )]
    Missing,
    /// It is what a server answered instead of an export.
    #[error(
        "is no export but an error that a server answered with: {0}: mend what it says and export again"
    )]
    ErrorAnswer(String),
    /// It holds what no text does.
    #[error(
        "line {line}: holds a zero byte, so it is damaged or a mixture of encodings: write it again"
    )]
    ZeroByte {
        /// The line, from 1.
        line: usize,
    },
    /// It is an archive, or a document of an office program.
    #[error("is {0}")]
    NotText(&'static str),
    /// It is JSON, but not a native document or a batch of them.
    #[error("{0}")]
    Json(RecordError),
    /// A record of a batch.
    #[error("record {index}{}: {error}", line.map(|l| format!(" (line {l})")).unwrap_or_default())]
    Record {
        /// Its position, from 0.
        index: usize,
        /// Its line, from 1.
        line: Option<usize>,
        /// What is wrong.
        error: RecordError,
    },
    /// A line of a text in a known form.
    #[error("line {line}: {message} (read as {format})")]
    Line {
        /// What it was read as.
        format: Format,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Something in a known form; the message tells the place.
    #[error("{message} (read as {format})")]
    Place {
        /// What it was read as.
        format: Format,
        /// What is wrong, and where.
        message: String,
    },
}

impl ReportError {
    /// What went wrong may have repeated words of the report.
    fn harmless(self) -> Self {
        match self {
            Self::Line {
                format,
                line,
                message,
            } => Self::Line {
                format,
                line,
                message: text::message(&message),
            },
            Self::Place { format, message } => Self::Place {
                format,
                message: text::message(&message),
            },
            Self::ErrorAnswer(told) => Self::ErrorAnswer(text::message(&told)),
            other => other,
        }
    }
}

/// How files begin that people take for a report, and what to do with them.
const NOT_TEXT: [(&[u8], &str); 4] = [
    (
        b"PK\x03\x04",
        "a zip archive or a workbook of Excel: unpack it and name the files, or save the sheet as CSV",
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a document of an office program: save it as CSV",
    ),
    (b"\x1f\x8b", "still packed (gzip): unpack it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "still packed (Zstandard): unpack it first",
    ),
];

/// Reads all records of a file, whatever its format. Of a batch of native documents a
/// record that is refused does not spoil the others; of everything else nothing is
/// taken where anything is wrong.
///
/// # Errors
/// [`ReportError`] when the file as a whole cannot be used.
pub fn read_reports(bytes: &[u8]) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    read(bytes).map_err(ReportError::harmless)
}

fn read(bytes: &[u8]) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReportError::TooLarge);
    }
    if let Some((_, what)) = NOT_TEXT.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(ReportError::NotText(what));
    }
    let text = decode(bytes);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.is_empty() {
        return Err(ReportError::Empty);
    }
    let kind = start.starts_with(['{', '[']).then(|| json::kind(start));
    // Of native documents a record that holds one is refused by itself.
    if !matches!(kind, Some(Kind::Native))
        && let Some(at) = text.find('\0')
    {
        let line = text[..at].matches('\n').count() + 1;
        return Err(ReportError::ZeroByte { line });
    }
    if let Some(kind) = kind {
        return match kind {
            Kind::Native => return read_native(start),
            Kind::Empty => return Err(ReportError::Empty),
            Kind::ErrorAnswer => {
                return match json::error_answer(start) {
                    Some(told) => Err(ReportError::ErrorAnswer(told)),
                    None => read_native(start),
                };
            }
            Kind::Vuls => vuls::read(&text).map(parts),
            Kind::MdeMachines => mde::machines(&text),
            Kind::MdeSoftware => mde::software(&text),
            Kind::CycloneDx => cyclonedx::read_json(&text).map(parts),
            Kind::Rows => rows::json::read(&text).and_then(of_rows),
        }
        .and_then(not_empty);
    }
    if start.starts_with('<') && cyclonedx::is_xml(start) {
        return cyclonedx::read_xml(start).map(parts);
    }
    if registry::is_export(start) {
        return registry::read(&text).map(|part| parts(vec![part]));
    }
    if registry::is_query(start) {
        return registry::read_query(&text).map(|part| parts(vec![part]));
    }
    read_text(&text)
}

fn read_text(text: &str) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    let hosts = systeminfo::read(text).map_err(|message| ReportError::Place {
        format: Format::Systeminfo,
        message,
    })?;
    let hotfixes::Lists {
        parts: mut lists,
        unread,
        has_header,
    } = hotfixes::read(text);
    // Whoever writes both into one file means one host.
    if let ([host], [list]) = (hosts.as_slice(), lists.as_mut_slice())
        && list.name.is_none()
    {
        list.name = Some(host.machine.computer_dns_name.clone());
    }
    let format = match lists.first() {
        Some(list) => list.format,
        None => Format::Systeminfo,
    };
    let hosts = hosts.into_iter().map(|reading| Ok(of_host(reading)));
    let mut read: Vec<_> = hosts.chain(parts(lists)).collect();
    if !read.is_empty() {
        read.extend(unread.note().map(|note| Ok(Report::Note(note))));
        check_end(text, format)?;
        return check_rest(text, format).map(|()| read);
    }
    match rows::read_text(text) {
        Some(read) => {
            check_end(text, Format::Table)?;
            read.and_then(of_rows)
        }
        None if is_bare_kbs(text) => Err(ReportError::BareKbs),
        None if has_header => Err(match unread.note() {
            Some(message) => ReportError::Place {
                format: Format::Hotfixes,
                message,
            },
            None => ReportError::NoRows(Format::Hotfixes),
        }),
        None => Err(ReportError::Unknown),
    }
}

/// A report without its list of updates has to be completed by one.
fn of_host(reading: systeminfo::Reading) -> Report {
    if reading.lists_updates {
        return Report::Machine {
            format: Format::Systeminfo,
            machine: Box::new(reading.machine),
            warnings: reading.warnings,
        };
    }
    Report::Part(Box::new(Part {
        format: Format::Systeminfo,
        kbs: None,
        warnings: reading.warnings,
        ..Part::from(reading.machine)
    }))
}

/// Whether a text goes on in another form, of which nothing would be read.
fn check_rest(text: &str, format: Format) -> Result<(), ReportError> {
    let begins_other = |line: &str| {
        let is_json = line.starts_with('{') || line.starts_with("[{") || line.trim_end() == "[";
        is_json || line.starts_with('<') || registry::is_export(line)
    };
    match text.lines().zip(1..).find(|(line, _)| begins_other(line)) {
        None => Ok(()),
        Some((_, line)) => Err(ReportError::Line {
            format,
            line,
            message: "another report in another form begins: give each in a file of its own"
                .to_owned(),
        }),
    }
}

/// Whether a text ends in the middle of a line with the beginning of a KB number: all updates of
/// the last years have seven digits.
fn check_end(text: &str, format: Format) -> Result<(), ReportError> {
    const DIGITS: usize = 7;
    let is_between =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '"' | ':' | '=' | '{');
    let last = text.rsplit(is_between).next().unwrap_or_default();
    let digits = last
        .get(..2)
        .filter(|kb| kb.eq_ignore_ascii_case("KB"))
        .map(|kb| &last[kb.len()..]);
    match digits {
        Some(digits) if digits.len() < DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Err(ReportError::Place {
                format,
                message: format!(
                    "its last word is `{last}`, which may be a number that is cut off: write it again, or end it \
                     with a line break"
                ),
            })
        }
        _ => Ok(()),
    }
}

fn read_native(text: &str) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    let records = native::read(text).map_err(ReportError::Json)?;
    Ok(records
        .into_iter()
        .map(|record| {
            let whole = record.index == 0 && record.line.is_none() && text.starts_with('{');
            record
                .machine
                .map(|machine| Report::Machine {
                    format: Format::Native,
                    machine: Box::new(machine),
                    warnings: Vec::new(),
                })
                .map_err(|error| match whole {
                    true => ReportError::Json(error),
                    false => ReportError::Record {
                        index: record.index,
                        line: record.line,
                        error,
                    },
                })
        })
        .collect())
}

fn parts(parts: Vec<Part>) -> Vec<Result<Report, ReportError>> {
    let report = |part| Ok(Report::Part(Box::new(part)));
    parts.into_iter().map(report).collect()
}

fn of_rows(read: rows::Read) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    let unread = read.unread.note();
    if read.rows == 0 {
        return Err(ReportError::NoRows(Format::Table));
    }
    let mut reports = parts(read.parts);
    if reports.is_empty()
        && let Some(message) = unread
    {
        let format = Format::Table;
        return Err(ReportError::Place { format, message });
    }
    if reports.is_empty() && read.others == 0 && read.not_installed == 0 {
        let message = format!(
            "none of its {} rows tells a version of Windows, an update or a program",
            read.rows
        );
        let format = Format::Table;
        return Err(ReportError::Place { format, message });
    }
    reports.extend(unread.map(|note| Ok(Report::Note(note))));
    if read.others > 0 {
        let note = format!(
            "{} of its rows are of hosts that do not run Windows and are left out",
            read.others
        );
        reports.push(Ok(Report::Note(note)));
    }
    if read.not_installed > 0 {
        let note = format!(
            "{} of its rows are of updates that are not installed and are left out",
            read.not_installed
        );
        reports.push(Ok(Report::Note(note)));
    }
    if !read.columns.is_empty() {
        reports.push(Ok(Report::Columns(read.columns)));
    }
    Ok(reports)
}

/// A known form without a host in it is a mistake of whoever gives it.
fn not_empty(
    reports: Vec<Result<Report, ReportError>>,
) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    match reports.is_empty() {
        true => Err(ReportError::Unknown),
        false => Ok(reports),
    }
}

/// `KB4528760`, one a line or after commas.
fn is_bare_kbs(text: &str) -> bool {
    let mut words = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some() && words.all(|word| word.parse::<kbgap_catalog::KbId>().is_ok())
}
