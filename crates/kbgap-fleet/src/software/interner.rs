//! Who writes entries: finds the ones that machines name, makes those that are new, and
//! takes away those that nobody has any more.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_assess::SoftwareFact;
use kbgap_catalog::{Component, SoftwareId, Version, is_mapped_software, map_installed};
use kbgap_inventory::Software as Reported;

use super::entries::{Entries, Entry, Software, encode_numbers};
use crate::table::{MachineSet, SortedSet};

/// What was read in how many reported entries is kept: those of most machines.
const KEPT: usize = 16_384;

/// Beside [`Entries`], what only their writer needs.
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
    read: HashMap<u32, Read>,
}

/// What an entry of a software list says.
#[derive(Clone, Debug)]
struct Read {
    reported: Reported,
    /// `None` where it has no vendor, so that the API has no name for it.
    named: Option<Named>,
    fact: Option<SoftwareFact>,
    /// The number that it had last: it may be another one's by now.
    number: u32,
}

#[derive(Clone, Debug)]
struct Named {
    id: SoftwareId,
    version: Arc<str>,
    is_known: bool,
    is_decided: bool,
}

/// The software of a machine, as it will be.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Its entries in ascending order, each once.
    numbers: Vec<u32>,
    /// What the rules read in them.
    pub(crate) facts: Vec<SoftwareFact>,
}

impl Change {
    /// Its entries, packed.
    pub(crate) fn packed(&self) -> Vec<u8> {
        encode_numbers(&self.numbers)
    }
}

impl Interner {
    /// The writer of entries that are filled, by how many machines have each.
    pub(crate) fn of(entries: &Entries, users: Vec<u32>) -> Self {
        let mut interner = Self {
            version_users: vec![0; entries.versions.len()],
            ..Self::default()
        };
        let (mut by_entry, mut by_version) = (Vec::new(), Vec::new());
        for ((number, entry), &users) in (0..).zip(entries.entries.iter()).zip(&users) {
            let software = entries.software.get(entry.software as usize);
            let version_users = interner.version_users.get_mut(entry.version as usize);
            match (software, version_users) {
                (Some(software), Some(version_users)) if users > 0 => {
                    *version_users += 1;
                    let version = entries.version(entry);
                    by_entry.push((entry_hash(entries, &software.id, &version), number));
                }
                _ => interner.vacant_entries.push(number),
            }
        }
        for ((number, version), &users) in (0..)
            .zip(entries.versions.iter())
            .zip(&interner.version_users)
        {
            match users {
                0 => interner.vacant_versions.push(number),
                _ => by_version.push((entries.hash(version), number)),
            }
        }
        let software = (0..).zip(entries.software.iter());
        let vacant = software.filter(|(_, software)| software.machines.is_empty());
        interner.vacant_software = vacant.map(|(number, _)| number).collect();
        interner.by_entry = by_entry.into_iter().collect();
        interner.by_version = by_version.into_iter().collect();
        interner.users = users;
        interner
    }

    /// Finds or makes the entries of a list. They stay only if [`Interner::apply`] follows.
    pub(crate) fn read(&mut self, entries: &mut Entries, list: &[Reported]) -> Change {
        let mut change = Change {
            numbers: Vec::with_capacity(list.len()),
            facts: Vec::new(),
        };
        for reported in list {
            let hash = entries.hash((&reported.vendor, &reported.name, &reported.version));
            let known = self.read.remove(&hash).filter(|r| r.reported == *reported);
            let mut read = known.unwrap_or_else(|| Read::of(reported));
            change.facts.extend(read.fact.clone());
            if let Some(named) = &read.named {
                if !self.is_of(entries, read.number, named) {
                    read.number = self.number(entries, named);
                }
                change.numbers.push(read.number);
            }
            if self.read.len() >= KEPT {
                self.read.clear();
            }
            self.read.insert(hash, read);
        }
        change.numbers.sort_unstable();
        change.numbers.dedup();
        change
    }

    /// Gives a machine these entries in place of those that it had.
    pub(crate) fn apply(&mut self, entries: &mut Entries, ordinal: u32, old: &[u32], new: &Change) {
        let new = &new.numbers;
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
            let of = software(entries, number).filter(|s| kept.binary_search(s).is_err());
            self.leave(entries, number);
            if let Some(software) = of {
                self.leave_software(entries, software, ordinal);
            }
        }
    }

    /// Whether a number is that of an entry that machines have.
    fn is_of(&self, entries: &Entries, number: u32, named: &Named) -> bool {
        let in_use = self.users.get(number as usize).is_some_and(|&u| u > 0);
        in_use && self.is_equal(entries, number, named)
    }

    fn is_equal(&self, entries: &Entries, number: u32, named: &Named) -> bool {
        entries.entry(number).is_some_and(|entry| {
            let software = entries.software.get(entry.software as usize);
            (entry.is_known, entry.is_decided) == (named.is_known, named.is_decided)
                && software.is_some_and(|s| s.id == named.id)
                && entries.version(entry) == named.version
        })
    }

    fn number(&mut self, entries: &mut Entries, named: &Named) -> u32 {
        let hash = entry_hash(entries, &named.id, &named.version);
        let known = entries
            .alike(&self.by_entry, hash)
            .find(|&number| self.is_equal(entries, number, named));
        if let Some(known) = known {
            return known;
        }
        let entry = Entry {
            software: self.software(entries, &named.id),
            version: self.version(entries, &named.version),
            is_known: named.is_known,
            is_decided: named.is_decided,
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
        let hash = entries.hash(id.as_str());
        let known = entries.alike(&entries.by_id, hash).find(|&number| {
            let software = entries.software.get(number as usize);
            software.is_some_and(|s| s.id == *id)
        });
        if let Some(known) = known {
            return known;
        }
        let software = Software {
            id: id.clone(),
            known: 0,
            machines: MachineSet::None,
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
        entries.by_id.insert((hash, number));
        entries.forget_order();
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

    fn leave_software(&mut self, entries: &mut Entries, number: u32, ordinal: u32) {
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
            entries.forget_order();
            self.vacant_software.push(number);
        }
    }
}

impl Read {
    fn of(reported: &Reported) -> Self {
        Self {
            named: Named::of(reported),
            fact: SoftwareFact::of(&reported.vendor, &reported.name, &reported.version),
            reported: reported.clone(),
            number: u32::MAX,
        }
    }
}

impl Named {
    fn of(reported: &Reported) -> Option<Self> {
        let version = &reported.version;
        let (id, is_known, by_version) =
            match map_installed(&reported.vendor, &reported.name, version) {
                // The old Edge is part of Windows: without its Windows it is not known to run.
                Some((id, component)) => {
                    let is_known = component != Component::EdgeHtml;
                    (id, is_known, component == Component::EdgeChromium)
                }
                None => {
                    let id = SoftwareId::from_names(&reported.vendor, &reported.name)?;
                    let is_known = is_mapped_software(&id);
                    (id, is_known, false)
                }
            };
        Some(Self {
            id,
            is_known,
            is_decided: by_version && Version::parse(version).is_some(),
            version: version.as_str().into(),
        })
    }
}

fn entry_hash(entries: &Entries, id: &SoftwareId, version: &str) -> u32 {
    entries.hash((id.as_str(), version))
}

fn as_number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
