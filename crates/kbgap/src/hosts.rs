//! Reading inventories from files, of any known format.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kbgap_inventory::{
    Column, Format, MAX_BYTES, Machine, Program, Report, ReportError, merge, merge_as, read_reports,
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
    let (files, mut errors) = files(paths);
    let mut read_files = Vec::new();
    for path in &files {
        let file = path.display();
        let read = match read_file(path) {
            Ok(read) => read,
            Err(e) => {
                errors.push(e);
                continue;
            }
        };
        read_files.push(ReadFile {
            name: file.to_string(),
            format: read.iter().flatten().find_map(format_of),
            reports: read.iter().flatten().filter_map(format_of).count(),
            columns: read
                .iter()
                .flatten()
                .find_map(columns_of)
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
    let (files, mut errors) = files(paths);
    for path in &files {
        let file = path.display();
        let reports = match read_file(path) {
            Ok(reports) => reports,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for report in reports {
            let software = match report {
                Ok(Report::Machine { machine, .. }) => {
                    machine.software.iter().map(Program::from).collect()
                }
                Ok(Report::Part(part)) => part.software.unwrap_or_default(),
                Ok(Report::Note(_) | Report::Columns(_)) => continue,
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
        Report::Note(_) | Report::Columns(_) => None,
    }
}

fn columns_of(report: &Report) -> Option<Vec<Column>> {
    match report {
        Report::Columns(columns) => Some(columns.clone()),
        _ => None,
    }
}

/// The files that paths name: of a folder those in it, in order, but for hidden ones; and what
/// is wrong with a folder that has none.
fn files(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
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
        if inside.is_empty() {
            errors.push(format!(
                "{}: is a folder without files: folders within it are not looked into",
                path.display()
            ));
        }
        inside.sort();
        files.extend(inside);
    }
    (files, errors)
}

/// The records of a file, or why there are none.
fn read_file(path: &Path) -> Result<Vec<Result<Report, ReportError>>, String> {
    let file = path.display();
    let bytes = read_limited(path)
        .and_then(unpacked)
        .map_err(|e| format!("{file}: cannot be read: {e}"))?;
    read_reports(&bytes).map_err(|e| format!("{file}: {e}"))
}

/// What is packed by gzip or Zstandard, as exports are. It may become no larger than a
/// report that comes unpacked.
fn unpacked(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let limit = MAX_BYTES as u64 + 1;
    let mut plain = Vec::new();
    match bytes.as_slice() {
        [0x1f, 0x8b, ..] => {
            let unpacker = flate2::read::MultiGzDecoder::new(bytes.as_slice());
            unpacker.take(limit).read_to_end(&mut plain)?;
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let unpacker = zstd::Decoder::with_buffer(bytes.as_slice())?;
            unpacker.take(limit).read_to_end(&mut plain)?;
        }
        _ => return Ok(bytes),
    }
    Ok(plain)
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
