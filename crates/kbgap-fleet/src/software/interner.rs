//! Who writes entries: finds the ones that machines name, makes those that are new, and
//! takes away those that nobody has any more.

mod filled;

use std::sync::Arc;

use kbgap_assess::SoftwareFact;
use kbgap_catalog::SoftwareId;
use kbgap_inventory::SoftwareList;

use super::entries::{Entries, Entry, Software, decode_numbers, encode_numbers};
use super::inventory::Inventory;
use super::own::{self, Own};
use super::read::{Kept, Named, Read};
use crate::packed::Packed;
use crate::table::{MachineSet, SortedSet};

/// Beside [`Inventory`], what only its writer needs.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    by_entry: SortedSet<(u32, u32)>,
    by_version: SortedSet<(u32, u32)>,
    /// How many machines have each entry.
    users: Vec<u32>,
    /// How many entries have each version.
    version_users: Vec<u32>,
    vacant_entries: Vec<u32>,
    vacant_software: Vec<u32>,
    vacant_versions: Vec<u32>,
    /// How many entries were taken away: while there are no more, numbers stay what they
    /// are.
    taken: u64,
    kept: Kept,
}

/// The software of a machine, as it will be.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Its entries in ascending order, each once.
    numbers: Vec<u32>,
    /// What no other machine has, in order, each once.
    pub(crate) own: Vec<Named>,
    /// What the rules read in all of it.
    pub(crate) facts: Vec<SoftwareFact>,
}

/// The software of a machine, as it was.
#[derive(Debug, Default)]
pub(crate) struct Before {
    pub(super) numbers: Vec<u32>,
    /// The hashes of the ids of what no other machine has.
    pub(super) own: Vec<u32>,
}

impl Change {
    /// Its entries, packed.
    pub(crate) fn packed(&self) -> Vec<u8> {
        encode_numbers(&self.numbers)
    }
}

impl Interner {
    /// Finds or makes the entries of a list of a machine that may have an ordinal already.
    /// They stay only if [`Interner::apply`] follows.
    pub(crate) fn read(
        &mut self,
        inventory: &mut Inventory,
        ordinal: Option<u32>,
        list: &SoftwareList,
    ) -> Change {
        let mut change = Change {
            numbers: Vec::with_capacity(list.len()),
            ..Change::default()
        };
        for reported in list.iter() {
            let hash = self.kept.hash(reported);
            if let Some(read) = self.kept.get(hash)
                && (read.checked == self.taken || is_of(&self.users, &inventory.shared, read))
            {
                read.checked = self.taken;
                change.facts.extend(read.fact.clone());
                let number = read.named.is_some().then_some(read.number);
                change.numbers.extend(number);
                continue;
            }
            let kept = self.kept.take(hash);
            let mut read = kept.unwrap_or_else(|| Read::of(reported));
            change.facts.extend(read.fact.clone());
            if let Some(named) = &mut read.named {
                let Some(number) = self.shared_number(inventory, ordinal, named) else {
                    // Nobody else will ask for it.
                    change.own.push(named.clone());
                    continue;
                };
                change.numbers.push(number);
                read.number = number;
                inventory.shared.share_texts(number, named);
            }
            read.checked = self.taken;
            self.kept.insert(hash, read);
        }
        change.numbers.sort_unstable();
        change.numbers.dedup();
        change.own.sort_unstable_by(Named::order);
        change.own.dedup();
        change
    }

    /// Gives a machine these entries in place of those that it had; its record follows.
    pub(crate) fn apply(
        &mut self,
        inventory: &mut Inventory,
        ordinal: u32,
        old: &Before,
        new: &Change,
    ) {
        self.apply_own(inventory, ordinal, &old.own, &new.own);
        let (old, new) = (&old.numbers, &new.numbers);
        let entries = &mut inventory.shared;
        let software = |entries: &Entries, number| entries.entry(number).map(|e| e.software);
        for &number in new.iter().filter(|n| old.binary_search(n).is_err()) {
            self.users[number as usize] += 1;
            if let Some(software) = software(entries, number)
                && let Some(software) = entries.software.get_mut(software as usize)
            {
                software.machines.insert(ordinal);
            }
        }
        let gone: Vec<u32> = old
            .iter()
            .copied()
            .filter(|n| new.binary_search(n).is_err())
            .collect();
        if gone.is_empty() {
            return;
        }
        let mut kept: Vec<u32> = new.iter().filter_map(|&n| software(entries, n)).collect();
        kept.sort_unstable();
        for number in gone {
            let entries = &mut inventory.shared;
            let of = software(entries, number).filter(|s| kept.binary_search(s).is_err());
            self.leave(entries, number);
            if let Some(software) = of {
                self.leave_software(inventory, software, ordinal);
            }
        }
    }

    /// Enters what no other machine has.
    fn apply_own(&self, inventory: &mut Inventory, ordinal: u32, old: &[u32], new: &[Named]) {
        let hash = |named: &Named| inventory.shared.hash(named.id.as_str());
        let new: Vec<u32> = new.iter().map(hash).collect();
        // Another software may have the same hash, but then only the order is told.
        if old == new {
            return;
        }
        for &hash in old {
            inventory.owners.remove(&(hash, ordinal));
        }
        for hash in new {
            inventory.owners.insert((hash, ordinal));
        }
        inventory.forget_order();
    }

    /// The number of an entry in the tables, where it belongs there; `None` where no other
    /// machine than this one has the software.
    fn shared_number(
        &mut self,
        inventory: &mut Inventory,
        ordinal: Option<u32>,
        named: &Named,
    ) -> Option<u32> {
        if inventory.shared.number_of(&named.id).is_none() {
            let owner = inventory.owner(&named.id)?;
            if Some(owner) == ordinal {
                return None;
            }
            self.share(inventory, owner, &named.id);
        }
        Some(self.number(&mut inventory.shared, named))
    }

    /// Moves a software from the record of the only machine that has it to the tables.
    fn share(&mut self, inventory: &mut Inventory, owner: u32, id: &SoftwareId) {
        let Some(packed) = Packed::read(inventory.records.get(owner)) else {
            return;
        };
        let is_moved = |own: &Own<'_>| own.is(id, &inventory.words);
        let moved = Own::list(packed.own).filter(is_moved);
        let moved: Vec<Named> = moved.map(|own| own.named(id, &inventory.words)).collect();
        let mut numbers: Vec<u32> = decode_numbers(packed.software).collect();
        for named in &moved {
            let number = self.number(&mut inventory.shared, named);
            self.users[number as usize] += 1;
            numbers.push(number);
        }
        numbers.sort_unstable();
        let rest = own::encode(Own::list(packed.own).filter(|own| !is_moved(own)));
        let record = packed.with_software(&encode_numbers(&numbers), &rest);
        let number = inventory.shared.number_of(id);
        let software = number.and_then(|n| inventory.shared.software.get_mut(n as usize));
        if let Some(software) = software {
            software.machines.insert(owner);
        }
        let hash = inventory.shared.hash(id.as_str());
        inventory.records.set(owner, &record);
        // Two ids may have one hash.
        if !inventory.own_hashes(owner).contains(&hash) {
            inventory.owners.remove(&(hash, owner));
        }
        inventory.forget_order();
    }

    fn number(&mut self, entries: &mut Entries, named: &Named) -> u32 {
        let hash = entry_hash(entries, &named.id, &named.version);
        let known = entries
            .alike(&self.by_entry, hash)
            .find(|&number| is_equal(entries, number, named));
        if let Some(known) = known {
            return known;
        }
        let entry = Entry {
            software: self.software(entries, &named.id),
            version: self.version(entries, &named.version),
            is_known: named.is_known,
        };
        let number = match self.vacant_entries.pop() {
            Some(number) => {
                if let Some(place) = entries.entries.get_mut(number as usize) {
                    *place = entry;
                }
                number
            }
            None => {
                self.users.push(0);
                as_number(entries.entries.push(entry))
            }
        };
        self.by_entry.insert((hash, number));
        if let Some(software) = entries.software.get_mut(entry.software as usize) {
            software.known += u32::from(entry.is_known);
        }
        number
    }

    fn software(&mut self, entries: &mut Entries, id: &SoftwareId) -> u32 {
        if let Some(known) = entries.number_of(id) {
            return known;
        }
        let software = Software {
            id: id.clone(),
            known: 0,
            machines: MachineSet::EMPTY,
        };
        let number = match self.vacant_software.pop() {
            Some(number) => {
                if let Some(place) = entries.software.get_mut(number as usize) {
                    *place = software;
                }
                number
            }
            None => as_number(entries.software.push(software)),
        };
        let hash = entries.hash(id.as_str());
        entries.by_id.insert((hash, number));
        number
    }

    fn version(&mut self, entries: &mut Entries, version: &Arc<str>) -> u32 {
        let hash = entries.hash(version);
        let known = entries
            .alike(&self.by_version, hash)
            .find(|&number| entries.versions.get(number as usize) == Some(version));
        let number = known.unwrap_or_else(|| {
            let number = match self.vacant_versions.pop() {
                Some(number) => {
                    if let Some(place) = entries.versions.get_mut(number as usize) {
                        *place = Arc::clone(version);
                    }
                    number
                }
                None => {
                    self.version_users.push(0);
                    as_number(entries.versions.push(Arc::clone(version)))
                }
            };
            self.by_version.insert((hash, number));
            number
        });
        self.version_users[number as usize] += 1;
        number
    }

    /// One machine less has an entry.
    fn leave(&mut self, entries: &mut Entries, number: u32) {
        let users = &mut self.users[number as usize];
        *users -= 1;
        if *users > 0 {
            return;
        }
        let Some(&entry) = entries.entry(number) else {
            return;
        };
        let version = entries.version(&entry);
        if let Some(software) = entries.software.get(entry.software as usize) {
            let hash = entry_hash(entries, &software.id, &version);
            self.by_entry.remove(&(hash, number));
        }
        if let Some(software) = entries.software.get_mut(entry.software as usize) {
            software.known -= u32::from(entry.is_known);
        }
        self.vacant_entries.push(number);
        self.taken += 1;
        let users = &mut self.version_users[entry.version as usize];
        *users -= 1;
        if *users == 0 {
            let hash = entries.hash(&version);
            self.by_version.remove(&(hash, entry.version));
            if let Some(place) = entries.versions.get_mut(entry.version as usize) {
                *place = Arc::default();
            }
            self.vacant_versions.push(entry.version);
        }
    }

    fn leave_software(&mut self, inventory: &mut Inventory, number: u32, ordinal: u32) {
        let entries = &mut inventory.shared;
        let Some(software) = entries.software.get_mut(number as usize) else {
            return;
        };
        // Where two versions of it go at once, the first has taken it away already.
        if software.machines.is_empty() {
            return;
        }
        software.machines.remove(ordinal);
        if software.machines.is_empty() {
            let id = software.id.clone();
            let hash = entries.hash(id.as_str());
            entries.by_id.remove(&(hash, number));
            inventory.forget_order();
            self.vacant_software.push(number);
        }
    }
}

/// Whether the number of what was read is that of an entry that machines have.
fn is_of(users: &[u32], entries: &Entries, read: &Read) -> bool {
    let Some(named) = &read.named else {
        return true;
    };
    let users = users.get(read.number as usize);
    users.is_some_and(|&users| users > 0) && is_equal(entries, read.number, named)
}

fn is_equal(entries: &Entries, number: u32, named: &Named) -> bool {
    entries.entry(number).is_some_and(|entry| {
        let software = entries.software.get(entry.software as usize);
        entry.is_known == named.is_known
            && software.is_some_and(|s| s.id == named.id)
            && entries.version(entry) == named.version
    })
}

fn entry_hash(entries: &Entries, id: &SoftwareId, version: &str) -> u32 {
    entries.hash((id.as_str(), version))
}

fn as_number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
