//! Counting machines, and summing scores over them.

use std::collections::BTreeMap;

use kbgap_catalog::SoftwareIx;
use kbgap_inventory::DeviceValue;

use super::GroupScore;
use crate::fleet::Fleet;
use crate::score::{mean, weight};
use crate::silence::Silence;

/// Machines by value.
type ByValue = [u64; 3];

const VALUES: [DeviceValue; 3] = [DeviceValue::Normal, DeviceValue::Low, DeviceValue::High];

fn place(value: DeviceValue) -> usize {
    match value {
        DeviceValue::Normal => 0,
        DeviceValue::Low => 1,
        DeviceValue::High => 2,
    }
}

/// The machines that count, in one look at each.
pub(super) struct Tally {
    profiles: Vec<ByValue>,
    /// Assessed ones of each group: how many, and the sum of their scores.
    groups: BTreeMap<i32, (ByValue, [u128; 3])>,
}

impl Tally {
    pub(super) fn of(fleet: &Fleet, silence: &Silence) -> Self {
        let mut tally = Self {
            profiles: vec![[0; 3]; fleet.profiles.len()],
            groups: BTreeMap::new(),
        };
        let scores: Vec<Option<u64>> = fleet
            .profiles
            .iter()
            .map(|profile| {
                let state = &profile.as_ref()?.state;
                state.outcome().map(|_| state.risk.score().units())
            })
            .collect();
        for (ordinal, slot) in (0..).zip(fleet.machines.iter()) {
            if slot.is_vacant() || silence.machines.contains(ordinal) {
                continue;
            }
            let value = place(slot.value);
            if let Some(profile) = tally.profiles.get_mut(slot.profile as usize) {
                profile[value] += 1;
            }
            let score = scores.get(slot.profile as usize).copied().flatten();
            if let Some(score) = score.filter(|_| fleet.groups.contains_key(&slot.group)) {
                let (counts, sums) = tally.groups.entry(slot.group).or_default();
                counts[value] += 1;
                sums[value] += u128::from(score);
            }
        }
        tally
    }

    pub(super) fn machines(&self, profile: u32) -> u64 {
        let counts = self.profiles.get(profile as usize);
        counts.map_or(0, |counts| counts.iter().sum())
    }

    pub(super) fn of_value(&self, profile: u32, value: DeviceValue) -> u64 {
        let counts = self.profiles.get(profile as usize);
        counts.map_or(0, |counts| counts[place(value)])
    }

    pub(super) fn scores(&self, fleet: &Fleet) -> Scores {
        let profiles = || {
            let all = fleet.profiles.iter().zip(&self.profiles);
            all.filter_map(|(profile, counts)| {
                let profile = profile.as_ref()?;
                profile.state.outcome()?;
                Some((profile, counts))
            })
        };
        let all: u64 = profiles().flat_map(|(_, counts)| counts).sum();
        let mut sums = Scores::default();
        for (profile, counts) in profiles() {
            let weight = weighed(counts, all);
            let risk = &profile.state.risk;
            sums.weights += weight;
            sums.scores += weight * u128::from(risk.score().units());
            if weight > 0 {
                for (software, impact) in risk.impacts() {
                    let sum = sums.impacts.entry(software).or_default();
                    *sum += weight * u128::from(impact.units());
                }
            }
        }
        sums
    }

    pub(super) fn groups(&self, fleet: &Fleet) -> Vec<GroupScore> {
        let groups = self.groups.iter().filter_map(|(&id, (counts, sums))| {
            let all = counts.iter().sum();
            let weighted = VALUES.into_iter().zip(sums);
            let weighted = weighted.map(|(value, sum)| u128::from(weight(value, all)) * sum);
            Some(GroupScore {
                id,
                name: fleet.groups.get(&id)?.name.to_string(),
                score: mean(weighted.sum(), weighed(counts, all))?,
            })
        });
        groups.collect()
    }
}

/// What machines weigh among `all`.
fn weighed(counts: &ByValue, all: u64) -> u128 {
    let weights = VALUES.into_iter().zip(counts);
    weights
        .map(|(value, &count)| u128::from(weight(value, all)) * u128::from(count))
        .sum()
}

/// Weighted sums over assessed machines.
#[derive(Default)]
pub(super) struct Scores {
    weights: u128,
    scores: u128,
    impacts: BTreeMap<SoftwareIx, u128>,
}

impl Scores {
    /// `None` where no machine counts: that is no score of 0.
    pub(super) fn total(&self) -> Option<f64> {
        mean(self.scores, self.weights)
    }

    pub(super) fn impacts(&self) -> impl Iterator<Item = (SoftwareIx, f64)> {
        let of = |impact: u128| mean(impact, self.weights).unwrap_or_default();
        self.impacts
            .iter()
            .map(move |(&software, &impact)| (software, of(impact)))
    }
}
