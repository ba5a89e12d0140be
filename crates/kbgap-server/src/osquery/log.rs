//! Results of scheduled queries.

use kbgap_inventory::osquery::{BodyError, Entry, read_log};

/// What a request tells.
pub(super) struct Results {
    pub(super) entries: Vec<Entry>,
    /// How many lines were left out.
    pub(super) refused: usize,
}

/// Reads a log; a line without a time is as of `now`, in seconds since 1970.
pub(super) fn read(text: &str, now: i64) -> Result<Results, BodyError> {
    let log = read_log(text, now)?;
    let (refused, reason) = log.refused;
    if refused > 0 {
        tracing::info!(refused, ?reason, "lines of a host's log were left out");
    }
    Ok(Results {
        entries: log.entries,
        refused,
    })
}
