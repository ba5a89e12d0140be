//! Lists to which several resources lead: machines, and CVEs. What the path names is
//! looked up before the options are read, so that 404 comes before 400.

use std::sync::Arc;

use kbgap_catalog::{SoftwareId, VulnerabilityIx};
use kbgap_fleet::{Fleet, FleetMachine, Summary};
use kbgap_odata::types::machine::MACHINE_REFERENCE;
use kbgap_odata::types::vulnerability::ANALYTICS_VULNERABILITY;
use roaring::RoaringBitmap;

use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, WHOLE, listing};
use crate::records::{ReferenceRecord, VulnerabilityRecord};
use crate::route::Answered;

/// References to machines, which `find` gives by id.
pub(super) fn machine_references(
    call: &Call,
    find: impl FnOnce(&Fleet) -> Result<Vec<Arc<FleetMachine>>, Failure>,
) -> Answered {
    let (listing, page) = call.fleet(|fleet| {
        let machines = find(fleet)?;
        let listing = listing(call, &MACHINE_REFERENCE, WHOLE)?;
        let page = listing.page(machines.into_iter().map(ReferenceRecord));
        Ok::<_, Failure>((listing, page))
    })?;
    list::answer(call, listing, "MachineReferences", page, None)
}

/// The machines that are vulnerable in a software.
pub(super) fn exposed_in(fleet: &Fleet, software: &SoftwareId, now: i64) -> RoaringBitmap {
    let ix = fleet.catalog().find_software(software.as_str());
    ix.map_or_else(RoaringBitmap::new, |ix| fleet.machines_exposed_in(ix, now))
}

/// CVEs, and why they may not be all: that a machine could not be assessed.
pub(super) struct Cves {
    /// In order.
    pub(super) cves: Vec<VulnerabilityIx>,
    pub(super) not_assessed: Option<String>,
}

impl From<Vec<VulnerabilityIx>> for Cves {
    fn from(cves: Vec<VulnerabilityIx>) -> Self {
        Self {
            cves,
            not_assessed: None,
        }
    }
}

/// Vulnerabilities, with the numbers of the whole fleet.
pub(super) fn vulnerabilities<C: Into<Cves>>(
    call: &Call,
    find: impl FnOnce(&Fleet, &Arc<Summary>) -> Result<C, Failure>,
) -> Answered {
    let (listing, page, not_assessed) = call.fleet(|fleet| {
        let summary = fleet.summary(call.now());
        let Cves { cves, not_assessed } = find(fleet, &summary)?.into();
        let listing = listing(call, &ANALYTICS_VULNERABILITY, WHOLE)?;
        let page = listing.page(VulnerabilityRecord::all_of(&cves, &summary));
        Ok::<_, Failure>((listing, page, not_assessed))
    })?;
    let fragment = ANALYTICS_VULNERABILITY.collection();
    list::annotated(call, listing, &fragment, page, None, not_assessed)
}
