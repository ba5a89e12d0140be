//! `/api/machines` (api.md, section 6).

mod edit;
mod find;
mod support;

use std::sync::Arc;

use axum::http::StatusCode;
use kbgap_catalog::SoftwareId;
use kbgap_fleet::{Fleet, FleetMachine};
use kbgap_odata::types::machine::MACHINE;
use kbgap_odata::types::recommendation::RECOMMENDATION;
use kbgap_odata::types::software::SOFTWARE;
use kbgap_odata::{ErrorCode, Listing, Page, Value};

pub(crate) use edit::{set_device_value, tag_many, tag_one};
pub(crate) use find::{by_ip, by_tag};

use super::parts::Cves;
use super::{missing_kbs, parts};
use crate::call::Call;
use crate::clock::day_of;
use crate::http::{Failure, json};
use crate::list::{self, PAGE, WHOLE, listing};
use crate::records::MachineRecord;
use crate::route::Answered;

/// `GET /api/machines`. A tenant without any machine is answered 404, as the original
/// does; a filter that none passes, an empty list (api.md, sections 3.3 and 13).
pub(crate) fn list(call: &Call) -> Answered {
    let listing = listing(call, &MACHINE, PAGE)?;
    let wanted = support::wanted(call)?;
    let today = day_of(call.now());
    let page = call.fleet(|fleet| {
        if fleet.is_empty() {
            let message = "No machine has reported to this tenant yet.";
            return Err(Failure::new(ErrorCode::NotFound, message));
        }
        let mut machines = candidates(fleet, &listing);
        if let Some(wanted) = &wanted {
            machines = Box::new(machines.filter(|machine| wanted.have(machine, today)));
        }
        Ok(page(call, fleet, &listing, machines))
    })?;
    list::answer(call, listing, "Machines", page, Some(MachineRecord::expand))
}

/// The machines that can pass, by id: from an index where the filter names one.
fn candidates<'f>(
    fleet: &'f Fleet,
    listing: &'f Listing,
) -> Box<dyn Iterator<Item = Arc<FleetMachine>> + 'f> {
    if let Some(filter) = &listing.filter {
        if let Some(ids) = filter.values_of("id") {
            return Box::new(fleet.machines_with_ids(&ids).into_iter());
        }
        if let Some(names) = filter.values_of("computerDnsName") {
            let mut found: Vec<_> = names.iter().flat_map(|name| fleet.named(name)).collect();
            found.sort_unstable_by(|a, b| a.id().cmp(b.id()));
            found.dedup_by(|a, b| a.id() == b.id());
            return Box::new(found.into_iter());
        }
        if let Some(time) = filter.earliest("lastSeen") {
            return Box::new(fleet.machines_seen_since(time.as_ms()).into_iter());
        }
    }
    Box::new(fleet.machines_from(listing.begins_after()))
}

fn page(
    call: &Call,
    fleet: &Fleet,
    listing: &Listing,
    machines: impl Iterator<Item = Arc<FleetMachine>>,
) -> Page<MachineRecord> {
    let now = call.now();
    let summary = (!listing.expansions.is_empty()).then(|| fleet.summary(now));
    listing.page(machines.map(|machine| MachineRecord {
        machine,
        now,
        summary: summary.clone(),
    }))
}

/// `GET /api/machines/{id or name}`.
pub(crate) fn by_id(call: &Call) -> Answered {
    let record = call.fleet(|fleet| record(call, fleet, call.key(0)))?;
    one(call, &record)
}

fn record(call: &Call, fleet: &Fleet, id: &str) -> Result<MachineRecord, Failure> {
    Ok(MachineRecord {
        machine: find_machine(fleet, id)?,
        now: call.now(),
        summary: Some(fleet.summary(call.now())),
    })
}

/// Other entities have `Set/$entity` as their context; a machine has not (section 6.3).
fn one(call: &Call, record: &MachineRecord) -> Answered {
    let support = support::annotation(&record.machine, call.now());
    let support = support.map(|support| (support::SUPPORT, support));
    let answer = (&MACHINE, "Machine");
    list::one_annotated(call, answer, record, &[], |e| record.expand(e), support)
}

/// `GET /api/machines/{id or name}/software`: with the numbers of the whole fleet.
pub(crate) fn software(call: &Call) -> Answered {
    let (listing, page, not_assessed) = call.fleet(|fleet| {
        let record = record(call, fleet, call.key(0))?;
        let listing = listing(call, &SOFTWARE, WHOLE)?;
        let page = listing.page(record.software(&fleet.summary(call.now())).into_iter());
        Ok::<_, Failure>((listing, page, record.machine.not_assessed()))
    })?;
    let expand = crate::records::SoftwareRecord::expand;
    list::annotated(call, listing, "Software", page, Some(expand), not_assessed)
}

/// `GET /api/machines/{id or name}/vulnerabilities`.
pub(crate) fn vulnerabilities(call: &Call) -> Answered {
    parts::vulnerabilities(call, |fleet, _| {
        let machine = find_machine(fleet, call.key(0))?;
        let cves = machine.cves();
        Ok(Cves {
            not_assessed: not_assessed(&machine, cves.is_empty()),
            cves,
        })
    })
}

/// `GET /api/machines/{id or name}/recommendations`.
pub(crate) fn recommendations(call: &Call) -> Answered {
    let (listing, page, not_assessed) = call.fleet(|fleet| {
        let record = record(call, fleet, call.key(0))?;
        let listing = listing(call, &RECOMMENDATION, WHOLE)?;
        let all = record.recommendations(&fleet.summary(call.now()));
        let not_assessed = not_assessed(&record.machine, all.is_empty());
        let page = listing.page(all.into_iter());
        Ok::<_, Failure>((listing, page, not_assessed))
    })?;
    let expand = crate::records::RecommendationRecord::expand;
    list::annotated(
        call,
        listing,
        "Recommendations",
        page,
        Some(expand),
        not_assessed,
    )
}

/// `GET /api/machines/{id or name}/getmissingkbs` (api.md, section 6.4).
///
/// A machine that could not be assessed has an empty list with an annotation that
/// says so, since an empty list alone would read as clean.
pub(crate) fn get_missing_kbs(call: &Call) -> Answered {
    let (options, rows, annotations) = call.fleet(|fleet| {
        let machine = find_machine(fleet, call.key(0))?;
        let (options, view) = missing_kbs::options(call)?;
        let rows = fleet.missing_kbs_of_machine(&machine, view).rows;
        let not_assessed = not_assessed(&machine, rows.is_empty());
        let not_assessed = not_assessed.map(|reason| (list::NOT_ASSESSED, Value::owned(reason)));
        let flag = support::flag(&machine, call.now());
        let flag = flag.map(|support| (support::SUPPORT, support));
        let annotations = not_assessed.into_iter().chain(flag).collect();
        Ok::<_, Failure>((options, rows, annotations))
    })?;
    let body = missing_kbs::body(call, &options, rows, annotations)?;
    Ok(json(StatusCode::OK, body))
}

/// Why a list of a machine's is not all there is to know: nothing of it could be
/// assessed or, where the list is empty, some of its software could not.
fn not_assessed(machine: &FleetMachine, is_empty: bool) -> Option<String> {
    machine.not_assessed().or_else(|| {
        let undecided = machine.undecided();
        let software: Vec<&str> = undecided.iter().map(SoftwareId::as_str).collect();
        let says = is_empty && !software.is_empty();
        says.then(|| format!("not assessed: {}", software.join(", ")))
    })
}

fn find_machine(fleet: &Fleet, id: &str) -> Result<Arc<FleetMachine>, Failure> {
    fleet
        .find(id)
        .ok_or_else(|| Failure::not_found("Machine", id))
}
