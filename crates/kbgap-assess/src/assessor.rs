//! The rules with what can be known before any machine is looked at.

use std::sync::Arc;

use kbgap_catalog::{Catalog, KbId, VulnerabilityIx};

use crate::beside::{Beside, BesideKbs, BesideKey, BesideOutline};
use crate::bits::Bits;
use crate::click_to_run::{self, ClickToRun};
use crate::edge::{self, Edge, EdgeFinding};
use crate::exchange::Exchanges;
use crate::explain;
use crate::findings::Findings;
use crate::memo::Memo;
use crate::office::Offices;
use crate::outline::{self, OutlinedKb, OutlinedSoftware};
use crate::pair::Case;
use crate::platform::{MachinePlatform, PlatformKey};
use crate::sharepoint::SharePoints;
use crate::sql_server::SqlServers;
use crate::supersedence::Supersedence;
use crate::weakness;
use crate::windows::Windows;
use crate::{
    Assessment, Explanation, Outline, Projection, Unassessable, VulnerableSoftware, Weakness,
};

/// How many outlines of what is beside Windows are known at a time. Each is some kilobytes, and
/// since every Windows has .NET Framework a large fleet has one for nearly every state: kept
/// for all, they were more than all else of a million machines. History asks for one
/// soon after the index did.
const BESIDE: usize = 1_024;

/// The rules under one catalogue, for many machines.
///
/// What is the same for all machines of a Windows is compiled when the first of them is
/// assessed, and what was found is found again for machines that differ in nothing that
/// matters to it. Threads may share one assessor. Whoever assesses a single machine may
/// as well call [`assess`](crate::assess).
///
/// ```
/// # use kbgap_assess::{Assessor, Projection};
/// # let catalog = kbgap_catalog::compile(&[])?;
/// # let machines: Vec<Projection> = Vec::new();
/// let assessor = Assessor::new(catalog);
/// for machine in &machines {
///     match assessor.outline(machine) {
///         Ok(outline) => println!("{} lacks updates for {}", outline.os.product, outline.vulnerable.len()),
///         Err(reason) => println!("{reason}"),
///     }
/// }
/// # Ok::<(), kbgap_catalog::SnapshotError>(())
/// ```
pub struct Assessor {
    catalog: Catalog,
    supersedence: Supersedence,
    windows: Memo<PlatformKey, Result<Arc<Windows>, Unassessable>>,
    edge: Edge,
    office: Memo<Vec<(ClickToRun, kbgap_catalog::Version)>, Arc<[VulnerableSoftware]>>,
    sql_servers: SqlServers,
    exchanges: Exchanges,
    sharepoints: SharePoints,
    offices: Offices,
    beside_kbs: BesideKbs,
    beside: Memo<BesideKey, Arc<BesideOutline>>,
    cves: Memo<Arc<[VulnerabilityIx]>, Arc<[VulnerabilityIx]>>,
    kbs: Memo<Arc<[OutlinedKb]>, Arc<[OutlinedKb]>>,
}

impl Assessor {
    /// The rules under a catalogue. Costs little until a machine is assessed.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self {
            supersedence: Supersedence::new(&catalog),
            windows: Memo::new(),
            edge: Edge::new(),
            office: Memo::new(),
            sql_servers: SqlServers::new(),
            exchanges: Exchanges::new(),
            sharepoints: SharePoints::new(),
            offices: Offices::new(),
            beside_kbs: BesideKbs::new(),
            beside: Memo::of_at_most(BESIDE),
            cves: Memo::new(),
            kbs: Memo::new(),
            catalog,
        }
    }

    /// The catalogue.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Assesses a machine in full.
    #[must_use]
    pub fn assess(&self, machine: &Projection) -> Assessment {
        match Case::of(machine, self) {
            Err(reason) => Assessment::NotAssessed(reason),
            Ok(case) => {
                let open = case.open();
                // In full, of which the outline is a part.
                self.beside(&case);
                let vulnerable = self.vulnerable(&case, &open);
                let vulnerable = vulnerable.iter().map(OutlinedSoftware::vulnerable);
                let findings = Findings::of(&case, &open);
                Assessment::Assessed(findings.conclude(vulnerable.collect(), &case, self))
            }
        }
    }

    /// Assesses a machine as far as an index of a fleet needs it.
    ///
    /// # Errors
    /// [`Unassessable`] where it cannot be, which is not the same as missing nothing.
    pub fn outline(&self, machine: &Projection) -> Result<Outline, Unassessable> {
        let case = Case::of(machine, self)?;
        let open = case.open();
        Ok(Outline {
            os: case.os(),
            software: Arc::clone(&case.windows.software),
            vulnerable: self.vulnerable(&case, &open),
            decided: Arc::clone(&self.beside_outline(&case).decided),
            by_version: edge::decided(machine, self),
        })
    }

    /// Every CVE to which a machine is vulnerable, with a KB that fixes it, by software
    /// and CVE; empty where it cannot be assessed.
    #[must_use]
    pub fn weaknesses(&self, machine: &Projection) -> Vec<Weakness> {
        Case::of(machine, self).map_or_else(|_| Vec::new(), |case| weakness::of(&case, self))
    }

    /// Explains one KB; `None` where the catalogue does not know it.
    ///
    /// # Errors
    /// [`Unassessable`] where the machine cannot be assessed at all.
    pub fn explain(
        &self,
        machine: &Projection,
        kb: KbId,
    ) -> Result<Option<Explanation>, Unassessable> {
        let case = Case::of(machine, self)?;
        Ok(explain::of(&case, kb, self))
    }

    /// What KBs and what versions decide, put together.
    fn vulnerable(&self, case: &Case<'_>, open: &Bits) -> Arc<[OutlinedSoftware]> {
        let by_kb = outline::of_windows(case, open, self);
        let edge = self.edge(case.machine);
        let edge = edge.iter().flat_map(|edge| edge.vulnerable.iter());
        let office = self.office(case.machine);
        let by_version = edge.chain(office.iter()).map(OutlinedSoftware::by_version);
        let beside = self.beside_outline(case);
        let beside = beside.vulnerable.iter();
        let beside = beside.map(|found| found.as_with(&by_kb, self));
        let mut more = by_version.chain(beside).peekable();
        if more.peek().is_none() {
            return by_kb;
        }
        let mut all = by_kb.to_vec();
        for found in more {
            match all.binary_search_by_key(&found.software, |known| known.software) {
                Ok(place) => all[place].add(&found),
                Err(place) => all.insert(place, found),
            }
        }
        all.into()
    }

    /// What the version of Edge tells, where one is known.
    pub(crate) fn edge(&self, machine: &Projection) -> Option<Arc<EdgeFinding>> {
        let installed = machine.edge_version?;
        Some(self.edge.finding(installed, self))
    }

    /// What the builds of Office by Click-to-Run tell.
    pub(crate) fn office(&self, machine: &Projection) -> Arc<[VulnerableSoftware]> {
        let find = || click_to_run::vulnerable(&machine.click_to_run, self);
        self.office.get_or(machine.click_to_run.clone(), find)
    }

    /// What KBs fix beside Windows, with all that explains it.
    pub(crate) fn beside<'c>(&self, case: &'c Case<'_>) -> &'c Beside {
        let find = || Beside::of(&BesideKey::of(case, self), case, self);
        case.beside.get_or_init(find)
    }

    /// The same as far as an index of a fleet needs it.
    pub(crate) fn beside_outline<'c>(&self, case: &'c Case<'_>) -> &'c Arc<BesideOutline> {
        case.beside_outline.get_or_init(|| match case.beside.get() {
            Some(beside) => Arc::clone(&beside.outline),
            None => self.beside.get_or_of(BesideKey::of(case, self), |key| {
                Beside::of(key, case, self).outline
            }),
        })
    }

    pub(crate) const fn beside_kbs(&self) -> &BesideKbs {
        &self.beside_kbs
    }

    pub(crate) const fn sql_servers(&self) -> &SqlServers {
        &self.sql_servers
    }

    pub(crate) const fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    pub(crate) const fn sharepoints(&self) -> &SharePoints {
        &self.sharepoints
    }

    pub(crate) const fn offices(&self) -> &Offices {
        &self.offices
    }

    pub(crate) const fn supersedence(&self) -> &Supersedence {
        &self.supersedence
    }

    pub(crate) fn windows(&self, machine: &Projection) -> Result<Arc<Windows>, Unassessable> {
        let key = PlatformKey::of(machine)?;
        self.windows.get_or(key, || {
            let platform = MachinePlatform::of(key, &self.catalog)?;
            Ok(Arc::new(Windows::of(&platform, &self.catalog)))
        })
    }

    /// The list that is equal to this one and known already.
    pub(crate) fn share_cves(&self, cves: Arc<[VulnerabilityIx]>) -> Arc<[VulnerabilityIx]> {
        self.cves.get_or(Arc::clone(&cves), || cves)
    }

    pub(crate) fn share_kbs(&self, kbs: Arc<[OutlinedKb]>) -> Arc<[OutlinedKb]> {
        self.kbs.get_or(Arc::clone(&kbs), || kbs)
    }
}

impl std::fmt::Debug for Assessor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assessor")
            .field("catalog", &self.catalog)
            .finish_non_exhaustive()
    }
}
