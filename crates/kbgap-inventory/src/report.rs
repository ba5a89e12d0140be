//! Recognising what a file holds, by its content.

use crate::encoding::decode;
use crate::native::RecordError;
use crate::{HotfixList, Machine, hotfixes, native, systeminfo};

/// A report that is larger is refused unread.
pub const MAX_BYTES: usize = 256 << 20;

/// What one record of a file reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A host.
    Machine {
        /// The host.
        machine: Box<Machine>,
        /// What people should know of the report.
        warnings: Vec<String>,
    },
    /// Updates of a host whose Windows version another report has to tell.
    Hotfixes(HotfixList),
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
        "is no known report: expected the native JSON document, the text of `systeminfo`, or a list of hotfixes \
         (`wmic qfe`, `Get-HotFix`)"
    )]
    Unknown,
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
}

/// Reads all records of a file, whatever its format. A record that is refused
/// does not spoil the others.
///
/// # Errors
/// [`ReportError`] when the file as a whole cannot be used.
pub fn read_reports(bytes: &[u8]) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReportError::TooLarge);
    }
    let text = decode(bytes);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.is_empty() {
        return Err(ReportError::Empty);
    }
    if start.starts_with(['{', '[']) {
        let records = native::read(start).map_err(ReportError::Json)?;
        return Ok(records
            .into_iter()
            .map(|record| {
                let whole = record.index == 0 && record.line.is_none() && start.starts_with('{');
                record
                    .machine
                    .map(|machine| Report::Machine {
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
            .collect());
    }
    let hosts = systeminfo::read(&text);
    if !hosts.is_empty() {
        return Ok(hosts
            .into_iter()
            .map(|reading| {
                Ok(Report::Machine {
                    machine: Box::new(reading.machine),
                    warnings: reading.warnings,
                })
            })
            .collect());
    }
    hotfixes::read(&text)
        .map(|list| vec![Ok(Report::Hotfixes(list))])
        .ok_or(ReportError::Unknown)
}
