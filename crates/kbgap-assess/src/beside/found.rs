//! What the products that apply amount to: missing KBs, CVEs and what is not known.

use std::collections::{BTreeMap, BTreeSet};

use kbgap_catalog::{
    Catalog, Fix, KbId, KbIx, Month, Product, Severity, SoftwareIx, VulnerabilityIx,
};

use super::{Applied, Outcome};
use crate::SoftwareCves;
use crate::assessor::Assessor;
use crate::evidence::Evidence;
use crate::urgency::Urgency;

/// What products tell, growing.
#[derive(Default)]
pub(super) struct Found {
    pub(super) missing: BTreeMap<KbIx, Row>,
    /// For each CVE the KB to name: of several the one of the earliest month.
    pub(super) weak: BTreeMap<SoftwareIx, BTreeMap<VulnerabilityIx, (Month, KbId)>>,
    pub(super) advised: BTreeSet<KbId>,
    pub(super) undecided: BTreeSet<(KbId, &'static str)>,
    /// Software of which something is not decided.
    pub(super) undecided_in: BTreeSet<SoftwareIx>,
}

pub(super) struct Row {
    pub(super) id: KbId,
    pub(super) software: BTreeSet<SoftwareIx>,
    pub(super) evidence: Evidence,
    pub(super) alternatives: BTreeSet<KbId>,
}

impl Found {
    pub(super) fn add(&mut self, product: Product<'_>, applied: &Applied, assessor: &Assessor) {
        let Some(software) = product.software() else {
            return;
        };
        let catalog = assessor.catalog();
        let known = |kb: KbIx| {
            let kb = catalog.kb_at(kb)?;
            Some((kb.month(), kb.id()?))
        };
        let fixes: Vec<Fix<'_>> = product.fixes().collect();
        for pair in fixes.chunk_by(|a, b| a.vulnerability_ix() == b.vulnerability_ix()) {
            let outcome = Outcome::of(pair, applied, assessor);
            // `vulnerable(m, p, c)` of section 5.
            if outcome.is_fixed {
                continue;
            }
            let is_advisory = pair[0].vulnerability().is_advisory();
            for (kb, lacking) in outcome.undecided {
                if let Some((_, id)) = known(kb) {
                    self.undecided.insert((id, lacking));
                    self.undecided_in.insert(software);
                }
            }
            for (kb, evidence) in outcome.missing {
                let Some((month, id)) = known(kb) else {
                    continue;
                };
                if is_advisory {
                    self.advised.insert(id);
                    continue;
                }
                let row = self.missing.entry(kb).or_insert_with(|| Row {
                    id,
                    software: BTreeSet::new(),
                    evidence: evidence.clone(),
                    alternatives: BTreeSet::new(),
                });
                row.software.insert(software);
                row.alternatives.extend(&outcome.alternatives);
                let cves = self.weak.entry(software).or_default();
                let named = cves
                    .entry(pair[0].vulnerability_ix())
                    .or_insert((month, id));
                *named = (*named).min((month, id));
            }
        }
    }
}

/// Those of the missing that another of them supersedes; of a loop none.
pub(super) fn superseded(missing: &[KbIx], assessor: &Assessor) -> BTreeSet<KbIx> {
    let catalog = assessor.catalog();
    let below = missing
        .iter()
        .map(|&kb| assessor.supersedence().below(&[kb], catalog));
    let below: Vec<_> = below.collect();
    let is_superseded = |older: usize| {
        let mut newer = (0..missing.len()).filter(|&newer| newer != older);
        newer.any(|newer| {
            below[newer].contains(missing[older].position())
                && !below[older].contains(missing[newer].position())
        })
    };
    let places = (0..missing.len()).filter(|&place| is_superseded(place));
    places.map(|place| missing[place]).collect()
}

/// What a KB amounts to over the products that apply (section 6).
#[derive(Default)]
pub(super) struct Totals {
    cves: BTreeMap<SoftwareIx, BTreeSet<VulnerabilityIx>>,
    pub(super) severity: Severity,
    pub(super) urgency: Urgency,
}

impl Totals {
    /// By count.
    pub(super) fn software(&self) -> Vec<SoftwareCves> {
        let counted = self.cves.iter().map(|(&software, cves)| SoftwareCves {
            software,
            cves: u32::try_from(cves.len()).unwrap_or(u32::MAX),
        });
        let mut counted: Vec<SoftwareCves> = counted.collect();
        counted.sort_by_key(|s| (std::cmp::Reverse(s.cves), s.software));
        counted
    }
}

/// Those of the missing KBs, in their order.
pub(super) fn totals(
    applied: &[Applied],
    missing: &BTreeMap<KbIx, Row>,
    catalog: &Catalog,
) -> BTreeMap<KbIx, Totals> {
    let mut totals: BTreeMap<KbIx, Totals> = BTreeMap::new();
    for kb in missing.keys() {
        totals.insert(*kb, Totals::default());
    }
    for product in applied
        .iter()
        .filter_map(|applied| catalog.product(applied.product))
    {
        let Some(software) = product.software() else {
            continue;
        };
        for fix in product
            .fixes()
            .filter(|fix| !fix.vulnerability().is_advisory())
        {
            if let Some(sum) = fix.kb_ix().and_then(|kb| totals.get_mut(&kb)) {
                sum.cves
                    .entry(software)
                    .or_default()
                    .insert(fix.vulnerability_ix());
                sum.severity = sum.severity.max(fix.severity());
                sum.urgency.add(fix.vulnerability());
            }
        }
    }
    totals
}
