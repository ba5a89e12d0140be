//! Who has which software.

use std::sync::{Arc, OnceLock};

use kbgap_catalog::SoftwareId;
use roaring::RoaringBitmap;

use super::entries::{Entries, Entry, decode_numbers};
use super::interner::Before;
use super::order::in_order;
use super::own::Own;
use crate::packed::Packed;
use crate::records::Records;
use crate::table::TieredSet;
use crate::words::Words;

/// What machines have, whether others have it too or not.
///
/// A software that several machines have is in the tables of [`Entries`]. One that only
/// one has stands in that machine's record and nowhere else: of a million machines each
/// may have some, and rows for them would take more memory than all the rest. When a
/// second machine comes, it moves to the tables, and it stays there until nobody has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) shared: Entries,
    /// Hashes of the ids of software that only one machine has, with the ordinal of the
    /// machine.
    pub(super) owners: TieredSet<(u32, u32)>,
    pub(crate) records: Records,
    pub(crate) words: Words,
    /// All software in the order of its ids, where somebody has asked for it since a
    /// software was added, moved or removed.
    order: Arc<OnceLock<Vec<Which>>>,
}

/// A software, by where it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// In the tables, by number.
    Shared(u32),
    /// In the record of the only machine that has it, among whatever else it alone has.
    Own {
        ordinal: u32,
        /// Its place among the machine's own entries.
        place: u32,
    },
}

/// A version of a software on a machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed<'i> {
    of: Of<'i>,
    inventory: &'i Inventory,
}

#[derive(Clone, Copy, Debug)]
enum Of<'i> {
    Shared(&'i Entry),
    Own(Own<'i>),
}

impl Inventory {
    /// The software with this id.
    pub(crate) fn find(&self, id: &str) -> Option<Which> {
        let shared = self.shared.find(id).map(Which::Shared);
        shared.or_else(|| {
            let mut owners = self.owners_alike(id);
            owners.find_map(|ordinal| {
                let mut own = (0..).zip(self.own(ordinal));
                let (place, _) = own.find(|(_, own)| own.has_id(id, &self.words))?;
                Some(Which::Own { ordinal, place })
            })
        })
    }

    /// The id of a software that was found here.
    pub(crate) fn id(&self, which: Which) -> Option<SoftwareId> {
        match which {
            Which::Shared(number) => Some(self.shared.software(number)?.id.clone()),
            Which::Own { ordinal, place } => self.own_at(ordinal, place)?.id(&self.words),
        }
    }

    /// The machines that report a software.
    pub(crate) fn machines(&self, which: Which) -> RoaringBitmap {
        match which {
            Which::Shared(number) => self.shared.machines(number),
            Which::Own { ordinal, .. } => RoaringBitmap::from([ordinal]),
        }
    }

    /// How many machines report a software, without those of a set.
    pub(crate) fn count(&self, which: Which, without: &RoaringBitmap) -> u64 {
        match which {
            Which::Shared(number) => self.shared.count(number, without),
            Which::Own { ordinal, .. } => u64::from(!without.contains(ordinal)),
        }
    }

    /// Whether the reviewed tables know a software, in whatever version.
    pub(crate) fn is_known(&self, which: Which) -> bool {
        match which {
            Which::Shared(number) => self.shared.is_known(number),
            Which::Own { ordinal, .. } => self.listed(ordinal, which).any(|l| l.is_known()),
        }
    }

    /// The software list of a machine, in no order.
    pub(crate) fn list(&self, ordinal: u32) -> impl Iterator<Item = Listed<'_>> {
        let packed = Packed::read(self.records.get(ordinal));
        let numbers = packed.map_or(&[][..], |packed| packed.software);
        let shared = decode_numbers(numbers).filter_map(|n| self.shared.entry(n));
        let all = shared.map(Of::Shared).chain(self.own(ordinal).map(Of::Own));
        all.map(|of| Listed {
            of,
            inventory: self,
        })
    }

    /// The versions of one software in it.
    pub(crate) fn listed(&self, ordinal: u32, which: Which) -> impl Iterator<Item = Listed<'_>> {
        let own = match which {
            Which::Own { ordinal, place } => self.own_at(ordinal, place),
            Which::Shared(_) => None,
        };
        self.list(ordinal)
            .filter(move |listed| match (listed.of, which, own) {
                (Of::Shared(entry), Which::Shared(number), _) => entry.software == number,
                (Of::Own(other), _, Some(own)) => other.is_of(&own),
                _ => false,
            })
    }

    /// All software, by id, from the first id that is not below `from` on.
    pub(crate) fn in_order(&self, from: &str) -> impl Iterator<Item = (SoftwareId, Which)> + '_ {
        let order = self.order.get_or_init(|| self.ordered());
        let is_before = |which: &Which| self.id(*which).is_some_and(|id| id.as_str() < from);
        let later = order.iter().skip(order.partition_point(is_before));
        later.filter_map(|&which| Some((self.id(which)?, which)))
    }

    /// To be called whenever a software was added, moved or removed.
    pub(super) fn forget_order(&mut self) {
        // A snapshot that shares it may be asked for its own order at any time.
        if self.order.get().is_some() || Arc::strong_count(&self.order) > 1 {
            self.order = Arc::default();
        }
    }

    /// The machine that alone has a software in its record.
    pub(super) fn owner(&self, id: &SoftwareId) -> Option<u32> {
        let mut owners = self.owners_alike(id.as_str());
        owners.find(|&ordinal| self.own(ordinal).any(|own| own.is(id, &self.words)))
    }

    /// The owners of software of which the ids have this one's hash.
    fn owners_alike(&self, id: &str) -> impl Iterator<Item = u32> + use<'_> {
        let hash = self.shared.hash(id);
        let alike = self.owners.range((hash, 0)..=(hash, u32::MAX));
        alike.map(|(_, ordinal)| ordinal)
    }

    /// Enters who has software that no other has, where only the records are there.
    pub(crate) fn find_owners(&mut self) {
        let ordinals = 0..self.records.len();
        let owners = ordinals.flat_map(|o| self.own_hashes(o).into_iter().map(move |h| (h, o)));
        self.owners = owners.collect();
    }

    /// The software of a machine, before it changes.
    pub(crate) fn before(&self, ordinal: u32) -> Before {
        let packed = Packed::read(self.records.get(ordinal));
        let numbers = packed.map_or(&[][..], |packed| packed.software);
        Before {
            numbers: decode_numbers(numbers).collect(),
            own: self.own_hashes(ordinal),
        }
    }

    pub(super) fn own_hashes(&self, ordinal: u32) -> Vec<u32> {
        let mut id = String::new();
        let hash = |own: Own<'_>| {
            id.clear();
            own.write_id(&self.words, &mut id);
            self.shared.hash(id.as_str())
        };
        self.own(ordinal).map(hash).collect()
    }

    /// What only this machine has.
    pub(super) fn own(&self, ordinal: u32) -> impl Iterator<Item = Own<'_>> {
        let packed = Packed::read(self.records.get(ordinal));
        Own::list(packed.map_or(&[][..], |packed| packed.own))
    }

    fn own_at(&self, ordinal: u32, place: u32) -> Option<Own<'_>> {
        self.own(ordinal).nth(place as usize)
    }

    fn ordered(&self) -> Vec<Which> {
        // Most ids stand in records, where comparing them takes too long: one text has
        // them all meanwhile.
        let (mut text, mut starts, mut all) = (String::new(), Vec::new(), Vec::new());
        for (number, software) in self.shared.in_use() {
            starts.push(text.len());
            all.push(Which::Shared(number));
            text.push_str(software.id.as_str());
        }
        for ordinal in 0..self.records.len() {
            let mut last: Option<Own<'_>> = None;
            for (place, own) in (0..).zip(self.own(ordinal)) {
                // Versions of one software stand side by side.
                if last.is_none_or(|last| !last.is_of(&own)) {
                    starts.push(text.len());
                    all.push(Which::Own { ordinal, place });
                    own.write_id(&self.words, &mut text);
                }
                last = Some(own);
            }
        }
        starts.push(text.len());
        let id = |number: u32| &text[starts[number as usize]..starts[number as usize + 1]];
        let order = in_order(all.len() as u32, &id);
        order.into_iter().map(|n| all[n as usize]).collect()
    }
}

impl Listed<'_> {
    pub(crate) fn id(&self) -> Option<SoftwareId> {
        let Inventory { shared, words, .. } = self.inventory;
        match self.of {
            Of::Shared(entry) => Some(shared.software(entry.software)?.id.clone()),
            Of::Own(own) => own.id(words),
        }
    }

    pub(crate) fn version(&self) -> Arc<str> {
        let Inventory { shared, words, .. } = self.inventory;
        match self.of {
            Of::Shared(entry) => shared.version(entry),
            Of::Own(own) => own.version(words).into(),
        }
    }

    /// Whether the reviewed tables know it.
    pub(crate) const fn is_known(&self) -> bool {
        match self.of {
            Of::Shared(entry) => entry.is_known,
            Of::Own(own) => own.is_known,
        }
    }
}
