//! What several machines have, as a snapshot has it.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use kbgap_catalog::SoftwareId;
use roaring::RoaringBitmap;

use super::read::Named;
use crate::snapshot::{Input, LoadError, Output};
use crate::table::{MachineSet, Pages, SortedSet};

/// All entries, the software that they are of, and who has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    pub(super) entries: Pages<Entry>,
    pub(super) software: Pages<Software>,
    pub(super) versions: Pages<Arc<str>>,
    /// Hashes of the ids with the numbers of the software.
    pub(super) by_id: SortedSet<(u32, u32)>,
    hasher: RandomState,
}

/// A version of a software.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The number of the software.
    pub(crate) software: u32,
    /// The number of the version.
    pub(super) version: u32,
    /// Whether the reviewed tables know it.
    pub(crate) is_known: bool,
}

/// A software.
#[derive(Clone, Debug)]
pub(crate) struct Software {
    pub(crate) id: SoftwareId,
    /// Entries of it that the reviewed tables know.
    pub(super) known: u32,
    pub(super) machines: MachineSet,
}

impl Entries {
    /// How many entries there are, vacant ones among them.
    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn save(&self, out: &mut Output<'_>) -> std::io::Result<()> {
        out.count(self.versions.len())?;
        for version in self.versions.iter() {
            out.bytes(version.as_bytes())?;
        }
        out.count(self.software.len())?;
        for software in self.software.iter() {
            out.bytes(software.id.as_str().as_bytes())?;
            out.set(&software.machines)?;
        }
        out.count(self.entries.len())?;
        for entry in self.entries.iter() {
            out.u32(entry.software)?;
            out.u32(entry.version)?;
            out.u8(u8::from(entry.is_known))?;
        }
        Ok(())
    }

    pub(crate) fn load(input: &mut Input<'_>) -> Result<Self, LoadError> {
        let mut entries = Self::default();
        let mut buffer = Vec::new();
        for _ in 0..input.u32()? {
            entries.versions.push(input.text(&mut buffer)?);
        }
        let mut by_id = Vec::new();
        for number in 0..input.u32()? {
            let id = input.text(&mut buffer)?;
            let id: SoftwareId = id.parse().map_err(|_| LoadError::Damaged("a software"))?;
            let machines = input.set()?;
            if !machines.is_empty() {
                by_id.push((entries.hash(id.as_str()), number));
            }
            let known = 0;
            entries.software.push(Software {
                id,
                known,
                machines,
            });
        }
        entries.by_id = by_id.into_iter().collect();
        for _ in 0..input.u32()? {
            let (software, version, known) = (input.u32()?, input.u32()?, input.u8()?);
            // Whoever counts the users of both relies on it.
            let is_whole = (software as usize) < entries.software.len()
                && (version as usize) < entries.versions.len();
            if !is_whole {
                return Err(LoadError::Damaged("an entry of a software"));
            }
            let entry = Entry {
                software,
                version,
                is_known: known != 0,
            };
            entries.entries.push(entry);
        }
        Ok(entries)
    }

    /// Notes how many entries of each software the reviewed tables know, of those that
    /// machines have.
    pub(crate) fn count_known(&mut self, users: &[u32]) {
        for (number, &users) in users.iter().enumerate() {
            let entry = self.entries.get(number).copied();
            let entry = entry.filter(|entry| entry.is_known && users > 0);
            if let Some(entry) = entry
                && let Some(software) = self.software.get_mut(entry.software as usize)
            {
                software.known += 1;
            }
        }
    }

    pub(crate) fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(number as usize)
    }

    /// Its software, where the number is one that is in use.
    pub(crate) fn software(&self, number: u32) -> Option<&Software> {
        let software = self.software.get(number as usize)?;
        (!software.machines.is_empty()).then_some(software)
    }

    pub(crate) fn version(&self, entry: &Entry) -> Arc<str> {
        let version = self.versions.get(entry.version as usize);
        version.cloned().unwrap_or_default()
    }

    /// The number of the software with this id.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        let mut alike = self.alike(&self.by_id, self.hash(id));
        alike.find(|&number| self.name(number) == id)
    }

    pub(super) fn number_of(&self, id: &SoftwareId) -> Option<u32> {
        let mut alike = self.alike(&self.by_id, self.hash(id.as_str()));
        alike.find(|&number| {
            let software = self.software.get(number as usize);
            software.is_some_and(|software| software.id == *id)
        })
    }

    /// Has a text that is the one of an entry share its memory, which makes comparing them
    /// quick, too.
    pub(super) fn share_texts(&self, number: u32, named: &mut Named) {
        if let Some(entry) = self.entry(number)
            && let Some(software) = self.software.get(entry.software as usize)
        {
            named.id = software.id.clone();
            named.version = self.version(entry);
        }
    }

    /// Half of a hash: a set of them with numbers takes the place of a map, and whoever
    /// looks something up compares it.
    pub(super) fn hash(&self, of: impl Hash) -> u32 {
        (self.hasher.hash_one(of) >> 32) as u32
    }

    pub(super) fn alike<'s>(
        &self,
        set: &'s SortedSet<(u32, u32)>,
        hash: u32,
    ) -> impl Iterator<Item = u32> + 's {
        set.range((hash, 0)..=(hash, u32::MAX))
            .map(|(_, number)| number)
    }

    /// All software that somebody has.
    pub(super) fn in_use(&self) -> impl Iterator<Item = (u32, &Software)> {
        let numbers = (0..).zip(self.software.iter());
        numbers.filter(|(_, software)| !software.machines.is_empty())
    }

    /// The machines that report a software.
    pub(crate) fn machines(&self, software: u32) -> RoaringBitmap {
        let software = self.software.get(software as usize);
        software.map_or_else(RoaringBitmap::new, |s| s.machines.bitmap())
    }

    /// Whether the reviewed tables know a software, in whatever version.
    pub(crate) fn is_known(&self, software: u32) -> bool {
        let software = self.software.get(software as usize);
        software.is_some_and(|s| s.known > 0)
    }

    /// How many machines report a software, without those of a set.
    pub(crate) fn count(&self, software: u32, without: &RoaringBitmap) -> u64 {
        let software = self.software.get(software as usize);
        software.map_or(0, |s| s.machines.len_without(without))
    }

    fn name(&self, number: u32) -> &str {
        let software = self.software.get(number as usize);
        software.map_or("", |s| s.id.as_str())
    }
}

/// Numbers in ascending order, each once, as a machine keeps them: the distances, in
/// seven bits a byte.
pub(crate) fn encode_numbers(numbers: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() + numbers.len() / 2);
    let mut last = 0;
    for &number in numbers {
        let mut distance = number - last;
        last = number;
        while distance >= 0x80 {
            bytes.push(0x80 | (distance & 0x7f) as u8);
            distance >>= 7;
        }
        bytes.push(distance as u8);
    }
    bytes
}

/// The numbers again.
pub(crate) fn decode_numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut bytes = bytes.iter();
    let mut last = 0_u32;
    std::iter::from_fn(move || {
        let (mut distance, mut shift) = (0_u32, 0);
        loop {
            let byte = *bytes.next()?;
            distance |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        last = last.wrapping_add(distance);
        Some(last)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::btree_set(any::<u32>(), 0..80)) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let bytes = encode_numbers(&numbers);
            prop_assert!(decode_numbers(&bytes).eq(numbers.iter().copied()));
        }

        #[test]
        fn damaged_ones_end(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(decode_numbers(&bytes).count() <= bytes.len());
        }
    }
}
