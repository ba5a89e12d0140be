//! Who writes the fleet: check-ins and feed changes go in, snapshots come out.

mod tables;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_assess::Projection;
use kbgap_inventory::{DeviceValue, Machine, MachineId};

use crate::detections::Detections;
use crate::fingerprint::Fingerprints;
use crate::fleet::{Fleet, Slot};
use crate::misses::Misses;
use crate::packed::Details;
use crate::profile::{state_of, states_of};
use crate::rules::Rules;
use crate::silence::Lasting;
use crate::software::{Change, Interner, encode_named};
use crate::state::PatchState;
use crate::words::WordNumbers;

/// A report with what else is kept of its machine.
#[derive(Clone, Debug)]
pub struct CheckIn {
    /// What was reported.
    pub machine: Machine,
    /// The SHA-256 of that, encoded: reports that say the same have the same.
    pub content_hash: [u8; 32],
    /// When it was seen last, in milliseconds since 1970.
    pub seen_at: i64,
    /// When it was seen first.
    pub first_seen: i64,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    /// What it is worth.
    pub value: DeviceValue,
    /// Its tags, reported or given.
    pub tags: Vec<String>,
    /// Its place in the order of all changes; later ones are higher.
    pub sequence: u64,
    /// The [mark](FleetIndex::mark) that a machine begins with that is new to the index.
    pub mark: u64,
}

impl CheckIn {
    /// A report of a machine of which nothing else is known.
    #[must_use]
    pub fn new(machine: Machine, seen_at: i64) -> Self {
        Self {
            tags: machine.tags.clone(),
            // To be encoded into memory fails for no machine.
            content_hash: machine.encoded().map_or([0; 32], |(_, hash)| hash),
            machine,
            seen_at,
            first_seen: seen_at,
            group_id: 0,
            value: DeviceValue::Normal,
            sequence: 0,
            mark: 0,
        }
    }
}

/// The writer of one tenant's fleet.
#[derive(Debug)]
pub struct FleetIndex {
    fleet: Fleet,
    interner: Interner,
    words: WordNumbers,
    fingerprints: Fingerprints,
    profile_of: HashMap<Arc<Projection>, u32>,
    /// Places of profiles that have no machine any more.
    vacant_profiles: Vec<u32>,
    /// Places of machines that were removed.
    vacant_ordinals: Vec<u32>,
    /// The generation that was published last.
    published: Option<u64>,
}

/// What a check-in was to the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upserted {
    /// Only the time moved, and the machine counted all along.
    Seen,
    /// The machine is new, or another one than before, or counts again.
    Changed,
}

/// The states of a fleet under other rules.
#[derive(Debug)]
pub struct Reassessed {
    rules: Rules,
    states: HashMap<Arc<Projection>, Arc<PatchState>>,
}

impl Reassessed {
    /// No state yet: all are assessed when it is adopted.
    #[must_use]
    pub fn none(rules: Rules) -> Self {
        Self {
            rules,
            states: HashMap::new(),
        }
    }
}

impl FleetIndex {
    /// No machines yet, under these rules.
    #[must_use]
    pub fn new(rules: impl Into<Rules>) -> Self {
        Self {
            fleet: Fleet::new(rules.into()),
            interner: Interner::default(),
            words: WordNumbers::default(),
            fingerprints: Fingerprints::default(),
            profile_of: HashMap::new(),
            vacant_profiles: Vec::new(),
            vacant_ordinals: Vec::new(),
            published: None,
        }
    }

    /// The writer of a fleet whose tables are filled: with how many machines have each
    /// entry of the software, and the places that are vacant.
    pub(crate) fn of(
        mut fleet: Fleet,
        users: Vec<u32>,
        vacant_profiles: Vec<u32>,
        vacant_ordinals: Vec<u32>,
    ) -> Self {
        fleet.inventory.shared.count_known(&users);
        fleet.misses = Misses::count(&fleet);
        let profiles = (0..).zip(fleet.profiles.iter());
        let profile_of = profiles
            .filter_map(|(number, profile)| Some((Arc::clone(&profile.as_ref()?.facts), number)));
        Self {
            fingerprints: Fingerprints::default(),
            profile_of: profile_of.collect(),
            interner: Interner::of(&fleet.inventory.shared, users),
            words: WordNumbers::of(&fleet.inventory.words),
            vacant_profiles,
            vacant_ordinals,
            published: None,
            fleet,
        }
    }

    /// The fleet as it is now, published or not.
    #[must_use]
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The fleet for readers at `now` (milliseconds since 1970) and after. It costs as
    /// much as there are pieces that changed since the last one, which are copied when
    /// they change again.
    pub fn publish(&mut self, now: i64) -> Arc<Fleet> {
        self.fleet.misses.settle();
        if !self.fleet.lasting.as_ref().is_some_and(|l| l.holds(now)) {
            let lasting = match self.fleet.lasting.take() {
                Some(lasting) => lasting.renewed(&self.fleet, now),
                None => Lasting::of(&self.fleet, now),
            };
            self.fleet.leave_out(lasting.machines());
            self.fleet.lasting = Some(lasting);
            self.changed();
        }
        // Whoever makes one at this time has the lock, and need not be waited for.
        if let Ok(mut summaries) = self.fleet.summaries.try_lock() {
            summaries.forget_before(self.fleet.composition);
        }
        self.published = Some(self.fleet.generation);
        Arc::new(self.fleet.clone())
    }

    /// Whether readers at `now` can do with what was published last.
    #[must_use]
    pub fn is_published(&self, now: i64) -> bool {
        self.published == Some(self.fleet.generation)
            && self.fleet.lasting.as_ref().is_some_and(|l| l.holds(now))
    }

    /// Takes a check-in: a new machine, or a new report of a known one. The
    /// caller sees to it that an older report never follows a newer one.
    pub fn upsert(&mut self, check_in: &CheckIn) -> Upserted {
        let CheckIn { machine, .. } = check_in;
        let known = self.fleet.ordinal(&machine.id);
        let old = known.and_then(|ordinal| self.fleet.machines.get(ordinal as usize).copied());
        let known = known.zip(old);
        let fingerprint = self.fingerprints.of(check_in);
        if let Some((ordinal, old)) = known
            && old.fingerprint == fingerprint
            && self.is_named(check_in)
        {
            return self.touch(ordinal, check_in, fingerprint);
        }
        let inventory = &mut self.fleet.inventory;
        let ordinal = known.map(|(ordinal, _)| ordinal);
        let change = self.interner.read(inventory, ordinal, &machine.software);
        let facts = Projection::wide_with(machine, &change.facts);
        let record = self.record(check_in, &change);
        if let Some((ordinal, old)) = known
            && self.fleet.inventory.records.get(ordinal) == record
            && (old.group, old.value) == (check_in.group_id, check_in.value)
            && self
                .fleet
                .profile(old.profile)
                .is_some_and(|p| *p.facts == facts)
            && self.is_named(check_in)
        {
            return self.touch(ordinal, check_in, fingerprint);
        }
        let ordinal = ordinal.unwrap_or_else(|| self.new_ordinal());
        let before = self.fleet.inventory.before(ordinal);
        self.interner
            .apply(&mut self.fleet.inventory, ordinal, &before, &change);
        let slot = Slot {
            seen_at: check_in.seen_at,
            sequence: check_in.sequence,
            mark: old.map_or(check_in.mark, |old| old.mark),
            profile: self.profile(facts),
            group: check_in.group_id,
            value: check_in.value,
            fingerprint,
        };
        let standing = self.fleet.standing(ordinal);
        self.put(ordinal, slot, machine);
        self.fleet.recount(ordinal, standing.as_ref());
        self.fleet.inventory.records.set(ordinal, &record);
        if let Some(old) = old {
            // Only now: the machine may have the same profile as before.
            self.vacate(old.profile);
        }
        self.changed();
        Upserted::Changed
    }

    /// What is kept of a machine that has this software.
    fn record(&mut self, check_in: &CheckIn, change: &Change) -> Vec<u8> {
        let CheckIn { machine, .. } = check_in;
        let (words, known) = (&mut self.fleet.inventory.words, &mut self.words);
        let own = encode_named(&change.own, |text| known.word(words, text));
        let word = |text| known.word(words, text);
        let details = Details::of(machine, check_in.first_seen, &check_in.tags, word);
        details.record(&machine.id, &change.packed(), &own)
    }

    /// Forgets a machine.
    pub fn remove(&mut self, id: &MachineId) {
        let Some(ordinal) = self.fleet.ordinal(id) else {
            return;
        };
        let inventory = &mut self.fleet.inventory;
        let before = inventory.before(ordinal);
        self.interner
            .apply(inventory, ordinal, &before, &Change::default());
        let standing = self.fleet.standing(ordinal);
        if let Some(slot) = self.take(ordinal) {
            self.fleet.recount(ordinal, standing.as_ref());
            self.vacate(slot.profile);
        }
        self.vacant_ordinals.push(ordinal);
        self.changed();
    }

    /// Keeps a number with a machine, for the caller's own use. It is published like all
    /// else but changes no answer.
    pub fn mark(&mut self, id: &MachineId, mark: u64) {
        let ordinal = self.fleet.ordinal(id);
        let slot = ordinal.and_then(|o| self.fleet.machines.get_mut(o as usize));
        if let Some(slot) = slot {
            slot.mark = mark;
        }
    }

    /// Takes when each CVE was first seen: who is asked for it is [`Summary::first_detected`].
    ///
    /// [`Summary::first_detected`]: crate::Summary::first_detected
    pub fn set_detections(&mut self, detections: Arc<Detections>) {
        self.fleet.detections = detections;
        self.changed();
    }

    /// Assesses all states under another catalogue, on all cores. Nobody waits for it:
    /// it reads a snapshot, and [`FleetIndex::adopt`] brings in what it has found.
    /// `None` where `stop` was set before the end.
    #[must_use]
    pub fn reassess(
        fleet: &Fleet,
        rules: impl Into<Rules>,
        stop: &AtomicBool,
    ) -> Option<Reassessed> {
        let rules = rules.into();
        let facts: Vec<Arc<Projection>> = fleet.profiles().map(|p| Arc::clone(&p.facts)).collect();
        let states = states_of(&facts, &rules, stop)?;
        Some(Reassessed {
            rules,
            states: facts.into_iter().zip(states).collect(),
        })
    }

    /// Puts the fleet under another catalogue, all at once. Profiles that came after the
    /// re-assessment had begun are assessed here.
    pub fn adopt(&mut self, reassessed: Reassessed) {
        let Reassessed { rules, states } = reassessed;
        for number in 0..self.fleet.profiles.len() {
            if let Some(Some(profile)) = self.fleet.profiles.get_mut(number) {
                let profile = Arc::make_mut(profile);
                profile.state = match states.get(&profile.facts) {
                    Some(state) => Arc::clone(state),
                    None => state_of(&profile.facts, &rules),
                };
            }
        }
        self.fleet.rules = rules;
        self.fleet.misses = Misses::count(&self.fleet);
        self.changed();
    }

    /// Something that an answer shows is another one now.
    const fn changed(&mut self) {
        self.fleet.generation += 1;
        self.fleet.composition += 1;
    }
}
