//! Machines in the order of their ids.

use std::cmp::Ordering;

use kbgap_inventory::MachineId;

use crate::packed::id_of;
use crate::records::Records;
use crate::table::TieredSet;

/// The bytes of an id.
type Bytes = [u8; 20];

/// Machines in the order of their ids, with so much of each as nearly always tells them
/// apart. Whole ids are compared where that is alike: they stand in the records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    keys: TieredSet<Key>,
}

/// The first four bytes of an id in order, and the ordinal.
type Key = (u32, u32);

impl Ids {
    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The machine with an id.
    pub(crate) fn find(&self, id: &MachineId, records: &Records) -> Option<u32> {
        let id = id.to_bytes();
        let key = self.keys.find_by(|key| order(key, &id, records))?;
        Some(key.1)
    }

    /// All machines, by id.
    pub(crate) fn all<'s>(&'s self, records: &'s Records) -> impl Iterator<Item = u32> + 's {
        let all = self.keys.iter_from(&|_| false, among(records));
        all.map(|key| key.1)
    }

    /// The machines by id, from the first one on that is not below a text, which may be
    /// any.
    pub(crate) fn from<'s>(
        &'s self,
        text: &str,
        records: &'s Records,
    ) -> impl Iterator<Item = u32> + use<'s> {
        let before = |key: &Key| {
            let id = id_of(records.get(key.1)).copied().unwrap_or_default();
            MachineId::from_bytes(id).as_str() < text
        };
        self.keys
            .iter_from(&before, among(records))
            .map(|key| key.1)
    }

    /// Adds a machine, which need not have its record yet.
    pub(crate) fn insert(&mut self, id: &MachineId, ordinal: u32, records: &Records) {
        let id = id.to_bytes();
        let key = key(&id, ordinal);
        let order = |other: &Key| order(other, &id, records);
        self.keys.insert_by(key, order, among(records));
    }

    /// Takes out a machine, which must still have its record.
    pub(crate) fn remove(&mut self, id: &Bytes, records: &Records) {
        self.keys.remove_by(|other| order(other, id, records));
    }
}

impl FromIterator<(Bytes, u32)> for Ids {
    fn from_iter<I: IntoIterator<Item = (Bytes, u32)>>(ids: I) -> Self {
        let mut ids: Vec<(Bytes, u32)> = ids.into_iter().collect();
        ids.sort_unstable();
        let keys: Vec<Key> = ids.iter().map(|(id, ordinal)| key(id, *ordinal)).collect();
        Self {
            keys: TieredSet::of(&keys),
        }
    }
}

const fn key(id: &Bytes, ordinal: u32) -> Key {
    (u32::from_be_bytes([id[0], id[1], id[2], id[3]]), ordinal)
}

/// How two machines stand to each other that have their records.
fn among(records: &Records) -> impl Fn(&Key, &Key) -> Ordering + '_ {
    let id = |key: &Key| id_of(records.get(key.1));
    move |a, b| {
        let by_key = a.0.cmp(&b.0);
        by_key.then_with(|| id(a).cmp(&id(b)))
    }
}

/// Where a key stands to an id.
fn order(of: &Key, id: &Bytes, records: &Records) -> Ordering {
    let by_key = of.0.cmp(&key(id, 0).0);
    by_key.then_with(|| id_of(records.get(of.1)).cmp(&Some(id)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Ids that differ in few places, as somebody may choose them.
    fn any_id() -> impl Strategy<Value = Bytes> {
        (0_u8..2, 0_u8..3, 0_u8..6).prop_map(|(first, fourth, last)| {
            let mut id = [7; 20];
            (id[0], id[3], id[19]) = (first, fourth, last);
            id
        })
    }

    proptest! {
        #[test]
        fn ids_stand_in_order_however_they_begin(
            steps in prop::collection::vec((any_id(), any::<bool>()), 0..80),
            from in prop_oneof![any_id().prop_map(|id| MachineId::from_bytes(id).to_string()), ".*"],
        ) {
            let (mut ids, mut records) = (Ids::default(), Records::default());
            let mut plain: BTreeMap<Bytes, u32> = BTreeMap::new();
            for (ordinal, (id, is_there)) in (0..).zip(steps) {
                let machine = MachineId::from_bytes(id);
                let known = ids.find(&machine, &records);
                prop_assert_eq!(known, plain.get(&id).copied());
                match known {
                    Some(known) if !is_there => {
                        ids.remove(&id, &records);
                        records.set(known, &[]);
                        plain.remove(&id);
                    }
                    None if is_there => {
                        ids.insert(&machine, ordinal, &records);
                        records.set(ordinal, &id);
                        plain.insert(id, ordinal);
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(ids.len(), plain.len());
            let at_once: Ids = plain.iter().map(|(id, ordinal)| (*id, *ordinal)).collect();
            prop_assert!(at_once.all(&records).eq(plain.values().copied()));
            prop_assert!(ids.all(&records).eq(plain.values().copied()));
            let later = plain.iter().filter(|(id, _)| MachineId::from_bytes(**id).as_str() >= from.as_str());
            prop_assert!(ids.from(&from, &records).eq(later.map(|(_, ordinal)| *ordinal)));
        }
    }
}
