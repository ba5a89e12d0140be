//! Histories of updates: what was installed may have been removed again.

use std::collections::HashMap;

use jiff::Timestamp;
use kbgap_catalog::KbId;

use super::hosts::instant;
use crate::Part;

/// What the rows of a history say of each update of each host, by the host's place.
#[derive(Default)]
pub(super) struct History {
    events: HashMap<(usize, KbId), Events>,
}

#[derive(Default)]
struct Events {
    rows: usize,
    /// When it was installed last, where a row that installs it has a time.
    installed: Option<Timestamp>,
    /// When it was removed last; the inner one is `None` where any row does not tell it.
    removed: Option<Option<Timestamp>>,
}

impl History {
    pub(super) fn add(&mut self, host: usize, kb: KbId, is_removal: bool, at: Option<Timestamp>) {
        let events = self.events.entry((host, kb)).or_default();
        events.rows += 1;
        if is_removal {
            events.removed = Some(match events.removed {
                None => at,
                Some(known) => known.zip(at).map(|(known, at)| known.max(at)),
            });
        } else {
            events.installed = events.installed.max(at);
        }
    }

    /// Takes out of hosts what was removed and, as far as times tell, not installed later: how
    /// many rows are of that.
    pub(super) fn leave_out_removed(&self, hosts: &mut [Part]) -> usize {
        let is_removed = |host: usize, kb: KbId| {
            let events = self.events.get(&(host, kb));
            events.is_some_and(Events::end_with_removal)
        };
        for (host, part) in hosts.iter_mut().enumerate() {
            if let Some(kbs) = &mut part.kbs {
                kbs.retain(|kb| !is_removed(host, kb.id));
            }
        }
        let removed = self.events.values().filter(|e| e.end_with_removal());
        removed.map(|events| events.rows).sum()
    }
}

impl Events {
    fn end_with_removal(&self) -> bool {
        self.removed.is_some_and(|removed| {
            let is_later = removed.zip(self.installed).map(|(r, i)| i > r);
            !is_later.unwrap_or(false)
        })
    }
}

/// Whether an operation takes an update away: a word, or the number that the agent of Windows
/// Update has for it.
pub(super) fn is_removal(operation: &str) -> bool {
    let operation = operation.to_ascii_lowercase();
    operation == "2" || operation.starts_with("uninstall") || operation.starts_with("remov")
}

/// When it was: a time or a day. What may be the day or the month is none.
pub(super) fn time(value: &str) -> Option<Timestamp> {
    let milliseconds = value
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"));
    match milliseconds {
        Some(digits) => Timestamp::from_millisecond(digits.parse().ok()?).ok(),
        None => instant(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_where_they_mean_one_thing() {
        let noon: Timestamp = "2024-02-13T12:00:00Z".parse().unwrap();
        for text in [
            "2024-02-13T12:00:00Z",
            "2024-02-13 12:00:00",
            "2024-02-13T13:00:00.0000000+01:00",
            "/Date(1707825600000)/",
        ] {
            assert_eq!(time(text), Some(noon), "{text}");
        }
        assert!(time("2024-02-13").is_some_and(|day| day < noon));
        for text in ["", "2/3/2024 12:00:00 PM", "/Date(x)/", "yesterday"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
