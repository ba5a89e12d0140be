//! Scores (docs/scoring.md): one number from 0 to 100 for what a machine is
//! vulnerable to, lower is better.
//!
//! Each CVE has a small chance of being what goes wrong; the score is the chance that
//! any does. So it grows with every CVE and falls with every one that is fixed:
//! installing an update never raises it. Chances multiply, so they are added as
//! logarithms, which makes the part of one software a difference of two sums.

use std::collections::HashMap;

use kbgap_assess::VulnerableSoftware;
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

/// The risk of each CVE of a catalogue, by position.
#[derive(Debug)]
pub(crate) struct Risks(Vec<f64>);

impl Risks {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        Self(catalog.vulnerabilities().map(risk).collect())
    }

    fn at(&self, ix: VulnerabilityIx) -> f64 {
        self.0.get(ix.position()).copied().unwrap_or_default()
    }
}

/// The negative logarithm of the chance that nothing comes of a CVE.
fn risk(vulnerability: Vulnerability<'_>) -> f64 {
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
    -(1.0 - chance).ln()
}

/// The risk of one patch state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StateRisk {
    total: f64,
    /// For each vulnerable software what would go if it alone were fixed.
    own: Vec<(SoftwareIx, f64)>,
}

impl StateRisk {
    /// A CVE that several software of a machine have counts once, and goes only when
    /// it is fixed in all.
    pub(crate) fn of(vulnerable: &[VulnerableSoftware], risks: &Risks) -> Self {
        let mut holders: HashMap<VulnerabilityIx, u32> = HashMap::new();
        for cve in vulnerable.iter().flat_map(|v| v.cves.iter()) {
            *holders.entry(*cve).or_default() += 1;
        }
        // Summed in the order of the lists, so that equal states have equal sums.
        let mut total = 0.0;
        let mut own = Vec::with_capacity(vulnerable.len());
        for (position, software) in vulnerable.iter().enumerate() {
            let mut alone = 0.0;
            for cve in software.cves.iter() {
                let risk = risks.at(*cve);
                if holders.get(cve) == Some(&1) {
                    alone += risk;
                    total += risk;
                } else if !vulnerable[..position]
                    .iter()
                    .any(|earlier| earlier.cves.binary_search(cve).is_ok())
                {
                    total += risk;
                }
            }
            own.push((software.software, alone));
        }
        Self { total, own }
    }

    /// The machine's score.
    pub(crate) fn score(&self) -> f64 {
        score(self.total)
    }

    /// How far the score falls when one software is fixed.
    pub(crate) fn impacts(&self) -> impl Iterator<Item = (SoftwareIx, f64)> {
        self.own
            .iter()
            .map(|(software, own)| (*software, self.score() - score((self.total - own).max(0.0))))
    }
}

fn score(risk: f64) -> f64 {
    100.0 * -(-risk).exp_m1()
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

/// What a machine weighs in the score of its organisation: as published, a normal
/// one 1, a low one 0.75, a high one a tenth of the fleet, but never less than a normal one.
pub(crate) fn weight(value: DeviceValue, machines: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a number of machines fits")]
    match value {
        DeviceValue::Normal => 1.0,
        DeviceValue::Low => 0.75,
        DeviceValue::High => (machines as f64 / 10.0).max(1.0),
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
        let mut last = -1.0;
        for risk in [0.0, 1e-6, 0.001, 0.1, 1.0, 5.0, 40.0] {
            let score = score(risk);
            assert!((0.0..=100.0).contains(&score) && score > last, "{risk}");
            last = score;
        }
    }
}
