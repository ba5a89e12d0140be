//! Who writes the fleet: check-ins and feed changes go in, snapshots come out.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_assess::{Assessor, Projection};
use kbgap_catalog::Catalog;
use kbgap_inventory::{DeviceValue, Machine, MachineId};

use crate::RETENTION_MS;
use crate::detections::Detections;
use crate::fleet::{Fleet, Group, Slot, VACANT};
use crate::packed::{Details, Packed};
use crate::profile::{Profile, state_of, states_of};
use crate::score::Risks;
use crate::silence::Lasting;
use crate::software::{Change, Interner, encode_named};
use crate::state::PatchState;
use crate::words::WordNumbers;

/// A report with what else is kept of its machine.
#[derive(Clone, Debug)]
pub struct CheckIn {
    /// What was reported.
    pub machine: Machine,
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
}

impl CheckIn {
    /// A report of a machine of which nothing else is known.
    #[must_use]
    pub fn new(machine: Machine, seen_at: i64) -> Self {
        Self {
            tags: machine.tags.clone(),
            machine,
            seen_at,
            first_seen: seen_at,
            group_id: 0,
            value: DeviceValue::Normal,
            sequence: 0,
        }
    }
}

/// The writer of one tenant's fleet.
#[derive(Debug)]
pub struct FleetIndex {
    fleet: Fleet,
    interner: Interner,
    words: WordNumbers,
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

/// The states of a fleet under another catalogue.
#[derive(Debug)]
pub struct Reassessed {
    assessor: Arc<Assessor>,
    risks: Arc<Risks>,
    states: HashMap<Arc<Projection>, Arc<PatchState>>,
}

impl Reassessed {
    /// No state yet: all are assessed when it is adopted.
    #[must_use]
    pub fn none(catalog: Catalog) -> Self {
        Self {
            risks: Arc::new(Risks::of(&catalog)),
            assessor: Arc::new(Assessor::new(catalog)),
            states: HashMap::new(),
        }
    }
}

impl FleetIndex {
    /// No machines yet, under this catalogue.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self {
            fleet: Fleet::new(catalog),
            interner: Interner::default(),
            words: WordNumbers::default(),
            profile_of: HashMap::new(),
            vacant_profiles: Vec::new(),
            vacant_ordinals: Vec::new(),
            published: None,
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
        if !self.fleet.lasting.as_ref().is_some_and(|l| l.holds(now)) {
            self.fleet.lasting = Some(Lasting::of(&self.fleet, now));
            self.fleet.generation += 1;
            self.fleet.composition += 1;
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
        let inventory = &mut self.fleet.inventory;
        let change = self.interner.read(inventory, known, &machine.software);
        let facts = Projection::wide_with(machine, &change.facts);
        let record = self.record(check_in, &change);

        let old = known.and_then(|ordinal| self.fleet.machines.get(ordinal as usize).copied());
        let old_profile = old.and_then(|slot| self.fleet.profile(slot.profile));
        if let (Some(ordinal), Some(old), Some(profile)) = (known, old, old_profile)
            && self.fleet.inventory.records.get(ordinal) == record
            && (old.group, old.value) == (check_in.group_id, check_in.value)
            && *profile.facts == facts
            && self.is_named(check_in)
        {
            let was_silent = old.seen_at < check_in.seen_at.saturating_sub(RETENTION_MS);
            self.touch(ordinal, check_in);
            return if was_silent {
                Upserted::Changed
            } else {
                Upserted::Seen
            };
        }
        let ordinal = known.unwrap_or_else(|| self.new_ordinal());
        let before = self.fleet.inventory.before(ordinal);
        self.interner
            .apply(&mut self.fleet.inventory, ordinal, &before, &change);
        let profile = self.profile(facts);
        let left = self.take(ordinal);
        let slot = Slot {
            seen_at: check_in.seen_at,
            sequence: check_in.sequence,
            mark: left.map_or(0, |slot| slot.mark),
            profile,
            group: check_in.group_id,
            value: check_in.value,
        };
        self.put(ordinal, slot, machine);
        self.fleet.inventory.records.set(ordinal, &record);
        if let Some(left) = left {
            // Only now: the machine may have the same profile as before.
            self.vacate(left.profile);
        }
        self.fleet.generation += 1;
        self.fleet.composition += 1;
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
        if let Some(slot) = self.take(ordinal) {
            self.vacate(slot.profile);
        }
        self.vacant_ordinals.push(ordinal);
        self.fleet.generation += 1;
        self.fleet.composition += 1;
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
        self.fleet.generation += 1;
        self.fleet.composition += 1;
    }

    /// Assesses all states under another catalogue, on all cores. Nobody waits for it:
    /// it reads a snapshot, and [`FleetIndex::adopt`] brings in what it has found.
    /// `None` where `stop` was set before the end.
    #[must_use]
    pub fn reassess(fleet: &Fleet, catalog: Catalog, stop: &AtomicBool) -> Option<Reassessed> {
        let facts: Vec<Arc<Projection>> = fleet.profiles().map(|p| Arc::clone(&p.facts)).collect();
        let risks = Arc::new(Risks::of(&catalog));
        let assessor = Arc::new(Assessor::new(catalog));
        let states = states_of(&facts, &assessor, &risks, stop)?;
        Some(Reassessed {
            assessor,
            risks,
            states: facts.into_iter().zip(states).collect(),
        })
    }

    /// Puts the fleet under another catalogue, all at once. Profiles that came after the
    /// re-assessment had begun are assessed here.
    pub fn adopt(&mut self, reassessed: Reassessed) {
        let Reassessed {
            assessor,
            risks,
            states,
        } = reassessed;
        for number in 0..self.fleet.profiles.len() {
            if let Some(Some(profile)) = self.fleet.profiles.get_mut(number) {
                let profile = Arc::make_mut(profile);
                profile.state = match states.get(&profile.facts) {
                    Some(state) => Arc::clone(state),
                    None => state_of(&profile.facts, &assessor, &risks),
                };
            }
        }
        self.fleet.risks = risks;
        self.fleet.assessor = assessor;
        self.fleet.counts = Arc::default();
        self.fleet.generation += 1;
        self.fleet.composition += 1;
    }

    /// Whether the group of a check-in has the name that it gives.
    fn is_named(&self, check_in: &CheckIn) -> bool {
        let group = self.fleet.groups.get(&check_in.group_id);
        group.map(|group| &*group.name) == check_in.machine.group.as_deref()
    }

    /// Only the time has moved.
    fn touch(&mut self, ordinal: u32, check_in: &CheckIn) {
        let Some(slot) = self.fleet.machines.get_mut(ordinal as usize) else {
            return;
        };
        let before = std::mem::replace(&mut slot.seen_at, check_in.seen_at);
        slot.sequence = check_in.sequence;
        self.fleet.activity.touch(ordinal, before, check_in.seen_at);
        self.moved(Some(before), Some(check_in.seen_at));
        self.fleet.generation += 1;
    }

    /// A machine was seen at other times than before.
    fn moved(&mut self, before: Option<i64>, now: Option<i64>) {
        if let Some(lasting) = &mut self.fleet.lasting
            && !lasting.moved(before, now)
        {
            self.fleet.lasting = None;
        }
    }

    fn profile(&mut self, facts: Projection) -> u32 {
        if let Some(&known) = self.profile_of.get(&facts) {
            return known;
        }
        let facts = Arc::new(facts);
        let state = state_of(&facts, &self.fleet.assessor, &self.fleet.risks);
        let profile = Some(Arc::new(Profile::new(Arc::clone(&facts), state)));
        let number = match self.vacant_profiles.pop() {
            Some(number) => {
                if let Some(place) = self.fleet.profiles.get_mut(number as usize) {
                    *place = profile;
                }
                number
            }
            None => u32::try_from(self.fleet.profiles.push(profile)).unwrap_or(u32::MAX),
        };
        self.profile_of.insert(facts, number);
        number
    }

    /// Lets a profile go that a machine has left, where it was the last.
    fn vacate(&mut self, number: u32) {
        let profile = self.fleet.profile(number);
        if let Some(profile) = profile.filter(|profile| profile.machines.is_empty()) {
            self.profile_of.remove(&profile.facts);
            if let Some(place) = self.fleet.profiles.get_mut(number as usize) {
                *place = None;
            }
            self.vacant_profiles.push(number);
        }
    }

    fn new_ordinal(&mut self) -> u32 {
        self.vacant_ordinals.pop().unwrap_or_else(|| {
            let vacant = Slot {
                seen_at: 0,
                sequence: 0,
                mark: 0,
                profile: VACANT,
                group: 0,
                value: DeviceValue::Normal,
            };
            u32::try_from(self.fleet.machines.push(vacant)).unwrap_or(u32::MAX)
        })
    }

    /// Enters a machine into all tables but those of its software and its record.
    fn put(&mut self, ordinal: u32, slot: Slot, machine: &Machine) {
        let fleet = &mut self.fleet;
        let records = &fleet.inventory.records;
        fleet.ids.insert(&machine.id, ordinal, records);
        let hash = fleet.name_hash(&machine.computer_dns_name.to_lowercase());
        fleet.names.insert((hash, ordinal));
        if let Some(Some(profile)) = fleet.profiles.get_mut(slot.profile as usize) {
            Arc::make_mut(profile).machines.insert(ordinal);
        }
        if let Some(name) = machine.group.as_ref().filter(|_| slot.group != 0) {
            let groups = Arc::make_mut(&mut fleet.groups);
            let group = groups.entry(slot.group).or_insert_with(|| Group {
                name: name.as_str().into(),
                machines: Arc::default(),
            });
            Arc::make_mut(&mut group.machines).insert(ordinal);
        }
        fleet.activity.insert(ordinal, slot.seen_at);
        let seen_at = slot.seen_at;
        if let Some(place) = fleet.machines.get_mut(ordinal as usize) {
            *place = slot;
        }
        self.moved(None, Some(seen_at));
    }

    /// Takes a machine out of all tables but those of its software.
    fn take(&mut self, ordinal: u32) -> Option<Slot> {
        let fleet = &mut self.fleet;
        let place = fleet.machines.get_mut(ordinal as usize)?;
        let slot = *place;
        place.profile = VACANT;
        let inventory = &mut fleet.inventory;
        let packed = Packed::read(inventory.records.get(ordinal))?;
        fleet.ids.remove(packed.id, &inventory.records);
        let name = packed.details()?.name(&inventory.words);
        let hash = fleet.name_hash(&name.to_lowercase());
        fleet.names.remove(&(hash, ordinal));
        fleet.inventory.records.set(ordinal, &[]);
        if let Some(Some(profile)) = fleet.profiles.get_mut(slot.profile as usize) {
            Arc::make_mut(profile).machines.remove(ordinal);
        }
        if fleet.groups.contains_key(&slot.group) {
            let groups = Arc::make_mut(&mut fleet.groups);
            if let Some(group) = groups.get_mut(&slot.group) {
                Arc::make_mut(&mut group.machines).remove(ordinal);
                if group.machines.is_empty() {
                    groups.remove(&slot.group);
                }
            }
        }
        fleet.activity.remove(ordinal, slot.seen_at);
        self.moved(Some(slot.seen_at), None);
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use kbgap_catalog::compile;
    use kbgap_inventory::native;

    use super::*;

    #[test]
    fn places_of_what_is_gone_are_taken_again() {
        let mut index = FleetIndex::new(compile(&[]).unwrap());
        for n in 0..100 {
            let json = format!(
                r#"{{"computerDnsName":"pc-{}","os":{{"version":"10.0.18363.{n}"}},
                    "software":[{{"vendor":"V","name":"Of {n}","version":"{n}"}}]}}"#,
                n % 2
            );
            let machine = native::machine(&json).unwrap();
            let id = machine.id.clone();
            index.upsert(&CheckIn::new(machine, n));
            if n % 10 == 9 {
                index.remove(&id);
            }
        }
        let fleet = index.fleet();
        assert!(fleet.profiles.len() <= 3, "{}", fleet.profiles.len());
        assert_eq!((fleet.machines.len(), fleet.len()), (2, 1));
        assert_eq!((fleet.profiles().count(), index.profile_of.len()), (1, 1));
        let machine = fleet.machines_from(None).next().unwrap();
        assert_eq!(machine.software().len(), 1);
    }
}
