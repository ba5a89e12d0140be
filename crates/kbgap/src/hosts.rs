//! Reading inventories from files, of any known format.

use std::path::PathBuf;

use kbgap_inventory::{Machine, ReportError, merge, read_reports};

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

/// Reads files. A systeminfo and a hotfix list of the same host are put together.
pub(crate) fn read_hosts(paths: &[PathBuf]) -> Hosts {
    let mut reports = Vec::new();
    let mut errors = Vec::new();
    for path in paths {
        let file = path.display();
        let read = std::fs::read(path)
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
