//! From the judged fixes of all products to what a machine is missing, in total
//! (sections 5 and 6).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kbgap_catalog::{
    Catalog, Component, Kb, KbId, Severity, SoftwareId, SoftwareIx, VulnerabilityIx,
};

use crate::Projection;
use crate::assessment::{
    Assessed, MissingKb, NotAssessed, OsFacts, SoftwareCves, VulnerableSoftware,
};
use crate::edge;
use crate::evidence::Evidence;
use crate::pair::{PairFinding, judge_product};
use crate::platform::MachinePlatform;
use crate::presence::Verdict;
use crate::servicing::{Servicing, Track};
use crate::weakness;

const NOT_YET_SUPPORTED: &str = "not yet supported";
const DOT_NET: &str = "microsoft-_-.net_framework";

/// Everything that is missing, KB by KB.
#[derive(Default)]
pub(crate) struct Findings {
    missing: BTreeMap<KbId, KbFinding>,
    /// What an advisory names. Advisories are no CVEs: they add nothing to a row.
    advised: BTreeSet<KbId>,
    vulnerable: BTreeMap<SoftwareIx, BTreeSet<VulnerabilityIx>>,
    undecided: BTreeSet<(KbId, &'static str)>,
}

struct KbFinding {
    vulnerable_software: BTreeSet<SoftwareIx>,
    evidence: Evidence,
    alternatives: BTreeSet<KbId>,
}

impl Findings {
    pub(crate) fn of(
        machine: &Projection,
        platform: &MachinePlatform<'_>,
        servicing: &Servicing,
        catalog: &Catalog,
    ) -> Self {
        let mut findings = Self::default();
        for (software, cve) in weakness::by_version(catalog, machine) {
            findings.vulnerable.entry(software).or_default().insert(cve);
        }
        for product in &platform.products {
            judge_product(*product, machine, servicing, |pair| {
                if let (Some(software), Some((cve, _))) = (product.software(), pair.weakness()) {
                    findings.vulnerable.entry(software).or_default().insert(cve);
                }
                findings.add(&pair, servicing.track);
            });
        }
        findings
    }

    fn add(&mut self, pair: &PairFinding<'_>, track: Track) {
        self.undecided.extend(
            pair.undecided
                .iter()
                .map(|(kb, condition)| (*kb, condition.field())),
        );
        for (fix, verdict) in pair.named() {
            let (Some(id), Verdict::Missing(evidence)) = (fix.kb().and_then(Kb::id), verdict)
            else {
                continue;
            };
            if fix.vulnerability().is_advisory() {
                self.advised.insert(id);
                continue;
            }
            let finding = self.missing.entry(id).or_insert_with(|| KbFinding {
                vulnerable_software: BTreeSet::new(),
                evidence: evidence.clone(),
                alternatives: BTreeSet::new(),
            });
            finding.vulnerable_software.extend(fix.product().software());
            finding
                .alternatives
                .extend(pair.alternatives(track).filter(|&other| other != id));
        }
    }

    pub(crate) fn conclude(
        self,
        machine: &Projection,
        platform: &MachinePlatform<'_>,
        servicing: &Servicing,
        catalog: &Catalog,
    ) -> Assessed {
        let rows: HashSet<KbId> = self.missing.keys().copied().collect();
        let superseded = superseded_within(&rows, catalog);
        let advisories: Vec<KbId> = self
            .advised
            .iter()
            .filter(|id| !rows.contains(id))
            .copied()
            .collect();
        let mut missing = Vec::new();
        for (id, finding) in self.missing {
            let Some(kb) = catalog.kb(id) else { continue };
            let totals = Totals::of(kb, platform);
            missing.push(MissingKb {
                id,
                software: totals.software,
                vulnerable_software: finding.vulnerable_software.into_iter().collect(),
                severity: totals.severity,
                known_exploited: totals.known_exploited,
                superseded: superseded.contains(&id),
                evidence: finding.evidence,
                alternatives: finding.alternatives.into_iter().collect(),
            });
        }
        missing.sort_by_key(|kb| (Reverse(kb.cve_addressed()), kb.id));
        let mut not_assessed: Vec<NotAssessed> = self
            .undecided
            .into_iter()
            .filter(|(id, _)| !rows.contains(id) && !self.advised.contains(id))
            .map(|(id, lacking)| NotAssessed::Kb { id, lacking })
            .collect();
        not_assessed.extend(unsupported(machine));
        let mut warnings = warnings(machine, platform, servicing);
        warnings.extend(edge::advice(catalog, machine, &self.vulnerable));
        Assessed {
            os: OsFacts {
                product: platform.name.to_owned(),
                build: machine.build,
                revision: servicing.revision.map(|r| r.number),
                track: servicing.track,
            },
            software: software_of(platform),
            vulnerable: self
                .vulnerable
                .into_iter()
                .map(|(software, cves)| VulnerableSoftware {
                    software,
                    cves: cves.into_iter().collect(),
                })
                .collect(),
            missing,
            advisories,
            not_assessed,
            warnings,
        }
    }
}

/// Windows first, then what is part of it, in order.
fn software_of(platform: &MachinePlatform<'_>) -> Vec<SoftwareIx> {
    let ranked: BTreeSet<(bool, SoftwareIx)> = platform
        .products
        .iter()
        .filter_map(|p| Some((p.component() != Some(Component::Windows), p.software()?)))
        .collect();
    let mut software: Vec<SoftwareIx> = ranked.into_iter().map(|(_, s)| s).collect();
    software.dedup();
    software
}

/// Whether every Windows has this software and yet no rule decides about it.
#[must_use]
pub fn is_part_without_rules(software: &SoftwareId) -> bool {
    software.as_str() == DOT_NET
}

/// .NET Framework is part of every Windows and has rules of its own.
fn unsupported(machine: &Projection) -> impl Iterator<Item = NotAssessed> {
    let reported = machine.unsupported.iter().map(|id| id.as_str().to_owned());
    let ids: BTreeSet<String> = reported
        .chain(std::iter::once(DOT_NET.to_owned()))
        .collect();
    let unsupported = ids.into_iter().map(|id| NotAssessed::Software {
        id,
        lacking: NOT_YET_SUPPORTED,
    });
    unsupported.chain(edge::not_assessed(machine))
}

fn warnings(
    machine: &Projection,
    platform: &MachinePlatform<'_>,
    servicing: &Servicing,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(sibling) = platform.better_known {
        warnings.push(format!(
            "the feed leaves out {} in most months, though not {sibling}: \
             more updates may be missing than are listed",
            platform.name
        ));
    }
    match servicing.revision {
        None => warnings.push(
            "the report has no revision (UBR) and no installed KB tells it: \
             only the list of installed KBs decides"
                .to_owned(),
        ),
        Some(revision) => {
            if let Some(kb) = revision.derived_from {
                warnings.push(format!(
                    "the report has no revision (UBR): {}.{} is taken from KB{kb}",
                    machine.build, revision.number
                ));
            }
        }
    }
    if servicing.anything_waits() {
        warnings.push("installed updates wait for a restart".to_owned());
    }
    warnings
}

/// Totals of a KB over the products of one machine.
struct Totals {
    software: Vec<SoftwareCves>,
    severity: Severity,
    known_exploited: bool,
}

impl Totals {
    fn of(kb: Kb<'_>, platform: &MachinePlatform<'_>) -> Self {
        let mut cves: HashMap<SoftwareIx, (bool, BTreeSet<VulnerabilityIx>)> = HashMap::new();
        let (mut severity, mut known_exploited) = (Severity::None, false);
        for fix in kb.fixes() {
            let Some(product) = platform.products.iter().find(|p| p.ix == fix.product().ix) else {
                continue;
            };
            let vulnerability = fix.vulnerability();
            let (Some(software), false) = (product.software(), vulnerability.is_advisory()) else {
                continue;
            };
            let (is_os, ids) = cves.entry(software).or_default();
            *is_os |= product.component() == Some(Component::Windows);
            ids.insert(fix.vulnerability_ix());
            severity = severity.max(fix.severity());
            known_exploited |= vulnerability.is_exploited();
        }
        let mut counted: Vec<(bool, SoftwareCves)> = cves
            .into_iter()
            .map(|(software, (is_os, ids))| {
                let cves = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                (is_os, SoftwareCves { software, cves })
            })
            .collect();
        counted.sort_by_key(|(is_os, s)| (!is_os, Reverse(s.cves), s.software));
        let software = counted.into_iter().map(|(_, counted)| counted).collect();
        Self {
            software,
            severity,
            known_exploited,
        }
    }
}

/// Those of a set of KBs that another of the set supersedes, in any number of
/// steps. Of KBs that supersede each other in a loop, none is left out for it.
fn superseded_within(ids: &HashSet<KbId>, catalog: &Catalog) -> HashSet<KbId> {
    let below: HashMap<KbId, HashSet<KbId>> =
        ids.iter().map(|&id| (id, reach(id, catalog))).collect();
    let supersedes =
        |newer: &KbId, older: &KbId| below.get(newer).is_some_and(|b| b.contains(older));
    ids.iter()
        .filter(|older| {
            ids.iter()
                .any(|newer| supersedes(newer, older) && !supersedes(older, newer))
        })
        .copied()
        .collect()
}

fn reach(from: KbId, catalog: &Catalog) -> HashSet<KbId> {
    let mut reached = HashSet::new();
    let mut stack = vec![from];
    while let Some(kb) = stack.pop().and_then(|id| catalog.kb(id)) {
        stack.extend(kb.supersedes().filter_map(KbId::new).filter(|&older| {
            older != from && catalog.kb(older).is_some() && reached.insert(older)
        }));
    }
    reached
}
