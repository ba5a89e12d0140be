//! Software beside Windows that KBs fix: what the rules of its family say of each update,
//! put together into what a machine misses (sections 5 and 6).
//!
//! Lists, outlines, weaknesses and explanations all come from the same [`Applied`] products.

mod choice;
mod found;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use kbgap_catalog::{Architecture, Catalog, Component, KbId, KbIx, ProductIx, SoftwareIx};

use crate::assessor::Assessor;
use crate::bits::Bits;
use crate::dot_net::{DOT_NET, DotNetKey};
use crate::evidence::Evidence;
use crate::exchange::{EXCHANGE, ExchangeServer};
use crate::office::{OFFICE, Office};
use crate::outline::{OutlinedKb, OutlinedSoftware};
use crate::pair::Case;
use crate::sharepoint::{SHAREPOINT, SharePoint};
use crate::sql_server::{SQL_SERVER, SqlServer};
use crate::{MissingKb, NotAssessed, Weakness};

pub(crate) use choice::{Choice, Outcome};
use found::{Found, superseded, totals};

/// All that decides about the software beside Windows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BesideKey {
    sql_server: Vec<SqlServer>,
    exchange: Option<ExchangeServer>,
    sharepoint: Option<SharePoint>,
    office: Vec<Office>,
    dot_net: Option<DotNetKey>,
    architecture: Option<Architecture>,
    /// The listed KBs that are updates of it, in order.
    listed: Vec<KbIx>,
}

/// A product of the feed that applies to a machine, with its updates judged.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) product: ProductIx,
    pub(crate) choice: Choice,
    pub(crate) standings: BTreeMap<KbIx, Standing>,
}

/// What an update is to a machine.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    Present(Evidence),
    /// It is an update of Windows, too, and is present there.
    PresentWithWindows,
    Missing(Evidence),
    /// What is lacking to tell.
    Undecided(&'static str),
}

/// What was found about the software beside Windows.
#[derive(Default)]
pub(crate) struct Beside {
    pub(crate) applied: Vec<Applied>,
    /// By KB.
    pub(crate) missing: Vec<MissingKb>,
    pub(crate) advisories: BTreeSet<KbId>,
    pub(crate) not_assessed: Vec<NotAssessed>,
    pub(crate) warnings: Vec<String>,
    pub(crate) outline: Arc<BesideOutline>,
}

/// What an index of a fleet and its history need of it: a tenth of what one machine's own
/// page shows, so it can be kept for the next machine.
#[derive(Default)]
pub(crate) struct BesideOutline {
    /// By software.
    pub(crate) vulnerable: Box<[OutlinedSoftware]>,
    /// By software and CVE.
    pub(crate) weaknesses: Box<[Weakness]>,
    /// Software about all of which rules decide.
    pub(crate) decided: Arc<[SoftwareIx]>,
}

impl Standing {
    pub(crate) const fn is_present(&self) -> bool {
        matches!(self, Self::Present(_) | Self::PresentWithWindows)
    }
}

/// The KBs of software beside Windows, looked up when the first machine is assessed.
pub(crate) struct BesideKbs(OnceLock<Bits>);

impl BesideKbs {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn has(&self, kb: KbIx, catalog: &Catalog) -> bool {
        let known = self.0.get_or_init(|| {
            let mut known = Bits::new(catalog.kbs().len());
            let beside = catalog.products().filter(|product| {
                product.component().is_some_and(|component| {
                    matches!(
                        component,
                        Component::DotNetFramework
                            | Component::SqlServer
                            | Component::Exchange
                            | Component::SharePoint
                            | Component::Office
                    )
                })
            });
            for kb in beside.flat_map(|product| product.fixes().filter_map(|fix| fix.kb_ix())) {
                known.insert(kb.position());
            }
            known
        });
        known.contains(kb.position())
    }
}

impl BesideKey {
    pub(crate) fn of(case: &Case<'_>, assessor: &Assessor) -> Self {
        let (machine, catalog) = (case.machine, assessor.catalog());
        let listed = machine.kbs.iter().filter_map(|&kb| catalog.kb_ix(kb));
        Self {
            sql_server: machine.sql_server.clone(),
            exchange: machine.exchange,
            sharepoint: machine.sharepoint,
            office: machine.office.clone(),
            dot_net: DotNetKey::of(case),
            architecture: machine.architecture,
            listed: listed
                .filter(|&kb| assessor.beside_kbs().has(kb, catalog))
                .collect(),
        }
    }
}

impl Beside {
    pub(crate) fn of(key: &BesideKey, case: &Case<'_>, assessor: &Assessor) -> Self {
        let mut beside = Self::default();
        let mut decided = BTreeSet::new();
        let servers = key.sql_server.iter().map(|server| {
            let sql_servers = assessor.sql_servers();
            sql_servers.judge(server, key.architecture, &key.listed, assessor)
        });
        beside.judged(SQL_SERVER, servers, &mut decided, assessor);
        let exchange = key.exchange.map(|server| {
            let exchanges = assessor.exchanges();
            let applied = exchanges.judge(server, &key.listed, assessor);
            applied.map(|applied| vec![applied])
        });
        beside.judged(EXCHANGE, exchange.into_iter(), &mut decided, assessor);
        let warning = |server| assessor.exchanges().warning(server, assessor.catalog());
        beside.warnings.extend(key.exchange.and_then(warning));
        let sharepoint = key.sharepoint.map(|server| {
            let sharepoints = assessor.sharepoints();
            sharepoints.judge(server, &key.listed, assessor)
        });
        beside.judged(SHAREPOINT, sharepoint.into_iter(), &mut decided, assessor);
        let office = key.office.iter().map(|office| {
            let offices = assessor.offices();
            offices.judge(office, key.architecture, &key.listed, assessor)
        });
        beside.judged(OFFICE, office, &mut decided, assessor);
        if let Some(dot_net) = &key.dot_net {
            let frameworks = &case.windows.frameworks;
            let judged = frameworks.judge(dot_net, &key.listed, case, assessor);
            beside.judged(DOT_NET, judged.into_iter(), &mut decided, assessor);
        }
        beside.concluded(decided, assessor)
    }

    /// Takes what was found about all servers of a software.
    fn judged(
        &mut self,
        software: &str,
        servers: impl Iterator<Item = Result<Vec<Applied>, &'static str>>,
        decided: &mut BTreeSet<SoftwareIx>,
        assessor: &Assessor,
    ) {
        let mut lacking: BTreeSet<&'static str> = BTreeSet::new();
        let mut is_there = false;
        let first = self.applied.len();
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
            let catalog = assessor.catalog();
            let products = self.applied[first..].iter();
            // Applications of Office are software of their own.
            let own = products.filter_map(|applied| catalog.product(applied.product)?.software());
            decided.extend(own.chain(catalog.find_software(software)));
        }
        let entries = lacking.into_iter().map(|lacking| NotAssessed::Software {
            id: software.to_owned(),
            lacking,
        });
        self.not_assessed.extend(entries);
    }

    fn concluded(mut self, mut decided: BTreeSet<SoftwareIx>, assessor: &Assessor) -> Self {
        let catalog = assessor.catalog();
        let mut found = Found::default();
        for applied in &self.applied {
            if let Some(product) = catalog.product(applied.product) {
                found.add(product, applied, assessor);
            }
        }
        decided.retain(|software| !found.undecided_in.contains(software));
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
        let (mut vulnerable, mut weaknesses) = (Vec::new(), Vec::new());
        for (software, cves) in &found.weak {
            let of_software = found.missing.iter();
            let of_software = of_software.filter(|(_, row)| row.software.contains(software));
            let missing = of_software.map(|(kb, row)| OutlinedKb {
                id: row.id,
                superseded: superseded.contains(kb),
            });
            vulnerable.push(OutlinedSoftware {
                software: *software,
                cves: assessor.share_cves(cves.keys().copied().collect()),
                missing: assessor.share_kbs(missing.collect()),
            });
            weaknesses.extend(cves.iter().map(|(&vulnerability, &(_, kb))| Weakness {
                software: *software,
                vulnerability,
                fixing_kb: Some(kb),
            }));
        }
        self.outline = Arc::new(BesideOutline {
            vulnerable: vulnerable.into(),
            weaknesses: weaknesses.into(),
            decided: decided.into_iter().collect(),
        });
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
                alternatives: row.alternatives.into_iter().collect(),
            })
            .collect();
        self
    }
}
