//! The index of one tenant's machines.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use kbgap_assess::{Assessed, Projection};
use kbgap_catalog::{Catalog, KbId, SoftwareId, SoftwareIx, VulnerabilityIx};
use kbgap_inventory::{DeviceValue, MachineId};
use roaring::RoaringBitmap;

use crate::activity::Activity;
use crate::detections::Detections;
use crate::machine::{CheckIn, FleetMachine};
use crate::pool::Pools;
use crate::rows::cves_in_software;
use crate::score::Risks;
use crate::state::{PatchState, State};
use crate::summary::Summaries;

/// The index of one tenant's machines.
#[derive(Debug)]
pub struct Fleet {
    pub(crate) catalog: Catalog,
    risks: Risks,
    pub(crate) states: Vec<State>,
    state_of: HashMap<Projection, usize>,
    /// Places of states that have no machine any more.
    vacant_states: Vec<usize>,
    /// Lists of CVEs, so that states share equal ones.
    lists: HashSet<Arc<[VulnerabilityIx]>>,
    pools: Pools,
    machines: Vec<Option<Arc<FleetMachine>>>,
    /// Places of machines that were removed.
    vacant_ordinals: Vec<u32>,
    ordinals: BTreeMap<MachineId, u32>,
    by_name: HashMap<String, BTreeSet<MachineId>>,
    pub(crate) missing: HashMap<(SoftwareIx, KbId), Missed>,
    pub(crate) builds: HashMap<u32, RoaringBitmap>,
    pub(crate) activity: Activity,
    /// Machines that have a software.
    pub(crate) installed: BTreeMap<SoftwareId, RoaringBitmap>,
    /// Machines of another value than the normal one.
    pub(crate) values: HashMap<DeviceValue, RoaringBitmap>,
    pub(crate) groups: BTreeMap<i32, Group>,
    pub(crate) detections: Arc<Detections>,
    /// Grows with every change.
    pub(crate) generation: u64,
    pub(crate) summaries: Mutex<Summaries>,
}

/// A device group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) machines: RoaringBitmap,
}

/// A KB that machines miss for one software.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) machines: RoaringBitmap,
    /// Distinct CVEs that the KB fixes in the software, over all its products.
    pub(crate) cves: u32,
}

impl Fleet {
    /// An empty fleet under this catalogue.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        let risks = Risks::of(&catalog);
        Self {
            catalog,
            risks,
            states: Vec::new(),
            state_of: HashMap::new(),
            vacant_states: Vec::new(),
            lists: HashSet::new(),
            pools: Pools::default(),
            machines: Vec::new(),
            vacant_ordinals: Vec::new(),
            ordinals: BTreeMap::new(),
            by_name: HashMap::new(),
            missing: HashMap::new(),
            builds: HashMap::new(),
            activity: Activity::default(),
            installed: BTreeMap::new(),
            values: HashMap::new(),
            groups: BTreeMap::new(),
            detections: Arc::default(),
            generation: 0,
            summaries: Mutex::default(),
        }
    }

    /// The catalogue under which the machines are assessed.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Takes a check-in: a new machine, or a new report of a known one. The
    /// caller sees to it that an older report never follows a newer one.
    pub fn upsert(&mut self, check_in: CheckIn) {
        let state = self.state(Projection::of(&check_in.machine, &self.catalog));
        let id = check_in.machine.id.clone();
        let known = self.ordinals.get(&id).copied();
        let ordinal = known.unwrap_or_else(|| self.new_ordinal());
        let left = self.take(ordinal);
        let patch_state = Arc::clone(&self.states[state].patch_state);
        let machine = FleetMachine::new(
            check_in,
            ordinal,
            state,
            patch_state,
            &self.catalog,
            &mut self.pools,
        );
        self.ordinals.insert(id, ordinal);
        self.put(Arc::new(machine));
        // Only now: the machine may be in the same state as before.
        self.vacate(left);
        self.generation += 1;
    }

    /// Forgets a machine.
    pub fn remove(&mut self, id: &MachineId) {
        if let Some(ordinal) = self.ordinals.remove(id) {
            let left = self.take(ordinal);
            self.vacate(left);
            self.vacant_ordinals.push(ordinal);
            self.generation += 1;
        }
    }

    /// Puts the machines under another catalogue: each state is assessed anew.
    /// Projections are made again, because a catalogue decides what they hold.
    #[must_use]
    pub fn under(&self, catalog: Catalog) -> Self {
        let mut fleet = Self::new(catalog);
        fleet.set_detections(Arc::clone(&self.detections));
        for machine in self.machines.iter().flatten() {
            fleet.upsert(machine.check_in());
        }
        fleet
    }

    /// Takes when each CVE was first seen: who is asked for it is [`Summary::first_detected`].
    ///
    /// [`Summary::first_detected`]: crate::Summary::first_detected
    pub fn set_detections(&mut self, detections: Arc<Detections>) {
        self.detections = detections;
        self.generation += 1;
    }

    /// The machine with this id or, failing that, the one with this name. Of
    /// several with one name it is the one seen last.
    #[must_use]
    pub fn find(&self, id_or_name: &str) -> Option<&Arc<FleetMachine>> {
        let by_id = id_or_name
            .parse()
            .ok()
            .and_then(|id: MachineId| self.machine(&id));
        by_id.or_else(|| {
            self.named(id_or_name)
                .max_by_key(|m| (m.seen_at, m.id().clone()))
        })
    }

    /// The machines with this name, in any case, by id.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Arc<FleetMachine>> {
        let ids = self.by_name.get(&name.trim().to_lowercase());
        ids.into_iter().flatten().filter_map(|id| self.machine(id))
    }

    /// The machine with this id.
    #[must_use]
    pub fn machine(&self, id: &MachineId) -> Option<&Arc<FleetMachine>> {
        self.at(*self.ordinals.get(id)?)
    }

    /// The machines in the order of their ids, from the first id that is not
    /// below `from` on.
    pub fn machines_from(&self, from: Option<&str>) -> impl Iterator<Item = &Arc<FleetMachine>> {
        let from = from.and_then(MachineId::not_below);
        let bound = from.map_or(Bound::Unbounded, Bound::Included);
        self.ordinals
            .range((bound, Bound::Unbounded))
            .filter_map(|(_, &ordinal)| self.at(ordinal))
    }

    /// The machines of a set, in the order of their ids.
    #[must_use]
    pub fn machines_of(&self, ordinals: &RoaringBitmap) -> Vec<Arc<FleetMachine>> {
        let mut machines: Vec<Arc<FleetMachine>> = ordinals
            .iter()
            .filter_map(|ordinal| self.at(ordinal).cloned())
            .collect();
        machines.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        machines
    }

    /// The machines with one of these ids, each once, in the order of their ids. What is
    /// no id is nobody's.
    #[must_use]
    pub fn machines_with_ids(&self, ids: &[String]) -> Vec<Arc<FleetMachine>> {
        let ids: BTreeSet<MachineId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        ids.iter()
            .filter_map(|id| self.machine(id).cloned())
            .collect()
    }

    /// The machines last seen at `time` or later (milliseconds since 1970), by id.
    #[must_use]
    pub fn machines_seen_since(&self, time: i64) -> Vec<Arc<FleetMachine>> {
        self.machines_of(&self.activity.seen_since(time))
    }

    /// How many machines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ordinals.len()
    }

    /// Whether there is no machine.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ordinals.is_empty()
    }

    /// A number that grows with every change.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether some machine has this software.
    #[must_use]
    pub fn has_installed(&self, software: &SoftwareId) -> bool {
        self.installed.contains_key(software)
    }

    pub(crate) fn at(&self, ordinal: u32) -> Option<&Arc<FleetMachine>> {
        self.machines.get(ordinal as usize)?.as_ref()
    }

    fn state(&mut self, projection: Projection) -> usize {
        if let Some(&state) = self.state_of.get(&projection) {
            return state;
        }
        let state = State::new(PatchState::new(
            &self.catalog,
            projection.clone(),
            &self.risks,
            &mut self.lists,
        ));
        let place = match self.vacant_states.pop() {
            Some(place) => {
                self.states[place] = state;
                place
            }
            None => {
                self.states.push(state);
                self.states.len() - 1
            }
        };
        self.state_of.insert(projection, place);
        place
    }

    /// Lets a state go that a machine has left, where it was the last.
    fn vacate(&mut self, left: Option<usize>) {
        if let Some(place) = left
            && self.states[place].machines.is_empty()
            && self
                .state_of
                .remove(&self.states[place].patch_state.projection)
                .is_some()
        {
            self.vacant_states.push(place);
        }
    }

    fn new_ordinal(&mut self) -> u32 {
        self.vacant_ordinals.pop().unwrap_or_else(|| {
            self.machines.push(None);
            u32::try_from(self.machines.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Enters a machine into all tables, at its ordinal.
    fn put(&mut self, machine: Arc<FleetMachine>) {
        let ordinal = machine.ordinal;
        self.by_name
            .entry(machine.name().to_lowercase())
            .or_default()
            .insert(machine.id().clone());
        for installed in &machine.software {
            insert(&mut self.installed, &installed.id, ordinal);
        }
        self.builds
            .entry(machine.build())
            .or_default()
            .insert(ordinal);
        if machine.value != DeviceValue::Normal {
            self.values
                .entry(machine.value)
                .or_default()
                .insert(ordinal);
        }
        if let Some(name) = &machine.facts.group {
            let group = self.groups.entry(machine.group_id);
            group
                .or_insert_with(|| Group {
                    name: name.clone(),
                    machines: RoaringBitmap::new(),
                })
                .machines
                .insert(ordinal);
        }
        self.activity.insert(ordinal, machine.seen_at);
        self.enter(ordinal, machine.state);
        if let Some(place) = self.machines.get_mut(ordinal as usize) {
            *place = Some(machine);
        }
    }

    /// Takes a machine out of all tables, and tells which state it leaves.
    fn take(&mut self, ordinal: u32) -> Option<usize> {
        let place = self.machines.get_mut(ordinal as usize);
        let machine = place.and_then(Option::take)?;
        self.leave(ordinal, machine.state);
        self.activity.remove(ordinal, machine.seen_at);
        remove(&mut self.builds, &machine.build(), ordinal);
        remove(&mut self.values, &machine.value, ordinal);
        let name = machine.name().to_lowercase();
        if let Some(ids) = self.by_name.get_mut(&name) {
            ids.remove(machine.id());
            if ids.is_empty() {
                self.by_name.remove(&name);
            }
        }
        for id in machine.software.iter().map(|installed| &installed.id) {
            if let Some(machines) = self.installed.get_mut(id) {
                machines.remove(ordinal);
                if machines.is_empty() {
                    self.installed.remove(id);
                }
            }
        }
        if let Some(group) = self.groups.get_mut(&machine.group_id) {
            group.machines.remove(ordinal);
            if group.machines.is_empty() {
                self.groups.remove(&machine.group_id);
            }
        }
        Some(machine.state)
    }

    fn enter(&mut self, ordinal: u32, state: usize) {
        self.states[state].machines.insert(ordinal);
        let Some(assessed) = self.states[state].assessed() else {
            return;
        };
        for key in missed(assessed) {
            let missed = self.missing.entry(key).or_insert_with(|| Missed {
                machines: RoaringBitmap::new(),
                cves: cves_in_software(&self.catalog, [key.1], key.0),
            });
            missed.machines.insert(ordinal);
        }
    }

    fn leave(&mut self, ordinal: u32, state: usize) {
        self.states[state].machines.remove(ordinal);
        let Some(assessed) = self.states[state].assessed() else {
            return;
        };
        for key in missed(assessed) {
            if let Some(missed) = self.missing.get_mut(&key) {
                missed.machines.remove(ordinal);
                if missed.machines.is_empty() {
                    self.missing.remove(&key);
                }
            }
        }
    }
}

/// Keys are cloned only where they are new.
fn insert(sets: &mut BTreeMap<SoftwareId, RoaringBitmap>, key: &SoftwareId, ordinal: u32) {
    match sets.get_mut(key) {
        Some(set) => {
            set.insert(ordinal);
        }
        None => {
            sets.insert(key.clone(), RoaringBitmap::from([ordinal]));
        }
    }
}

fn remove<K: Eq + std::hash::Hash>(sets: &mut HashMap<K, RoaringBitmap>, key: &K, ordinal: u32) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(ordinal);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}

/// The pairs of software and KB that a state's machines miss.
pub(crate) fn missed(assessed: &Assessed) -> impl Iterator<Item = (SoftwareIx, KbId)> {
    assessed
        .missing
        .iter()
        .flat_map(|kb| kb.vulnerable_software.iter().map(move |&s| (s, kb.id)))
}

#[cfg(test)]
mod tests {
    use kbgap_catalog::compile;
    use kbgap_inventory::native;

    use super::*;

    #[test]
    fn places_of_what_is_gone_are_taken_again() {
        let mut fleet = Fleet::new(compile(&[]).unwrap());
        for n in 0..100 {
            let json = format!(
                r#"{{"computerDnsName":"pc-{}","os":{{"version":"10.0.18363.{n}"}}}}"#,
                n % 2
            );
            let machine = native::machine(&json).unwrap();
            let id = machine.id.clone();
            fleet.upsert(CheckIn::new(machine, n));
            if n % 10 == 9 {
                fleet.remove(&id);
            }
        }
        assert!(fleet.states.len() <= 3, "{}", fleet.states.len());
        assert_eq!((fleet.machines.len(), fleet.len()), (2, 1));
        let inhabited = fleet.states.iter().filter(|s| !s.machines.is_empty());
        assert_eq!((inhabited.count(), fleet.state_of.len()), (1, 1));
    }
}
