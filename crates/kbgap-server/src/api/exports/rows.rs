//! The rows that a machine has in each export.

use std::sync::Arc;

use kbgap_fleet::{FleetMachine, Installed};
use kbgap_odata::edm::{Record, StructuredType};
use kbgap_odata::types::export::{ASSET_NON_CPE_SOFTWARE, ASSET_SOFTWARE, ASSET_VULNERABILITY};

use crate::exports::{ExportSnapshot, ExportedMachine};
use crate::history::History;
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

/// What rows are made with.
pub(super) struct MachineRows<'s> {
    findings: Findings,
    history: &'s History,
    now: i64,
}

impl<'s> MachineRows<'s> {
    pub(super) fn new(snapshot: &ExportSnapshot, history: &'s History) -> Self {
        Self {
            findings: Findings::new(snapshot.catalog.clone()),
            history,
            now: snapshot.taken_at,
        }
    }
}

/// The rows of one kind.
pub(super) trait RowsOf {
    type Row: Record + Send + 'static;
    const KIND: Kind;

    /// The rows of a machine, in an order that stays.
    fn of(exported: &ExportedMachine, with: &mut MachineRows<'_>) -> Vec<Self::Row>;
}

pub(super) struct SoftwareRows;

impl RowsOf for SoftwareRows {
    type Row = ExportedSoftware;
    const KIND: Kind = Kind::SoftwareInventory;

    fn of(exported: &ExportedMachine, with: &mut MachineRows<'_>) -> Vec<ExportedSoftware> {
        let machine = &exported.machine;
        software(machine, true)
            .map(|installed| ExportedSoftware {
                weaknesses: with.findings.count(machine, &installed.id),
                machine: Arc::clone(machine),
                installed,
            })
            .collect()
    }
}

pub(super) struct OtherSoftwareRows;

impl RowsOf for OtherSoftwareRows {
    type Row = ExportedOtherSoftware;
    const KIND: Kind = Kind::NonCpeSoftwareInventory;

    fn of(exported: &ExportedMachine, _: &mut MachineRows<'_>) -> Vec<ExportedOtherSoftware> {
        let machine = &exported.machine;
        software(machine, false)
            .map(|installed| ExportedOtherSoftware {
                machine: Arc::clone(machine),
                installed,
            })
            .collect()
    }
}

pub(super) struct VulnerabilityRows;

impl RowsOf for VulnerabilityRows {
    type Row = ExportedFinding;
    const KIND: Kind = Kind::Vulnerabilities;

    /// The vulnerabilities, then the software that has none: such rows are exported
    /// too (api.md, section 10.4), but not one of which the rules say nothing: it
    /// would read as clean.
    fn of(exported: &ExportedMachine, with: &mut MachineRows<'_>) -> Vec<ExportedFinding> {
        let machine = &exported.machine;
        let since = with
            .history
            .since(machine, exported.exposed.as_deref(), with.now);
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
        rows
    }
}

/// The software that the reviewed tables know, or the other.
fn software(machine: &FleetMachine, is_known: bool) -> impl Iterator<Item = Installed> {
    let software = machine.software().into_iter();
    software.filter(move |installed| installed.is_known == is_known)
}
