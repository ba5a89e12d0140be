//! Large sets of machines, in parts that snapshots share.

use std::sync::Arc;

use roaring::RoaringBitmap;

/// Ordinals of a part: those that a bitmap keeps in one container.
const PART: u32 = 1 << 16;

/// Machines by ordinal. Cloning costs a pointer; the first write to each part after that
/// copies the part, which is eight kilobytes at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ordinals {
    parts: Arc<Vec<Arc<RoaringBitmap>>>,
}

impl Ordinals {
    /// Of machines in order, each once: much faster than one by one.
    pub(crate) fn of_ascending(ordinals: &[u32]) -> Self {
        let mut parts: Vec<Arc<RoaringBitmap>> = Vec::new();
        for part in ordinals.chunk_by(|a, b| a / PART == b / PART) {
            let number = (part[0] / PART) as usize;
            parts.resize_with(number, Arc::default);
            let machines = part.iter().copied();
            let machines = RoaringBitmap::from_sorted_iter(machines);
            // Whatever order they are in, they are the machines.
            let machines = machines.unwrap_or_else(|_| part.iter().copied().collect());
            parts.push(Arc::new(machines));
            parts.last_mut().map(without_spare);
        }
        parts.shrink_to_fit();
        Self {
            parts: Arc::new(parts),
        }
    }

    fn part(&self, ordinal: u32) -> Option<&Arc<RoaringBitmap>> {
        self.parts.get((ordinal / PART) as usize)
    }

    /// The part of a machine, to be written to.
    fn part_mut(&mut self, ordinal: u32) -> &mut RoaringBitmap {
        let number = (ordinal / PART) as usize;
        let parts = Arc::make_mut(&mut self.parts);
        if parts.len() <= number {
            // Nearly all that comes is above: this one will hardly grow any more.
            parts.last_mut().map(without_spare);
            parts.reserve_exact(number + 1 - parts.len());
            parts.resize_with(number + 1, Arc::default);
        }
        Arc::make_mut(&mut parts[number])
    }

    pub(crate) fn contains(&self, ordinal: u32) -> bool {
        self.part(ordinal)
            .is_some_and(|part| part.contains(ordinal))
    }

    /// Adds a machine; `false` where it is there already, which costs no copy.
    pub(crate) fn insert(&mut self, ordinal: u32) -> bool {
        // Where nobody shares it there is nothing to be copied.
        let parts = Arc::get_mut(&mut self.parts);
        let part = parts.and_then(|parts| parts.get_mut((ordinal / PART) as usize));
        if let Some(part) = part.and_then(Arc::get_mut) {
            return part.insert(ordinal);
        }
        !self.contains(ordinal) && self.part_mut(ordinal).insert(ordinal)
    }

    /// Takes a machine out; `false` where it is not there, which costs no copy.
    pub(crate) fn remove(&mut self, ordinal: u32) -> bool {
        self.contains(ordinal) && self.part_mut(ordinal).remove(ordinal)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.is_empty())
    }

    pub(crate) fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// How many there are without those of a bitmap.
    pub(crate) fn len_without(&self, other: &RoaringBitmap) -> u64 {
        let parts = self.parts.iter();
        parts.map(|part| part.difference_len(other)).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.parts.iter().flat_map(|part| part.iter())
    }

    /// Adds all of them to a bitmap.
    pub(crate) fn add_to(&self, bitmap: &mut RoaringBitmap) {
        for part in self.parts.iter() {
            *bitmap |= &**part;
        }
    }

    pub(crate) fn bitmap(&self) -> RoaringBitmap {
        let mut bitmap = RoaringBitmap::new();
        self.add_to(&mut bitmap);
        bitmap
    }
}

/// A copy has no more room than it needs.
fn without_spare(part: &mut Arc<RoaringBitmap>) {
    *part = Arc::new(RoaringBitmap::clone(part));
}

impl FromIterator<u32> for Ordinals {
    fn from_iter<I: IntoIterator<Item = u32>>(ordinals: I) -> Self {
        let mut set = Self::default();
        for ordinal in ordinals {
            set.part_mut(ordinal).insert(ordinal);
        }
        Arc::make_mut(&mut set.parts).last_mut().map(without_spare);
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn any_ordinal() -> impl Strategy<Value = u32> {
        (0_u32..4, 0_u32..12).prop_map(|(part, place)| part * PART + place)
    }

    proptest! {
        #[test]
        fn it_is_a_set_and_snapshots_stay_as_they_were(
            steps in prop::collection::vec((any_ordinal(), any::<bool>(), any::<bool>()), 0..80),
            without in prop::collection::vec(any_ordinal(), 0..20),
        ) {
            let (mut set, mut plain) = (Ordinals::default(), BTreeSet::new());
            let mut snapshots = Vec::new();
            for (ordinal, inserts, held) in steps {
                if inserts {
                    prop_assert_eq!(set.insert(ordinal), plain.insert(ordinal));
                } else {
                    prop_assert_eq!(set.remove(ordinal), plain.remove(&ordinal));
                }
                if held {
                    snapshots.push((set.clone(), plain.clone()));
                }
            }
            snapshots.push((set, plain));
            let without: RoaringBitmap = without.into_iter().collect();
            for (set, plain) in snapshots {
                prop_assert!(set.iter().eq(plain.iter().copied()));
                prop_assert!(plain.iter().all(|ordinal| set.contains(*ordinal)));
                prop_assert_eq!((set.len(), set.is_empty()), (plain.len() as u64, plain.is_empty()));
                prop_assert!(set.bitmap().iter().eq(plain.iter().copied()));
                let left = plain.iter().filter(|ordinal| !without.contains(**ordinal));
                prop_assert_eq!(set.len_without(&without), left.count() as u64);
                let again: Ordinals = plain.iter().copied().collect();
                prop_assert!(again.iter().eq(set.iter()));
                let ascending: Vec<u32> = plain.iter().copied().collect();
                prop_assert!(Ordinals::of_ascending(&ascending).iter().eq(set.iter()));
            }
        }
    }
}
