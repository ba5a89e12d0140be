//! Recording what machines are vulnerable to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kbgap_catalog::Catalog;
use kbgap_fleet::{Detections, FleetMachine};
use kbgap_inventory::MachineId;
use kbgap_store::{
    Exposure, ExposureBatch, ExposureStep, FindingSet as StoredSet, Judged, SetHash, StepOutcome,
    StoreError,
};

use super::change::matches;
use super::set::{FindingSet, PackedSet};
use super::{Exposed, FirstSeen, History, PAGE};
use crate::clock::Clock;

/// Lists that are kept by fingerprint, so that the rules run once for machines alike.
const KEPT: usize = 4_096;
/// How often somebody else may record the same machine first; who comes too late each
/// time leaves it to them.
const ATTEMPTS: usize = 3;

/// Records what machines are vulnerable to. One call at a time.
pub(crate) struct Recorder {
    history: Arc<History>,
    clock: Clock,
    /// The last exposure that is known, of whatever process.
    followed: u64,
    lists: HashMap<i64, Arc<PackedSet>>,
    /// Lists all of whose CVEs were detected at this time or before.
    detected: HashMap<(String, SetHash), i64>,
}

/// Under which feed machines are judged.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) catalog: Catalog,
    /// Of the store.
    pub(crate) generation: u64,
}

/// What is about to be recorded.
#[derive(Default)]
struct Plan {
    machines: Vec<(Arc<FleetMachine>, Arc<Exposed>)>,
    batch: ExposureBatch,
    /// The lists that are in the batch.
    sets: HashSet<SetHash>,
    detected: HashMap<String, i64>,
}

/// Where the findings of one list stand in another.
type Matches = HashMap<(SetHash, SetHash), Arc<[Option<usize>]>>;

impl Recorder {
    /// Records into a history that has just been loaded.
    pub(crate) fn new(history: Arc<History>, clock: Clock) -> Self {
        Self {
            followed: history.loaded,
            history,
            clock,
            lists: HashMap::new(),
            detected: HashMap::new(),
        }
    }

    pub(crate) const fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// Forgets a machine that was removed; the store has done so.
    pub(crate) fn forget(&self, tenant: &str, id: &MachineId) {
        self.history.change(tenant, |known| {
            known.exposed.remove(id);
        });
    }

    /// Records what has changed of these machines. Gives when CVEs were first seen
    /// where that has changed.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was recorded, or not all; it may be tried again.
    pub(crate) async fn record(
        &mut self,
        tenant: &str,
        mut machines: Vec<Arc<FleetMachine>>,
        feed: &Feed,
    ) -> Result<Option<Arc<Detections>>, StoreError> {
        self.catch_up().await?;
        let mut news = None;
        for _ in 0..ATTEMPTS {
            // The rules take a millisecond or so: not on the runtime's threads.
            let plan = tokio::task::block_in_place(|| self.plan(tenant, &machines, feed));
            if plan.batch.steps.is_empty() {
                break;
            }
            let store = Arc::clone(&self.history.store);
            let detected = plan.batch.detected.clone();
            let recorded = store
                .record_exposures(tenant, plan.batch)
                .await
                .inspect_err(|_| self.detected.clear())?;
            if recorded.before == self.followed {
                self.followed = recorded.after;
            }
            if !detected.is_empty() {
                news = Some(self.note(tenant, &detected));
            }
            machines = self
                .settle(tenant, plan.machines, recorded.outcomes)
                .await?;
        }
        Ok(news)
    }

    /// Takes in what other processes have recorded: a machine that went from one list to
    /// another and back may look unchanged to whoever has not seen it go.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let page = self
                .history
                .store
                .exposures_after(self.followed, PAGE)
                .await?;
            let Some((last, ..)) = page.last() else {
                return Ok(());
            };
            for of_tenant in page.chunk_by(|a, b| a.1 == b.1) {
                let exposures: Vec<&Exposure> = of_tenant.iter().map(|(.., e)| e).collect();
                if let Some((_, tenant, _)) = of_tenant.first() {
                    self.history.take(tenant, &exposures).await?;
                }
            }
            self.followed = *last;
        }
    }

    fn plan(&mut self, tenant: &str, machines: &[Arc<FleetMachine>], feed: &Feed) -> Plan {
        let now = self.clock.now_ms();
        let history = Arc::clone(&self.history);
        let detections = history.detections(tenant);
        let mut matches = Matches::new();
        let mut plan = Plan::default();
        for machine in machines.iter().filter(|machine| machine.is_active(now)) {
            let judged = Judged {
                fingerprint: machine.exposure_fingerprint().cast_signed(),
                feed: feed.generation,
                sequence: machine.sequence,
            };
            let before = history.read(tenant, |known| known.exposed(machine.id()).cloned());
            // One that was removed and came back in between begins anew.
            let before = before
                .as_ref()
                .filter(|before| before.seen_at >= machine.first_seen);
            if before.is_some_and(|before| before.holds(machine, judged)) {
                continue;
            }
            let Some(set) = self.list(machine, &feed.catalog, judged.fingerprint) else {
                continue;
            };
            let unchanged = before.filter(|before| {
                before.set.hash == set.hash && before.group_id == machine.group_id
            });
            if let Some(before) = unchanged {
                plan.confirm(machine, before, judged);
                continue;
            }
            let since = match before {
                // The same report under another feed: nothing was seen but now.
                Some(before) if before.judged.feed != judged.feed => now,
                _ => machine.seen_at,
            };
            let first_seen = match before {
                None => FirstSeen::of(&vec![since; set.len()]),
                Some(before) => carried(&history, before, &set, since, &mut matches),
            };
            let exposed = Exposed {
                number: before.map_or(0, |before| before.number) + 1,
                seen_at: machine.seen_at,
                group_id: machine.group_id,
                judged,
                set,
                first_seen,
            };
            self.detect((tenant, since), &exposed, &detections, &mut plan.detected);
            plan.append(machine, exposed, now);
        }
        plan.batch.detected = plan.detected.drain().collect();
        plan
    }

    /// The list of a machine; `None` where it cannot be kept, which the log tells.
    fn list(
        &mut self,
        machine: &FleetMachine,
        catalog: &Catalog,
        fingerprint: i64,
    ) -> Option<Arc<PackedSet>> {
        if let Some(known) = self.lists.get(&fingerprint) {
            return Some(Arc::clone(known));
        }
        match FindingSet::of(machine, catalog).pack() {
            Ok(set) => {
                if self.lists.len() >= KEPT {
                    self.lists.clear();
                }
                let set = self.history.shared(set);
                self.lists.insert(fingerprint, Arc::clone(&set));
                Some(set)
            }
            Err(error) => {
                tracing::error!(%error, "a list of findings cannot be kept");
                None
            }
        }
    }

    /// Adds the CVEs of a machine that no machine had at its times.
    fn detect(
        &mut self,
        (tenant, since): (&str, i64),
        exposed: &Exposed,
        known: &Detections,
        detected: &mut HashMap<String, i64>,
    ) {
        // What the machine had before was detected then; the rest is new at `since`.
        let key = (tenant.to_owned(), exposed.set.hash);
        let Some(latest) = exposed.first_seen.latest() else {
            return;
        };
        if self.detected.get(&key).is_some_and(|&at| at <= since) {
            return;
        }
        let set = self.history.unpacked(&exposed.set);
        for (finding, at) in set.findings.iter().zip(exposed.first_seen.each()) {
            let first = known.first(&finding.cve);
            let first = first.into_iter().chain(detected.get(&finding.cve).copied());
            if first.min().is_none_or(|first| at < first) {
                detected.insert(finding.cve.clone(), at);
            }
        }
        if self.detected.len() >= KEPT {
            self.detected.clear();
        }
        self.detected.insert(key, latest);
    }

    fn note(&self, tenant: &str, detected: &[(String, i64)]) -> Arc<Detections> {
        self.history.change(tenant, |known| {
            let detections = Arc::make_mut(&mut known.detections);
            for (cve, at) in detected {
                detections.note(cve, *at);
            }
            Arc::clone(&known.detections)
        })
    }

    /// Enters what was recorded. Gives the machines of which somebody else had recorded
    /// something in between, with that entered.
    async fn settle(
        &self,
        tenant: &str,
        planned: Vec<(Arc<FleetMachine>, Arc<Exposed>)>,
        outcomes: Vec<StepOutcome>,
    ) -> Result<Vec<Arc<FleetMachine>>, StoreError> {
        let (mut again, mut newer) = (Vec::new(), Vec::new());
        self.history.change(tenant, |known| {
            for ((machine, exposed), outcome) in planned.into_iter().zip(outcomes) {
                match outcome {
                    StepOutcome::Taken => {
                        known.exposed.insert(machine.id().clone(), exposed);
                    }
                    StepOutcome::Overtaken(newest) => {
                        known.exposed.remove(machine.id());
                        newer.extend(newest);
                        again.push(machine);
                    }
                    StepOutcome::Gone => {
                        known.exposed.remove(machine.id());
                    }
                }
            }
        });
        let newer: Vec<&Exposure> = newer.iter().collect();
        self.history.take(tenant, &newer).await?;
        Ok(again)
    }
}

impl Exposed {
    /// Whether there is nothing to record of a machine that is judged so.
    fn holds(&self, machine: &FleetMachine, judged: Judged) -> bool {
        let is_same =
            self.judged.fingerprint == judged.fingerprint && self.group_id == machine.group_id;
        // Somebody who knows more has recorded it.
        is_same || self.judged.feed > judged.feed || self.judged.sequence > judged.sequence
    }
}

/// The times of a list that follows another: what the machine had keeps its time.
fn carried(
    history: &History,
    before: &Exposed,
    set: &Arc<PackedSet>,
    since: i64,
    known: &mut Matches,
) -> FirstSeen {
    let positions = known.entry((before.set.hash, set.hash)).or_insert_with(|| {
        let (old, new) = (history.unpacked(&before.set), history.unpacked(set));
        matches(&old, &new).into()
    });
    let old = before.first_seen.each();
    let each: Vec<i64> = positions
        .iter()
        .map(|position| position.and_then(|p| old.get(p)).copied().unwrap_or(since))
        .collect();
    FirstSeen::of(&each)
}

impl Plan {
    fn confirm(&mut self, machine: &Arc<FleetMachine>, before: &Exposed, judged: Judged) {
        self.batch.steps.push(ExposureStep::Confirm {
            machine_id: machine.id().to_string(),
            number: before.number,
            judged,
        });
        let confirmed = Exposed {
            judged,
            set: Arc::clone(&before.set),
            first_seen: before.first_seen.clone(),
            ..*before
        };
        self.machines
            .push((Arc::clone(machine), Arc::new(confirmed)));
    }

    fn append(&mut self, machine: &Arc<FleetMachine>, exposed: Exposed, now: i64) {
        let first_seen = match exposed.first_seen.encode() {
            Ok(first_seen) => first_seen,
            Err(error) => {
                tracing::error!(%error, "the times of a machine cannot be kept");
                return;
            }
        };
        let set = &exposed.set;
        if self.sets.insert(set.hash) {
            self.batch.sets.push(StoredSet {
                hash: set.hash,
                body: set.body.clone(),
            });
        }
        self.batch.steps.push(ExposureStep::Append(Exposure {
            machine_id: machine.id().to_string(),
            number: exposed.number,
            at_ms: now,
            seen_at_ms: exposed.seen_at,
            set_hash: set.hash,
            first_seen,
            group_id: exposed.group_id,
            judged: exposed.judged,
        }));
        self.machines.push((Arc::clone(machine), Arc::new(exposed)));
    }
}
