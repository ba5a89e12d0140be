//! Keys in order, in chunks that snapshots share.

use std::cmp::Ordering;
use std::ops::{Range, RangeBounds};
use std::sync::Arc;

use super::merged::merged;

/// Keys of a chunk at most.
const CHUNK: usize = 256;

/// Room for so many more that a chunk gets at a time.
const SPARE: usize = 8;

/// Keys in order, each once. Cloning it costs one pointer.
#[derive(Clone, Debug)]
pub(crate) struct SortedSet<K> {
    /// None is empty. The first key of each chunk stands beside it, so that finding a
    /// chunk touches one list only.
    chunks: Arc<Vec<(K, Arc<Vec<K>>)>>,
    len: usize,
}

impl<K> Default for SortedSet<K> {
    fn default() -> Self {
        Self {
            chunks: Arc::default(),
            len: 0,
        }
    }
}

impl<K: Ord + Copy> SortedSet<K> {
    /// The set of keys that are in its order already.
    pub(crate) fn of(keys: &[K]) -> Self {
        // Room for some more, so that the first of them do not split every chunk.
        let chunks = keys.chunks(CHUNK - CHUNK / 8);
        Self {
            len: keys.len(),
            chunks: Arc::new(chunks.map(|c| (c[0], Arc::new(c.to_vec()))).collect()),
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// How many chunks there are.
    pub(super) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// The first key of a chunk.
    pub(super) fn first_of(&self, chunk: usize) -> Option<K> {
        self.chunks.get(chunk).map(|(first, _)| *first)
    }

    /// Adds keys that belong into some chunks, in order and none of them there yet, and fills
    /// these chunks. Gives how many there are in their place.
    pub(super) fn merge(
        &mut self,
        into: Range<usize>,
        keys: &[K],
        is_before: impl Fn(&K, &K) -> bool,
    ) -> usize {
        let old = self.chunks[into.clone()]
            .iter()
            .flat_map(|(_, keys)| keys.iter().copied());
        let all: Vec<K> = merged(old, keys.iter().copied(), is_before).collect();
        let chunks = all.chunks(CHUNK).map(|c| (c[0], Arc::new(c.to_vec())));
        let count = chunks.len();
        Arc::make_mut(&mut self.chunks).splice(into, chunks);
        self.len += keys.len();
        count
    }

    /// The keys from the first one that is not `before` on. What is before must stand
    /// before what is not.
    pub(crate) fn from<'s>(
        &'s self,
        before: &dyn Fn(&K) -> bool,
    ) -> impl Iterator<Item = K> + use<'s, K> {
        let chunk = self.chunks.partition_point(|(first, _)| before(first));
        // The one before it may end with keys that are wanted.
        let chunk = chunk.saturating_sub(1);
        let skipped = self
            .chunks
            .get(chunk)
            .map_or(0, |(_, keys)| keys.partition_point(before));
        let chunks = self.chunks.iter().skip(chunk);
        chunks
            .flat_map(|(_, keys)| keys.iter().copied())
            .skip(skipped)
    }

    pub(crate) fn range(&self, range: impl RangeBounds<K>) -> impl Iterator<Item = K> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let (from, to) = (range.start_bound().cloned(), range.end_bound().cloned());
        self.from(&move |key| match from {
            Included(from) => *key < from,
            Excluded(from) => *key <= from,
            Unbounded => false,
        })
        .take_while(move |key| match to {
            Included(to) => *key <= to,
            Excluded(to) => *key < to,
            Unbounded => true,
        })
    }

    /// Adds a key; `false` where it is there already.
    pub(crate) fn insert(&mut self, key: K) -> bool {
        self.insert_by(key, |other| other.cmp(&key))
    }

    /// Adds a key to a set that has another order than keys have by themselves: `order`
    /// tells where each stands to the new one.
    pub(crate) fn insert_by(&mut self, key: K, order: impl Fn(&K) -> Ordering) -> bool {
        let after = self
            .chunks
            .partition_point(|(first, _)| order(first).is_le());
        let chunks = Arc::make_mut(&mut self.chunks);
        let number = after.saturating_sub(1);
        let Some((first, keys)) = chunks.get_mut(number) else {
            chunks.push((key, Arc::new(vec![key])));
            self.len += 1;
            return true;
        };
        let Err(place) = keys.binary_search_by(&order) else {
            return false;
        };
        let keys = Arc::make_mut(keys);
        if keys.len() == keys.capacity() {
            // Twice the room, as usual, would be half of the memory.
            keys.reserve_exact(SPARE);
        }
        keys.insert(place, key);
        if place == 0 {
            *first = key;
        }
        if keys.len() > CHUNK {
            // Keys that come in order leave full chunks behind.
            let at = if place + 1 == keys.len() {
                CHUNK
            } else {
                CHUNK / 2
            };
            let rest = keys.split_off(at);
            keys.shrink_to_fit();
            if let Some(&first) = rest.first() {
                chunks.insert(number + 1, (first, Arc::new(rest)));
            }
        }
        self.len += 1;
        true
    }

    /// In which chunk a key is, and where in it.
    fn place_by(&self, order: impl Fn(&K) -> Ordering) -> Option<(usize, usize)> {
        let after = self
            .chunks
            .partition_point(|(first, _)| order(first).is_le());
        let number = after.checked_sub(1)?;
        let (_, keys) = self.chunks.get(number)?;
        Some((number, keys.binary_search_by(&order).ok()?))
    }

    /// The key at a place in the order.
    pub(crate) fn find_by(&self, order: impl Fn(&K) -> Ordering) -> Option<K> {
        let (number, place) = self.place_by(order)?;
        self.chunks[number].1.get(place).copied()
    }

    /// The key at a place in the order, for changing what does not decide its place.
    pub(crate) fn find_mut_by(&mut self, order: impl Fn(&K) -> Ordering) -> Option<&mut K> {
        // What is not there needs no copy.
        let (number, place) = self.place_by(order)?;
        let (_, keys) = Arc::make_mut(&mut self.chunks).get_mut(number)?;
        Arc::make_mut(keys).get_mut(place)
    }

    /// Takes a key out; `false` where it is not there.
    pub(crate) fn remove(&mut self, key: &K) -> bool {
        self.remove_by(|other| other.cmp(key))
    }

    /// The same in another order.
    pub(crate) fn remove_by(&mut self, order: impl Fn(&K) -> Ordering) -> bool {
        let Some((number, place)) = self.place_by(order) else {
            return false;
        };
        let chunks = Arc::make_mut(&mut self.chunks);
        let (first, keys) = &mut chunks[number];
        let keys = Arc::make_mut(keys);
        keys.remove(place);
        match keys.first() {
            Some(&least) => *first = least,
            None => drop(chunks.remove(number)),
        }
        self.len -= 1;
        true
    }
}

impl<K: Ord + Copy> FromIterator<K> for SortedSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut keys: Vec<K> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        Self::of(&keys)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u16),
        Remove(u16),
        Snapshot,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0_u16..2_000).prop_map(Step::Insert),
            4 => (0_u16..2_000).prop_map(Step::Remove),
            1 => Just(Step::Snapshot),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_set_and_snapshots_stay_as_they_were(
            first in prop::collection::btree_set(0_u16..2_000, 0..1_000),
            steps in prop::collection::vec(any_step(), 0..1_000),
            (low, high) in (0_u16..2_000, 0_u16..2_000),
        ) {
            let mut sorted: SortedSet<u16> = first.iter().copied().collect();
            let mut plain: BTreeSet<u16> = first;
            let mut snapshots = Vec::new();
            for step in steps {
                match step {
                    Step::Insert(key) => prop_assert_eq!(sorted.insert(key), plain.insert(key)),
                    Step::Remove(key) => prop_assert_eq!(sorted.remove(&key), plain.remove(&key)),
                    Step::Snapshot => snapshots.push((sorted.clone(), plain.clone())),
                }
            }
            snapshots.push((sorted, plain));
            let (low, high) = (low.min(high), low.max(high));
            for (sorted, plain) in snapshots {
                prop_assert_eq!(sorted.len(), plain.len());
                prop_assert!(sorted.range(..).eq(plain.iter().copied()));
                prop_assert!(sorted.range(low..high).eq(plain.range(low..high).copied()));
                prop_assert!(sorted.range(low..=high).eq(plain.range(low..=high).copied()));
                prop_assert!(sorted.from(&|key| *key < low).eq(plain.range(low..).copied()));
            }
        }
    }

    #[test]
    fn keys_in_order_fill_their_chunks() {
        let mut sorted = SortedSet::default();
        for key in 0..10 * CHUNK {
            sorted.insert(key);
        }
        assert!(sorted.chunks.len() <= 11, "{}", sorted.chunks.len());
    }
}
