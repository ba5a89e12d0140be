//! The rows that a machine has in each export.

use std::sync::Arc;

use kbgap_fleet::{FleetMachine, Installed};
use kbgap_odata::edm::{Record, StructuredType};
use kbgap_odata::types::export::{ASSET_NON_CPE_SOFTWARE, ASSET_SOFTWARE, ASSET_VULNERABILITY};
use kbgap_store::StoreError;
use tokio::runtime::Handle;

use crate::clock::day_of;
use crate::exports::ExportSnapshot;
use crate::history::{Exposed, History, Since};
use crate::records::support::EndOfSupport;
use crate::records::{ExportedFinding, ExportedOtherSoftware, ExportedSoftware, Findings};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    SoftwareInventory,
    NonCpeSoftwareInventory,
    Vulnerabilities,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [
        Self::SoftwareInventory,
        Self::NonCpeSoftwareInventory,
        Self::Vulnerabilities,
    ];

    pub(super) const fn of(self) -> &'static StructuredType {
        match self {
            Self::SoftwareInventory => &ASSET_SOFTWARE,
            Self::NonCpeSoftwareInventory => &ASSET_NON_CPE_SOFTWARE,
            Self::Vulnerabilities => &ASSET_VULNERABILITY,
        }
    }

    /// Whether a machine has rows of it.
    pub(super) fn has_rows(self, machine: &FleetMachine) -> bool {
        let has = |wanted: fn(&Installed) -> bool| machine.software().iter().any(wanted);
        match self {
            Self::SoftwareInventory => has(|installed| installed.is_known),
            Self::NonCpeSoftwareInventory => has(|installed| !installed.is_known),
            // What is assessed either has vulnerabilities or a row that says that it has none.
            Self::Vulnerabilities => has(|installed| installed.is_known && installed.is_assessed),
        }
    }

    /// The folder of its files (api.md, section 10.1).
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::SoftwareInventory => "SoftwareInventory",
            Self::NonCpeSoftwareInventory => "NonCpeSoftwareInventory",
            Self::Vulnerabilities => "VaExport",
        }
    }
}

/// Machines whose history is read at once: each may have a list of its own, of some ten
/// kilobytes.
const READ: usize = 200;

/// What rows are made with, on a thread where one may wait.
pub(super) struct MachineRows<'s> {
    findings: Findings,
    snapshot: &'s ExportSnapshot,
    history: &'s History,
    runtime: Handle,
    /// The history of some machines, from the one at this position on.
    read: (usize, Vec<Option<Exposed>>),
}

impl<'s> MachineRows<'s> {
    pub(super) fn new(snapshot: &'s ExportSnapshot, history: &'s History) -> Self {
        Self {
            findings: Findings::new(snapshot.fleet.catalog().clone()),
            snapshot,
            history,
            runtime: Handle::current(),
            read: (0, Vec::new()),
        }
    }

    /// Since when the machine at a position has its findings.
    fn since(&mut self, machine: &FleetMachine, position: usize) -> Result<Since, StoreError> {
        let snapshot = self.snapshot;
        if !(self.read.0..self.read.0 + self.read.1.len()).contains(&position) {
            let machines = (position..snapshot.len()).take(READ);
            let machines = machines.filter_map(|position| snapshot.machine(position));
            let ids = machines.map(|machine| machine.id().to_string()).collect();
            let read = self.history.exposed(&snapshot.tenant, ids, snapshot.place);
            self.read = (position, self.runtime.block_on(read)?);
        }
        let exposed = self.read.1.get(position - self.read.0);
        let exposed = exposed.and_then(Option::as_ref);
        Ok(self.history.since(machine, exposed, snapshot.taken_at))
    }
}

/// The rows of one kind.
pub(super) trait RowsOf {
    type Row: Record + Send + 'static;
    const KIND: Kind;

    /// The rows of the machine at a position of the snapshot, in an order that stays.
    fn of(position: usize, with: &mut MachineRows<'_>) -> Result<Vec<Self::Row>, StoreError>;
}

pub(super) struct SoftwareRows;

impl RowsOf for SoftwareRows {
    type Row = ExportedSoftware;
    const KIND: Kind = Kind::SoftwareInventory;

    fn of(at: usize, with: &mut MachineRows<'_>) -> Result<Vec<ExportedSoftware>, StoreError> {
        let machine = &with.snapshot.machine(at);
        let today = day_of(with.snapshot.taken_at);
        let rows = machine.iter().flat_map(|machine| {
            software(machine, true).map(|installed| ExportedSoftware {
                weaknesses: with.findings.count(machine, &installed.id),
                end_of_support: EndOfSupport::of(machine, &installed, today),
                machine: Arc::clone(machine),
                installed,
            })
        });
        Ok(rows.collect())
    }
}

pub(super) struct OtherSoftwareRows;

impl RowsOf for OtherSoftwareRows {
    type Row = ExportedOtherSoftware;
    const KIND: Kind = Kind::NonCpeSoftwareInventory;

    fn of(at: usize, with: &mut MachineRows<'_>) -> Result<Vec<ExportedOtherSoftware>, StoreError> {
        let machine = &with.snapshot.machine(at);
        let rows = machine.iter().flat_map(|machine| {
            software(machine, false).map(|installed| ExportedOtherSoftware {
                machine: Arc::clone(machine),
                installed,
            })
        });
        Ok(rows.collect())
    }
}

pub(super) struct VulnerabilityRows;

impl RowsOf for VulnerabilityRows {
    type Row = ExportedFinding;
    const KIND: Kind = Kind::Vulnerabilities;

    /// The vulnerabilities, then the software that has none: such rows are exported
    /// too (api.md, section 10.4), but not one of which the rules say nothing: it
    /// would read as clean.
    fn of(at: usize, with: &mut MachineRows<'_>) -> Result<Vec<ExportedFinding>, StoreError> {
        let Some(machine) = &with.snapshot.machine(at) else {
            return Ok(Vec::new());
        };
        let since = with.since(machine, at)?;
        let findings = &mut with.findings;
        let mut rows: Vec<ExportedFinding> = findings
            .of(machine)
            .into_iter()
            .map(|finding| ExportedFinding::Vulnerable {
                first_seen: since.of(finding.software(), finding.cve()),
                finding,
            })
            .collect();
        let clean = software(machine, true).filter(|installed| {
            installed.is_assessed && findings.count(machine, &installed.id) == 0
        });
        rows.extend(clean.map(|installed| ExportedFinding::Clean {
            machine: Arc::clone(machine),
            installed,
        }));
        Ok(rows)
    }
}

/// The software that the reviewed tables know, or the other.
fn software(machine: &FleetMachine, is_known: bool) -> impl Iterator<Item = Installed> {
    let software = machine.software().into_iter();
    software.filter(move |installed| installed.is_known == is_known)
}
