//! Software beside Windows that KBs fix: what the rules of its family say of each update,
//! put together into what a machine misses (sections 5 and 6).
//!
//! Lists, outlines, weaknesses and explanations all come from the same [`Applied`] products.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kbgap_catalog::{
    Architecture, Catalog, Fix, KbId, KbIx, Month, Product, ProductIx, Severity, SoftwareIx,
    VulnerabilityIx,
};

use crate::assessor::Assessor;
use crate::evidence::Evidence;
use crate::exchange::{EXCHANGE, ExchangeServer};
use crate::outline::{OutlinedKb, OutlinedSoftware};
use crate::sql_server::{SQL_SERVER, SqlServer};
use crate::urgency::Urgency;
use crate::{MissingKb, NotAssessed, Projection, SoftwareCves, Weakness};

/// All that decides about the software beside Windows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BesideKey {
    sql_server: Vec<SqlServer>,
    exchange: Option<ExchangeServer>,
    architecture: Option<Architecture>,
    /// The listed KBs that are updates of it, in order.
    listed: Vec<KbIx>,
}

/// A product of the feed that applies to a machine, with its updates judged.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) product: ProductIx,
    pub(crate) standings: BTreeMap<KbIx, Standing>,
}

/// What an update is to a machine.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    Present(Evidence),
    Missing(Evidence),
    /// What is lacking to tell.
    Undecided(&'static str),
}

/// What was found about the software beside Windows.
#[derive(Default)]
pub(crate) struct Beside {
    pub(crate) applied: Vec<Applied>,
    /// By software.
    pub(crate) vulnerable: Vec<OutlinedSoftware>,
    /// By KB.
    pub(crate) missing: Vec<MissingKb>,
    pub(crate) weaknesses: Vec<Weakness>,
    pub(crate) advisories: BTreeSet<KbId>,
    pub(crate) not_assessed: Vec<NotAssessed>,
    pub(crate) warnings: Vec<String>,
    /// Software about all of which rules decide.
    pub(crate) decided: Arc<[SoftwareIx]>,
}

impl BesideKey {
    /// `None` where there is nothing to decide.
    pub(crate) fn of(machine: &Projection, assessor: &Assessor) -> Option<Self> {
        if machine.sql_server.is_empty() && machine.exchange.is_none() {
            return None;
        }
        let (sql_servers, exchanges) = (assessor.sql_servers(), assessor.exchanges());
        let catalog = assessor.catalog();
        let is_update = |kb: &KbIx| sql_servers.has(*kb, catalog) || exchanges.has(*kb, catalog);
        let listed = machine.kbs.iter().filter_map(|&kb| catalog.kb_ix(kb));
        Some(Self {
            sql_server: machine.sql_server.clone(),
            exchange: machine.exchange,
            architecture: machine.architecture,
            listed: listed.filter(is_update).collect(),
        })
    }
}

impl Beside {
    pub(crate) fn of(key: &BesideKey, assessor: &Assessor) -> Self {
        let mut beside = Self::default();
        let servers = key.sql_server.iter().map(|server| {
            let sql_servers = assessor.sql_servers();
            sql_servers.judge(server, key.architecture, &key.listed, assessor)
        });
        beside.judged(SQL_SERVER, servers, assessor);
        let exchange = key.exchange.map(|server| {
            let exchanges = assessor.exchanges();
            let applied = exchanges.judge(server, &key.listed, assessor);
            applied.map(|applied| vec![applied])
        });
        beside.judged(EXCHANGE, exchange.into_iter(), assessor);
        let warning = |server| assessor.exchanges().warning(server, assessor.catalog());
        beside.warnings.extend(key.exchange.and_then(warning));
        beside.concluded(assessor)
    }

    /// Takes what was found about all servers of a software.
    fn judged(
        &mut self,
        software: &str,
        servers: impl Iterator<Item = Result<Vec<Applied>, &'static str>>,
        assessor: &Assessor,
    ) {
        let mut lacking: BTreeSet<&'static str> = BTreeSet::new();
        let mut is_there = false;
        for server in servers {
            is_there = true;
            match server {
                Ok(applied) => self.applied.extend(applied),
                Err(fact) => {
                    lacking.insert(fact);
                }
            }
        }
        if is_there && lacking.is_empty() {
            let ix = assessor.catalog().find_software(software);
            self.decided = self.decided.iter().copied().chain(ix).collect();
        }
        let entries = lacking.into_iter().map(|lacking| NotAssessed::Software {
            id: software.to_owned(),
            lacking,
        });
        self.not_assessed.extend(entries);
    }

    fn concluded(mut self, assessor: &Assessor) -> Self {
        let catalog = assessor.catalog();
        let mut found = Found::default();
        for applied in &self.applied {
            if let Some(product) = catalog.product(applied.product) {
                found.add(product, applied);
            }
        }
        let ids: BTreeSet<KbId> = found.missing.values().map(|row| row.id).collect();
        let undecided = found
            .undecided
            .into_iter()
            .filter(|(id, _)| !ids.contains(id));
        let undecided = undecided.map(|(id, lacking)| NotAssessed::Kb { id, lacking });
        self.not_assessed.extend(undecided);
        self.advisories = found.advised.difference(&ids).copied().collect();
        let missing: Vec<KbIx> = found.missing.keys().copied().collect();
        let superseded = superseded(&missing, assessor);
        let totals = totals(&self.applied, &found.missing, catalog);
        for (software, cves) in &found.weak {
            let of_software = found.missing.iter();
            let of_software = of_software.filter(|(_, row)| row.software.contains(software));
            let missing = of_software.map(|(kb, row)| OutlinedKb {
                id: row.id,
                superseded: superseded.contains(kb),
            });
            self.vulnerable.push(OutlinedSoftware {
                software: *software,
                cves: assessor.share_cves(cves.keys().copied().collect()),
                missing: assessor.share_kbs(missing.collect()),
            });
            self.weaknesses
                .extend(cves.iter().map(|(&vulnerability, &(_, kb))| Weakness {
                    software: *software,
                    vulnerability,
                    fixing_kb: Some(kb),
                }));
        }
        let rows = found.missing.into_iter().zip(totals.into_values());
        self.missing = rows
            .map(|((kb, row), totals)| MissingKb {
                id: row.id,
                software: totals.software(),
                vulnerable_software: row.software.into_iter().collect(),
                severity: totals.severity,
                urgency: totals.urgency,
                superseded: superseded.contains(&kb),
                evidence: row.evidence,
                alternatives: Vec::new(),
            })
            .collect();
        self
    }
}

/// What products tell, growing.
#[derive(Default)]
struct Found {
    missing: BTreeMap<KbIx, Row>,
    /// For each CVE the KB to name: of several the one of the earliest month.
    weak: BTreeMap<SoftwareIx, BTreeMap<VulnerabilityIx, (Month, KbId)>>,
    advised: BTreeSet<KbId>,
    undecided: BTreeSet<(KbId, &'static str)>,
}

struct Row {
    id: KbId,
    software: BTreeSet<SoftwareIx>,
    evidence: Evidence,
}

impl Found {
    fn add(&mut self, product: Product<'_>, applied: &Applied) {
        let Some(software) = product.software() else {
            return;
        };
        let fixes: Vec<Fix<'_>> = product.fixes().collect();
        for pair in fixes.chunk_by(|a, b| a.vulnerability_ix() == b.vulnerability_ix()) {
            let judged = || judged(pair, applied);
            // `vulnerable(m, p, c)`: one that is present is enough.
            if judged().any(|(_, _, standing)| matches!(standing, Standing::Present(_))) {
                continue;
            }
            let is_advisory = pair[0].vulnerability().is_advisory();
            for (fix, kb, standing) in judged() {
                let Some((id, month)) = fix.kb().and_then(|kb| Some((kb.id()?, kb.month()))) else {
                    continue;
                };
                match standing {
                    Standing::Present(_) => {}
                    Standing::Undecided(lacking) => {
                        self.undecided.insert((id, lacking));
                    }
                    Standing::Missing(_) if is_advisory => {
                        self.advised.insert(id);
                    }
                    Standing::Missing(evidence) => {
                        let row = self.missing.entry(kb).or_insert_with(|| Row {
                            id,
                            software: BTreeSet::new(),
                            evidence: evidence.clone(),
                        });
                        row.software.insert(software);
                        let cves = self.weak.entry(software).or_default();
                        let named = cves
                            .entry(pair[0].vulnerability_ix())
                            .or_insert((month, id));
                        *named = (*named).min((month, id));
                    }
                }
            }
        }
    }
}

/// The fixes of a pair that are KBs, with what they are to the machine.
pub(crate) fn judged<'a>(
    pair: &'a [Fix<'a>],
    applied: &'a Applied,
) -> impl Iterator<Item = (Fix<'a>, KbIx, &'a Standing)> {
    pair.iter().filter_map(|&fix| {
        let kb = fix.kb_ix()?;
        Some((fix, kb, applied.standings.get(&kb)?))
    })
}

/// Those of the missing that another of them supersedes; of a loop none.
fn superseded(missing: &[KbIx], assessor: &Assessor) -> BTreeSet<KbIx> {
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
struct Totals {
    cves: BTreeMap<SoftwareIx, BTreeSet<VulnerabilityIx>>,
    severity: Severity,
    urgency: Urgency,
}

impl Totals {
    /// By count.
    fn software(&self) -> Vec<SoftwareCves> {
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
fn totals(
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
