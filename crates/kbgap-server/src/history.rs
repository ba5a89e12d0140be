//! The history of exposure: what each machine was vulnerable to, and since when.
//!
//! A machine has a row of history whenever what it is vulnerable to changes, or its
//! group does. A row names a list of findings, which machines share, and the times since
//! when the machine has each of them, so that older rows can be forgotten and no row
//! has to be read to explain another.
//!
//! - **One way in.** [`Recorder`] is called where changes reach the index, before whoever
//!   reported is answered: two reports in a row are two rows.
//! - **Nothing is computed twice.** All that decides about a machine's list is hashed
//!   and kept with its newest row. While the hash stays, the machine costs no more than
//!   making it; machines of one hash share one run of the rules.
//! - **Several processes may record.** A row counts where it follows the newest, and a
//!   process that knows an older feed or an older report of the machine than the newest
//!   row leaves it alone, so that the two never take turns.
//! - **Two times.** A row is dated by the server's clock, so that a window of time that
//!   was told never gets another row; a finding is dated by the report that showed it,
//!   or by the clock where the feed did.
//! - What was fixed and comes back is first seen anew: time to fix is counted from there.
//! - Machines that do not count, unseen for 30 days, are not recorded until they come back.

pub(crate) mod change;
mod recorder;
pub(crate) mod set;
mod since;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use kbgap_fleet::{Detections, FleetMachine};
use kbgap_inventory::MachineId;
use kbgap_store::{Exposure, FindingSet as StoredSet, Judged, SetHash, Store, StoreError};

pub(crate) use self::recorder::{Feed, Recorder};
use self::set::{FindingSet, PackedSet};
pub(crate) use self::since::FirstSeen;

/// How far back changes may be asked for, in milliseconds (api.md, section 10.5).
pub(crate) const ASKABLE_MS: i64 = 14 * 24 * HOUR_MS;
/// Changes are told for whole periods of six hours.
pub(crate) const PERIOD_MS: i64 = 6 * HOUR_MS;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// How long rows are kept: a link to the next page may be followed for a period more.
const KEPT_MS: i64 = ASKABLE_MS + 2 * PERIOD_MS;
/// How many machines are read at once.
const PAGE: usize = 2_000;
/// Unpacked lists that are kept at a time: some hundred kilobytes each.
const UNPACKED: usize = 64;

/// What is known of all tenants' history without asking the store.
pub(crate) struct History {
    store: Arc<dyn Store>,
    /// The last exposure that there was when it was loaded.
    loaded: u64,
    tenants: RwLock<HashMap<String, TenantHistory>>,
    sets: Mutex<Sets>,
}

/// What is known of a tenant.
#[derive(Default)]
pub(crate) struct TenantHistory {
    exposed: HashMap<MachineId, Arc<Exposed>>,
    detections: Arc<Detections>,
}

/// What a machine is vulnerable to, by its newest row.
#[derive(Debug)]
pub(crate) struct Exposed {
    number: u64,
    seen_at: i64,
    group_id: i32,
    judged: Judged,
    set: Arc<PackedSet>,
    first_seen: FirstSeen,
}

#[derive(Default)]
struct Sets {
    packed: HashMap<SetHash, Weak<PackedSet>>,
    /// How many there may be until those that nobody needs any more are swept out.
    packed_until: usize,
    unpacked: HashMap<SetHash, Arc<FindingSet>>,
}

impl History {
    /// What the store knows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn load(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let history = Self {
            // What is recorded while the rest is read is read again.
            loaded: store.last_exposure().await?,
            store,
            tenants: RwLock::default(),
            sets: Mutex::default(),
        };
        let mut detections: HashMap<String, Detections> = HashMap::new();
        for detection in history.store.detections().await? {
            let of_tenant = detections.entry(detection.tenant).or_default();
            of_tenant.note(&detection.cve, detection.at_ms);
        }
        for (tenant, detections) in detections {
            history.change(&tenant, |known| known.detections = Arc::new(detections));
        }
        let mut after = (String::new(), String::new());
        loop {
            let page = history.store.newest_exposures(after.clone(), PAGE).await?;
            let Some((tenant, last)) = page.last() else {
                return Ok(history);
            };
            after = (tenant.clone(), last.machine_id.clone());
            for of_tenant in page.chunk_by(|a, b| a.0 == b.0) {
                let exposures: Vec<&Exposure> = of_tenant.iter().map(|(_, e)| e).collect();
                if let Some((tenant, _)) = of_tenant.first() {
                    history.take(tenant, &exposures).await?;
                }
            }
        }
    }

    /// Reads what is known of a tenant.
    pub(crate) fn read<T>(&self, tenant: &str, read: impl FnOnce(&TenantHistory) -> T) -> T {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        match tenants.get(tenant) {
            Some(known) => read(known),
            None => read(&TenantHistory::default()),
        }
    }

    fn change<T>(&self, tenant: &str, change: impl FnOnce(&mut TenantHistory) -> T) -> T {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        change(tenants.entry(tenant.to_owned()).or_default())
    }

    /// When each CVE was first seen in a tenant.
    pub(crate) fn detections(&self, tenant: &str) -> Arc<Detections> {
        self.read(tenant, |known| Arc::clone(&known.detections))
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
        tracing::debug!(rows, "forgot old history");
        Ok(())
    }

    /// Enters the newest exposures of machines as the store has them.
    async fn take(&self, tenant: &str, exposures: &[&Exposure]) -> Result<(), StoreError> {
        let sets = self
            .packed(tenant, exposures.iter().map(|e| e.set_hash))
            .await?;
        self.change(tenant, |known| {
            for exposure in exposures {
                let set = sets.get(&exposure.set_hash);
                let first_seen = FirstSeen::decode(&exposure.first_seen);
                if let (Ok(id), Some(set), Ok(first_seen)) =
                    (exposure.machine_id.parse(), set, first_seen)
                {
                    let exposed = Exposed {
                        number: exposure.number,
                        seen_at: exposure.seen_at_ms,
                        group_id: exposure.group_id,
                        judged: exposure.judged,
                        set: Arc::clone(set),
                        first_seen,
                    };
                    known.exposed.insert(id, Arc::new(exposed));
                } else {
                    tracing::error!(
                        machine = exposure.machine_id,
                        "the history of a machine cannot be read"
                    );
                }
            }
        });
        Ok(())
    }

    async fn packed(
        &self,
        tenant: &str,
        hashes: impl Iterator<Item = SetHash>,
    ) -> Result<HashMap<SetHash, Arc<PackedSet>>, StoreError> {
        let mut found = HashMap::new();
        let unknown: BTreeSet<SetHash> = {
            let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
            hashes
                .filter(|hash| {
                    let known = sets.packed.get(hash).and_then(Weak::upgrade);
                    known.map(|set| found.insert(*hash, set)).is_none()
                })
                .collect()
        };
        if unknown.is_empty() {
            return Ok(found);
        }
        let stored = self
            .store
            .finding_sets(tenant, unknown.into_iter().collect());
        for StoredSet { hash, body } in stored.await? {
            found.insert(hash, self.shared(PackedSet { hash, body }));
        }
        Ok(found)
    }

    /// The one that is known already, where there is one.
    fn shared(&self, set: PackedSet) -> Arc<PackedSet> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sets.packed.get(&set.hash).and_then(Weak::upgrade) {
            return known;
        }
        if sets.packed.len() >= sets.packed_until {
            sets.packed.retain(|_, set| set.strong_count() > 0);
            sets.packed_until = 2 * sets.packed.len() + PAGE;
        }
        let set = Arc::new(set);
        sets.packed.insert(set.hash, Arc::downgrade(&set));
        set
    }

    /// The list; empty where it cannot be read, so that its findings are new again.
    fn unpacked(&self, packed: &PackedSet) -> Arc<FindingSet> {
        let lock = || self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().unpacked.get(&packed.hash) {
            return Arc::clone(known);
        }
        let set = packed.unpack().unwrap_or_else(|error| {
            tracing::error!(%error, "a stored list of findings cannot be read");
            FindingSet::default()
        });
        let set = Arc::new(set);
        let mut sets = lock();
        if sets.unpacked.len() >= UNPACKED {
            sets.unpacked.clear();
        }
        sets.unpacked.insert(packed.hash, Arc::clone(&set));
        set
    }
}

impl TenantHistory {
    /// What a machine is vulnerable to, by its newest row.
    pub(crate) fn exposed(&self, id: &MachineId) -> Option<&Arc<Exposed>> {
        self.exposed.get(id)
    }
}

/// Since when a machine has its findings.
pub(crate) struct Since {
    set: Arc<FindingSet>,
    each: Vec<i64>,
    /// Of what is not recorded yet, as it will be.
    otherwise: i64,
}

impl Since {
    /// Since when it has a CVE in a software, in milliseconds since 1970.
    pub(crate) fn of(&self, software: &str, cve: &str) -> i64 {
        let position = self.set.position(software, cve);
        let recorded = position.and_then(|position| self.each.get(position));
        recorded.copied().unwrap_or(self.otherwise)
    }
}
