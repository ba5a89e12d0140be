//! `GET /api/machines/SoftwareVulnerabilityChangesByMachine` (api.md, section 10.5):
//! what became of vulnerabilities since a time.
//!
//! Rows come from the store in the order in which they were recorded. The first page
//! notes the last of them, and links lead to that one: what is recorded meanwhile is for
//! the next time. So a link needs no snapshot and survives a restart.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_fleet::FleetMachine;
use kbgap_odata::types::export::DELTA_ASSET_VULNERABILITY;
use kbgap_odata::{ErrorCode, QueryOptions, Time};
use kbgap_store::{ExposureChange, SetHash};
use serde::{Deserialize, Serialize};

use super::{ALLOWED, invalid, page_size, place, token, write};
use crate::call::Call;
use crate::history::change::{Change, Status, changes};
use crate::history::set::FindingSet;
use crate::history::{ASKABLE_MS, FirstSeen, PERIOD_MS};
use crate::http::Failure;
use crate::records::{ChangeEvent, ChangeRecord, Group};
use crate::route::{Answered, Answering};

/// Changes of machines that are read at once, at most; each has up to some thousand rows.
const READ: usize = 100;
/// How far the clocks of clients may be off, in milliseconds: a time of just 14 days
/// ago is older than that when it arrives.
const CLOCKS_MS: i64 = 60 * 1_000;

/// Where a page has ended.
#[derive(Clone, Serialize, Deserialize)]
struct Place {
    /// The beginning of the window, in milliseconds since 1970.
    #[serde(rename = "f")]
    from: i64,
    /// The last change to tell.
    #[serde(rename = "u")]
    until: u64,
    /// The change to go on with.
    #[serde(rename = "c")]
    change: u64,
    /// How many of its rows were given.
    #[serde(rename = "r")]
    row: usize,
}

pub(crate) fn vulnerability_changes(call: &Call) -> Answering<'_> {
    Box::pin(page(call))
}

async fn page(call: &Call) -> Answered {
    let options = QueryOptions::parse(call.query(), ALLOWED)?;
    let size = page_size(&options)?;
    let (place, since) = begin(call, &options).await?;
    let limit = options.top.unwrap_or(size);
    let mut records = Vec::new();
    let next = match place {
        Some(place) => fill(call, place, limit, &mut records).await?,
        None => None,
    };
    // With `$top` there is no next link (api.md, section 10.1).
    let next = next.filter(|_| options.top.is_none()).map(|place| {
        format!(
            "{}{}?pagesize={size}&sincetime={}&$skiptoken={}",
            call.base_url(),
            call.parts.uri.path(),
            since.to_string().replace(':', "%3A"),
            token(&place),
        )
    });
    write(call, &DELTA_ASSET_VULNERABILITY, records, next)
}

/// Where to begin, unless there is nothing to tell, and the time that was asked for.
async fn begin(call: &Call, options: &QueryOptions) -> Result<(Option<Place>, Time), Failure> {
    let since = since_time(call, options)?;
    if let Some(token) = &options.skip_token {
        let place: Place = place(token)?;
        if place.from < call.now().saturating_sub(ASKABLE_MS + 2 * PERIOD_MS) {
            return Err(invalid(
                "The changes of this link are no longer kept. Begin again without '$skiptoken'.",
            ));
        }
        return Ok((
            Some(place.clone()),
            since.unwrap_or(Time::from_ms(place.from)),
        ));
    }
    let since = since.ok_or_else(|| {
        Failure::new(
            ErrorCode::MissingRequiredParameter,
            "The required parameter 'sinceTime' is missing.",
        )
    })?;
    let from = since.as_ms() - since.as_ms().rem_euclid(PERIOD_MS);
    let window = call
        .state
        .store
        .exposure_window(&call.claims.tenant, from)
        .await?;
    let place = window.map(|window| Place {
        from,
        until: *window.end(),
        change: *window.start(),
        row: 0,
    });
    Ok((place, since))
}

/// `sinceTime`; of a link it is told for people alone, so that it may grow old meanwhile.
fn since_time(call: &Call, options: &QueryOptions) -> Result<Option<Time>, Failure> {
    let Some(text) = options.custom("sincetime")?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let shown: String = text.chars().take(40).collect();
    let since = Time::parse(text)
        .ok_or_else(|| invalid(&format!("The value '{shown}' of 'sinceTime' is no time.")))?;
    let back = call.now().saturating_sub(since.as_ms());
    if options.skip_token.is_none() {
        if back > ASKABLE_MS + CLOCKS_MS {
            return Err(invalid(&format!(
                "The value '{shown}' of 'sinceTime' is more than 14 days ago."
            )));
        }
        if back < -CLOCKS_MS {
            return Err(invalid(&format!(
                "The value '{shown}' of 'sinceTime' is in the future."
            )));
        }
    }
    Ok(Some(since))
}

/// Fills a page. Gives where the next one begins, unless this is the last.
async fn fill(
    call: &Call,
    mut place: Place,
    limit: usize,
    records: &mut Vec<ChangeRecord>,
) -> Result<Option<Place>, Failure> {
    let (store, tenant) = (&call.state.store, &call.claims.tenant);
    // Of a small page most would be read in vain.
    let at_once = limit.div_ceil(1_000).clamp(4, READ);
    loop {
        let window = place.change..=place.until;
        let read = store
            .exposure_changes(tenant, place.from, window, at_once)
            .await?;
        if read.is_empty() {
            return Ok(None);
        }
        let hashes = read.iter().flat_map(|change| {
            let before = change.before.as_ref().map(|(before, _)| before.set_hash);
            before.into_iter().chain([change.now.set_hash])
        });
        let sets = call.state.history.sets(tenant, hashes).await?;
        let machines: Vec<Option<Arc<FleetMachine>>> = call.fleet(|fleet| {
            let ids = read.iter().map(|change| change.now.machine_id.parse().ok());
            ids.map(|id| fleet.machine(&id?)).collect()
        });
        let is_full = tokio::task::block_in_place(|| {
            let mut steps = Steps::new(sets);
            for (change, machine) in read.iter().zip(machines) {
                let rows = machine.map_or_else(Vec::new, |machine| steps.rows(change, machine));
                let wanted = limit - records.len();
                let left = rows.into_iter().skip(place.row);
                if left.len() > wanted {
                    records.extend(left.take(wanted));
                    (place.change, place.row) = (change.now.sequence, place.row + wanted);
                    return true;
                }
                records.extend(left);
                (place.change, place.row) = (change.now.sequence + 1, 0);
            }
            false
        });
        if is_full {
            return Ok(Some(place));
        }
    }
}

/// Makes rows of changes. Machines often go the same step together.
struct Steps {
    sets: HashMap<SetHash, Arc<FindingSet>>,
    none: Arc<FindingSet>,
    known: HashMap<(Option<SetHash>, SetHash, bool), Arc<[Change]>>,
}

impl Steps {
    fn new(sets: HashMap<SetHash, Arc<FindingSet>>) -> Self {
        Self {
            sets,
            none: Arc::default(),
            known: HashMap::new(),
        }
    }

    /// The rows of a change, in an order that stays.
    fn rows(&mut self, change: &ExposureChange, machine: Arc<FleetMachine>) -> Vec<ChangeRecord> {
        let before = change.before.as_ref();
        if before.is_none() && change.now.number > 1 {
            // What it follows is no longer kept: it cannot be told what has changed.
            return Vec::new();
        }
        let old = before.map(|(old, _)| old);
        let has_moved = old.is_some_and(|old| old.group_id != change.now.group_id);
        let (old_set, set) = (
            old.map_or_else(|| Arc::clone(&self.none), |old| self.set(&old.set_hash)),
            self.set(&change.now.set_hash),
        );
        let key = (old.map(|old| old.set_hash), change.now.set_hash, has_moved);
        let told = self.known.entry(key);
        let told = told.or_insert_with(|| changes(&old_set, &set, has_moved).into());
        let times = |bytes: &[u8]| {
            FirstSeen::decode(bytes)
                .map(|t| t.each())
                .unwrap_or_default()
        };
        let (old_times, times) = (
            old.map_or_else(Vec::new, |old| times(&old.first_seen)),
            times(&change.now.first_seen),
        );
        let group = |id, name: Option<&str>| Group {
            id,
            name: name.map(Arc::from),
        };
        let old_group = before.map(|(old, name)| group(old.group_id, name.as_deref()));
        let new_group = group(change.now.group_id, change.group.as_deref());
        let event = Arc::new(ChangeEvent {
            machine,
            at: change.now.at_ms,
            seen_at: change.now.seen_at_ms,
        });
        let rows = told.iter().map(|told| {
            let is_old = told.status == Status::Fixed;
            let (set, times, group) = match &old_group {
                Some(old_group) if is_old => (&old_set, &old_times, old_group),
                _ => (&set, &times, &new_group),
            };
            ChangeRecord {
                event: Arc::clone(&event),
                status: told.status,
                set: Arc::clone(set),
                position: told.position,
                first_seen: times.get(told.position).copied().unwrap_or(event.at),
                group: group.clone(),
            }
        });
        rows.collect()
    }

    fn set(&self, hash: &SetHash) -> Arc<FindingSet> {
        Arc::clone(self.sets.get(hash).unwrap_or(&self.none))
    }
}
