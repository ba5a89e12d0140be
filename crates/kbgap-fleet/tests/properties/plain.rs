//! The numbers of a fleet, computed machine by machine as docs/scoring.md says them:
//! no bitmaps, no shared states, no logarithms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kbgap_catalog::{Catalog, SoftwareId, VulnerabilityIx};
use kbgap_fleet::{Fleet, FleetMachine};
use kbgap_inventory::DeviceValue;

use crate::world::NOW;

pub struct Numbers {
    /// Of each software: machines that have it, machines exposed in it, CVEs, impact.
    pub software: BTreeMap<SoftwareId, (usize, usize, BTreeSet<VulnerabilityIx>, f64)>,
    pub score: f64,
    pub groups: BTreeMap<i32, f64>,
    pub exposed: BTreeMap<VulnerabilityIx, usize>,
}

type Weaknesses = BTreeSet<(SoftwareId, VulnerabilityIx)>;

pub fn weaknesses(machine: &FleetMachine, catalog: &Catalog) -> Weaknesses {
    let found = machine.weaknesses().into_iter();
    found
        .map(|w| {
            (
                catalog.software_id(w.software).parse().unwrap(),
                w.vulnerability,
            )
        })
        .collect()
}

/// The chance that any CVE comes true, of 100.
pub fn score<'a>(
    catalog: &Catalog,
    weaknesses: impl Iterator<Item = &'a (SoftwareId, VulnerabilityIx)>,
) -> f64 {
    let cves: BTreeSet<VulnerabilityIx> = weaknesses.map(|(_, cve)| *cve).collect();
    let unharmed: f64 = cves
        .into_iter()
        .map(|cve| 1.0 - chance(catalog, cve))
        .product();
    100.0 * (1.0 - unharmed)
}

fn chance(catalog: &Catalog, cve: VulnerabilityIx) -> f64 {
    let cve = catalog.vulnerability(cve).unwrap();
    let rated = cve.cvss().map_or(0.0005, |(tenths, _)| {
        let share = f64::from(tenths) / 100.0;
        (0.002 * share * share).max(0.000_05)
    });
    match (cve.is_exploited(), cve.is_publicly_disclosed()) {
        (true, _) => rated.max(0.1),
        (false, true) => rated.max(0.02),
        (false, false) => rated,
    }
}

impl Numbers {
    pub fn of(fleet: &Fleet) -> Self {
        let catalog = fleet.catalog();
        let machines: Vec<Arc<FleetMachine>> = fleet
            .machines_from(None)
            .filter(|machine| machine.is_active(NOW))
            .collect();
        let found: Vec<Weaknesses> = machines.iter().map(|m| weaknesses(m, catalog)).collect();
        let mut software: BTreeMap<SoftwareId, _> = BTreeMap::new();
        let mut exposed: BTreeMap<VulnerabilityIx, usize> = BTreeMap::new();
        for (machine, own) in machines.iter().zip(&found) {
            let installed = machine.software().into_iter();
            let ids: BTreeSet<SoftwareId> = installed.map(|s| s.id).collect();
            for id in ids {
                software.entry(id).or_insert((0, 0, BTreeSet::new(), 0.0)).0 += 1;
            }
            let vulnerable: BTreeSet<&SoftwareId> = own.iter().map(|(id, _)| id).collect();
            for id in vulnerable {
                let numbers = software
                    .entry(id.clone())
                    .or_insert((0, 0, BTreeSet::new(), 0.0));
                numbers.1 += 1;
                numbers
                    .2
                    .extend(own.iter().filter(|(of, _)| of == id).map(|(_, cve)| *cve));
            }
            let cves: BTreeSet<VulnerabilityIx> = own.iter().map(|(_, cve)| *cve).collect();
            for cve in cves {
                *exposed.entry(cve).or_default() += 1;
            }
        }
        let scored: Vec<(&FleetMachine, &Weaknesses)> = machines
            .iter()
            .zip(&found)
            .filter(|(machine, _)| machine.not_assessed().is_none())
            .map(|(machine, own)| (&**machine, own))
            .collect();
        let whole = mean(catalog, &scored, None).unwrap_or_default();
        for (id, numbers) in &mut software {
            numbers.3 = whole - mean(catalog, &scored, Some(id)).unwrap_or_default();
        }
        let ids: BTreeSet<i32> = scored
            .iter()
            .map(|(m, _)| m.group_id)
            .filter(|id| *id != 0)
            .collect();
        let groups = ids.into_iter().map(|id| {
            let of_group: Vec<_> = scored
                .iter()
                .copied()
                .filter(|(m, _)| m.group_id == id)
                .collect();
            (id, mean(catalog, &of_group, None).unwrap())
        });
        Self {
            groups: groups.collect(),
            software,
            score: whole,
            exposed,
        }
    }
}

/// The weighted mean of the machines' scores, as if one software were fixed.
fn mean(
    catalog: &Catalog,
    machines: &[(&FleetMachine, &Weaknesses)],
    fixed: Option<&SoftwareId>,
) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of machines")]
    let tenth = machines.len() as f64 / 10.0;
    let weight = |machine: &FleetMachine| match machine.value {
        DeviceValue::Normal => 1.0,
        DeviceValue::Low => 0.75,
        DeviceValue::High => tenth.max(1.0),
    };
    let total: f64 = machines.iter().map(|(machine, _)| weight(machine)).sum();
    let scores = machines.iter().map(|(machine, own)| {
        let left = own.iter().filter(|(id, _)| Some(id) != fixed);
        weight(machine) * score(catalog, left)
    });
    (total > 0.0).then(|| scores.sum::<f64>() / total)
}
