//! `/api/exposureScore` (api.md, section 9; docs/scoring.md).

use kbgap_odata::Value;
use kbgap_odata::types::score::CONFIGURATION_SCORE;

use crate::call::Call;
use crate::list::{self, WHOLE, listing};
use crate::records::ScoreRecord;
use crate::route::Answered;

/// `GET /api/exposureScore`.
pub(crate) fn exposure_score(call: &Call) -> Answered {
    let now = call.now();
    let record = ScoreRecord {
        time: now,
        score: call.fleet(|fleet| fleet.summary(now).score),
        group: None,
    };
    let (fragment, hidden) = ("ExposureScore/$entity", &["rbacGroupName"]);
    list::one(
        call,
        &CONFIGURATION_SCORE,
        fragment,
        &record,
        hidden,
        |_| Value::Null,
    )
}

/// `GET /api/exposureScore/ByMachineGroups`.
pub(crate) fn by_machine_groups(call: &Call) -> Answered {
    let now = call.now();
    let listing = listing(call, &CONFIGURATION_SCORE, WHOLE)?.keyed_by("rbacGroupName");
    let mut groups = call.fleet(|fleet| fleet.summary(now).groups.clone());
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    let records = groups.into_iter().map(|group| ScoreRecord {
        time: now,
        score: group.score,
        group: Some((group.id, group.name)),
    });
    let page = listing.page(records);
    list::answer(call, listing, "ExposureScore", page, None)
}
