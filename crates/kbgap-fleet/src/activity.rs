//! Which machines have been seen of late.

use std::collections::BTreeMap;
use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::table::Ordinals;

/// Machines are kept by the hour in which they were last seen.
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Machines by the time they were last seen, in milliseconds since 1970. The times
/// themselves are the caller's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity {
    hours: Arc<BTreeMap<i64, Ordinals>>,
}

impl Activity {
    /// Of machines in order, with the times at which they were seen.
    pub(crate) fn of_ascending(machines: impl Iterator<Item = (u32, i64)>) -> Self {
        let mut hours: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for (ordinal, seen_at) in machines {
            hours.entry(hour(seen_at)).or_default().push(ordinal);
        }
        let hours = hours.into_iter();
        let hours = hours.map(|(hour, machines)| (hour, Ordinals::of_ascending(&machines)));
        Self {
            hours: Arc::new(hours.collect()),
        }
    }

    pub(crate) fn insert(&mut self, ordinal: u32, seen_at: i64) {
        let hours = Arc::make_mut(&mut self.hours);
        hours.entry(hour(seen_at)).or_default().insert(ordinal);
    }

    pub(crate) fn remove(&mut self, ordinal: u32, seen_at: i64) {
        let hours = Arc::make_mut(&mut self.hours);
        if let Some(machines) = hours.get_mut(&hour(seen_at)) {
            machines.remove(ordinal);
            if machines.is_empty() {
                hours.remove(&hour(seen_at));
            }
        }
    }

    /// Moves a machine from one time to another.
    pub(crate) fn touch(&mut self, ordinal: u32, from: i64, to: i64) {
        if hour(from) != hour(to) {
            self.remove(ordinal, from);
            self.insert(ordinal, to);
        }
    }

    /// Machines last seen before `cutoff`.
    pub(crate) fn before(
        &self,
        cutoff: i64,
        seen_at: impl Fn(u32) -> Option<i64>,
    ) -> RoaringBitmap {
        let mut machines = RoaringBitmap::new();
        for hour in self.hours.range(..hour(cutoff)) {
            hour.1.add_to(&mut machines);
        }
        let boundary = self
            .hours
            .get(&hour(cutoff))
            .into_iter()
            .flat_map(|m| m.iter());
        machines.extend(boundary.filter(|&o| seen_at(o).is_some_and(|at| at < cutoff)));
        machines
    }

    /// Machines last seen at `time` or later.
    pub(crate) fn since(&self, time: i64, seen_at: impl Fn(u32) -> Option<i64>) -> RoaringBitmap {
        let mut machines = RoaringBitmap::new();
        for hour in self.hours.range(hour(time)..) {
            hour.1.add_to(&mut machines);
        }
        let boundary = self
            .hours
            .get(&hour(time))
            .into_iter()
            .flat_map(|m| m.iter());
        for ordinal in boundary.filter(|&o| seen_at(o).is_some_and(|at| at < time)) {
            machines.remove(ordinal);
        }
        machines
    }

    /// The times of the machine that was seen last before `cutoff` and of the one that
    /// was seen first after it: between the two, every cutoff divides alike.
    pub(crate) fn around(
        &self,
        cutoff: i64,
        seen_at: impl Fn(u32) -> Option<i64>,
    ) -> (Option<i64>, Option<i64>) {
        let times =
            |machines: &Ordinals| -> Vec<i64> { machines.iter().filter_map(&seen_at).collect() };
        let here = self.hours.get(&hour(cutoff)).map(times).unwrap_or_default();
        let last_before = here.iter().copied().filter(|at| *at < cutoff).max();
        let first_after = here.iter().copied().filter(|at| *at >= cutoff).min();
        let last_before = last_before.or_else(|| {
            let (_, machines) = self.hours.range(..hour(cutoff)).next_back()?;
            times(machines).into_iter().max()
        });
        let first_after = first_after.or_else(|| {
            let (_, machines) = self.hours.range(hour(cutoff) + 1..).next()?;
            times(machines).into_iter().min()
        });
        (last_before, first_after)
    }
}

const fn hour(ms: i64) -> i64 {
    ms.div_euclid(HOUR_MS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn machines_are_found_by_time(
            steps in prop::collection::vec((0_u32..30, -5 * HOUR_MS..5 * HOUR_MS, any::<bool>()), 0..80),
            cutoff in -5 * HOUR_MS..5 * HOUR_MS,
        ) {
            let (mut activity, mut plain) = (Activity::default(), BTreeMap::new());
            for (ordinal, at, is_there) in steps {
                match (plain.get(&ordinal).copied(), is_there) {
                    (Some(from), true) => activity.touch(ordinal, from, at),
                    (None, true) => activity.insert(ordinal, at),
                    (Some(from), false) => activity.remove(ordinal, from),
                    (None, false) => continue,
                }
                if is_there {
                    plain.insert(ordinal, at);
                } else {
                    plain.remove(&ordinal);
                }
            }
            let seen_at = |ordinal| plain.get(&ordinal).copied();
            let of = |wanted: &dyn Fn(i64) -> bool| -> RoaringBitmap {
                plain.iter().filter(|(_, at)| wanted(**at)).map(|(ordinal, _)| *ordinal).collect()
            };
            let whole = Activity::of_ascending(plain.iter().map(|(ordinal, at)| (*ordinal, *at)));
            prop_assert_eq!(whole.before(cutoff, seen_at), of(&|at| at < cutoff));
            prop_assert_eq!(activity.before(cutoff, seen_at), of(&|at| at < cutoff));
            prop_assert_eq!(activity.since(cutoff, seen_at), of(&|at| at >= cutoff));
            let times = || plain.values().copied();
            prop_assert_eq!(
                activity.around(cutoff, seen_at),
                (times().filter(|at| *at < cutoff).max(), times().filter(|at| *at >= cutoff).min())
            );
        }
    }
}
