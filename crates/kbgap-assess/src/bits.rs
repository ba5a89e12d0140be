//! Sets of positions.

/// A set of positions of a table, a bit for each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Box<[u64]>);

impl Bits {
    /// The empty set, for a table with this many places.
    pub(crate) fn new(places: usize) -> Self {
        Self(vec![0; places.div_ceil(64)].into())
    }

    /// Whether the position was new.
    pub(crate) fn insert(&mut self, position: usize) -> bool {
        let bit = 1 << (position % 64);
        let word = &mut self.0[position / 64];
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(crate) fn contains(&self, position: usize) -> bool {
        let word = self.0.get(position / 64).copied().unwrap_or_default();
        word & (1 << (position % 64)) != 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// What is in both sets, which are of the same table.
    pub(crate) fn both<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let words = self.0.iter().zip(&other.0).map(|(a, b)| a & b);
        words.enumerate().flat_map(positions)
    }

    /// The positions, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().copied().enumerate().flat_map(positions)
    }
}

fn positions((place, mut word): (usize, u64)) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let bit = word.trailing_zeros() as usize;
            word &= word - 1;
            place * 64 + bit
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_inserted() {
        let mut bits = Bits::new(130);
        assert!(bits.is_empty());
        for position in [129, 0, 64, 63] {
            assert!(bits.insert(position));
            assert!(!bits.insert(position));
        }
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert!(bits.contains(63) && !bits.contains(62) && !bits.contains(500));
        let mut other = Bits::new(130);
        other.insert(64);
        other.insert(65);
        assert_eq!(bits.both(&other).collect::<Vec<_>>(), [64]);
    }
}
