//! A summary is what a plain computation gives, and scores stay where they belong.

use kbgap_fleet::Fleet;
use proptest::prelude::*;

use crate::plain::{Numbers, score, weaknesses};
use crate::world::{Host, NOW, any_feed, any_host, fleet};

/// Whole units of a billionth of a point are rounded once for each sum.
const ROUNDING: f64 = 1e-7;

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < ROUNDING
}

fn is_what_it_should_be(fleet: &Fleet) -> Result<(), TestCaseError> {
    let (summary, plain) = (fleet.summary(NOW), Numbers::of(fleet));
    prop_assert!(
        near(summary.score, plain.score),
        "{} {}",
        summary.score,
        plain.score
    );
    prop_assert!((0.0..=100.0).contains(&summary.score));
    let groups: Vec<i32> = summary.groups.iter().map(|g| g.id).collect();
    prop_assert_eq!(groups, plain.groups.keys().copied().collect::<Vec<_>>());
    for group in &summary.groups {
        prop_assert!(near(group.score, plain.groups[&group.id]), "{:?}", group);
        prop_assert!((0.0..=100.0).contains(&group.score));
    }
    let all: Vec<_> = summary.all_software(None).collect();
    prop_assert!(all.iter().map(|(id, _)| id).eq(plain.software.keys()));
    for (id, own) in &all {
        prop_assert_eq!(summary.software(id), Some(own.clone()));
        let (installed, exposed, cves, impact) = &plain.software[id];
        prop_assert_eq!(own.installed, *installed as u64, "{}", id);
        prop_assert_eq!(fleet.machines_with(id, NOW).len(), own.installed);
        prop_assert_eq!(own.exposed, *exposed as u64, "{}", id);
        let ix = fleet.catalog().find_software(id.as_str());
        let machines = ix.map(|ix| fleet.machines_exposed_in(ix, NOW).len());
        prop_assert_eq!(machines.unwrap_or_default(), own.exposed);
        prop_assert!(own.cves.iter().eq(cves), "{}", id);
        prop_assert!(
            near(own.impact, *impact),
            "{}: {} {}",
            id,
            own.impact,
            impact
        );
        let exploited = cves.iter().any(|&cve| {
            let cve = fleet.catalog().vulnerability(cve);
            cve.is_some_and(|cve| cve.is_exploited())
        });
        prop_assert_eq!(own.public_exploit, exploited);
    }
    for (cve, count) in &plain.exposed {
        prop_assert_eq!(summary.exposed_machines(*cve) as usize, *count);
        prop_assert_eq!(fleet.machines_exposed_to(&[*cve], NOW).len(), *count as u64);
    }
    for machine in fleet.machines_from(None) {
        let own = weaknesses(&machine, fleet.catalog());
        prop_assert_eq!(machine.score().is_none(), machine.not_assessed().is_some());
        if let Some(found) = machine.score() {
            prop_assert!(near(found, score(fleet.catalog(), own.iter())));
            prop_assert_eq!(found > 0.0, !own.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_number_is_what_a_plain_computation_gives(
        catalog in any_feed(),
        hosts in prop::collection::vec(any_host(), 0..12),
    ) {
        is_what_it_should_be(&fleet(&catalog, &hosts))?;
    }

    /// No other software of these hosts is fixed by a version of Edge, so what really
    /// happens can be compared with what was promised.
    #[test]
    fn the_impact_of_edge_is_how_far_the_score_falls_when_it_is_updated(
        catalog in any_feed(),
        hosts in prop::collection::vec(any_host(), 1..12),
    ) {
        let before = fleet(&catalog, &hosts).summary(NOW);
        let updated: Vec<Host> = hosts
            .into_iter()
            .map(|host| Host { edge: host.edge.map(|_| 9_999), ..host })
            .collect();
        let after = fleet(&catalog, &updated).summary(NOW);
        let edge = "microsoft-_-edge_chromium-based".parse().unwrap();
        let promised = before.software(&edge).map_or(0.0, |edge| edge.impact);
        let fell = before.score - after.score;
        prop_assert!(near(promised, fell), "{} {}", promised, fell);
    }
}
