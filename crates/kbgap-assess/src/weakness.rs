//! To which CVEs a machine is vulnerable, with a KB that fixes each.

use std::collections::BTreeMap;

use kbgap_catalog::{Catalog, KbId, Month, SoftwareIx, VulnerabilityIx};

use crate::Projection;
use crate::pair::judge_product;
use crate::platform::MachinePlatform;
use crate::servicing::Servicing;
use crate::{click_to_run, edge};

/// A CVE to which a machine is vulnerable in one software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weakness {
    /// The software.
    pub software: SoftwareIx,
    /// The CVE.
    pub vulnerability: VulnerabilityIx,
    /// The KB to name: of several the one of the earliest month. `None` where the
    /// vendor fixes it by a version and not by a KB.
    pub fixing_kb: Option<KbId>,
}

/// Every CVE to which a machine is vulnerable, with a KB that fixes it, by software
/// and CVE; empty where it cannot be assessed. The same decisions as [`assess`].
#[must_use]
pub fn weaknesses(catalog: &Catalog, machine: &Projection) -> Vec<Weakness> {
    let Ok(platform) = MachinePlatform::of(machine, catalog) else {
        return Vec::new();
    };
    let servicing = Servicing::of(machine, &platform, catalog);
    let mut found: BTreeMap<(SoftwareIx, VulnerabilityIx), (Month, KbId)> = BTreeMap::new();
    for product in &platform.products {
        let Some(software) = product.software() else {
            continue;
        };
        judge_product(*product, machine, &servicing, |pair| {
            let Some((vulnerability, kb)) = pair.weakness() else {
                return;
            };
            found
                .entry((software, vulnerability))
                .and_modify(|known| *known = (*known).min(kb))
                .or_insert(kb);
        });
    }
    let by_kb = found
        .into_iter()
        .map(|((software, vulnerability), (_, fixing_kb))| Weakness {
            software,
            vulnerability,
            fixing_kb: Some(fixing_kb),
        });
    let by_version = by_version(catalog, machine).map(|(software, vulnerability)| Weakness {
        software,
        vulnerability,
        fixing_kb: None,
    });
    let mut all: Vec<Weakness> = by_kb.chain(by_version).collect();
    all.sort_unstable();
    all
}

/// The CVEs of what no KB fixes, decided by versions alone.
pub(crate) fn by_version(
    catalog: &Catalog,
    machine: &Projection,
) -> impl Iterator<Item = (SoftwareIx, VulnerabilityIx)> {
    edge::vulnerable(catalog, machine).chain(click_to_run::vulnerable(catalog, machine))
}
