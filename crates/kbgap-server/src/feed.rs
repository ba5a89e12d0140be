//! The feed's way into the store, and from there into the catalogue.
//!
//! The documents in the store are the truth. The catalogue snapshot beside the
//! database is derived from them: [`catalog`] loads it, and compiles it anew
//! where it is absent, damaged or of another version.

mod document;
mod files;
mod import;

use std::path::{Path, PathBuf};

use kbgap_catalog::{Catalog, SnapshotError, compile};
use kbgap_store::{Store, StoreError};

pub use document::DocumentError;
pub use files::{Progress, find_files};
pub use import::{FileOutcome, ImportOptions, ImportReport, Outcome, import};

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
    /// A path that was named cannot be read.
    #[error("{}: {source}", path.display())]
    Path {
        /// The path.
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

/// The catalogue of the stored documents: from the snapshot where it can be
/// used, else compiled anew and saved.
///
/// # Errors
/// [`FeedStateError`]; [`SnapshotError::Missing`] when no document was ever imported.
pub async fn catalog(store: &dyn Store, data_dir: &Path) -> Result<Catalog, FeedStateError> {
    let path = snapshot_path(data_dir);
    match Catalog::load(&path) {
        Ok(catalog) => Ok(catalog),
        Err(SnapshotError::Io { path, source }) => Err(SnapshotError::Io { path, source }.into()),
        Err(unusable) => {
            let stored = store.feed_documents().await?;
            if stored.is_empty() {
                return Err(SnapshotError::Missing(path).into());
            }
            tracing::info!(%unusable, documents = stored.len(), "compiling the catalogue");
            let documents = stored
                .iter()
                .map(|d| document::decode(&d.id, &d.body))
                .collect::<Result<Vec<_>, _>>()?;
            let catalog = compile(&documents)?;
            catalog.save(&path)?;
            Ok(catalog)
        }
    }
}

/// A catalogue without documents, for a server that has no feed yet.
///
/// # Errors
/// [`FeedStateError::Snapshot`], which an empty catalogue cannot cause in practice.
pub fn empty_catalog() -> Result<Catalog, FeedStateError> {
    Ok(compile(&[])?)
}
