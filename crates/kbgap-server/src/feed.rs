//! The feed's way into the store, and from there into the catalogue.
//!
//! The documents in the store are the truth. The catalogue snapshot beside the
//! database is derived from them: [`catalog`] loads it, and compiles it anew
//! where it is absent, damaged or of another version.

mod advisories;
mod bundle;
mod document;
mod files;
mod import;
mod lock;
mod outcome;
mod sync;

use std::path::{Path, PathBuf};

use kbgap_catalog::{Catalog, Feed, SnapshotError, compile_feed};
use kbgap_store::{FeedDocument, Store, StoreError};

use self::document::{Stored, mark_of};

pub use bundle::{Bundle, BundleError, BundleReport, export_bundle, import_bundle, is_bundle};
pub use document::DocumentError;
pub use files::{Progress, find_files};
pub use import::{ImportOptions, ImportReport, import};
pub use outcome::{FileOutcome, Outcome};
pub use sync::{SyncError, SyncOptions, SyncReport, sync};

/// What can go wrong beside single files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedStateError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The snapshot could not be written, or there is no feed yet.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A stored document cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The lock of the data folder cannot be had.
    #[error("{}: cannot be locked: {source}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

/// Where the catalogue snapshot lies in a data folder.
#[must_use]
pub fn snapshot_path(data_dir: &Path) -> PathBuf {
    data_dir.join("catalog.snapshot")
}

/// The catalogue of the stored documents: from the snapshot where it can be used and
/// was made of just these, else compiled anew and saved.
///
/// # Errors
/// [`FeedStateError`]; [`SnapshotError::Missing`] when no document of the vendor was ever
/// imported.
pub async fn catalog(store: &dyn Store, data_dir: &Path) -> Result<Catalog, FeedStateError> {
    let catalog = match from_snapshot(store, data_dir).await? {
        Some(catalog) => catalog,
        None => {
            // An import that is under way saves what it compiled itself. A folder that
            // cannot be written to has no lock, and is in no danger.
            let _lock = lock::of(data_dir).ok();
            from_store(store, data_dir).await?
        }
    };
    if !catalog.knows_updates() {
        return Err(SnapshotError::Missing(snapshot_path(data_dir)).into());
    }
    Ok(catalog)
}

/// As [`catalog`], for whoever holds the lock of the data folder.
async fn catalog_under_lock(store: &dyn Store, data_dir: &Path) -> Result<Catalog, FeedStateError> {
    match from_snapshot(store, data_dir).await? {
        Some(catalog) => Ok(catalog),
        None => from_store(store, data_dir).await,
    }
}

/// The snapshot, where it can be used and was made of just the stored documents.
async fn from_snapshot(
    store: &dyn Store,
    data_dir: &Path,
) -> Result<Option<Catalog>, FeedStateError> {
    let path = snapshot_path(data_dir);
    let heads = store.feed_heads().await?;
    if heads.is_empty() {
        return Err(SnapshotError::Missing(path).into());
    }
    match Catalog::load(&path) {
        // An import stores first and saves the snapshot then, so for a moment they differ.
        Ok(catalog) if catalog.source_mark() == mark_of(heads.iter()) => return Ok(Some(catalog)),
        Err(SnapshotError::Io { path, source }) => {
            return Err(SnapshotError::Io { path, source }.into());
        }
        Ok(_) => tracing::info!("the snapshot is of other documents: compiling the catalogue"),
        Err(unusable) => tracing::info!(%unusable, "compiling the catalogue"),
    }
    Ok(None)
}

async fn from_store(store: &dyn Store, data_dir: &Path) -> Result<Catalog, FeedStateError> {
    let stored = store.feed_documents().await?;
    let path = snapshot_path(data_dir);
    // It takes a second: not on the runtime's threads.
    let compiled = tokio::task::spawn_blocking(move || {
        let catalog = compile_stored(&stored)?;
        // The catalogue is whole without its snapshot, only slower to get.
        if let Err(error) = save(&catalog, &path) {
            tracing::warn!(%error, "the catalogue's snapshot cannot be saved");
        }
        Ok(catalog)
    });
    compiled.await.map_err(|_| StoreError::Closed)?
}

fn compile_stored(stored: &[FeedDocument]) -> Result<Catalog, FeedStateError> {
    let mut feed = Feed {
        source_mark: mark_of(stored.iter().map(|d| &d.head)),
        ..Feed::default()
    };
    for row in stored {
        Stored::decode(row)?.enter(&mut feed);
    }
    Ok(compile_feed(&feed)?)
}

/// Saves the snapshot, which whoever checks a host without the store takes for a feed.
fn save(catalog: &Catalog, path: &Path) -> Result<(), SnapshotError> {
    if catalog.knows_updates() {
        catalog.save(path)
    } else {
        Ok(())
    }
}

/// A catalogue without documents, for a server that has no feed yet.
///
/// # Errors
/// [`FeedStateError::Snapshot`], which an empty catalogue cannot cause in practice.
pub fn empty_catalog() -> Result<Catalog, FeedStateError> {
    Ok(compile_feed(&Feed::default())?)
}
