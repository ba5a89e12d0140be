//! `/api/recommendations` (api.md, section 8).

use kbgap_catalog::{KbId, SoftwareId};
use kbgap_fleet::{Fleet, View};
use kbgap_odata::types::recommendation::RECOMMENDATION;
use kbgap_odata::types::software::ANALYTICS_PRODUCT;

use super::parts;
use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, PAGE, listing};
use crate::records::{RecommendationRecord, SoftwareRecord};
use crate::route::Answered;

/// `GET /api/recommendations`.
pub(crate) fn list(call: &Call) -> Answered {
    let listing = listing(call, &RECOMMENDATION, PAGE)?;
    let page = call.fleet(|fleet| {
        let summary = fleet.summary(call.now());
        let records = summary.vulnerable_software();
        listing.page(records.filter_map(|software| record(fleet, software, call.now())))
    });
    let expand = RecommendationRecord::expand;
    list::answer(call, listing, "Recommendations", page, Some(expand))
}

/// `GET /api/recommendations/{id}`.
pub(crate) fn by_id(call: &Call) -> Answered {
    let record = call.fleet(|fleet| find(call, fleet))?;
    let fragment = "Recommendations/$entity";
    list::one(call, &RECOMMENDATION, fragment, &record, &[], |e| {
        record.expand(e)
    })
}

/// `GET /api/recommendations/{id}/software`: one object, though the documentation
/// calls it a list.
pub(crate) fn software(call: &Call) -> Answered {
    let record = call.fleet(|fleet| {
        let found = find(call, fleet)?;
        let summary = fleet.summary(call.now());
        let id = found.software().clone();
        Ok::<_, Failure>(SoftwareRecord::new(id, found.summary, &summary))
    })?;
    let fragment = ANALYTICS_PRODUCT.full_name();
    list::one(call, &ANALYTICS_PRODUCT, &fragment, &record, &[], |e| {
        record.expand(e)
    })
}

/// `GET /api/recommendations/{id}/machineReferences`: the machines that need it.
pub(crate) fn machine_references(call: &Call) -> Answered {
    parts::machine_references(call, |fleet| {
        let found = find(call, fleet)?;
        let exposed = parts::exposed_in(fleet, found.software(), call.now());
        Ok(fleet.machines_of(&exposed))
    })
}

/// `GET /api/recommendations/{id}/vulnerabilities`: the CVEs behind it.
pub(crate) fn vulnerabilities(call: &Call) -> Answered {
    parts::vulnerabilities(call, |fleet, _| Ok(find(call, fleet)?.summary.cves))
}

/// A recommendation is there as long as a machine needs it.
fn find(call: &Call, fleet: &Fleet) -> Result<RecommendationRecord, Failure> {
    RecommendationRecord::software_of(call.key(0))
        .and_then(|software| record(fleet, &software, call.now()))
        .ok_or_else(|| Failure::not_found("Recommendation", call.key(0)))
}

pub(super) fn record(
    fleet: &Fleet,
    software: &SoftwareId,
    now: i64,
) -> Option<RecommendationRecord> {
    let ix = fleet.catalog().find_software(software.as_str())?;
    let rows = fleet.missing_kbs_of_software(ix, now, View::Effective);
    let kbs: Vec<KbId> = rows.into_iter().map(|row| row.id).collect();
    RecommendationRecord::new(software, &fleet.summary(now), &kbs)
}
