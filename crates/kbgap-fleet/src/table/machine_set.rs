//! Sets of machines, most of which are small.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::Ordinals;

/// So many machines stand in the set itself: nearly all sets have no more, and a list for two
/// would take four times as much.
const HERE: usize = 3;
/// A set with more machines than this is a bitmap, which takes some ten bytes for each of
/// its parts, of which a small set has nearly as many as machines.
const FEW: usize = 128;

// There are as many as software that two machines have: a quarter of a million.
const _: () = assert!(size_of::<MachineSet>() == 16);

/// Machines by ordinal. Cloning costs a pointer at most.
#[derive(Clone, Debug)]
pub(crate) enum MachineSet {
    /// So many of these, in order.
    Here(u8, [u32; HERE]),
    /// In order.
    Few(Arc<Vec<u32>>),
    Many(Arc<Ordinals>),
}

impl Default for MachineSet {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl MachineSet {
    pub(crate) const EMPTY: Self = Self::Here(0, [0; HERE]);

    /// Of machines in order, each once.
    pub(crate) fn of_ascending(ordinals: &[u32]) -> Self {
        match ordinals.len() {
            0..=HERE => {
                let mut here = [0; HERE];
                here[..ordinals.len()].copy_from_slice(ordinals);
                Self::Here(ordinals.len() as u8, here)
            }
            len if len <= FEW => Self::Few(Arc::new(ordinals.to_vec())),
            _ => Self::Many(Arc::new(Ordinals::of_ascending(ordinals))),
        }
    }

    /// A set of which the [parts](Ordinals::parts) were kept; `None` where they are not those
    /// of such a set.
    pub(crate) fn of_parts(parts: Vec<RoaringBitmap>) -> Option<Self> {
        let many = Ordinals::of_parts(parts)?;
        let is_large = many.len() > FEW as u64 / 2;
        is_large.then(|| Self::Many(Arc::new(many)))
    }

    /// The machines in order, where they are no bitmap.
    pub(crate) fn listed(&self) -> &[u32] {
        match self {
            Self::Here(len, here) => &here[..usize::from(*len)],
            Self::Few(few) => few,
            Self::Many(_) => &[],
        }
    }

    /// Adds a machine; `false` where it is there already.
    pub(crate) fn insert(&mut self, ordinal: u32) -> bool {
        let Err(place) = self.listed().binary_search(&ordinal) else {
            return false;
        };
        match self {
            Self::Here(len, here) if usize::from(*len) < HERE => {
                here.copy_within(place..HERE - 1, place + 1);
                here[place] = ordinal;
                *len += 1;
            }
            Self::Here(_, here) => {
                let mut few = here.to_vec();
                few.insert(place, ordinal);
                *self = Self::Few(Arc::new(few));
            }
            Self::Few(few) if few.len() == FEW => {
                let mut many: Ordinals = few.iter().copied().collect();
                many.insert(ordinal);
                *self = Self::Many(Arc::new(many));
            }
            Self::Few(few) => {
                let few = Arc::make_mut(few);
                few.reserve_exact(1 + few.len() / 8);
                few.insert(place, ordinal);
            }
            Self::Many(many) => return Arc::make_mut(many).insert(ordinal),
        }
        true
    }

    /// Takes a machine out; `false` where it is not there.
    pub(crate) fn remove(&mut self, ordinal: u32) -> bool {
        match self {
            Self::Here(len, here) => {
                let there = &here[..usize::from(*len)];
                let Ok(place) = there.binary_search(&ordinal) else {
                    return false;
                };
                here.copy_within(place + 1.., place);
                *len -= 1;
            }
            Self::Few(few) => {
                let Ok(place) = few.binary_search(&ordinal) else {
                    return false;
                };
                let few = Arc::make_mut(few);
                few.remove(place);
                // One less than fit, so that a set at the border does not go to and fro.
                if few.len() < HERE {
                    *self = Self::of_ascending(few);
                }
            }
            Self::Many(many) => {
                if !Arc::make_mut(many).remove(ordinal) {
                    return false;
                }
                // Half as many, for the same reason.
                if many.len() <= FEW as u64 / 2 {
                    *self = Self::Few(Arc::new(many.iter().collect()));
                }
            }
        }
        true
    }

    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Here(0, _))
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Many(many) => many.len(),
            few => few.listed().len() as u64,
        }
    }

    /// How many there are without those of a bitmap.
    pub(crate) fn len_without(&self, other: &RoaringBitmap) -> u64 {
        match self {
            Self::Many(many) => many.len_without(other),
            few => {
                let missing = few.listed().iter().filter(|o| !other.contains(**o));
                missing.count() as u64
            }
        }
    }

    /// Adds all of them to a bitmap.
    pub(crate) fn add_to(&self, bitmap: &mut RoaringBitmap) {
        match self {
            Self::Many(many) => many.add_to(bitmap),
            few => bitmap.extend(few.listed()),
        }
    }

    pub(crate) fn bitmap(&self) -> RoaringBitmap {
        let mut bitmap = RoaringBitmap::new();
        self.add_to(&mut bitmap);
        bitmap
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_of_whatever_size(
            steps in prop::collection::vec((0_u32..400, prop::bool::weighted(0.7)), 0..900),
            turn in 0_usize..900,
            without in prop::collection::btree_set(0_u32..400, 0..200),
        ) {
            let (mut set, mut plain) = (MachineSet::default(), BTreeSet::new());
            let mut held = None;
            for (number, (ordinal, inserts)) in steps.into_iter().enumerate() {
                // First it grows, then it shrinks.
                if inserts == (number < turn) {
                    prop_assert_eq!(set.insert(ordinal), plain.insert(ordinal));
                } else {
                    prop_assert_eq!(set.remove(ordinal), plain.remove(&ordinal));
                }
                if number == turn {
                    held = Some((set.clone(), plain.clone()));
                }
            }
            let without: RoaringBitmap = without.into_iter().collect();
            let ascending: Vec<u32> = plain.iter().copied().collect();
            let whole = MachineSet::of_ascending(&ascending);
            let sets = [(set, plain.clone()), (whole, plain)];
            for (set, plain) in held.into_iter().chain(sets) {
                prop_assert!(set.bitmap().iter().eq(plain.iter().copied()));
                prop_assert_eq!((set.len(), set.is_empty()), (plain.len() as u64, plain.is_empty()));
                let left = plain.iter().filter(|o| !without.contains(**o)).count() as u64;
                prop_assert_eq!(set.len_without(&without), left);
                let mut joined = without.clone();
                set.add_to(&mut joined);
                prop_assert_eq!(joined, set.bitmap() | &without);
            }
        }
    }
}
