//! What a machine is missing, in total (sections 5 and 6).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kbgap_catalog::{
    Catalog, Component, Condition, Fix, Kb, KbId, Severity, SoftwareIx, VulnerabilityIx,
};

use crate::evidence::Evidence;
use crate::platform::MachinePlatform;
use crate::presence::{Verdict, is_hotpatch, judge, rank};
use crate::servicing::{Servicing, Track};
use crate::{Projection, Unassessable};

/// The result for one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assessment {
    /// The machine was assessed.
    Assessed(Assessed),
    /// It could not be, which is not the same as missing nothing.
    NotAssessed(Unassessable),
}

/// What was found on an assessed machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// The operating system as it was understood.
    pub os: OsFacts,
    /// Missing KBs that fix CVEs, by CVEs descending, then id ascending.
    pub missing: Vec<MissingKb>,
    /// Missing KBs that the feed knows through advisories alone: shown, never counted.
    pub advisories: Vec<KbId>,
    /// What could not be decided, and the fact that is lacking.
    pub not_assessed: Vec<NotAssessed>,
    /// What people should know besides.
    pub warnings: Vec<String>,
}

/// The operating system as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsFacts {
    /// The feed's name of the platform.
    pub product: String,
    /// The build.
    pub build: u32,
    /// The revision that was compared; reported, or brought by an installed KB.
    pub revision: Option<u32>,
    /// Which updates the machine takes.
    pub track: Track,
}

/// A KB that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingKb {
    /// The KB.
    pub id: KbId,
    /// CVEs that it fixes in each software of this machine: Windows first, then
    /// by count. Their sum is `cveAddressed` of the machine's row (section 6).
    pub software: Vec<SoftwareCves>,
    /// Software in which this machine is vulnerable for the lack of it.
    pub vulnerable_software: Vec<SoftwareIx>,
    /// The highest severity of its CVEs on this machine.
    pub severity: Severity,
    /// Whether one of its CVEs is exploited in the wild.
    pub known_exploited: bool,
    /// Whether another missing KB of this machine supersedes it.
    pub superseded: bool,
    /// Why it counts as missing.
    pub evidence: Evidence,
    /// Other KBs that would do in its place, for some CVE.
    pub alternatives: Vec<KbId>,
}

impl MissingKb {
    /// The sum over this machine's software of the distinct CVEs in each.
    #[must_use]
    pub fn cve_addressed(&self) -> u32 {
        self.software.iter().map(|s| s.cves).sum()
    }
}

/// How many CVEs a KB fixes in one software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftwareCves {
    /// The software.
    pub software: SoftwareIx,
    /// Distinct CVEs.
    pub cves: u32,
}

/// Something that was not decided, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotAssessed {
    /// A standalone KB whose condition the machine does not report.
    Kb {
        /// The KB.
        id: KbId,
        /// The field of the native machine document that is lacking.
        lacking: &'static str,
    },
    /// A software whose rules do not exist yet.
    Software {
        /// Its id.
        id: String,
        /// What is lacking.
        lacking: &'static str,
    },
}

const NOT_YET_SUPPORTED: &str = "not yet supported";
const DOT_NET: &str = "microsoft-_-.net_framework";

/// Assesses a machine.
#[must_use]
pub fn assess(catalog: &Catalog, machine: &Projection) -> Assessment {
    match MachinePlatform::of(machine, catalog) {
        Err(reason) => Assessment::NotAssessed(reason),
        Ok(platform) => {
            let servicing = Servicing::of(machine, &platform, catalog);
            let findings = Findings::of(machine, &platform, &servicing);
            Assessment::Assessed(findings.conclude(machine, &platform, &servicing, catalog))
        }
    }
}

/// What the fixes of one product say about one vulnerability.
pub(crate) struct PairFinding<'a> {
    /// The fixes with their verdicts.
    pub(crate) judged: Vec<(Fix<'a>, Verdict)>,
    /// KBs to name: those of the best rank. Empty unless vulnerable.
    pub(crate) named: Vec<usize>,
    /// Standalone KBs whose condition is not reported. Empty unless vulnerable.
    pub(crate) undecided: Vec<(KbId, Condition)>,
}

impl<'a> PairFinding<'a> {
    /// `vulnerable(m, p, c)` and `missing(m, k)` of section 5, for one product
    /// and vulnerability; `fixes` are all of theirs.
    pub(crate) fn of(fixes: &[Fix<'a>], machine: &Projection, servicing: &Servicing) -> Self {
        let judged: Vec<(Fix<'a>, Verdict)> = fixes
            .iter()
            .map(|&fix| (fix, judge(fix, machine.build, servicing)))
            .collect();
        let mut finding = Self {
            judged,
            named: Vec::new(),
            undecided: Vec::new(),
        };
        if finding
            .judged
            .iter()
            .any(|(_, verdict)| matches!(verdict, Verdict::Present(_)))
        {
            return finding;
        }
        let mut best = u8::MAX;
        for (position, (fix, _)) in finding.judged.iter().enumerate() {
            let Some((kb, id)) = fix.kb().and_then(|kb| Some((kb, kb.id()?))) else {
                continue;
            };
            if let Some(condition) = kb.condition() {
                match holds(condition, machine) {
                    Some(true) => {}
                    Some(false) => continue,
                    None => {
                        finding.undecided.push((id, condition));
                        continue;
                    }
                }
            }
            let Some(rank) = rank(fix.subtype(), servicing.track) else {
                continue;
            };
            if rank < best {
                best = rank;
                finding.named.clear();
            }
            if rank == best {
                finding.named.push(position);
            }
        }
        finding
    }

    pub(crate) fn named(&self) -> impl Iterator<Item = (Fix<'a>, &Verdict)> {
        self.named
            .iter()
            .map(|&position| (self.judged[position].0, &self.judged[position].1))
    }

    /// KBs that would do in place of those named.
    pub(crate) fn alternatives(&self, track: Track) -> impl Iterator<Item = KbId> {
        let others = self
            .judged
            .iter()
            .enumerate()
            .filter(|(p, _)| !self.named.contains(p));
        others
            .filter(move |(_, (fix, _))| track == Track::Hotpatch || !is_hotpatch(fix.subtype()))
            .filter_map(|(_, (fix, _))| fix.kb().filter(|kb| kb.condition().is_none())?.id())
    }
}

fn holds(condition: Condition, machine: &Projection) -> Option<bool> {
    match condition {
        Condition::SecureBoot => machine.secure_boot,
        Condition::WinRe => machine.win_re,
    }
}

/// Everything that is missing, KB by KB.
#[derive(Default)]
struct Findings {
    missing: BTreeMap<KbId, KbFinding>,
    undecided: BTreeSet<(KbId, &'static str)>,
}

struct KbFinding {
    /// Whether a CVE is among what it would cure; else it is an advisory alone.
    cures_cve: bool,
    vulnerable_software: BTreeSet<SoftwareIx>,
    evidence: Evidence,
    alternatives: BTreeSet<KbId>,
}

impl Findings {
    fn of(machine: &Projection, platform: &MachinePlatform<'_>, servicing: &Servicing) -> Self {
        let mut findings = Self::default();
        for product in &platform.products {
            let fixes: Vec<Fix<'_>> = product.fixes().collect();
            for pair in fixes.chunk_by(|a, b| a.vulnerability_ix() == b.vulnerability_ix()) {
                let finding = PairFinding::of(pair, machine, servicing);
                findings.add(&finding, servicing.track);
            }
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
            let finding = self.missing.entry(id).or_insert_with(|| KbFinding {
                cures_cve: false,
                vulnerable_software: BTreeSet::new(),
                evidence: evidence.clone(),
                alternatives: BTreeSet::new(),
            });
            if !fix.vulnerability().is_advisory() {
                finding.cures_cve = true;
                finding.vulnerable_software.extend(fix.product().software());
            }
            finding
                .alternatives
                .extend(pair.alternatives(track).filter(|&other| other != id));
        }
    }

    fn conclude(
        self,
        machine: &Projection,
        platform: &MachinePlatform<'_>,
        servicing: &Servicing,
        catalog: &Catalog,
    ) -> Assessed {
        let named: HashSet<KbId> = self.missing.keys().copied().collect();
        // An advisory has no row that could stand for another's.
        let counted: HashSet<KbId> = self
            .missing
            .iter()
            .filter_map(|(id, finding)| finding.cures_cve.then_some(*id))
            .collect();
        let superseded = superseded_within(&counted, catalog);
        let mut missing = Vec::new();
        let mut advisories = Vec::new();
        for (id, finding) in self.missing {
            let Some(kb) = catalog.kb(id) else { continue };
            if !finding.cures_cve {
                advisories.push(id);
                continue;
            }
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
            .filter(|(id, _)| !named.contains(id))
            .map(|(id, lacking)| NotAssessed::Kb { id, lacking })
            .collect();
        not_assessed.extend(unsupported(machine));
        Assessed {
            os: OsFacts {
                product: platform.name.to_owned(),
                build: machine.build,
                revision: servicing.revision.map(|r| r.number),
                track: servicing.track,
            },
            missing,
            advisories,
            not_assessed,
            warnings: warnings(machine, servicing),
        }
    }
}

/// .NET Framework is part of every Windows and has rules of its own.
fn unsupported(machine: &Projection) -> impl Iterator<Item = NotAssessed> {
    let reported = machine.unsupported.iter().map(|id| id.as_str().to_owned());
    let ids: BTreeSet<String> = reported
        .chain(std::iter::once(DOT_NET.to_owned()))
        .collect();
    ids.into_iter().map(|id| NotAssessed::Software {
        id,
        lacking: NOT_YET_SUPPORTED,
    })
}

fn warnings(machine: &Projection, servicing: &Servicing) -> Vec<String> {
    let mut warnings = Vec::new();
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
