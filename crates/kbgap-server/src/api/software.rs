//! `/api/Software` (api.md, section 5).

use std::sync::Arc;

use kbgap_catalog::{SoftwareId, is_mapped_software};
use kbgap_fleet::{Fleet, SoftwareSummary, Summary};
use kbgap_odata::types::software::{DISTRIBUTION, SOFTWARE};
use kbgap_odata::{ApiError, QueryOptions, Value};

use super::parts::Cves;
use super::{missing_kbs, parts};
use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, NOT_ASSESSED, PAGE, WHOLE, listing};
use crate::records::{DistributionRecord, SoftwareRecord};
use crate::route::Answered;

/// `GET /api/Software`: every software that a machine has.
pub(crate) fn list(call: &Call) -> Answered {
    let listing = listing(call, &SOFTWARE, PAGE)?;
    let versions = listing.properties.iter().any(|p| p.name == "distributions");
    let page = call.fleet(|fleet| {
        let summary = fleet.summary(call.now());
        let ids = listing.filter.as_ref().and_then(|f| f.values_of("id"));
        let record = |(id, own): (SoftwareId, SoftwareSummary)| {
            let mut record = SoftwareRecord::new(id, own, &summary);
            if versions {
                record.distributions = fleet.distributions(&record.id, call.now());
            }
            record
        };
        match ids {
            Some(ids) => {
                let found = ids.iter().filter_map(|id| id.parse().ok());
                let sorted: std::collections::BTreeSet<SoftwareId> = found.collect();
                let found = sorted
                    .into_iter()
                    .filter_map(|id| summary.software(&id).map(|own| (id, own)));
                listing.page(found.map(record))
            }
            None => {
                let from = listing.begins_after();
                listing.page(summary.all_software(from).map(record))
            }
        }
    });
    list::answer(
        call,
        listing,
        "Software",
        page,
        Some(SoftwareRecord::expand),
    )
}

/// `GET /api/Software/{id}`.
pub(crate) fn by_id(call: &Call) -> Answered {
    let mut record = call.fleet(|fleet| {
        let id = find(call, fleet)?;
        let summary = fleet.summary(call.now());
        let mut record = record(&id, &summary);
        record.distributions = fleet.distributions(&id, call.now());
        Ok::<_, Failure>(record)
    })?;
    // A software that no machine has, yet which the reviewed tables know.
    record.summary.is_known |= is_mapped_software(&record.id);
    list::one(call, &SOFTWARE, "Software/$entity", &record, &[], |e| {
        record.expand(e)
    })
}

/// `GET /api/Software/{id}/distributions`.
pub(crate) fn distributions(call: &Call) -> Answered {
    let (listing, page) = call.fleet(|fleet| {
        let id = find(call, fleet)?;
        let listing = listing(call, &DISTRIBUTION, WHOLE)?.keyed_by("version");
        let versions = fleet.distributions(&id, call.now());
        let page = listing.page(versions.into_iter().map(DistributionRecord));
        Ok::<_, Failure>((listing, page))
    })?;
    list::answer(call, listing, "Distributions", page, None)
}

/// `GET /api/Software/{id}/machineReferences`: the machines that have it.
pub(crate) fn machine_references(call: &Call) -> Answered {
    parts::machine_references(call, |fleet| {
        let id = find(call, fleet)?;
        Ok(fleet.machines_of(&fleet.machines_with(&id, call.now())))
    })
}

/// `GET /api/Software/{id}/vulnerabilities`: the CVEs to which some machine is
/// vulnerable in it.
pub(crate) fn vulnerabilities(call: &Call) -> Answered {
    parts::vulnerabilities(call, |fleet, summary| {
        let id = find(call, fleet)?;
        let cves = record(&id, summary).summary.cves;
        let not_assessed = match cves[..] {
            [] => not_assessed(fleet, &id, call.now()),
            _ => None,
        };
        Ok(Cves { cves, not_assessed })
    })
}

/// `GET /api/Software/{id}/getmissingkbs`.
///
/// A software that neither the mapping nor any inventory of the tenant knows is
/// not found; one that misses nothing has an empty list.
pub(crate) fn get_missing_kbs(call: &Call) -> Answered {
    let fleet = call.tenant_fleet();
    let id = find(call, &fleet)?;
    let (options, view) = missing_kbs::options(call)?;
    let group = group(&options, &fleet)?;
    let ix = fleet.catalog().find_software(id.as_str());
    let rows = match (ix, group) {
        (None, _) => Vec::new(),
        (Some(ix), None) => fleet.missing_kbs_of_software(ix, call.now(), view),
        (Some(ix), Some(group)) => fleet.missing_kbs_of_software_in(ix, group, call.now(), view),
    };
    let not_assessed = match rows[..] {
        [] => not_assessed(&fleet, &id, call.now()),
        _ => None,
    };
    let not_assessed = not_assessed.map(|reason| (NOT_ASSESSED, Value::owned(reason)));
    let annotations = not_assessed.into_iter().collect();
    let body = missing_kbs::body(call, &options, rows, annotations)?;
    Ok(call.state.prepared.keep(call, &fleet, body))
}

/// The device group that is asked for, by its name or number: an addition of ours.
fn group(options: &QueryOptions, fleet: &Fleet) -> Result<Option<i32>, Failure> {
    let given = |name| {
        let text = options.custom(name)?;
        Ok::<_, ApiError>(text.filter(|text| !text.is_empty()))
    };
    let (name, id) = (given("rbacgroupname")?, given("rbacgroupid")?);
    let found = match (name, id) {
        (None, None) => return Ok(None),
        (Some(name), None) => fleet.groups().find(|(_, known)| *known == name),
        (None, Some(id)) => fleet.groups().find(|(known, _)| known.to_string() == id),
        (Some(name), Some(id)) => {
            let is_same = |&(known, of): &(i32, &str)| of == name && known.to_string() == id;
            fleet.groups().find(is_same)
        }
    };
    let asked = name.or(id).unwrap_or_default();
    let (found, _) = found.ok_or_else(|| Failure::not_found("Device group", asked))?;
    Ok(Some(found))
}

/// Why an empty list of a software does not mean that nothing is missing: no rule
/// decides about it, or not on every machine that has it.
fn not_assessed(fleet: &Fleet, id: &SoftwareId, now: i64) -> Option<String> {
    let (undecided, all) = fleet.undecided_on(id, now);
    (undecided > 0).then(|| format!("not assessed: on {undecided} of {all} machines"))
}

/// The software of the path: 404 where neither the catalogue, nor the reviewed
/// tables, nor any inventory of the tenant knows it.
fn find(call: &Call, fleet: &Fleet) -> Result<SoftwareId, Failure> {
    let text = call.key(0);
    let not_found = || Failure::not_found("Software", text);
    let id: SoftwareId = text.parse().map_err(|_| not_found())?;
    let known = fleet.catalog().find_software(id.as_str()).is_some()
        || is_mapped_software(&id)
        || fleet.has_installed(&id);
    if known { Ok(id) } else { Err(not_found()) }
}

fn record(id: &SoftwareId, summary: &Arc<Summary>) -> SoftwareRecord {
    let own = summary.software(id).unwrap_or_default();
    SoftwareRecord::new(id.clone(), own, summary)
}
