//! The history of exposure: what each machine was vulnerable to, and since when.
//!
//! A machine has a row of history whenever what it is vulnerable to changes, or its
//! group does. A row names a list of findings, which machines share, and the times since
//! when the machine has each of them, so that older rows can be forgotten and no row
//! has to be read to explain another.
//!
//! - **One way in.** [`Recorder`] is called where changes reach the index, before whoever
//!   reported is answered: two reports in a row are two rows.
//! - **Nothing is computed twice.** All that decides about a machine's row is hashed into
//!   a [mark], which is kept beside the machine in the index. While the mark stays, the
//!   machine costs no more than making it; machines of one fingerprint share one run of
//!   the rules. A machine without a mark, or with another, is compared with its newest row,
//!   which is read from the store; nothing of a machine's history is kept in memory.
//! - **What still holds is not written.** Where another fingerprint means the same list,
//!   the mark changes and nothing else. After a new feed one number for each tenant says
//!   that the newest rows of all machines hold under it, instead of a million rows.
//! - **Several processes may record.** A row counts where it follows the newest, and a
//!   process that knows an older feed or an older report of the machine than the newest
//!   row leaves it alone, so that the two never take turns. Of what others have recorded,
//!   the marks are forgotten.
//! - **Two times.** A row is dated by the server's clock, so that a window of time that
//!   was told never gets another row; a finding is dated by the report that showed it,
//!   or by the clock where the feed did.
//! - What was fixed and comes back is first seen anew: time to fix is counted from there.
//! - **A picture of a moment is a place.** Rows are only added, and those of a machine
//!   are a chain: whoever remembers the last place there was reads the rows that were the
//!   newest then, page by page and hours later, and sees nothing of what was recorded
//!   since. Only a machine that was removed meanwhile has no rows any more; it reads as one
//!   of which nothing is recorded yet.
//! - Machines that do not count, unseen for 30 days, are not recorded until they come back.

mod carrier;
pub(crate) mod change;
mod lists;
pub(crate) mod mark;
mod plan;
mod recorder;
pub(crate) mod set;
mod since;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use kbgap_fleet::{Detections, FleetMachine};
use kbgap_store::{SetHash, Store, StoreError};

pub(crate) use self::recorder::{Feed, News, Recorder};
use self::set::{FindingSet, PackedSet};
pub(crate) use self::since::{FirstSeen, Since};

/// How far back changes may be asked for, in milliseconds (api.md, section 10.5).
pub(crate) const ASKABLE_MS: i64 = 14 * 24 * HOUR_MS;
/// Changes are told for whole periods of six hours.
pub(crate) const PERIOD_MS: i64 = 6 * HOUR_MS;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// How long rows are kept: a link to the next page may be followed for a period more.
const KEPT_MS: i64 = ASKABLE_MS + 2 * PERIOD_MS;
/// How long it is known who had an address: the API answers for 30 days, and clocks may
/// differ by a day.
const SIGHTED_MS: i64 = 31 * 24 * HOUR_MS;
/// How many rows are followed at once.
const PAGE: usize = 2_000;
/// Unpacked lists that are kept at a time: some sixty kilobytes each.
const UNPACKED: usize = 48;

/// What is known of all tenants' history without asking the store: when CVEs were first
/// seen, and a few lists.
pub(crate) struct History {
    store: Arc<dyn Store>,
    /// The last exposure that there was when it was loaded.
    loaded: u64,
    detections: RwLock<HashMap<String, Arc<Detections>>>,
    unpacked: Mutex<HashMap<SetHash, Arc<FindingSet>>>,
}

/// What a machine was vulnerable to, and since when.
#[derive(Debug)]
pub(crate) struct Exposed {
    seen_at: i64,
    set: Arc<PackedSet>,
    first_seen: FirstSeen,
}

impl History {
    /// What the store knows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn load(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        // What is recorded from here on is followed.
        let loaded = store.last_exposure().await?;
        let mut detections: HashMap<String, Detections> = HashMap::new();
        for detection in store.detections().await? {
            let of_tenant = detections.entry(detection.tenant).or_default();
            of_tenant.note(&detection.cve, detection.at_ms);
        }
        let detections = detections.into_iter();
        let detections = detections.map(|(tenant, detections)| (tenant, Arc::new(detections)));
        Ok(Self {
            store,
            loaded,
            detections: RwLock::new(detections.collect()),
            unpacked: Mutex::default(),
        })
    }

    /// When each CVE was first seen in a tenant.
    pub(crate) fn detections(&self, tenant: &str) -> Arc<Detections> {
        let all = self
            .detections
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        all.get(tenant).cloned().unwrap_or_default()
    }

    /// Notes when CVEs were seen, and gives what is known then.
    fn note(&self, tenant: &str, detected: &[(String, i64)]) -> Arc<Detections> {
        let mut all = self
            .detections
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(tenant.to_owned()).or_default();
        let detections = Arc::make_mut(known);
        for (cve, at) in detected {
            detections.note(cve, *at);
        }
        Arc::clone(known)
    }

    /// The last place that a row of history has: up to there nothing changes any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn place(&self) -> Result<u64, StoreError> {
        self.store.last_exposure().await
    }

    /// What each of these machines was vulnerable to as of a [place](Self::place); `None`
    /// where nothing was recorded of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn exposed(
        &self,
        tenant: &str,
        ids: Vec<String>,
        place: u64,
    ) -> Result<Vec<Option<Exposed>>, StoreError> {
        let rows = self.store.exposures_of(tenant, ids, place).await?;
        let hashes = rows.iter().flatten().map(|row| row.set_hash);
        let sets = self.packed(tenant, hashes).await?;
        let exposed = rows.into_iter().map(|row| {
            let row = row?;
            let set = sets.get(&row.set_hash);
            let first_seen = FirstSeen::decode(&row.first_seen);
            let (Some(set), Ok(first_seen)) = (set, first_seen) else {
                tracing::error!(
                    machine = row.machine_id,
                    "a machine's history cannot be read"
                );
                return None;
            };
            Some(Exposed {
                seen_at: row.seen_at_ms,
                set: Arc::clone(set),
                first_seen,
            })
        });
        Ok(exposed.collect())
    }

    /// Since when a machine has its findings, as of `now`.
    pub(crate) fn since(
        &self,
        machine: &FleetMachine,
        exposed: Option<&Exposed>,
        now: i64,
    ) -> Since {
        let set = exposed.map(|exposed| self.unpacked(&exposed.set));
        Since {
            each: exposed.map_or_else(Vec::new, |exposed| exposed.first_seen.each()),
            set: set.unwrap_or_default(),
            otherwise: match exposed {
                Some(exposed) if exposed.seen_at >= machine.seen_at => now,
                _ => machine.seen_at,
            },
        }
    }

    /// The lists with these hashes, by hash. One that cannot be read is empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn sets(
        &self,
        tenant: &str,
        hashes: impl Iterator<Item = SetHash>,
    ) -> Result<HashMap<SetHash, Arc<FindingSet>>, StoreError> {
        let packed = self.packed(tenant, hashes).await?;
        let unpack = |(hash, packed): (SetHash, Arc<PackedSet>)| (hash, self.unpacked(&packed));
        Ok(tokio::task::block_in_place(|| {
            packed.into_iter().map(unpack).collect()
        }))
    }

    /// Forgets what nobody can ask for any more at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn forget(&self, now: i64) -> Result<(), StoreError> {
        let rows = self
            .store
            .forget_exposures(now.saturating_sub(KEPT_MS))
            .await?;
        let sightings = self
            .store
            .forget_sightings(now.saturating_sub(SIGHTED_MS))
            .await?;
        tracing::debug!(rows, sightings, "forgot old history");
        Ok(())
    }

    /// The lists with these hashes, as they are stored.
    async fn packed(
        &self,
        tenant: &str,
        hashes: impl Iterator<Item = SetHash>,
    ) -> Result<HashMap<SetHash, Arc<PackedSet>>, StoreError> {
        let hashes: BTreeSet<SetHash> = hashes.collect();
        if hashes.is_empty() {
            return Ok(HashMap::new());
        }
        let stored = self
            .store
            .finding_sets(tenant, hashes.into_iter().collect());
        let sets = stored.await?.into_iter().map(|set| {
            let packed = PackedSet {
                hash: set.hash,
                body: set.body,
            };
            (set.hash, Arc::new(packed))
        });
        Ok(sets.collect())
    }

    /// The list; empty where it cannot be read, so that its findings are new again.
    fn unpacked(&self, packed: &PackedSet) -> Arc<FindingSet> {
        let lock = || self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&packed.hash) {
            return Arc::clone(known);
        }
        let set = packed.unpack().unwrap_or_else(|error| {
            tracing::error!(%error, "a stored list of findings cannot be read");
            FindingSet::default()
        });
        let set = Arc::new(set);
        let mut unpacked = lock();
        if unpacked.len() >= UNPACKED {
            unpacked.clear();
        }
        unpacked.insert(packed.hash, Arc::clone(&set));
        set
    }
}
