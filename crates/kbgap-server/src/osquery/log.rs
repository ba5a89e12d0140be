//! Results of scheduled queries.

use kbgap_inventory::osquery::{Entry, read_log};

/// What a request tells, and whose key it has.
pub(super) struct Results {
    pub(super) node_key: String,
    pub(super) entries: Vec<Entry>,
}

/// Reads a log; a line without a time is as of `now`, in seconds since 1970.
pub(super) fn read(text: &str, now: i64) -> Result<Results, serde_json::Error> {
    let log = read_log(text, now)?;
    if let (refused @ 1.., reason) = log.refused {
        tracing::info!(refused, ?reason, "lines of a host's log were left out");
    }
    Ok(Results {
        node_key: log.node_key,
        entries: log.entries,
    })
}
