//! Which tables a machine stands in beside those of its software.

use std::sync::Arc;

use kbgap_assess::Projection;
use kbgap_inventory::Machine;

use super::{CheckIn, FleetIndex, Upserted};
use crate::RETENTION_MS;
use crate::fingerprint::Fingerprint;
use crate::fleet::{Fleet, Group, NOBODY, Slot};
use crate::packed::{Packed, id_of};
use crate::profile::{Profile, state_of};
use crate::table::Ordinals;

impl FleetIndex {
    /// Whether the group of a check-in has the name that it gives.
    pub(super) fn is_named(&self, check_in: &CheckIn) -> bool {
        let group = self.fleet.groups.get(&check_in.group_id);
        group.map(|group| &*group.name) == check_in.machine.group.as_deref()
    }

    /// Only the time has moved.
    pub(super) fn touch(
        &mut self,
        ordinal: u32,
        check_in: &CheckIn,
        fingerprint: Fingerprint,
    ) -> Upserted {
        let Some(slot) = self.fleet.machines.get_mut(ordinal as usize) else {
            return Upserted::Seen;
        };
        let old = *slot;
        let before = old.seen_at;
        slot.seen_at = check_in.seen_at;
        slot.sequence = check_in.sequence;
        slot.fingerprint = fingerprint;
        let now = *slot;
        if before != check_in.seen_at {
            self.fleet.activity.touch(ordinal, before, check_in.seen_at);
            self.moved(ordinal, Some(&old), Some(&now));
        }
        self.fleet.generation += 1;
        if before < check_in.seen_at.saturating_sub(RETENTION_MS) {
            Upserted::Changed
        } else {
            Upserted::Seen
        }
    }

    /// A machine was seen at other times than before.
    fn moved(&mut self, ordinal: u32, before: Option<&Slot>, now: Option<&Slot>) {
        if let Some(lasting) = &mut self.fleet.lasting
            && !lasting.moved(ordinal, before, now)
        {
            self.fleet.lasting = None;
        }
    }

    pub(super) fn profile(&mut self, facts: Projection) -> u32 {
        if let Some(&known) = self.profile_of.get(&facts) {
            return known;
        }
        let facts = Arc::new(facts);
        let state = state_of(&facts, &self.fleet.rules);
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
    pub(super) fn vacate(&mut self, number: u32) {
        let profile = self.fleet.profile(number);
        if let Some(profile) = profile.filter(|profile| profile.machines.is_empty()) {
            self.profile_of.remove(&profile.facts);
            if let Some(place) = self.fleet.profiles.get_mut(number as usize) {
                *place = None;
            }
            self.vacant_profiles.push(number);
        }
    }

    pub(super) fn new_ordinal(&mut self) -> u32 {
        self.vacant_ordinals.pop().unwrap_or_else(|| {
            let ordinal = self.fleet.machines.push(Slot::VACANT);
            u32::try_from(ordinal).unwrap_or(u32::MAX)
        })
    }

    /// Enters a machine into all tables but those of its software, in place of what it was,
    /// of which it still has the record.
    pub(super) fn put(&mut self, ordinal: u32, slot: Slot, machine: &Machine) {
        let fleet = &mut self.fleet;
        let Some(place) = fleet.machines.get_mut(ordinal as usize) else {
            return;
        };
        let old = std::mem::replace(place, slot);
        let old = (!old.is_vacant()).then_some(old);
        let name = fleet.name_hash(&machine.computer_dns_name.to_lowercase());
        let old_name = fleet.recorded_name(ordinal);
        if old_name != Some(name) {
            if let Some(old_name) = old_name {
                fleet.names.remove(&(old_name, ordinal));
            }
            fleet.names.insert((name, ordinal));
        }
        if old.is_none() {
            let records = &fleet.inventory.records;
            fleet.ids.insert(&machine.id, ordinal, records);
        }
        if old.is_none_or(|old| old.profile != slot.profile) {
            if let Some(old) = old {
                fleet.leave_profile(old.profile, ordinal);
            }
            if let Some(Some(profile)) = fleet.profiles.get_mut(slot.profile as usize) {
                Arc::make_mut(profile).machines.insert(ordinal);
            }
        }
        let group = fleet.groups.get(&slot.group);
        let is_named = group.map(|group| &*group.name) == machine.group.as_deref();
        if !is_named || old.is_none_or(|old| old.group != slot.group) {
            // It may have been the last in a group that had another name.
            if let Some(old) = old {
                fleet.leave_group(old.group, ordinal);
            }
            if let Some(name) = &machine.group {
                fleet.enter_group(slot.group, name, ordinal);
            }
        }
        match old {
            Some(old) => fleet.activity.touch(ordinal, old.seen_at, slot.seen_at),
            None => fleet.activity.insert(ordinal, slot.seen_at),
        }
        self.moved(ordinal, old.as_ref(), Some(&slot));
    }

    /// Takes a machine out of all tables but those of its software.
    pub(super) fn take(&mut self, ordinal: u32) -> Option<Slot> {
        let fleet = &mut self.fleet;
        let place = fleet.machines.get_mut(ordinal as usize)?;
        let slot = *place;
        place.profile = NOBODY;
        if let Some(name) = fleet.recorded_name(ordinal) {
            fleet.names.remove(&(name, ordinal));
        }
        let inventory = &mut fleet.inventory;
        if let Some(id) = id_of(inventory.records.get(ordinal)) {
            fleet.ids.remove(id, &inventory.records);
        }
        inventory.records.set(ordinal, &[]);
        fleet.leave_profile(slot.profile, ordinal);
        fleet.leave_group(slot.group, ordinal);
        fleet.activity.remove(ordinal, slot.seen_at);
        self.moved(ordinal, Some(&slot), None);
        Some(slot)
    }
}

impl Fleet {
    /// The hash of the name in a machine's record.
    fn recorded_name(&self, ordinal: u32) -> Option<u32> {
        let packed = Packed::read(self.inventory.records.get(ordinal))?;
        let name = packed.details()?.name(&self.inventory.words);
        Some(self.name_hash(&name.to_lowercase()))
    }

    fn leave_profile(&mut self, profile: u32, ordinal: u32) {
        if let Some(Some(profile)) = self.profiles.get_mut(profile as usize) {
            Arc::make_mut(profile).machines.remove(ordinal);
        }
    }

    fn enter_group(&mut self, number: i32, name: &str, ordinal: u32) {
        if number == 0 {
            return;
        }
        let groups = Arc::make_mut(&mut self.groups);
        let group = groups.entry(number).or_insert_with(|| Group {
            name: name.into(),
            machines: Ordinals::default(),
        });
        group.machines.insert(ordinal);
    }

    /// A group without machines is none.
    fn leave_group(&mut self, number: i32, ordinal: u32) {
        if !self.groups.contains_key(&number) {
            return;
        }
        let groups = Arc::make_mut(&mut self.groups);
        if let Some(group) = groups.get_mut(&number) {
            group.machines.remove(ordinal);
            if group.machines.is_empty() {
                groups.remove(&number);
            }
        }
    }
}
