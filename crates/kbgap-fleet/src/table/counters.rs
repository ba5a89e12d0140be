//! How many there are of each key, in chunks that snapshots share.

use super::SortedSet;

/// Keys in order, each with how often it was added. What is counted no more takes no
/// place. Cloning it costs one pointer.
#[derive(Clone, Debug)]
pub(crate) struct Counters<K>(SortedSet<(K, u32)>);

impl<K> Default for Counters<K> {
    fn default() -> Self {
        Self(SortedSet::default())
    }
}

impl<K: Ord + Copy> Counters<K> {
    /// The counters of what was counted in another way: keys in order, each once, none of
    /// them 0 times.
    pub(crate) fn of(counts: &[(K, u32)]) -> Self {
        Self(SortedSet::of(counts))
    }

    /// Counts so many more, or less where it is negative; nothing is counted less than 0
    /// times.
    pub(crate) fn shift(&mut self, key: K, by: i32) {
        let order = |(other, _): &(K, u32)| other.cmp(&key);
        match self.0.find_mut_by(order) {
            Some((_, count)) => {
                *count = count.saturating_add_signed(by);
                if *count == 0 {
                    self.0.remove_by(order);
                }
            }
            None if by > 0 => drop(self.0.insert_by((key, by.unsigned_abs()), order)),
            None => {}
        }
    }

    /// What is counted, from the first key that is not `before` on.
    pub(crate) fn from<'c>(
        &'c self,
        before: &dyn Fn(&K) -> bool,
    ) -> impl Iterator<Item = (K, u32)> + use<'c, K> {
        self.0.from(&|(key, _)| before(key))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_counts_and_snapshots_stay_as_they_were(
            first in prop::collection::btree_map(0_u16..900, 0_u32..3, 0..600),
            steps in prop::collection::vec((0_u16..900, -3..4_i32, prop::bool::weighted(0.02)), 0..900),
            low in 0_u16..900,
        ) {
            let mut plain = first;
            plain.retain(|_, count| *count > 0);
            let first: Vec<(u16, u32)> = plain.iter().map(|(key, n)| (*key, *n)).collect();
            let mut counters = Counters::of(&first);
            let mut snapshots = Vec::new();
            for (key, by, held) in steps {
                counters.shift(key, by);
                let count = plain.entry(key).or_insert(0);
                *count = count.saturating_add_signed(by);
                if *count == 0 {
                    plain.remove(&key);
                }
                if held {
                    snapshots.push((counters.clone(), plain.clone()));
                }
            }
            snapshots.push((counters, plain));
            for (counters, plain) in snapshots {
                let all = plain.iter().map(|(key, count)| (*key, *count));
                prop_assert!(counters.from(&|_| false).eq(all));
                let rest = plain.range(low..).map(|(key, count)| (*key, *count));
                prop_assert!(counters.from(&|key| *key < low).eq(rest));
            }
        }
    }
}
