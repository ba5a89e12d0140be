//! Large sets that grow in no order, in two parts that snapshots share.
//!
//! Keys that are hashes come anywhere. Between two snapshots a million of them get some
//! thousands more, which touch half of all chunks, and each is copied for it. Here they
//! come into a small set first, which has few chunks, and go over into the large one
//! together, a part of the order after the other: each chunk of it is copied once for some of
//! them, and what is let go when the snapshot goes is little at a time.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use super::SortedSet;
use super::merged::merged;

/// Keys that may come before they go over, at least.
const FEWEST: usize = 1_024;
/// As many times as many keys are there as may come before they go over.
const SHARE: usize = 32;
/// Parts of the order that go over one after the other.
const PARTS: usize = 16;

/// Keys in order, each once. Cloning it costs two pointers.
///
/// Where keys have another order than by themselves, `among` tells it of any two that are
/// in the set, and `order` where each of them stands to the one that is meant, which need
/// not be in it.
#[derive(Clone, Debug)]
pub(crate) struct TieredSet<K> {
    settled: SortedSet<K>,
    /// What came of late; none of it is settled.
    recent: SortedSet<K>,
    /// The chunk with which the part begins that goes over next.
    next: usize,
}

impl<K> Default for TieredSet<K> {
    fn default() -> Self {
        Self {
            settled: SortedSet::default(),
            recent: SortedSet::default(),
            next: 0,
        }
    }
}

impl<K: Ord + Copy> TieredSet<K> {
    /// The set of keys that are in its order already.
    pub(crate) fn of(keys: &[K]) -> Self {
        Self {
            settled: SortedSet::of(keys),
            recent: SortedSet::default(),
            next: 0,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.settled.len() + self.recent.len()
    }

    /// The key that is equal to the one that is meant.
    pub(crate) fn find_by(&self, order: impl Fn(&K) -> Ordering) -> Option<K> {
        let settled = self.settled.find_by(&order);
        settled.or_else(|| self.recent.find_by(&order))
    }

    /// The keys from the first one that is not `before` on. What is before must stand
    /// before what is not.
    pub(crate) fn iter_from<'s, A: Fn(&K, &K) -> Ordering + 's>(
        &'s self,
        before: &dyn Fn(&K) -> bool,
        among: A,
    ) -> impl Iterator<Item = K> + use<'s, K, A> {
        let (settled, recent) = (self.settled.from(before), self.recent.from(before));
        merged(settled, recent, move |a, b| among(a, b).is_lt())
    }

    /// The keys between two, both among them.
    pub(crate) fn range(&self, range: RangeInclusive<K>) -> impl Iterator<Item = K> {
        let (settled, recent) = (self.settled.range(range.clone()), self.recent.range(range));
        merged(settled, recent, |a, b| a < b)
    }

    /// Adds a key; `false` where it is there already.
    pub(crate) fn insert(&mut self, key: K) -> bool {
        self.insert_by(key, |other| other.cmp(&key), K::cmp)
    }

    /// The same in another order.
    pub(crate) fn insert_by(
        &mut self,
        key: K,
        order: impl Fn(&K) -> Ordering,
        among: impl Fn(&K, &K) -> Ordering,
    ) -> bool {
        if self.recent.len() >= FEWEST.max(self.settled.len() / SHARE) {
            self.settle(among);
        }
        self.settled.find_by(&order).is_none() && self.recent.insert_by(key, order)
    }

    /// Has the keys go over that belong into the next part.
    fn settle(&mut self, among: impl Fn(&K, &K) -> Ordering) {
        let chunks = self.settled.chunks();
        let begin = if self.next < chunks { self.next } else { 0 };
        let end = chunks.min(begin + chunks.div_ceil(PARTS));
        let recent: Vec<K> = self.recent.from(&|_| false).collect();
        let place = |first: &K| recent.partition_point(|key| among(key, first).is_lt());
        // What is before all that is settled belongs into the first chunk.
        let first = self.settled.first_of(begin).filter(|_| begin > 0);
        let from = first.map_or(0, |first| place(&first));
        let behind = self.settled.first_of(end);
        let to = behind.map_or(recent.len(), |behind| place(&behind));
        if from == to {
            self.next = end;
            return;
        }
        let is_before = |a: &K, b: &K| among(a, b).is_lt();
        let filled = self.settled.merge(begin..end, &recent[from..to], is_before);
        self.next = begin + filled;
        self.recent = SortedSet::of(&[&recent[..from], &recent[to..]].concat());
    }

    /// Takes a key out; `false` where it is not there.
    pub(crate) fn remove(&mut self, key: &K) -> bool {
        self.remove_by(|other| other.cmp(key))
    }

    /// The same in another order.
    pub(crate) fn remove_by(&mut self, order: impl Fn(&K) -> Ordering) -> bool {
        self.recent.remove_by(&order) || self.settled.remove_by(&order)
    }
}

impl<K: Ord + Copy> FromIterator<K> for TieredSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        Self {
            settled: keys.into_iter().collect(),
            recent: SortedSet::default(),
            next: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        /// So many keys from one on, each so far from the one before.
        Insert(u16, u16, u16),
        Remove(u16, u16),
        Snapshot,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (any::<u16>(), 1_u16..999, 0_u16..900).prop_map(|(a, b, n)| Step::Insert(a, b, n)),
            2 => (any::<u16>(), 0_u16..900).prop_map(|(a, n)| Step::Remove(a, n)),
            1 => Just(Step::Snapshot),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_is_a_set_in_its_order_and_snapshots_stay_as_they_were(
            first in prop::collection::btree_set(any::<u16>(), 0..500),
            steps in prop::collection::vec(any_step(), 0..16),
            (low, high) in (any::<u16>(), any::<u16>()),
        ) {
            // In descending order, which keys do not have by themselves.
            let among = |a: &u16, b: &u16| b.cmp(a);
            let descending: Vec<u16> = first.iter().rev().copied().collect();
            let mut set = TieredSet::of(&descending);
            let mut by_itself: TieredSet<u16> = first.iter().copied().collect();
            let mut plain: BTreeSet<u16> = first;
            let mut snapshots = Vec::new();
            for step in steps {
                match step {
                    Step::Insert(from, by, many) => for n in 0..many {
                        let key = from.wrapping_add(n.wrapping_mul(by));
                        let is_new = plain.insert(key);
                        prop_assert_eq!(set.insert_by(key, |o| among(o, &key), among), is_new);
                        prop_assert_eq!(by_itself.insert(key), is_new);
                    },
                    Step::Remove(from, many) => for key in (0..many).map(|n| from.wrapping_add(n)) {
                        let was_there = plain.remove(&key);
                        prop_assert_eq!(set.remove_by(|o| among(o, &key)), was_there);
                        prop_assert_eq!(by_itself.remove(&key), was_there);
                    },
                    Step::Snapshot => {
                        snapshots.push((set.clone(), by_itself.clone(), plain.clone()));
                    }
                }
            }
            snapshots.push((set, by_itself, plain));
            let (low, high) = (low.min(high), low.max(high));
            for (set, by_itself, plain) in snapshots {
                prop_assert_eq!((set.len(), by_itself.len()), (plain.len(), plain.len()));
                let from = set.iter_from(&|key| *key > high, among);
                prop_assert!(from.eq(plain.range(..=high).rev().copied()));
                let range = by_itself.range(low..=high);
                prop_assert!(range.eq(plain.range(low..=high).copied()));
                for key in [low, high] {
                    let found = set.find_by(|o| among(o, &key));
                    prop_assert_eq!(found, plain.get(&key).copied());
                }
            }
        }
    }
}
