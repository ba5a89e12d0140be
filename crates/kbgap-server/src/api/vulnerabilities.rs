//! `/api/vulnerabilities` (api.md, section 7).

use std::sync::Arc;

use kbgap_catalog::VulnerabilityIx;
use kbgap_fleet::{Fleet, FleetMachine};
use kbgap_odata::types::vulnerability::{ASSET_VULNERABILITY_REFERENCE, VULNERABILITY};
use kbgap_odata::{Filter, Listing, Page, Value};

use super::parts;
use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, PAGE, VULNERABILITY_PAGE, listing};
use crate::records::{FindingRecord, Findings, VulnerabilityRecord, all_cves};
use crate::route::Answered;

/// `GET /api/vulnerabilities`: every CVE of the feed, whether or not a machine has it.
pub(crate) fn list(call: &Call) -> Answered {
    let listing = listing(call, &VULNERABILITY, VULNERABILITY_PAGE)?;
    let page = call.fleet(|fleet| {
        let catalog = fleet.catalog();
        let summary = fleet.summary(call.now());
        let ids = listing.filter.as_ref().and_then(|f| f.values_of("id"));
        let cves: Vec<VulnerabilityIx> = match ids {
            Some(ids) => {
                let found = ids.iter().filter_map(|id| find_cve(fleet, id));
                let sorted: std::collections::BTreeSet<VulnerabilityIx> = found.collect();
                sorted.into_iter().collect()
            }
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
    let mut machines = candidates(fleet, listing.filter.as_ref(), &listing, now);
    // Whole machines are skipped by their numbers: the rules do not run for them.
    let first = machines.find(|machine| !listing.skip_unseen(machine.weakness_count()));
    let mut findings = Findings::new(fleet.catalog().clone());
    let records = first
        .into_iter()
        .chain(machines)
        .flat_map(|machine| findings.of(&machine));
    let page = listing.page(records);
    (listing, page)
}

/// The machines of which some rows can pass, by id.
fn candidates<'f>(
    fleet: &'f Fleet,
    filter: Option<&Filter>,
    listing: &Listing,
    now: i64,
) -> Box<dyn Iterator<Item = Arc<FleetMachine>> + 'f> {
    if let Some(ids) = filter.and_then(|f| f.values_of("machineId")) {
        let mut machines = fleet.machines_with_ids(&ids);
        machines.retain(|machine| machine.is_active(now));
        return Box::new(machines.into_iter());
    }
    if let Some(cves) = filter.and_then(|f| f.values_of("cveId")) {
        let cves = cves.iter().filter_map(|cve| find_cve(fleet, cve));
        let cves: Vec<VulnerabilityIx> = cves.collect();
        let machines = fleet.machines_of(&fleet.machines_exposed_to(&cves, now));
        return Box::new(machines.into_iter());
    }
    // The key of a row begins with that of its machine.
    let after = listing
        .begins_after()
        .and_then(|key| key.split("-_-").next());
    let machines = fleet.machines_from(after);
    Box::new(machines.filter(move |machine| machine.is_active(now)))
}

fn find(call: &Call, fleet: &Fleet) -> Result<VulnerabilityIx, Failure> {
    find_cve(fleet, call.key(0)).ok_or_else(|| Failure::not_found("Vulnerability", call.key(0)))
}

fn find_cve(fleet: &Fleet, id: &str) -> Option<VulnerabilityIx> {
    let id = id.trim().to_uppercase();
    let ix = fleet.catalog().find_vulnerability(&id)?;
    let is_cve = |ix| {
        fleet
            .catalog()
            .vulnerability(ix)
            .is_some_and(|v| !v.is_advisory())
    };
    is_cve(ix).then_some(ix)
}
