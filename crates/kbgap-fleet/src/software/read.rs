//! What entries of software lists say.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher, RandomState};
use std::sync::Arc;

use kbgap_assess::SoftwareFact;
use kbgap_catalog::{Component, SoftwareId, is_mapped_software, map_installed, named_in_table};
use kbgap_inventory::Software as Reported;

use crate::gathered::Gathered;

/// What was read in how many reported entries is kept: those of most machines.
const KEPT: usize = 16_384;

/// What an entry of a software list says.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// `None` where it has no vendor, so that the API has no name for it.
    pub(super) named: Option<Named>,
    pub(super) fact: Option<SoftwareFact>,
    /// The number that it had last: it may be another one's by now.
    pub(super) number: u32,
    /// How many entries had been taken away when it had this number.
    pub(super) checked: u64,
}

/// A version of a software with what the reviewed tables say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(super) id: SoftwareId,
    pub(super) version: Arc<str>,
    pub(super) is_known: bool,
}

/// What was read of late, by the hash of the entry. The key of the hash is drawn at random
/// and known to nobody, so an entry is taken for another one that is kept once in
/// 1,000,000,000,000,000 times.
#[derive(Debug, Default)]
pub(super) struct Kept {
    key: RandomState,
    gathered: Gathered,
    by_hash: HashMap<u64, Read, BuildHasherDefault<Hashed>>,
}

/// Passes on what is a hash already.
#[derive(Debug, Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Kept {
    pub(super) fn hash(&mut self, reported: Reported<'_>) -> u64 {
        self.gathered.hash(&self.key, reported)
    }

    pub(super) fn get(&mut self, hash: u64) -> Option<&mut Read> {
        self.by_hash.get_mut(&hash)
    }

    pub(super) fn take(&mut self, hash: u64) -> Option<Read> {
        self.by_hash.remove(&hash)
    }

    pub(super) fn insert(&mut self, hash: u64, read: Read) {
        if self.by_hash.len() >= KEPT {
            self.by_hash.clear();
        }
        self.by_hash.insert(hash, read);
    }
}

impl Read {
    pub(super) fn of(reported: Reported<'_>) -> Self {
        Self {
            named: Named::of(reported),
            fact: SoftwareFact::of(reported.vendor, reported.name, reported.version),
            number: u32::MAX,
            checked: 0,
        }
    }
}

impl Named {
    fn of(reported: Reported<'_>) -> Option<Self> {
        let version = reported.version;
        let (id, is_known) = match map_installed(reported.vendor, reported.name, version) {
            // The old Edge is part of Windows: without its Windows it is not known to run.
            Some((id, component)) => (id, component != Component::EdgeHtml),
            None => {
                let id = match named_in_table(reported.vendor, reported.name) {
                    Some(id) => id,
                    None => SoftwareId::from_names(reported.vendor, reported.name)?,
                };
                let is_known = is_mapped_software(&id);
                (id, is_known)
            }
        };
        Some(Self {
            id,
            is_known,
            version: version.into(),
        })
    }

    /// An order in which versions of one software stand side by side.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let by_id = self.id.cmp(&other.id);
        by_id
            .then_with(|| self.version.cmp(&other.version))
            .then_with(|| self.is_known.cmp(&other.is_known))
    }
}
