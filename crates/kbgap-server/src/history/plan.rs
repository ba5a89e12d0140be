//! What is to be recorded of machines.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_fleet::{Detections, JudgedMachine};
use kbgap_store::{Exposure, ExposureStep, Judged, SetHash};

use super::lists::{List, Listed};
use super::{FirstSeen, History};

/// Lists of a tenant all of whose CVEs were detected by a time; some fifty bytes each. A large
/// fleet has some ten thousand, and after a feed as many more.
const DETECTED: usize = 1 << 16;

/// A machine whose newest row is not what it is vulnerable to.
pub(super) struct Step {
    pub(super) machine: Arc<JudgedMachine>,
    pub(super) judged: Judged,
    /// Its newest row.
    pub(super) before: Option<Exposure>,
    pub(super) list: List,
    /// Since when it has what it did not have.
    pub(super) since: i64,
}

/// What a machine that may have something to record comes to.
pub(super) enum Verdict {
    /// Its newest row holds.
    Holds,
    /// Somebody who knows a newer feed or report has recorded it.
    Left,
    /// A row is to follow.
    Follows(Box<Step>),
}

impl Step {
    /// Compares a machine with its newest row. `now` is when it is recorded.
    pub(super) fn of(
        machine: &Arc<JudgedMachine>,
        judged: Judged,
        before: Option<Exposure>,
        now: i64,
        list: impl FnOnce() -> Option<List>,
    ) -> Verdict {
        let is_there = |before: &Exposure| before.group_id == machine.group_id;
        if let Some(before) = &before {
            if before.judged.fingerprint == judged.fingerprint && is_there(before) {
                return Verdict::Holds;
            }
            if before.judged.feed > judged.feed || before.judged.sequence > judged.sequence {
                return Verdict::Left;
            }
        }
        let Some(list) = list() else {
            return Verdict::Left;
        };
        let same = before.as_ref();
        if same.is_some_and(|before| before.set_hash == list.hash && is_there(before)) {
            return Verdict::Holds;
        }
        let since = match &before {
            // The same report under another feed: nothing was seen but now.
            Some(before) if before.judged.feed != judged.feed => now,
            _ => machine.seen_at,
        };
        Verdict::Follows(Box::new(Self {
            machine: Arc::clone(machine),
            judged,
            before,
            list,
            since,
        }))
    }

    /// The list that it had, and the one that it has now, where that is another one.
    pub(super) fn pair(&self) -> Option<(SetHash, SetHash)> {
        let before = self.before.as_ref()?.set_hash;
        (before != self.list.hash).then_some((before, self.list.hash))
    }

    /// The row.
    pub(super) fn exposure(&self, first_seen: Vec<u8>) -> ExposureStep {
        ExposureStep {
            follows: self.before.as_ref().map_or(0, |before| before.sequence),
            machine_id: self.machine.id().to_string(),
            number: self.before.as_ref().map_or(0, |before| before.number) + 1,
            seen_at_ms: self.machine.seen_at,
            set_hash: self.list.hash,
            first_seen,
            group_id: self.machine.group_id,
            judged: self.judged,
        }
    }
}

/// Lists all of whose CVEs were detected at a time or before.
#[derive(Default)]
pub(super) struct Detected(HashMap<String, HashMap<SetHash, i64>>);

impl Detected {
    /// Whether all CVEs of a list are known to have been seen by a time.
    pub(super) fn knows(&self, tenant: &str, list: &List, by: i64) -> bool {
        let at = || self.0.get(tenant)?.get(&list.hash).copied();
        list.len == 0 || at().is_some_and(|at| at <= by)
    }

    /// Whether all CVEs of a step's list are known to have been seen when it has them.
    pub(super) fn knows_all_of(&self, tenant: &str, step: &Step) -> bool {
        // What the machine had before was detected then; the rest is new at `since`.
        self.knows(tenant, &step.list, step.since)
    }

    /// Adds the CVEs of a machine that no machine had at its times.
    pub(super) fn add(
        &mut self,
        tenant: &str,
        (step, first_seen): (&Step, &FirstSeen),
        (history, set): (&History, &Listed),
        known: &Detections,
        detected: &mut HashMap<String, i64>,
    ) {
        let Some(latest) = first_seen.latest() else {
            return;
        };
        let list = set.set(history);
        for (finding, at) in list.findings.iter().zip(first_seen.each()) {
            let first = known.first(&finding.cve);
            let first = first
                .into_iter()
                .chain(detected.get(finding.cve.as_str()).copied());
            if first.min().is_none_or(|first| at < first) {
                detected.insert(finding.cve.to_string(), at);
            }
        }
        let lists = self.0.entry(tenant.to_owned()).or_default();
        if lists.len() >= DETECTED {
            lists.clear();
        }
        lists.insert(step.list.hash, latest);
    }

    /// Forgets all, where it is not known what became of it.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
