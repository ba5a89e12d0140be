//! The fleet as it is at one moment, for whoever reads.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

use kbgap_assess::is_on_every_windows;
use kbgap_catalog::{Catalog, SoftwareId, SoftwareIx};
use kbgap_inventory::{DeviceValue, MachineId};
use roaring::RoaringBitmap;

use crate::activity::Activity;
use crate::detections::Detections;
use crate::fingerprint::Fingerprint;
use crate::ids::Ids;
use crate::judged::JudgedMachine;
use crate::machine::FleetMachine;
use crate::misses::Misses;
use crate::packed::Packed;
use crate::profile::Profile;
use crate::rules::Rules;
use crate::silence::Lasting;
use crate::software::Inventory;
use crate::summary::Summaries;
use crate::table::{Ordinals, Pages, TieredSet};

/// The machines of one tenant at one moment, and what they miss. It never changes:
/// [`FleetIndex`](crate::FleetIndex) makes the next one, which shares with it all that
/// stayed the same.
#[derive(Clone, Debug)]
pub struct Fleet {
    pub(crate) rules: Rules,
    /// By ordinal.
    pub(crate) machines: Pages<Slot>,
    pub(crate) profiles: Pages<Option<Arc<Profile>>>,
    pub(crate) inventory: Inventory,
    pub(crate) ids: Ids,
    /// Hashes of names, in lower case, with ordinals.
    pub(crate) names: TieredSet<(u32, u32)>,
    hasher: RandomState,
    pub(crate) activity: Activity,
    /// Who does not count, as of when it was published.
    pub(crate) lasting: Option<Lasting>,
    pub(crate) groups: Arc<BTreeMap<i32, Group>>,
    pub(crate) misses: Misses,
    /// Machines that are not among `misses`: while `lasting` holds these are the silent.
    pub(crate) uncounted: Arc<RoaringBitmap>,
    pub(crate) detections: Arc<Detections>,
    /// Grows with every change.
    pub(crate) generation: u64,
    /// Grows with every change but that of when a machine was seen.
    pub(crate) composition: u64,
    pub(crate) summaries: Arc<Mutex<Summaries>>,
}

/// What is kept of a machine beside its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) seen_at: i64,
    pub(crate) sequence: u64,
    pub(crate) mark: u64,
    /// [`NOBODY`] where there is no machine.
    pub(crate) profile: u32,
    pub(crate) group: i32,
    pub(crate) value: DeviceValue,
    /// Of the check-in that it was made of.
    pub(crate) fingerprint: Fingerprint,
}

// There are a million of them.
const _: () = assert!(size_of::<Slot>() == 40);

/// The profile of no machine.
pub(crate) const NOBODY: u32 = u32::MAX;

impl Slot {
    pub(crate) const VACANT: Self = Self {
        seen_at: 0,
        sequence: 0,
        mark: 0,
        profile: NOBODY,
        group: 0,
        value: DeviceValue::Normal,
        fingerprint: [0; 7],
    };

    pub(crate) const fn is_vacant(&self) -> bool {
        self.profile == NOBODY
    }
}

/// A device group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: Arc<str>,
    pub(crate) machines: Ordinals,
}

impl Fleet {
    /// An empty fleet under these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            machines: Pages::default(),
            profiles: Pages::default(),
            inventory: Inventory::default(),
            ids: Ids::default(),
            names: TieredSet::default(),
            hasher: RandomState::new(),
            activity: Activity::default(),
            lasting: None,
            groups: Arc::default(),
            misses: Misses::default(),
            uncounted: Arc::default(),
            detections: Arc::default(),
            generation: 0,
            composition: 0,
            summaries: Arc::default(),
        }
    }

    /// The catalogue under which the machines are assessed.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.rules.catalog()
    }

    /// The machine with this id or, failing that, the one with this name. Of
    /// several with one name it is the one seen last.
    #[must_use]
    pub fn find(&self, id_or_name: &str) -> Option<Arc<FleetMachine>> {
        let by_id = id_or_name
            .parse()
            .ok()
            .and_then(|id: MachineId| self.machine(&id));
        by_id.or_else(|| {
            self.named(id_or_name)
                .into_iter()
                .max_by_key(|m| (m.seen_at, m.id().clone()))
        })
    }

    /// The machines with this name, in any case, by id.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<Arc<FleetMachine>> {
        let name = name.trim().to_lowercase();
        let hash = self.name_hash(&name);
        let alike = self.names.range((hash, 0)..=(hash, u32::MAX));
        let machines = alike.filter_map(|(_, ordinal)| self.machine_at(ordinal));
        let mut named: Vec<_> = machines
            .filter(|m| m.name().to_lowercase() == name)
            .collect();
        named.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        named
    }

    /// The machine with this id.
    #[must_use]
    pub fn machine(&self, id: &MachineId) -> Option<Arc<FleetMachine>> {
        self.machine_at(self.ordinal(id)?)
    }

    /// What decides about the history of the machine with this id.
    #[must_use]
    pub fn judged(&self, id: &MachineId) -> Option<Arc<JudgedMachine>> {
        self.judged_at(self.ordinal(id)?)
    }

    /// What decides about the history of each machine, in no order.
    pub fn all_judged(&self) -> impl Iterator<Item = Arc<JudgedMachine>> {
        let ordinals = 0..self.inventory.records.len();
        ordinals.filter_map(|ordinal| self.judged_at(ordinal))
    }

    /// What [`FleetIndex::mark`](crate::FleetIndex::mark) has kept with a machine; 0 where
    /// nothing is.
    #[must_use]
    pub fn mark_of(&self, id: &MachineId) -> u64 {
        let slot = self.ordinal(id).and_then(|o| self.machines.get(o as usize));
        slot.map_or(0, |slot| slot.mark)
    }

    /// The machines in the order of their ids, from the first id that is not
    /// below `from` on.
    pub fn machines_from<'f>(
        &'f self,
        from: Option<&str>,
    ) -> impl Iterator<Item = Arc<FleetMachine>> + use<'f> {
        let ordinals = self
            .ids
            .from(from.unwrap_or_default(), &self.inventory.records);
        ordinals.filter_map(|ordinal| self.machine_at(ordinal))
    }

    /// Those of a set, the same way: one of many need not be sorted.
    pub fn machines_among<'f>(
        &'f self,
        set: RoaringBitmap,
        from: Option<&str>,
    ) -> impl Iterator<Item = Arc<FleetMachine>> + use<'f> {
        let ordinals = self
            .ids
            .from(from.unwrap_or_default(), &self.inventory.records);
        ordinals
            .filter(move |&ordinal| set.contains(ordinal))
            .filter_map(|ordinal| self.machine_at(ordinal))
    }

    /// The places of the machines that count at `now`, in the order of the machines' ids:
    /// all that has to be kept of a list of a million.
    #[must_use]
    pub fn places_at(&self, now: i64) -> Vec<u32> {
        let silence = self.silence(now);
        let all = self.ids.all(&self.inventory.records);
        all.filter(|&ordinal| !silence.machines.contains(ordinal))
            .collect()
    }

    /// The machines of a set, in the order of their ids.
    #[must_use]
    pub fn machines_of(&self, ordinals: &RoaringBitmap) -> Vec<Arc<FleetMachine>> {
        let mut machines: Vec<Arc<FleetMachine>> = ordinals
            .iter()
            .filter_map(|ordinal| self.machine_at(ordinal))
            .collect();
        machines.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        machines
    }

    /// The machines with one of these ids, each once, in the order of their ids. What is
    /// no id is nobody's.
    #[must_use]
    pub fn machines_with_ids(&self, ids: &[String]) -> Vec<Arc<FleetMachine>> {
        let ids: BTreeSet<MachineId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        ids.iter().filter_map(|id| self.machine(id)).collect()
    }

    /// The machines last seen at `time` or later (milliseconds since 1970), by id.
    #[must_use]
    pub fn machines_seen_since(&self, time: i64) -> Vec<Arc<FleetMachine>> {
        self.machines_of(&self.activity.since(time, |o| self.seen_at(o)))
    }

    /// The machines that have a software and count at `now`.
    #[must_use]
    pub fn machines_with(&self, software: &SoftwareId, now: i64) -> RoaringBitmap {
        let mut machines = match self.inventory.find(software.as_str()) {
            Some(which) => self.inventory.machines(which),
            None => RoaringBitmap::new(),
        };
        // Parts of Windows are not reported.
        if let Some(ix) = self.catalog().find_software(software.as_str()) {
            for profile in self.profiles() {
                if profile.state.parts().contains(&ix) {
                    profile.machines.add_to(&mut machines);
                }
            }
        }
        machines - &self.silence(now).machines
    }

    /// The machines that are vulnerable in a software and count at `now`.
    #[must_use]
    pub fn machines_exposed_in(&self, software: SoftwareIx, now: i64) -> RoaringBitmap {
        let mut machines = RoaringBitmap::new();
        for profile in self.profiles() {
            if profile.state.vulnerable_in(software).is_some() {
                profile.machines.add_to(&mut machines);
            }
        }
        machines - &self.silence(now).machines
    }

    /// On how many of the machines that have a software no rule decides about it, and how
    /// many these machines are: those that count at `now`.
    #[must_use]
    pub fn undecided_on(&self, software: &SoftwareId, now: i64) -> (u64, u64) {
        let ix = self.catalog().find_software(software.as_str());
        if is_on_every_windows(software) {
            return self.profiles_undecided_on(ix, now);
        }
        let machines = self.machines_with(software, now);
        let which = self.inventory.find(software.as_str());
        // What no entry of is known is undecided on no machine.
        let Some(which) = which.filter(|&which| self.inventory.is_known(which)) else {
            return (0, machines.len());
        };
        let is_undecided = |&ordinal: &u32| {
            let slot = self.machines.get(ordinal as usize);
            let Some(profile) = slot.and_then(|slot| self.profile(slot.profile)) else {
                return false;
            };
            let (parts, state) = (profile.state.parts(), &profile.state);
            if state.decides_about(software, ix) || ix.is_some_and(|ix| parts.contains(&ix)) {
                return false;
            }
            let mut listed = self.inventory.listed(ordinal, which);
            listed.any(|listed| listed.is_known())
        };
        let undecided = machines.iter().filter(is_undecided).count();
        (undecided as u64, machines.len())
    }

    /// The same for a software that every Windows has, whether it is reported or not.
    fn profiles_undecided_on(&self, software: Option<SoftwareIx>, now: i64) -> (u64, u64) {
        let (mut undecided, mut all) = (RoaringBitmap::new(), RoaringBitmap::new());
        for profile in self.profiles() {
            profile.machines.add_to(&mut all);
            if !software.is_some_and(|ix| profile.state.decides(ix)) {
                profile.machines.add_to(&mut undecided);
            }
        }
        let silent = &self.silence(now).machines;
        ((undecided - silent).len(), (all - silent).len())
    }

    /// How many machines there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no machine.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A number that grows with every change.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// A number above 0 that stays the same as long as no answer changes but those that
    /// tell when a machine was seen; `None` where it is not known whether somebody has
    /// fallen silent by `now`.
    #[must_use]
    pub fn composition_at(&self, now: i64) -> Option<u64> {
        let lasting = self.lasting.as_ref()?;
        lasting.holds(now).then_some(self.composition)
    }

    /// Whether some machine has this software.
    #[must_use]
    pub fn has_installed(&self, software: &SoftwareId) -> bool {
        let ix = self.catalog().find_software(software.as_str());
        let is_part = |ix| self.profiles().any(|p| p.state.parts().contains(&ix));
        self.inventory.find(software.as_str()).is_some() || ix.is_some_and(is_part)
    }

    /// The sum of the places of all machines in the order of changes, modulo 2^64: with
    /// their number it tells whether the fleet is the one that is stored.
    #[must_use]
    pub fn sequence_sum(&self) -> u64 {
        let machines = self.machines.iter().filter(|slot| !slot.is_vacant());
        machines.fold(0, |sum, slot| sum.wrapping_add(slot.sequence))
    }

    /// The device groups that have machines: their numbers and names.
    pub fn groups(&self) -> impl Iterator<Item = (i32, &str)> {
        self.groups.iter().map(|(&id, group)| (id, &*group.name))
    }

    pub(crate) fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().flatten().map(|profile| &**profile)
    }

    pub(crate) fn profile(&self, number: u32) -> Option<&Arc<Profile>> {
        self.profiles.get(number as usize)?.as_ref()
    }

    pub(crate) fn seen_at(&self, ordinal: u32) -> Option<i64> {
        Some(self.machines.get(ordinal as usize)?.seen_at)
    }

    pub(crate) fn ordinal(&self, id: &MachineId) -> Option<u32> {
        self.ids.find(id, &self.inventory.records)
    }

    /// The machine at a place, such as [`Fleet::places_at`] gives.
    #[must_use]
    pub fn machine_at(&self, ordinal: u32) -> Option<Arc<FleetMachine>> {
        let (slot, profile, packed) = self.kept_at(ordinal)?;
        let machine = FleetMachine::new((ordinal, slot, profile), &packed, self)?;
        Some(Arc::new(machine))
    }

    fn judged_at(&self, ordinal: u32) -> Option<Arc<JudgedMachine>> {
        let (slot, profile, packed) = self.kept_at(ordinal)?;
        let machine = JudgedMachine::new((ordinal, slot, profile), &packed, self)?;
        Some(Arc::new(machine))
    }

    fn kept_at(&self, ordinal: u32) -> Option<(&Slot, &Profile, Packed<'_>)> {
        let slot = self.machines.get(ordinal as usize)?;
        let profile = self.profile(slot.profile)?;
        let packed = Packed::read(self.inventory.records.get(ordinal))?;
        Some((slot, profile, packed))
    }

    pub(crate) fn name_hash(&self, folded: &str) -> u32 {
        (self.hasher.hash_one(folded) >> 32) as u32
    }
}
