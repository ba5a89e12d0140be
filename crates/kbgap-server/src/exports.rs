//! Snapshots behind exports: what one export shows from its first page to its last.
//!
//! A fleet that was published never changes, so a snapshot is one, with a list of places
//! in it, and costs a few bytes a machine. What they were vulnerable to, and since when, is
//! read from the history while rows are written, as of the place that history had at the
//! same moment: rows up to there do not change. Snapshots live in this process: a link to one
//! that is gone is answered with the advice to begin again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use kbgap_fleet::{Fleet, FleetMachine};

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// How long a snapshot can be read on: as long as links to its files live at most.
const KEPT_MS: i64 = 6 * HOUR_MS;
/// How many are kept for all tenants together.
const KEPT: usize = 64;
/// An export that begins so soon after another one of an unchanged fleet shares its snapshot.
const SHARED_MS: i64 = 5 * 60 * 1_000;

/// The machines of a tenant at one moment, by id.
pub(crate) struct ExportSnapshot {
    pub(crate) id: String,
    pub(crate) tenant: String,
    /// In milliseconds since 1970.
    pub(crate) taken_at: i64,
    pub(crate) fleet: Arc<Fleet>,
    /// The places of the machines, in the order of their ids.
    pub(crate) places: Vec<u32>,
    /// The [place](crate::history::History::place) of the history.
    pub(crate) place: u64,
}

impl ExportSnapshot {
    /// The machine at a position.
    pub(crate) fn machine(&self, position: usize) -> Option<Arc<FleetMachine>> {
        self.fleet.machine_at(*self.places.get(position)?)
    }

    /// How many machines there are.
    pub(crate) const fn len(&self) -> usize {
        self.places.len()
    }
}

/// The snapshots that are kept.
#[derive(Default)]
pub(crate) struct Exports {
    kept: Mutex<VecDeque<Arc<ExportSnapshot>>>,
}

impl Exports {
    /// A snapshot of this fleet as it is at `now`. The place of the history has to be read
    /// before the fleet: a machine that is newer than its history has what it shows more
    /// since it was seen, but one that is older would have lost what it shows.
    pub(crate) fn take(
        &self,
        tenant: &str,
        fleet: Arc<Fleet>,
        (id, place): (String, u64),
        now: i64,
    ) -> Arc<ExportSnapshot> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|snapshot| snapshot.taken_at >= now.saturating_sub(KEPT_MS));
        let shared = kept.iter().rev().find(|snapshot| {
            snapshot.tenant == tenant
                && snapshot.fleet.generation() == fleet.generation()
                && snapshot.taken_at >= now.saturating_sub(SHARED_MS)
        });
        if let Some(shared) = shared {
            return Arc::clone(shared);
        }
        let snapshot = Arc::new(ExportSnapshot {
            id,
            tenant: tenant.to_owned(),
            taken_at: now,
            places: fleet.places_at(now),
            fleet,
            place,
        });
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(&snapshot));
        snapshot
    }

    /// The snapshot with this id, unless it is too old.
    pub(crate) fn find(&self, id: &str, now: i64) -> Option<Arc<ExportSnapshot>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|s| s.id == id && s.taken_at >= now.saturating_sub(KEPT_MS))
            .cloned()
    }
}
