//! From the judged updates to what a machine is missing, in total (sections 5 and 6).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use kbgap_catalog::{KbId, SoftwareId, SoftwareIx};

use crate::assessment::{Assessed, MissingKb, NotAssessed, VulnerableSoftware};
use crate::assessor::Assessor;
use crate::bits::Bits;
use crate::dot_net::DOT_NET;
use crate::edge;
use crate::pair::{Case, PairFinding};

/// Everything that is missing of a Windows and its parts, KB by KB. Places are those of
/// [`Windows`](crate::windows::Windows).
pub(crate) struct Findings {
    /// By the place of the KB.
    pub(crate) missing: Vec<Option<KbFinding>>,
    /// KBs that an advisory names. Advisories are no CVEs: they add nothing to a row.
    advised: BTreeSet<KbId>,
    undecided: BTreeSet<(KbId, &'static str)>,
    /// For each part, the vulnerabilities to which the machine is vulnerable.
    pub(crate) weak: Vec<Bits>,
}

pub(crate) struct KbFinding {
    /// Parts in which the machine is vulnerable for the lack of it, in order.
    pub(crate) software: Vec<SoftwareIx>,
    /// The update for which it was named first.
    update: usize,
    /// Other KBs that would do.
    alternatives: Bits,
}

impl Findings {
    pub(crate) fn of(case: &Case<'_>, open: &Bits) -> Self {
        let windows = &case.windows;
        let parts = windows.parts.iter();
        let mut findings = Self {
            missing: windows.kbs.iter().map(|_| None).collect(),
            advised: BTreeSet::new(),
            undecided: BTreeSet::new(),
            weak: parts.map(|p| Bits::new(p.vulnerabilities.len())).collect(),
        };
        for group in open.iter() {
            findings.add(case.pair(group), case);
        }
        findings
    }

    fn add(&mut self, pair: PairFinding<'_>, case: &Case<'_>) {
        let undecided = pair.undecided();
        self.undecided
            .extend(undecided.map(|(kb, condition)| (kb, condition.field())));
        if pair.group.is_advisory {
            self.advised.extend(pair.named().map(|(_, kb)| kb.id));
            return;
        }
        let windows = &case.windows;
        let software = windows.parts[pair.group.part].software;
        let mut is_weak = false;
        for (named, _) in pair.named() {
            is_weak = true;
            let Some(place) = windows.kb_places[named.place] else {
                continue;
            };
            let finding = self.missing[place].get_or_insert_with(|| KbFinding {
                software: Vec::new(),
                update: named.place,
                alternatives: Bits::new(windows.kbs.len()),
            });
            if let Some(software) = software
                && let Err(position) = finding.software.binary_search(&software)
            {
                finding.software.insert(position, software);
            }
            let alternatives = pair.alternatives();
            for other in alternatives.filter_map(|(other, _)| windows.kb_places[other.place]) {
                if other != place {
                    finding.alternatives.insert(other);
                }
            }
        }
        if is_weak {
            for &vulnerability in &pair.group.vulnerabilities {
                self.weak[pair.group.part].insert(vulnerability as usize);
            }
        }
    }

    /// The missing KBs: their places.
    pub(crate) fn rows(&self) -> Bits {
        let mut rows = Bits::new(self.missing.len());
        for (place, finding) in self.missing.iter().enumerate() {
            if finding.is_some() {
                rows.insert(place);
            }
        }
        rows
    }

    pub(crate) fn conclude(
        self,
        vulnerable: Vec<VulnerableSoftware>,
        case: &Case<'_>,
        assessor: &Assessor,
    ) -> Assessed {
        let catalog = assessor.catalog();
        let windows = &case.windows;
        let rows = self.rows();
        let superseded = windows.superseded_within(&rows, assessor.supersedence(), catalog);
        let totals = windows.totals(catalog);
        let found = self.missing.into_iter().enumerate();
        let mut missing: Vec<MissingKb> = found
            .filter_map(|(place, finding)| {
                let (finding, totals) = (finding?, &totals[place]);
                let alternatives = finding.alternatives.iter();
                Some(MissingKb {
                    id: windows.kbs[place].1,
                    software: totals.software.clone(),
                    vulnerable_software: finding.software,
                    severity: totals.severity,
                    urgency: totals.urgency,
                    superseded: superseded.contains(place),
                    evidence: case.evidence(finding.update, assessor),
                    alternatives: alternatives.map(|place| windows.kbs[place].1).collect(),
                })
            })
            .collect();
        let beside = assessor.beside(case);
        add_beside(&mut missing, &beside.missing);
        missing.sort_by_key(|kb| (Reverse(kb.cve_addressed()), kb.id));
        let ids: BTreeSet<KbId> = missing.iter().map(|kb| kb.id).collect();
        let advised: BTreeSet<KbId> = self.advised.union(&beside.advisories).copied().collect();
        let mut not_assessed: Vec<NotAssessed> = self
            .undecided
            .into_iter()
            .filter(|(id, _)| !ids.contains(id) && !advised.contains(id))
            .map(|(id, lacking)| NotAssessed::Kb { id, lacking })
            .collect();
        not_assessed.extend(beside.not_assessed.iter().cloned());
        not_assessed.extend(unsupported(case, assessor));
        let products = windows.products.iter().map(|product| product.ix);
        let products = products.chain(beside.applied.iter().map(|applied| applied.product));
        let mut warnings = warnings(case);
        warnings.extend(beside.warnings.iter().cloned());
        warnings.extend(edge::advice(case.machine, assessor));
        warnings.extend(edge::undecided(case.machine, assessor));
        Assessed {
            os: case.os(),
            software: windows.software.to_vec(),
            products: products.collect(),
            vulnerable,
            missing,
            advisories: advised.difference(&ids).copied().collect(),
            not_assessed,
            warnings,
        }
    }
}

/// Adds what is missing beside Windows. A KB has one row, also where it is Windows' and .NET
/// Framework's: whether it is superseded Windows tells, of which more is missing.
fn add_beside(missing: &mut Vec<MissingKb>, beside: &[MissingKb]) {
    for kb in beside {
        match missing.iter_mut().find(|known| known.id == kb.id) {
            None => missing.push(kb.clone()),
            Some(known) => {
                known.software.extend_from_slice(&kb.software);
                let vulnerable = &mut known.vulnerable_software;
                vulnerable.extend_from_slice(&kb.vulnerable_software);
                vulnerable.sort_unstable();
                vulnerable.dedup();
                known.severity = known.severity.max(kb.severity);
                known.urgency.merge(kb.urgency);
            }
        }
    }
}

/// The software that every Windows has, although none counts it as a part.
pub const ON_EVERY_WINDOWS: [&str; 1] = [DOT_NET];

/// Whether every Windows has this software, although none counts it as a part.
#[must_use]
pub fn is_on_every_windows(software: &SoftwareId) -> bool {
    ON_EVERY_WINDOWS.contains(&software.as_str())
}

fn unsupported(case: &Case<'_>, assessor: &Assessor) -> impl Iterator<Item = NotAssessed> {
    let unsupported = case.machine.unsupported.iter().map(NotAssessed::from);
    unsupported.chain(edge::not_assessed(case.machine, assessor))
}

fn warnings(case: &Case<'_>) -> Vec<String> {
    let (windows, servicing) = (&case.windows, &case.servicing);
    let mut warnings = Vec::new();
    if let Some(sibling) = &windows.better_known {
        warnings.push(format!(
            "the feed leaves out {} in most months, though not {sibling}: \
             more updates may be missing than are listed",
            windows.name
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
                    case.machine.build, revision.number
                ));
            }
        }
    }
    if servicing.anything_waits {
        warnings.push("installed updates wait for a restart".to_owned());
    }
    warnings
}
