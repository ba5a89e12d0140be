//! Recording what machines are vulnerable to.

mod candidate;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kbgap_fleet::{Detections, JudgedMachine, Rules};
use kbgap_inventory::MachineId;
use kbgap_store::{
    Exposure, ExposureBatch, FindingSet as StoredSet, Judged, SetHash, StepOutcome, StoreError,
};

use self::candidate::Candidate;
use super::carrier::Carrier;
use super::lists::{Listed, Lists};
use super::mark::NO_ROW;
use super::plan::{Detected, Step, Verdict};
use super::{History, PAGE};
use crate::clock::Clock;

/// How often somebody else may record the same machine first; who comes too late each
/// time leaves it to them.
const ATTEMPTS: usize = 3;
/// Machines that are recorded at once.
const ROUND: usize = 2_000;
/// How many of them may need lists that have to be made or read: some ten kilobytes each.
const UNLISTED: usize = 200;

/// Records what machines are vulnerable to. One call at a time.
pub(crate) struct Recorder {
    history: Arc<History>,
    clock: Clock,
    /// The last exposure that is known, of whatever process.
    followed: u64,
    /// Machines of which others have recorded something, until that is told.
    stale: HashSet<(Arc<str>, MachineId)>,
    /// What has not been told yet: the store may fail between two rounds.
    news: News,
    lists: Lists,
    detected: Detected,
    carrier: Carrier,
}

/// Under which feed machines are judged.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) rules: Rules,
    /// Of the store.
    pub(crate) generation: u64,
}

/// What whoever keeps marks and detections is told.
#[derive(Default)]
pub(crate) struct News {
    /// When CVEs were first seen, where that has changed.
    pub(crate) detections: Option<Arc<Detections>>,
    /// The new marks of machines, of this tenant and of others; 0 where it is to be
    /// forgotten. Of several of one machine the last counts.
    pub(crate) marks: Vec<(Arc<str>, MachineId, u64)>,
}

impl News {
    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.detections.is_none() && self.marks.is_empty()
    }
}

impl Recorder {
    /// Records into a history that has just been loaded.
    pub(crate) fn new(history: Arc<History>, clock: Clock) -> Self {
        Self {
            followed: history.loaded,
            history,
            clock,
            stale: HashSet::new(),
            news: News::default(),
            lists: Lists::default(),
            detected: Detected::default(),
            carrier: Carrier::default(),
        }
    }

    pub(crate) const fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// Records what has changed of these machines, each with the mark that it has by now:
    /// the one that came with it is from before it waited, and what was recorded meanwhile
    /// counts.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was recorded, or not all; it may be tried again.
    pub(crate) async fn record(
        &mut self,
        tenant: &str,
        machines: Vec<(Arc<JudgedMachine>, u64)>,
        feed: &Feed,
    ) -> Result<News, StoreError> {
        self.catch_up().await?;
        let tenant: &Arc<str> = &Arc::from(tenant);
        let mut candidates =
            tokio::task::block_in_place(|| self.candidates(tenant, machines, feed));
        while !candidates.is_empty() {
            let rest = candidates.split_off(self.round_of(tenant, &candidates));
            let mut round = std::mem::replace(&mut candidates, rest);
            for _ in 0..ATTEMPTS {
                round = self.round(tenant, round).await?;
                if round.is_empty() {
                    break;
                }
            }
        }
        let stale = self.stale.drain().map(|(tenant, id)| (tenant, id, 0));
        let mut news = std::mem::take(&mut self.news);
        news.marks.splice(0..0, stale);
        Ok(news)
    }

    /// Notes that all machines of a tenant were recorded under a feed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn recorded_all(&self, tenant: &str, feed: &Feed) -> Result<(), StoreError> {
        let store = &self.history.store;
        store.judged_all(tenant, feed.generation).await
    }

    /// Takes in what other processes have recorded: a machine that went from one list to
    /// another and back may look unchanged to whoever has not seen it go.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let store = &self.history.store;
            let page = store.exposures_after(self.followed, PAGE).await?;
            let Some((last, ..)) = page.last() else {
                return Ok(());
            };
            self.followed = *last;
            // After a feed these may be all machines.
            for of_tenant in page.chunk_by(|(_, a, _), (_, b, _)| a == b) {
                let Some((_, tenant, _)) = of_tenant.first() else {
                    continue;
                };
                let tenant: Arc<str> = Arc::from(tenant.as_str());
                let ids = of_tenant.iter().filter_map(|(.., id)| id.parse().ok());
                self.stale.extend(ids.map(|id| (Arc::clone(&tenant), id)));
            }
        }
    }

    /// The machines whose marks do not say that there is nothing to record.
    fn candidates(
        &self,
        tenant: &Arc<str>,
        machines: Vec<(Arc<JudgedMachine>, u64)>,
        feed: &Feed,
    ) -> Vec<Candidate> {
        let now = self.clock.now_ms();
        let active = machines.into_iter().filter(|(m, _)| m.is_active(now));
        let candidates = active.filter_map(|(machine, known)| {
            let judged = Judged {
                fingerprint: machine.fingerprint.cast_signed(),
                feed: feed.generation,
                sequence: machine.sequence,
            };
            let mut candidate = Candidate::again(machine, judged);
            let (mark, machine) = (candidate.mark(), &candidate.machine);
            let is_stale = self.is_stale(tenant, &candidate);
            let is_marked = machine.mark == mark && known == mark && !is_stale;
            candidate.is_new = known == NO_ROW && !is_stale;
            (!is_marked).then_some(candidate)
        });
        candidates.collect()
    }

    fn is_stale(&self, tenant: &Arc<str>, candidate: &Candidate) -> bool {
        let key = || (Arc::clone(tenant), candidate.machine.id().clone());
        !self.stale.is_empty() && self.stale.contains(&key())
    }

    /// How many of these are recorded at once. Each round waits until the store has done
    /// what it has to do meanwhile, so there should be few of them.
    fn round_of(&self, tenant: &str, candidates: &[Candidate]) -> usize {
        let mut unlisted = 0;
        let is_in = |candidate: &&Candidate| {
            let Candidate {
                machine, judged, ..
            } = candidate;
            // A new machine needs none where the list and all that it says are known.
            let list = self.lists.known(judged.fingerprint);
            let is_known = |list| self.detected.knows(tenant, list, machine.seen_at);
            let is_listed = candidate.is_new && list.is_some_and(is_known);
            unlisted += usize::from(!is_listed);
            unlisted <= UNLISTED
        };
        candidates.iter().take(ROUND).take_while(is_in).count()
    }

    /// Records some machines, and gives those that have to be looked at again.
    async fn round(
        &mut self,
        tenant: &Arc<str>,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Candidate>, StoreError> {
        let now = self.clock.now_ms();
        let history = Arc::clone(&self.history);
        let known = candidates.iter().filter(|c| !c.is_new);
        let ids: Vec<String> = known.map(|c| c.machine.id().to_string()).collect();
        let newest = match ids.is_empty() {
            true => Vec::new(),
            false => history.store.exposures_of(tenant, ids, u64::MAX).await?,
        };
        // The rules take a millisecond or so: not on the runtime's threads.
        let mut steps = tokio::task::block_in_place(|| self.steps(tenant, candidates, newest, now));
        let new = self.lists.take_new();
        let mut sets: HashMap<SetHash, Listed> = new.clone();
        let mut again = Vec::new();
        let mut at_once = steps.len();
        while !steps.is_empty() {
            let rest = steps.split_off(at_once.min(steps.len()));
            // Where a batch is refused, what was noted for it is forgotten: the others may
            // need all of their lists.
            at_once = UNLISTED;
            let needed = steps.iter().flat_map(|step| {
                let seen = (!self.detected.knows_all_of(tenant, step)).then_some(step.list.hash);
                self.carrier.needed(step).chain(seen)
            });
            let missing = needed.filter(|hash| !sets.contains_key(hash));
            let stored = history.packed(tenant, missing).await?.into_iter();
            sets.extend(stored.map(|(hash, set)| (hash, Listed::from(set))));
            let (batch, taken, unlisted) =
                tokio::task::block_in_place(|| self.batch(tenant, steps, &sets, &new, now));
            again.extend(unlisted);
            steps = self.put(tenant, batch, taken, &mut again).await?;
            steps.extend(rest);
        }
        Ok(again)
    }

    /// Stores a batch with these steps. Those that have to be looked at again come to the
    /// others, and those that have to be stored without them come back.
    async fn put(
        &mut self,
        tenant: &Arc<str>,
        batch: ExposureBatch,
        steps: Vec<Step>,
        again: &mut Vec<Candidate>,
    ) -> Result<Vec<Step>, StoreError> {
        let history = Arc::clone(&self.history);
        let detected = batch.detected.clone();
        let recorded = history
            .store
            .record_exposures(tenant, batch)
            .await
            .inspect_err(|_| self.detected.clear())?;
        if recorded.before == self.followed {
            self.followed = recorded.after;
        }
        let is_taken = |outcome: &StepOutcome| *outcome == StepOutcome::Taken;
        if !recorded.outcomes.iter().all(is_taken) {
            self.detected.clear();
        } else if !detected.is_empty() {
            self.news.detections = Some(history.note(tenant, &detected));
        }
        let mut held = Vec::new();
        for (step, outcome) in steps.into_iter().zip(recorded.outcomes) {
            if outcome == StepOutcome::Held {
                held.push(step);
                continue;
            }
            let Step {
                machine, judged, ..
            } = step;
            let candidate = Candidate::again(machine, judged);
            let mark = match outcome {
                StepOutcome::Taken => candidate.mark(),
                StepOutcome::Held
                | StepOutcome::Overtaken
                | StepOutcome::Gone
                | StepOutcome::Unlisted => 0,
            };
            let id = candidate.machine.id().clone();
            self.news.marks.push((Arc::clone(tenant), id, mark));
            match outcome {
                StepOutcome::Taken | StepOutcome::Held | StepOutcome::Gone => {}
                StepOutcome::Overtaken => again.push(candidate),
                StepOutcome::Unlisted => {
                    self.lists.forget(candidate.judged.fingerprint);
                    again.push(candidate);
                }
            }
        }
        Ok(held)
    }

    /// The machines of which a row is to follow. `newest` has the rows of those that may
    /// have one. Those whose newest row holds get their
    /// marks. Machines that go the same step follow one another.
    fn steps(
        &mut self,
        tenant: &Arc<str>,
        candidates: Vec<Candidate>,
        newest: Vec<Option<Exposure>>,
        now: i64,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut newest = newest.into_iter();
        for candidate in candidates {
            let mark = candidate.mark();
            let Candidate {
                machine,
                judged,
                is_new,
            } = candidate;
            let before = match is_new {
                true => None,
                false => newest.next().flatten(),
            };
            let list = || self.lists.of(&machine, judged.fingerprint);
            let mark = match Step::of(&machine, judged, before, now, list) {
                Verdict::Holds => mark,
                Verdict::Left => 0,
                Verdict::Follows(step) => {
                    steps.push(*step);
                    continue;
                }
            };
            self.news
                .marks
                .push((Arc::clone(tenant), machine.id().clone(), mark));
        }
        steps.sort_by_key(|step| (step.pair(), step.list.hash));
        steps
    }

    /// What is to be recorded, with the steps in its order, and the machines that have to
    /// be looked at again since their list is known no more.
    fn batch(
        &mut self,
        tenant: &str,
        steps: Vec<Step>,
        sets: &HashMap<SetHash, Listed>,
        new: &HashMap<SetHash, Listed>,
        now: i64,
    ) -> (ExposureBatch, Vec<Step>, Vec<Candidate>) {
        let detections = self.history.detections(tenant);
        let mut detected = HashMap::new();
        let (mut rows, mut taken, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for step in steps {
            let known = self.detected.knows_all_of(tenant, &step);
            let set = sets.get(&step.list.hash);
            let row = self.carrier.row(&self.history, &step, sets);
            let (Some((row, first_seen)), true) = (row, known || set.is_some()) else {
                self.lists.forget(step.judged.fingerprint);
                let Step {
                    machine, judged, ..
                } = step;
                again.push(Candidate::again(machine, judged));
                continue;
            };
            if let Some(set) = set.filter(|_| !known) {
                let of = (&step, &first_seen);
                let set = (&*self.history, set);
                self.detected
                    .add(tenant, of, set, &detections, &mut detected);
            }
            rows.push(row);
            taken.push(step);
        }
        let named: HashSet<SetHash> = rows.iter().map(|row| row.set_hash).collect();
        let new = new.values().map(|listed| &listed.packed);
        let named = new.filter(|set| named.contains(&set.hash));
        let batch = ExposureBatch {
            at_ms: now,
            sets: named
                .map(|set| StoredSet {
                    hash: set.hash,
                    body: set.body.clone(),
                })
                .collect(),
            steps: rows,
            detected: detected.into_iter().collect(),
        };
        (batch, taken, again)
    }
}
