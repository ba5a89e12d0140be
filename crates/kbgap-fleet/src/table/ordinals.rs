//! Large sets of machines, in parts that snapshots share.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::merged::merged;

/// Ordinals of a part: those that a bitmap keeps in one container.
const PART: u32 = 1 << 16;
/// Machines that may come before they go over into their parts.
const RECENT: usize = 128;
/// Room for so many more that they get at a time.
const SPARE: usize = 16;

/// Machines by ordinal. Cloning costs two pointers; the first write to each part after that
/// copies the part, which is eight kilobytes at most. So machines come into a short list
/// first, which costs less to copy, and go over together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ordinals {
    parts: Arc<Vec<Arc<RoaringBitmap>>>,
    /// No machine in a part is above: nearly all that comes is, and is not looked for.
    highest: u32,
    /// What came of late, in order; none of it is in a part.
    recent: Option<Arc<Vec<u32>>>,
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
            highest: ordinals.iter().copied().max().unwrap_or_default(),
            parts: Arc::new(parts),
            recent: None,
        }
    }

    /// The parts, of which each has the machines of its place.
    pub(crate) fn parts(&self) -> Arc<Vec<Arc<RoaringBitmap>>> {
        let mut whole = self.clone();
        whole.settle();
        whole.parts
    }

    /// The same set again; `None` where a part has machines of another.
    pub(crate) fn of_parts(parts: Vec<RoaringBitmap>) -> Option<Self> {
        let mut places = (0..).zip(&parts);
        let is_in = |ordinal: Option<u32>, place| ordinal.is_none_or(|o| o / PART == place);
        let are_sound =
            places.all(|(place, part)| is_in(part.min(), place) && is_in(part.max(), place));
        are_sound.then(|| Self {
            highest: parts
                .iter()
                .rev()
                .find_map(RoaringBitmap::max)
                .unwrap_or_default(),
            parts: Arc::new(parts.into_iter().map(Arc::new).collect()),
            recent: None,
        })
    }

    fn recent(&self) -> &[u32] {
        self.recent.as_ref().map_or(&[], |recent| recent)
    }

    fn part(&self, ordinal: u32) -> Option<&Arc<RoaringBitmap>> {
        self.parts.get((ordinal / PART) as usize)
    }

    /// The part of a machine, to be written to: nothing above the machine may come.
    fn part_mut(&mut self, ordinal: u32) -> &mut RoaringBitmap {
        self.highest = self.highest.max(ordinal);
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
        self.recent().binary_search(&ordinal).is_ok() || self.is_in_part(ordinal)
    }

    fn is_in_part(&self, ordinal: u32) -> bool {
        let is_below = ordinal <= self.highest;
        is_below && self.part(ordinal).is_some_and(|p| p.contains(ordinal))
    }

    /// Adds a machine; `false` where it is there already, which costs no copy.
    pub(crate) fn insert(&mut self, ordinal: u32) -> bool {
        if self.is_in_part(ordinal) {
            return false;
        }
        let place = match self.recent().last() {
            Some(last) if *last >= ordinal => self.recent().binary_search(&ordinal),
            _ => Err(self.recent().len()),
        };
        let Err(place) = place else { return false };
        let recent = Arc::make_mut(self.recent.get_or_insert_default());
        if recent.len() == recent.capacity() {
            recent.reserve_exact(SPARE);
        }
        recent.insert(place, ordinal);
        if recent.len() >= RECENT {
            self.settle();
        }
        true
    }

    /// Puts what came of late into its parts.
    fn settle(&mut self) {
        let recent = self.recent.take().unwrap_or_default();
        for part in recent.chunk_by(|a, b| a / PART == b / PART) {
            self.part_mut(part[part.len() - 1]).extend(part);
        }
    }

    /// Takes a machine out; `false` where it is not there, which costs no copy.
    pub(crate) fn remove(&mut self, ordinal: u32) -> bool {
        if let Some(recent) = &mut self.recent
            && let Ok(place) = recent.binary_search(&ordinal)
        {
            Arc::make_mut(recent).remove(place);
            return true;
        }
        self.is_in_part(ordinal) && self.part_mut(ordinal).remove(ordinal)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.recent().is_empty() && self.parts.iter().all(|part| part.is_empty())
    }

    pub(crate) fn len(&self) -> u64 {
        let parts: u64 = self.parts.iter().map(|part| part.len()).sum();
        parts + self.recent().len() as u64
    }

    /// How many there are without those of a bitmap.
    pub(crate) fn len_without(&self, other: &RoaringBitmap) -> u64 {
        let parts = self.parts.iter();
        let parts: u64 = parts.map(|part| part.difference_len(other)).sum();
        let recent = self.recent().iter().filter(|o| !other.contains(**o));
        parts + recent.count() as u64
    }

    /// In order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let parts = self.parts.iter().flat_map(|part| part.iter());
        merged(parts, self.recent().iter().copied(), u32::lt)
    }

    /// Adds all of them to a bitmap.
    pub(crate) fn add_to(&self, bitmap: &mut RoaringBitmap) {
        for part in self.parts.iter() {
            *bitmap |= &**part;
        }
        bitmap.extend(self.recent());
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
        (0_u32..4, 0_u32..120).prop_map(|(part, place)| part * PART + place)
    }

    proptest! {
        #[test]
        fn it_is_a_set_and_snapshots_stay_as_they_were(
            steps in prop::collection::vec((any_ordinal(), prop::bool::weighted(0.8), prop::bool::weighted(0.1)), 0..900),
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
                let mut bitmap = RoaringBitmap::new();
                set.add_to(&mut bitmap);
                prop_assert!(bitmap.iter().eq(plain.iter().copied()));
                let left = plain.iter().filter(|ordinal| !without.contains(**ordinal));
                prop_assert_eq!(set.len_without(&without), left.count() as u64);
                let again: Ordinals = plain.iter().copied().collect();
                prop_assert!(again.iter().eq(set.iter()));
                let parts: Vec<RoaringBitmap> =
                    set.parts().iter().map(|part| RoaringBitmap::clone(part)).collect();
                prop_assert!(Ordinals::of_parts(parts.clone()).unwrap().iter().eq(set.iter()));
                let moved = parts.iter().cloned().chain([RoaringBitmap::from([0])]);
                prop_assert!(parts.is_empty() || Ordinals::of_parts(moved.collect()).is_none());
                let ascending: Vec<u32> = plain.iter().copied().collect();
                prop_assert!(Ordinals::of_ascending(&ascending).iter().eq(set.iter()));
            }
        }
    }
}
