//! The contract of a store.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use async_trait::async_trait;

use crate::{
    App, Census, Detection, Exposure, ExposureBatch, ExposureChange, FeedDocument, FeedHead,
    FindingSet, MachineChange, MachineEdit, MachineReport, MachineRow, NodeStore, Put, Recorded,
    SetHash, StoreError, StoredTask,
};

/// What every store does. Whatever a method acknowledges is durable: it survives
/// the death of the process and of the machine. Several processes may work on
/// one store at once.
#[async_trait]
pub trait Store: NodeStore {
    /// All feed documents without their bodies, by id.
    async fn feed_heads(&self) -> Result<Vec<FeedHead>, StoreError>;

    /// All feed documents, by id.
    async fn feed_documents(&self) -> Result<Vec<FeedDocument>, StoreError>;

    /// Stores documents in place of those with the same ids: all or none. The
    /// feed generation grows.
    async fn replace_feed_documents(&self, documents: Vec<FeedDocument>) -> Result<(), StoreError>;

    /// A number that grows whenever the feed documents change.
    async fn feed_generation(&self) -> Result<u64, StoreError>;

    /// Stores reports and tells what became of each, in their order. An older
    /// report never overwrites a newer one; of two of the same time the later
    /// call counts. Idempotent.
    async fn put_machines(
        &self,
        tenant: &str,
        machines: Vec<MachineReport>,
    ) -> Result<Put, StoreError>;

    /// How many machines each tenant has, and the sum of their places in the order of
    /// changes, by tenant.
    async fn census(&self) -> Result<Vec<Census>, StoreError>;

    /// The random name that the store got when it was made: what was derived from another
    /// store has another.
    async fn identity(&self) -> Result<String, StoreError>;

    /// The machine with this id.
    async fn machine(&self, tenant: &str, id: &str) -> Result<Option<MachineRow>, StoreError>;

    /// The machines with this name, in any case, seen last first.
    async fn machines_by_name(
        &self,
        tenant: &str,
        name: &str,
    ) -> Result<Vec<MachineRow>, StoreError>;

    /// The next changes of all tenants after a sequence number, in order, at
    /// most `limit`. Each machine stands in the order once, at its last change.
    async fn changes_after(
        &self,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<MachineChange>, StoreError>;

    /// Makes one change to several machines: all or none. Gives the ids of those
    /// that there are; each of them stands in the order of changes anew.
    async fn edit_machines(
        &self,
        tenant: &str,
        ids: Vec<String>,
        edit: MachineEdit,
    ) -> Result<Vec<String>, StoreError>;

    /// The ids of the machines that had an address at some time from `from_ms` to
    /// `to_ms` (milliseconds since 1970, both included), in order: those that were seen
    /// there, before and after no more than a day apart if not in between.
    async fn seen_at_address(
        &self,
        tenant: &str,
        address: IpAddr,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<String>, StoreError>;

    /// Forgets what addresses machines had until before a time (milliseconds since 1970)
    /// and have no more, and tells how many these were.
    async fn forget_sightings(&self, before_ms: i64) -> Result<usize, StoreError>;

    /// Stores a remediation task in place of the one with its id, if any.
    async fn put_task(&self, tenant: &str, task: StoredTask) -> Result<(), StoreError>;

    /// The remediation tasks of a tenant, by id.
    async fn tasks(&self, tenant: &str) -> Result<Vec<StoredTask>, StoreError>;

    /// The remediation task with this id.
    async fn task(&self, tenant: &str, id: &str) -> Result<Option<StoredTask>, StoreError>;

    /// Records what machines of a tenant are vulnerable to: all or nothing, and tells
    /// what became of each step, in their order. A step counts only where the machine
    /// exists and its newest exposure is the one that the step follows, so that of two
    /// processes that record the same change one does. CVEs keep their earliest time.
    async fn record_exposures(
        &self,
        tenant: &str,
        batch: ExposureBatch,
    ) -> Result<Recorded, StoreError>;

    /// Notes that the newest exposure of each machine of a tenant was found to hold under
    /// a feed, or was followed by another.
    async fn judged_all(&self, tenant: &str, feed: u64) -> Result<(), StoreError>;

    /// The exposures of all tenants after a place, in order, at most `limit`: each by its
    /// place, its tenant and its machine.
    async fn exposures_after(
        &self,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<(u64, String, String)>, StoreError>;

    /// The last place that an exposure has had; 0 for none.
    async fn last_exposure(&self) -> Result<u64, StoreError>;

    /// The exposure of each of these machines that was its newest when `until` was the
    /// last place. As long as a machine is not removed and exposures are kept, it is the
    /// same whenever it is asked for.
    async fn exposures_of(
        &self,
        tenant: &str,
        ids: Vec<String>,
        until: u64,
    ) -> Result<Vec<Option<Exposure>>, StoreError>;

    /// The first and the last place of the exposures recorded at `since_ms` (milliseconds
    /// since 1970) or later. What is recorded from now on has higher places.
    async fn exposure_window(
        &self,
        tenant: &str,
        since_ms: i64,
    ) -> Result<Option<RangeInclusive<u64>>, StoreError>;

    /// The exposures recorded at `since_ms` or later that have places in the window, in
    /// order, at most `limit`.
    async fn exposure_changes(
        &self,
        tenant: &str,
        since_ms: i64,
        window: RangeInclusive<u64>,
        limit: usize,
    ) -> Result<Vec<ExposureChange>, StoreError>;

    /// The lists of findings with these hashes, of those that there are.
    async fn finding_sets(
        &self,
        tenant: &str,
        hashes: Vec<SetHash>,
    ) -> Result<Vec<FindingSet>, StoreError>;

    /// When each CVE was first seen in each tenant.
    async fn detections(&self) -> Result<Vec<Detection>, StoreError>;

    /// Forgets the exposures recorded before a time, but for the newest of each machine
    /// among them, and tells how many they were. Changes from before it cannot be asked for
    /// any more.
    async fn forget_exposures(&self, before_ms: i64) -> Result<usize, StoreError>;

    /// Removes a machine with the history of its exposure; `false` where there is none.
    async fn remove_machine(&self, tenant: &str, id: &str) -> Result<bool, StoreError>;

    /// Registers an application.
    async fn create_app(&self, app: App) -> Result<(), StoreError>;

    /// The application with this client id.
    async fn app(&self, client_id: &str) -> Result<Option<App>, StoreError>;

    /// The applications of a tenant, by name.
    async fn apps(&self, tenant: &str) -> Result<Vec<App>, StoreError>;

    /// Removes an application; `false` where there is none.
    async fn delete_app(&self, tenant: &str, client_id: &str) -> Result<bool, StoreError>;

    /// The signing key, as PKCS#8.
    async fn signing_key(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// Stores a signing key where there is none yet, and gives the one that is
    /// stored then: of two processes that do so at once, both get the same.
    async fn signing_key_or(&self, pkcs8: Vec<u8>) -> Result<Vec<u8>, StoreError>;

    /// The id of the default tenant: the stored one, else `new_id`, which is stored.
    async fn default_tenant(&self, new_id: String) -> Result<String, StoreError>;
}
