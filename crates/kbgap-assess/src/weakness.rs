//! To which CVEs a machine is vulnerable, with a KB that fixes each.

use kbgap_catalog::{Catalog, KbId, Month, SoftwareIx, VulnerabilityIx};

use crate::assessor::Assessor;
use crate::pair::Case;
use crate::{Projection, VulnerableSoftware};

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

/// Every CVE to which a machine is vulnerable, as [`Assessor::weaknesses`] tells for many.
#[must_use]
pub fn weaknesses(catalog: &Catalog, machine: &Projection) -> Vec<Weakness> {
    Assessor::new(catalog.clone()).weaknesses(machine)
}

pub(crate) fn of(case: &Case<'_>, assessor: &Assessor) -> Vec<Weakness> {
    let windows = &case.windows;
    let parts = windows.parts.iter();
    let mut found: Vec<Vec<Option<(Month, KbId)>>> =
        parts.map(|p| vec![None; p.vulnerabilities.len()]).collect();
    for pair in case.open().iter().map(|group| case.pair(group)) {
        let Some(kb) = pair.weakness() else {
            continue;
        };
        for &vulnerability in &pair.group.vulnerabilities {
            let known = &mut found[pair.group.part][vulnerability as usize];
            *known = Some(known.map_or(kb, |known| known.min(kb)));
        }
    }
    let by_kb = windows.parts.iter().zip(&found).flat_map(|(part, found)| {
        let named = part.vulnerabilities.iter().zip(found);
        named.filter_map(|(&vulnerability, kb)| {
            Some(Weakness {
                software: part.software?,
                vulnerability,
                fixing_kb: Some((*kb)?.1),
            })
        })
    });
    let mut all: Vec<Weakness> = by_kb.collect();
    if let Some(edge) = assessor.edge(case.machine) {
        all.extend(edge.vulnerable.iter().flat_map(by_version));
    }
    all.extend(assessor.office(case.machine).iter().flat_map(by_version));
    all.extend_from_slice(&assessor.beside_outline(case).weaknesses);
    all.sort_unstable();
    all
}

fn by_version(found: &VulnerableSoftware) -> impl Iterator<Item = Weakness> {
    found.cves.iter().map(|&vulnerability| Weakness {
        software: found.software,
        vulnerability,
        fixing_kb: None,
    })
}
