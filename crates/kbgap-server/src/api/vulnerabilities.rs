//! `/api/vulnerabilities` (api.md, section 7).

use std::sync::Arc;

use kbgap_catalog::VulnerabilityIx;
use kbgap_fleet::{Fleet, FleetMachine};
use kbgap_odata::types::vulnerability::{ASSET_VULNERABILITY_REFERENCE, VULNERABILITY};
use kbgap_odata::{Listing, Page, Value};

use super::parts;
use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, PAGE, VULNERABILITY_PAGE, listing};
use crate::records::{
    FindingRecord, Findings, VulnerabilityRecord, all_cves, cves_that_may_pass, find_cve, find_cves,
};
use crate::route::Answered;

/// `GET /api/vulnerabilities`: every CVE of the feed, whether or not a machine has it.
pub(crate) fn list(call: &Call) -> Answered {
    let listing = listing(call, &VULNERABILITY, VULNERABILITY_PAGE)?;
    let page = call.fleet(|fleet| {
        let catalog = fleet.catalog();
        let summary = fleet.summary(call.now());
        let ids = listing.filter.as_ref().and_then(|f| f.values_of("id"));
        let cves: Vec<VulnerabilityIx> = match ids {
            Some(ids) => find_cves(catalog, &ids),
            None => all_cves(catalog).collect(),
        };
        listing.page(VulnerabilityRecord::all_of(&cves, &summary))
    });
    list::answer(call, listing, "Vulnerabilities", page, None)
}

/// `GET /api/vulnerabilities/{id}`.
pub(crate) fn by_id(call: &Call) -> Answered {
    let record = call.fleet(|fleet| {
        Ok::<_, Failure>(VulnerabilityRecord {
            ix: find(call, fleet)?,
            summary: fleet.summary(call.now()),
        })
    })?;
    let context = "Vulnerabilities/$entity";
    list::one(call, &VULNERABILITY, context, &record, &[], |_| Value::Null)
}

/// `GET /api/vulnerabilities/{id}/machineReferences`: the machines that have it.
pub(crate) fn machine_references(call: &Call) -> Answered {
    parts::machine_references(call, |fleet| {
        let cve = find(call, fleet)?;
        let exposed = fleet.machines_exposed_to(&[cve], call.now());
        Ok(fleet.machines_of(&exposed))
    })
}

/// `GET /api/vulnerabilities/machinesVulnerabilities`: one row for each machine,
/// software and CVE, over the machines seen in the last 30 days.
pub(crate) fn machines_vulnerabilities(call: &Call) -> Answered {
    let listing = listing(call, &ASSET_VULNERABILITY_REFERENCE, PAGE)?;
    let (listing, page) = call.fleet(|fleet| findings(fleet, listing, call.now()));
    let fragment = ASSET_VULNERABILITY_REFERENCE.collection();
    list::answer(call, listing, &fragment, page, None)
}

fn findings(fleet: &Fleet, mut listing: Listing, now: i64) -> (Listing, Page<FindingRecord>) {
    let filter = listing.filter.as_ref();
    let cves = filter.and_then(|filter| cves_that_may_pass(fleet.catalog(), filter));
    let mut machines = candidates(fleet, cves.as_deref(), &listing, now);
    // Whole machines are skipped by their numbers: the rules do not run for them.
    let first = machines.find(|machine| !listing.skip_unseen(machine.weakness_count()));
    let mut findings = Findings::new(fleet.catalog().clone()).only(cves);
    let records = first
        .into_iter()
        .chain(machines)
        .flat_map(|machine| findings.of(&machine));
    let page = listing.page(records);
    (listing, page)
}

/// So few machines are sorted in less time than all are walked through.
const FEW: u64 = 4_096;

/// The machines of which some rows can pass, by id; `cves` are those that are asked for,
/// where not all are.
fn candidates<'f>(
    fleet: &'f Fleet,
    cves: Option<&[VulnerabilityIx]>,
    listing: &Listing,
    now: i64,
) -> Box<dyn Iterator<Item = Arc<FleetMachine>> + 'f> {
    let filter = listing.filter.as_ref();
    if let Some(ids) = filter.and_then(|f| f.values_of("machineId")) {
        let mut machines = fleet.machines_with_ids(&ids);
        machines.retain(|machine| machine.is_active(now));
        return Box::new(machines.into_iter());
    }
    // The key of a row begins with that of its machine.
    let after = listing
        .begins_after()
        .and_then(|key| key.split("-_-").next());
    if let Some(cves) = cves {
        let exposed = fleet.machines_exposed_to(cves, now);
        return if exposed.len() < FEW {
            Box::new(fleet.machines_of(&exposed).into_iter())
        } else {
            Box::new(fleet.machines_among(exposed, after))
        };
    }
    let machines = fleet.machines_from(after);
    Box::new(machines.filter(move |machine| machine.is_active(now)))
}

fn find(call: &Call, fleet: &Fleet) -> Result<VulnerabilityIx, Failure> {
    let cve = find_cve(fleet.catalog(), call.key(0));
    cve.ok_or_else(|| Failure::not_found("Vulnerability", call.key(0)))
}
