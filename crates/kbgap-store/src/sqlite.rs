//! The store in one SQLite file.
//!
//! All writes go through one thread with one connection. Reports that wait at
//! the same time are committed together, so that a commit's flush to the disk is
//! shared by many. What a machine costs are the rows that it adds or changes and
//! the pages in which they stand, so there are few of both: rows of new machines
//! come at the end of their tables, what a commit touches is kept in memory, and
//! the log is moved into the file by another thread. Reads take a connection from
//! a small pool, on the runtime's threads for blocking work; WAL lets them go on
//! while the writer writes.

mod apps;
mod checkpoint;
mod connection;
mod edits;
mod exposures;
mod feed;
mod keys;
mod machines;
mod osquery;
mod put;
mod record;
mod sightings;
mod tasks;
mod tenants;
mod writer;

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, Transaction};

use self::writer::Writer;
use crate::{
    App, Census, Detection, Exposure, ExposureBatch, ExposureChange, FeedDocument, FeedHead,
    FindingSet, MachineChange, MachineEdit, MachineReport, MachineRow, Put, Recorded, SetHash,
    Store, StoreError, StoredTask,
};

/// A store in one SQLite file.
pub struct SqliteStore {
    path: Arc<Path>,
    // Before the writer, which closes the last connection.
    readers: Arc<Mutex<Vec<Connection>>>,
    writer: Writer,
    /// The folder cannot be written to.
    unwritable: bool,
}

const IDLE_READERS: usize = 4;

impl SqliteStore {
    /// Opens the file, making it and the folders above it where they are absent.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened or is of a later version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = connection::open(path)?;
        let path: Arc<Path> = path.into();
        Ok(Self {
            writer: Writer::start(Arc::clone(&path), connection)?,
            path,
            readers: Arc::new(Mutex::new(Vec::new())),
            unwritable: false,
        })
    }

    /// Opens the file for reading. Nothing is made where it is absent; where it cannot
    /// be written to, reading goes on and every write fails.
    ///
    /// # Errors
    /// [`StoreError`] when it is absent, cannot be opened or is of another version.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        std::fs::metadata(path).map_err(|e| StoreError::Open {
            path: path.to_owned(),
            reason: e.to_string(),
        })?;
        // The owner's rights are no proof: the file system may be mounted for reading.
        Self::open(path).or_else(|error| Self::open_unwritable(path).map_err(|_| error))
    }

    /// Opens a file in a folder that cannot be written to.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened or is of another version.
    pub fn open_unwritable(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            path: path.into(),
            writer: Writer::start_unwritable(connection::open_unwritable(path)?)?,
            readers: Arc::new(Mutex::new(Vec::new())),
            unwritable: true,
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, readers) = (Arc::clone(&self.path), Arc::clone(&self.readers));
        let unwritable = self.unwritable;
        let task = tokio::task::spawn_blocking(move || {
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(connection) => connection,
                None if unwritable => connection::open_unwritable(&path)?,
                None => connection::open_reader(&path)?,
            };
            let result = query(&connection);
            let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < IDLE_READERS {
                readers.push(connection);
            }
            Ok(result?)
        });
        task.await.map_err(|_| StoreError::Closed)?
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn feed_heads(&self) -> Result<Vec<FeedHead>, StoreError> {
        self.read(feed::heads).await
    }

    async fn feed_documents(&self) -> Result<Vec<FeedDocument>, StoreError> {
        self.read(feed::documents).await
    }

    async fn replace_feed_documents(&self, documents: Vec<FeedDocument>) -> Result<(), StoreError> {
        self.writer
            .run(move |transaction| feed::replace(transaction, &documents))
            .await
    }

    async fn feed_generation(&self) -> Result<u64, StoreError> {
        self.read(feed::generation).await
    }

    async fn put_machines(
        &self,
        tenant: &str,
        machines: Vec<MachineReport>,
    ) -> Result<Put, StoreError> {
        self.writer.put_machines(tenant.to_owned(), machines).await
    }

    async fn census(&self) -> Result<Vec<Census>, StoreError> {
        self.read(tenants::census).await
    }

    async fn identity(&self) -> Result<String, StoreError> {
        self.read(tenants::identity).await
    }

    async fn machine(&self, tenant: &str, id: &str) -> Result<Option<MachineRow>, StoreError> {
        let (tenant, id) = (tenant.to_owned(), id.to_owned());
        self.read(move |connection| machines::by_id(connection, &tenant, &id))
            .await
    }

    async fn machines_by_name(
        &self,
        tenant: &str,
        name: &str,
    ) -> Result<Vec<MachineRow>, StoreError> {
        let (tenant, name) = (tenant.to_owned(), name.to_owned());
        self.read(move |connection| machines::by_name(connection, &tenant, &name))
            .await
    }

    async fn changes_after(
        &self,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<MachineChange>, StoreError> {
        self.read(move |connection| machines::changes_after(connection, sequence, limit))
            .await
    }

    async fn edit_machines(
        &self,
        tenant: &str,
        ids: Vec<String>,
        edit: MachineEdit,
    ) -> Result<Vec<String>, StoreError> {
        let tenant = tenant.to_owned();
        self.writer
            .run(move |transaction| edits::edit(transaction, &tenant, &ids, &edit))
            .await
    }

    async fn seen_at_address(
        &self,
        tenant: &str,
        address: IpAddr,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<String>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| {
            sightings::between(connection, &tenant, address, from_ms, to_ms)
        })
        .await
    }

    async fn forget_sightings(&self, before_ms: i64) -> Result<usize, StoreError> {
        // The whole table is read for it, which is no work for the thread that writes.
        let (mut after, mut forgotten) = ((0, Vec::new(), 0, 0), 0);
        loop {
            let old = self
                .read(move |connection| sightings::old(connection, &after, before_ms))
                .await?;
            let Some(last) = old.last().cloned() else {
                return Ok(forgotten);
            };
            after = last;
            forgotten += old.len();
            self.writer
                .run(move |transaction| sightings::remove(transaction, &old))
                .await?;
        }
    }

    async fn put_task(&self, tenant: &str, task: StoredTask) -> Result<(), StoreError> {
        let tenant = tenant.to_owned();
        self.writer
            .run(move |transaction| tasks::put(transaction, &tenant, &task))
            .await
    }

    async fn tasks(&self, tenant: &str) -> Result<Vec<StoredTask>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| tasks::of_tenant(connection, &tenant))
            .await
    }

    async fn task(&self, tenant: &str, id: &str) -> Result<Option<StoredTask>, StoreError> {
        let (tenant, id) = (tenant.to_owned(), id.to_owned());
        self.read(move |connection| tasks::by_id(connection, &tenant, &id))
            .await
    }

    async fn record_exposures(
        &self,
        tenant: &str,
        batch: ExposureBatch,
    ) -> Result<Recorded, StoreError> {
        let tenant = tenant.to_owned();
        self.writer
            .run(move |transaction| record::record(transaction, &tenant, &batch))
            .await
    }

    async fn judged_all(&self, tenant: &str, feed: u64) -> Result<(), StoreError> {
        let tenant = tenant.to_owned();
        self.writer
            .run(move |transaction| tenants::judged(transaction, &tenant, feed))
            .await
    }

    async fn exposures_after(
        &self,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<(u64, String, String)>, StoreError> {
        self.read(move |connection| exposures::after(connection, sequence, limit))
            .await
    }

    async fn last_exposure(&self) -> Result<u64, StoreError> {
        self.read(exposures::last).await
    }

    async fn exposures_of(
        &self,
        tenant: &str,
        ids: Vec<String>,
        until: u64,
    ) -> Result<Vec<Option<Exposure>>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| exposures::of(connection, &tenant, &ids, until))
            .await
    }

    async fn exposure_window(
        &self,
        tenant: &str,
        since_ms: i64,
    ) -> Result<Option<RangeInclusive<u64>>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| exposures::window(connection, &tenant, since_ms))
            .await
    }

    async fn exposure_changes(
        &self,
        tenant: &str,
        since_ms: i64,
        window: RangeInclusive<u64>,
        limit: usize,
    ) -> Result<Vec<ExposureChange>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| {
            exposures::changes(connection, &tenant, since_ms, &window, limit)
        })
        .await
    }

    async fn finding_sets(
        &self,
        tenant: &str,
        hashes: Vec<SetHash>,
    ) -> Result<Vec<FindingSet>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| exposures::sets(connection, &tenant, &hashes))
            .await
    }

    async fn detections(&self) -> Result<Vec<Detection>, StoreError> {
        self.read(exposures::detections).await
    }

    async fn forget_exposures(&self, before_ms: i64) -> Result<usize, StoreError> {
        let mut forgotten = 0;
        let forget = move |transaction: &Transaction<'_>| exposures::forget(transaction, before_ms);
        while let Some(some) = self.writer.run(forget).await? {
            forgotten += some;
        }
        Ok(forgotten)
    }

    async fn remove_machine(&self, tenant: &str, id: &str) -> Result<bool, StoreError> {
        let (tenant, id) = (tenant.to_owned(), id.to_owned());
        self.writer
            .run(move |transaction| machines::remove(transaction, &tenant, &id))
            .await
    }

    async fn create_app(&self, app: App) -> Result<(), StoreError> {
        self.writer
            .run(move |transaction| apps::create(transaction, &app))
            .await
    }

    async fn app(&self, client_id: &str) -> Result<Option<App>, StoreError> {
        let client_id = client_id.to_owned();
        self.read(move |connection| apps::by_client_id(connection, &client_id))
            .await
    }

    async fn apps(&self, tenant: &str) -> Result<Vec<App>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| apps::of_tenant(connection, &tenant))
            .await
    }

    async fn delete_app(&self, tenant: &str, client_id: &str) -> Result<bool, StoreError> {
        let (tenant, client_id) = (tenant.to_owned(), client_id.to_owned());
        self.writer
            .run(move |transaction| apps::delete(transaction, &tenant, &client_id))
            .await
    }

    async fn signing_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(apps::signing_key).await
    }

    async fn signing_key_or(&self, pkcs8: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        self.writer
            .run(move |transaction| apps::signing_key_or(transaction, &pkcs8))
            .await
    }

    async fn default_tenant(&self, new_id: String) -> Result<String, StoreError> {
        if let Some(known) = self.read(apps::known_tenant).await? {
            return Ok(known);
        }
        if self.unwritable {
            // Nothing is stored for any tenant, and nothing can be.
            return Ok(new_id);
        }
        self.writer
            .run(move |transaction| apps::default_tenant(transaction, &new_id))
            .await
    }
}
