//! Reading inventories from files, of any known format.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kbgap_inventory::{MAX_BYTES, Machine, ReportError, merge, read_reports};

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
}

/// Reads files, the files of folders, and standard input for `-`. A systeminfo and a
/// hotfix list of the same host are put together.
pub(crate) fn read_hosts(paths: &[PathBuf]) -> Hosts {
    let mut reports = Vec::new();
    let mut errors = Vec::new();
    for path in &files(paths) {
        let file = path.display();
        let read = read_limited(path)
            .map_err(|e| format!("{file}: cannot be read: {e}"))
            .and_then(|bytes| {
                read_reports(&bytes).map_err(|e: ReportError| format!("{file}: {e}"))
            });
        match read {
            Err(error) => errors.push(error),
            Ok(records) => {
                for record in records {
                    match record {
                        Ok(report) => reports.push((file.to_string(), report)),
                        Err(error) => errors.push(format!("{file}: {error}")),
                    }
                }
            }
        }
    }
    let merged = merge(reports);
    errors.extend(merged.errors);
    let machines = merged
        .machines
        .into_iter()
        .map(|(machine, warnings)| Host { machine, warnings })
        .collect();
    Hosts { machines, errors }
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
