//! Scores (docs/scoring.md): one number from 0 to 100 for what a machine is
//! vulnerable to, lower is better.
//!
//! Each CVE has a small chance of being what goes wrong; the score is the chance that
//! any does. So it grows with every CVE and falls with every one that is fixed:
//! installing an update never raises it. Chances multiply, so they are added as
//! logarithms, which makes the part of one software a difference of two sums.
//!
//! Everything that is summed is a whole number. Such sums are the same in any order:
//! a fleet has the same scores after a restart, and none rises by a rounding.

use kbgap_assess::OutlinedSoftware;
use kbgap_catalog::{Catalog, SoftwareIx, Vulnerability, VulnerabilityIx};
use kbgap_inventory::DeviceValue;

/// The chance by which a CVE without a score counts.
const UNRATED: f64 = 0.0005;
/// The chance by which a CVE of the highest CVSS score counts.
const RATED: f64 = 0.002;
/// The least chance of one that was public before it was fixed.
const DISCLOSED: f64 = 0.02;
/// The least chance of one that is exploited in the wild.
const EXPLOITED: f64 = 0.1;

/// Units of a risk: a CVE counts by tens of millions of them.
const RISK_UNITS: f64 = 1e12;
/// Units of a point of a score.
const POINT: f64 = 1e9;

/// The negative logarithm of the chance that nothing happens, in [`RISK_UNITS`].
type Risk = u64;

/// A machine's score in billionths of a point, or a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Score(u64);

impl Score {
    /// The score of a machine with this risk.
    fn of(risk: Risk) -> Self {
        let points = 100.0 * -(-as_f64(risk) / RISK_UNITS).exp_m1();
        Self(whole(points * POINT))
    }

    pub(crate) const fn units(self) -> u64 {
        self.0
    }

    pub(crate) fn points(self) -> f64 {
        as_f64(self.0) / POINT
    }
}

/// The mean of weighted scores, in points; `None` where nothing has weight.
pub(crate) fn mean(weighted: u128, weights: u128) -> Option<f64> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a double is as exact as an answer"
    )]
    (weights > 0).then(|| weighted as f64 / weights as f64 / POINT)
}

/// The risk of each CVE of a catalogue, by position.
#[derive(Debug)]
pub(crate) struct Risks(Vec<Risk>);

impl Risks {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        Self(catalog.vulnerabilities().map(risk).collect())
    }

    fn at(&self, ix: VulnerabilityIx) -> Risk {
        self.0.get(ix.position()).copied().unwrap_or_default()
    }
}

fn risk(vulnerability: Vulnerability<'_>) -> Risk {
    let rated = vulnerability.cvss().map_or(UNRATED, |(tenths, _)| {
        let share = f64::from(tenths) / 100.0;
        (RATED * share * share).max(UNRATED / 10.0)
    });
    let chance = if vulnerability.is_exploited() {
        rated.max(EXPLOITED)
    } else if vulnerability.is_publicly_disclosed() {
        rated.max(DISCLOSED)
    } else {
        rated
    };
    whole(-(-chance).ln_1p() * RISK_UNITS)
}

/// The nearest whole number of what is never below 0.
fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded, and the cast saturates"
    )]
    let whole = value.round() as u64;
    whole
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a double is as exact as an answer"
)]
const fn as_f64(units: u64) -> f64 {
    units as f64
}

/// The risk of one patch state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateRisk {
    total: Risk,
    /// For each vulnerable software what would go if it alone were fixed.
    own: Box<[(SoftwareIx, Risk)]>,
}

/// A place for each CVE, empty between two uses: a map for thousands of them would take
/// longer than the rules.
#[derive(Debug, Default)]
pub(crate) struct Scratch(Vec<u8>);

impl StateRisk {
    /// A CVE that several software of a machine have counts once, and goes only when
    /// it is fixed in all.
    pub(crate) fn of(
        vulnerable: &[OutlinedSoftware],
        risks: &Risks,
        Scratch(holders): &mut Scratch,
    ) -> Self {
        holders.resize(risks.0.len(), 0);
        let all = || vulnerable.iter().flat_map(|v| v.cves.iter());
        let mut total = 0;
        for cve in all() {
            let holders = &mut holders[cve.position()];
            if *holders == 0 {
                total += risks.at(*cve);
            }
            *holders = holders.saturating_add(1);
        }
        let own = vulnerable.iter().map(|software| {
            let alone = software.cves.iter();
            let alone = alone.filter(|cve| holders[cve.position()] == 1);
            (software.software, alone.map(|&cve| risks.at(cve)).sum())
        });
        let own = own.collect();
        for cve in all() {
            holders[cve.position()] = 0;
        }
        Self { total, own }
    }

    /// The machine's score.
    pub(crate) fn score(&self) -> Score {
        Score::of(self.total)
    }

    /// How far the score falls when one software is fixed.
    pub(crate) fn impacts(&self) -> impl Iterator<Item = (SoftwareIx, Score)> {
        let now = self.score();
        self.own.iter().map(move |(software, own)| {
            let then = Score::of(self.total - own);
            (*software, Score(now.0 - then.0))
        })
    }
}

/// How exposed a machine is (api.md, section 12.4: low to 29, medium to 69).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExposureLevel {
    /// No known vulnerability.
    None,
    /// A score below 30.
    Low,
    /// A score below 70.
    Medium,
    /// A score of 70 or more.
    High,
}

impl ExposureLevel {
    /// The level of a score.
    #[must_use]
    pub fn of(score: f64) -> Self {
        match score {
            s if s <= 0.0 => Self::None,
            s if s < 30.0 => Self::Low,
            s if s < 70.0 => Self::Medium,
            _ => Self::High,
        }
    }

    /// The name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

/// What a machine weighs in the score of its organisation, in twentieths: as published,
/// a normal one 1, a low one 0.75, a high one a tenth of the fleet, but never less than
/// a normal one.
pub(crate) fn weight(value: DeviceValue, machines: u64) -> u64 {
    match value {
        DeviceValue::Normal => 20,
        DeviceValue::Low => 15,
        DeviceValue::High => machines.saturating_mul(2).max(20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_begin_where_the_documentation_says() {
        for (score, level) in [
            (0.0, ExposureLevel::None),
            (0.001, ExposureLevel::Low),
            (29.9, ExposureLevel::Low),
            (30.0, ExposureLevel::Medium),
            (69.9, ExposureLevel::Medium),
            (70.0, ExposureLevel::High),
            (100.0, ExposureLevel::High),
        ] {
            assert_eq!(ExposureLevel::of(score), level, "{score}");
        }
    }

    #[test]
    fn a_score_stays_between_0_and_100_and_grows_with_the_risk() {
        let mut last = None;
        for risk in [0.0, 5e-5, 0.001, 0.1, 1.0, 5.0, 20.0] {
            let score = Score::of(whole(risk * RISK_UNITS));
            assert!((0.0..=100.0).contains(&score.points()), "{risk}");
            assert!(Some(score) > last, "{risk}");
            last = Some(score);
        }
        assert_eq!(Score::of(0).points(), 0.0);
        assert_eq!(Score::of(Risk::MAX).points(), 100.0);
    }

    #[test]
    fn weights_are_the_published_ones() {
        let weights = |machines| {
            [DeviceValue::Normal, DeviceValue::Low, DeviceValue::High]
                .map(|value| as_f64(weight(value, machines)) / 20.0)
        };
        assert_eq!(weights(100), [1.0, 0.75, 10.0]);
        assert_eq!(weights(3), [1.0, 0.75, 1.0]);
    }
}
