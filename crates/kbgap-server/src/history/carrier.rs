//! Carrying the times of a machine's findings on, from one list to the next.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_store::{ExposureStep, SetHash};

use super::change::matches;
use super::lists::Listed;
use super::plan::Step;
use super::{FirstSeen, History};

/// Pairs of lists of which it is known how one leads to the other: a kilobyte or so each.
const PAIRS: usize = 1 << 12;

/// How lists lead to one another. Machines of a fleet mostly go the same steps, and to read
/// and to compare two lists takes longer than all else that is done for a machine.
#[derive(Default)]
pub(super) struct Carrier(HashMap<(SetHash, SetHash), Arc<Positions>>);

/// Where the findings of one list stand in the one before.
struct Positions(Vec<Run>);

/// Findings in a row that stand in a row in the other list, too, or not at all.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    from: Option<u32>,
    length: u32,
}

impl Positions {
    fn of(each: &[Option<usize>]) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for position in each {
            let from = position.and_then(|p| u32::try_from(p).ok());
            match runs.last_mut() {
                Some(run) if from == run.from.map(|from| from + run.length) => run.length += 1,
                _ => runs.push(Run { from, length: 1 }),
            }
        }
        Self(runs)
    }

    /// The times by those of the other list; what is not in it is there since then.
    fn carry(&self, old: &[i64], since: i64) -> Vec<i64> {
        let runs = self.0.iter().flat_map(|run| {
            let places = 0..run.length;
            places.map(|place| run.from.map(|from| from + place))
        });
        let known = runs.map(|place| old.get(place? as usize).copied());
        known.map(|time| time.unwrap_or(since)).collect()
    }
}

impl Carrier {
    /// The lists that have to be read to carry the times of a machine on.
    pub(super) fn needed(&self, step: &Step) -> impl Iterator<Item = SetHash> + use<> {
        let pair = step.pair().filter(|pair| !self.0.contains_key(pair));
        pair.into_iter().flat_map(|(old, new)| [old, new])
    }

    /// The row of a step and its times; `None` where they cannot be told.
    pub(super) fn row(
        &mut self,
        history: &History,
        step: &Step,
        sets: &HashMap<SetHash, Listed>,
    ) -> Option<(ExposureStep, FirstSeen)> {
        let first_seen = self.first_seen(history, step, sets)?;
        match first_seen.encode() {
            Ok(encoded) => Some((step.exposure(encoded), first_seen)),
            Err(error) => {
                tracing::error!(%error, "the times of a machine cannot be kept");
                None
            }
        }
    }

    /// The times of a machine's list: what it had keeps its time. `None` where a list
    /// that is needed is not there.
    fn first_seen(
        &mut self,
        history: &History,
        step: &Step,
        sets: &HashMap<SetHash, Listed>,
    ) -> Option<FirstSeen> {
        let Some(before) = &step.before else {
            return Some(FirstSeen::at_once(step.since, step.list.len));
        };
        let times = FirstSeen::decode(&before.first_seen).unwrap_or_default();
        let Some(pair) = step.pair() else {
            return Some(times);
        };
        let positions = self.positions(history, pair, sets)?;
        Some(FirstSeen::of(&positions.carry(&times.each(), step.since)))
    }

    fn positions(
        &mut self,
        history: &History,
        pair: (SetHash, SetHash),
        sets: &HashMap<SetHash, Listed>,
    ) -> Option<Arc<Positions>> {
        if let Some(known) = self.0.get(&pair) {
            return Some(Arc::clone(known));
        }
        let (old, new) = (sets.get(&pair.0), sets.get(&pair.1)?);
        let is_whole = old.is_some();
        let old = old.map(|old| old.set(history)).unwrap_or_default();
        let positions = Arc::new(Positions::of(&matches(&old, &new.set(history))));
        // Where the old list is not there, it may be another time.
        if is_whole {
            if self.0.len() >= PAIRS {
                self.0.clear();
            }
            self.0.insert(pair, Arc::clone(&positions));
        }
        Some(positions)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_those_of_the_same_finding(
            each in prop::collection::vec(prop::option::of(0_usize..12), 0..40),
            old in prop::collection::vec(0_i64..100, 0..12),
        ) {
            let plain: Vec<i64> = each
                .iter()
                .map(|place| place.and_then(|p| old.get(p)).copied().unwrap_or(-1))
                .collect();
            prop_assert_eq!(Positions::of(&each).carry(&old, -1), plain);
        }
    }

    #[test]
    fn what_stands_in_a_row_is_one_run() {
        let each: Vec<Option<usize>> = (0..700).chain(701..1_500).map(Some).collect();
        assert_eq!(Positions::of(&each).0.len(), 2);
        assert_eq!(Positions::of(&[None; 900]).0.len(), 1);
    }
}
