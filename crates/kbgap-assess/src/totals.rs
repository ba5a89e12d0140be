//! What a KB amounts to over the products of one Windows (section 6).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use kbgap_catalog::{Catalog, Severity, SoftwareIx, VulnerabilityIx};

use crate::SoftwareCves;
use crate::urgency::Urgency;
use crate::windows::Windows;

/// What a KB amounts to: its CVEs, not those of advisories.
pub(crate) struct Totals {
    /// Windows first, then by count.
    pub(crate) software: Vec<SoftwareCves>,
    pub(crate) severity: Severity,
    pub(crate) urgency: Urgency,
}

/// The totals of a KB, growing.
#[derive(Clone)]
struct Sum {
    software: BTreeMap<SoftwareIx, (bool, Vec<VulnerabilityIx>)>,
    severity: Severity,
    urgency: Urgency,
}

impl Totals {
    /// Those of all KBs of a Windows, by place.
    pub(crate) fn of_all(windows: &Windows, catalog: &Catalog) -> Vec<Self> {
        let none = Sum {
            software: BTreeMap::new(),
            severity: Severity::None,
            urgency: Urgency::default(),
        };
        let mut sums = vec![none; windows.kbs.len()];
        for own in &windows.products {
            let (Some(product), Some(software)) =
                (catalog.product(own.ix), windows.parts[own.part].software)
            else {
                continue;
            };
            for fix in product.fixes() {
                let vulnerability = fix.vulnerability();
                let kb = fix.kb_ix().filter(|_| !vulnerability.is_advisory());
                let place = kb.and_then(|ix| windows.kbs.binary_search_by_key(&ix, |k| k.0).ok());
                let Some(sum) = place.map(|place| &mut sums[place]) else {
                    continue;
                };
                let (is_os, cves) = sum.software.entry(software).or_default();
                *is_os |= own.is_windows;
                cves.push(fix.vulnerability_ix());
                sum.severity = sum.severity.max(fix.severity());
                sum.urgency.add(vulnerability);
            }
        }
        sums.into_iter().map(Self::of).collect()
    }

    fn of(sum: Sum) -> Self {
        let counted = sum
            .software
            .into_iter()
            .map(|(software, (is_os, mut cves))| {
                cves.sort_unstable();
                cves.dedup();
                let cves = u32::try_from(cves.len()).unwrap_or(u32::MAX);
                (is_os, SoftwareCves { software, cves })
            });
        let mut counted: Vec<(bool, SoftwareCves)> = counted.collect();
        counted.sort_by_key(|(is_os, s)| (!is_os, Reverse(s.cves), s.software));
        Self {
            software: counted.into_iter().map(|(_, counted)| counted).collect(),
            severity: sum.severity,
            urgency: sum.urgency,
        }
    }
}
