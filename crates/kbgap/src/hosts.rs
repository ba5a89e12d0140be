//! Reading inventories from files, of any known format.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kbgap_inventory::{
    Column, Format, MAX_BYTES, Machine, Report, ReportError, merge, merge_as, read_reports,
    table_columns,
};

use crate::output::note;

/// What stands for standard input.
const STDIN: &str = "-";

/// A host that was read.
pub(crate) struct Host {
    pub(crate) machine: Machine,
    pub(crate) warnings: Vec<String>,
}

/// What files gave.
pub(crate) struct Hosts {
    pub(crate) machines: Vec<Host>,
    /// What was refused, with file, place and reason.
    pub(crate) errors: Vec<String>,
    /// What people should know of files as a whole.
    pub(crate) notes: Vec<String>,
    /// What each file was read as.
    pub(crate) files: Vec<ReadFile>,
}

/// A file that was read.
pub(crate) struct ReadFile {
    pub(crate) name: String,
    /// Its form, where it has one.
    pub(crate) format: Option<Format>,
    /// How many reports it holds.
    pub(crate) reports: usize,
    /// The columns of a table.
    pub(crate) columns: Vec<Column>,
}

impl Hosts {
    /// Says on stderr what was refused, and what people should know of files.
    pub(crate) fn tell(&self) {
        for error in &self.errors {
            note(&format!("error: {error}"));
        }
        for text in &self.notes {
            note(&format!("note: {text}"));
        }
    }
}

/// Reads files, the files of folders, and standard input for `-`. Reports of the same
/// host are put together; where its name is given, all of them are.
pub(crate) fn read_hosts(paths: &[PathBuf], name: Option<&str>) -> Hosts {
    let mut reports = Vec::new();
    let mut errors = Vec::new();
    let mut read_files = Vec::new();
    for path in &files(paths) {
        let file = path.display();
        let bytes = match read_limited(path) {
            Ok(bytes) => bytes,
            Err(e) => {
                errors.push(format!("{file}: cannot be read: {e}"));
                continue;
            }
        };
        let read = match read_reports(&bytes) {
            Ok(read) => read,
            Err(e) => {
                let e: ReportError = e;
                errors.push(format!("{file}: {e}"));
                continue;
            }
        };
        let format = read.iter().flatten().find_map(format_of);
        let is_table = format.is_some_and(|f| {
            f == Format::Table || f == Format::Hotfixes || f == Format::SoftwareList
        });
        read_files.push(ReadFile {
            name: file.to_string(),
            format,
            reports: read.iter().filter(|r| r.is_ok()).count(),
            columns: is_table
                .then(|| table_columns(&bytes))
                .flatten()
                .unwrap_or_default(),
        });
        for record in read {
            match record {
                Ok(report) => reports.push((file.to_string(), report)),
                Err(error) => errors.push(format!("{file}: {error}")),
            }
        }
    }
    let merged = match name {
        Some(name) => merge_as(name, reports),
        None => merge(reports),
    };
    let mut machines = merged.machines;
    if name.is_some() && !errors.is_empty() {
        // A part of what is known of a host must not pass for all of it.
        machines.clear();
    }
    errors.extend(merged.errors);
    Hosts {
        machines: machines
            .into_iter()
            .map(|(machine, warnings)| Host { machine, warnings })
            .collect(),
        errors,
        notes: merged.notes,
        files: read_files,
    }
}

/// A program, in how many reports it stands.
pub(crate) type Programs = BTreeMap<(String, String), usize>;

/// The programs of files by publisher and name, whichever hosts they are of, and what
/// was refused.
pub(crate) fn read_programs(paths: &[PathBuf]) -> (Programs, Vec<String>) {
    let mut programs = Programs::new();
    let mut errors = Vec::new();
    for path in &files(paths) {
        let file = path.display();
        let read = read_limited(path)
            .map_err(|e| format!("{file}: cannot be read: {e}"))
            .and_then(|bytes| {
                read_reports(&bytes).map_err(|e: ReportError| format!("{file}: {e}"))
            });
        let reports = match read {
            Ok(reports) => reports,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for report in reports {
            let software = match report {
                Ok(Report::Machine { machine, .. }) => machine.software,
                Ok(Report::Part(part)) => part.software.unwrap_or_default(),
                Ok(Report::Note(_)) => Vec::new(),
                Err(error) => {
                    errors.push(format!("{file}: {error}"));
                    continue;
                }
            };
            let names: BTreeSet<(String, String)> =
                software.into_iter().map(|s| (s.vendor, s.name)).collect();
            for name in names {
                *programs.entry(name).or_default() += 1;
            }
        }
    }
    (programs, errors)
}

const fn format_of(report: &Report) -> Option<Format> {
    match report {
        Report::Machine { format, .. } => Some(*format),
        Report::Part(part) => Some(part.format),
        Report::Note(_) => None,
    }
}

/// The files that paths name: of a folder those in it, in order, but for hidden ones.
fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        let Ok(entries) = std::fs::read_dir(path) else {
            files.push(path.clone());
            continue;
        };
        let mut inside: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| entry.path())
            .filter(|path| path.is_file())
            .collect();
        inside.sort();
        files.extend(inside);
    }
    files
}

/// A byte more than a report may have is enough to know that it has too many; some
/// files have no end.
fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let limit = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if path.as_os_str() == STDIN {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
