//! The commands, a module each.

pub(crate) mod app;
pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod feed_bundle;
pub(crate) mod feed_import;
pub(crate) mod feed_status;
pub(crate) mod feed_sync;
pub(crate) mod fleet_generate;
pub(crate) mod machine_import;
pub(crate) mod missing_kbs;
pub(crate) mod osquery;
pub(crate) mod serve;
pub(crate) mod software_unrecognised;
pub(crate) mod token;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kbgap_catalog::SnapshotError;
use kbgap_server::feed::snapshot_path;
use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;
use tokio::runtime::{Builder, Runtime};

use crate::memory;

/// How long a thread that has nothing to do is kept for the next request.
const KEPT: Duration = Duration::from_secs(2);

/// The runtime for commands that use the store or serve.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    memory::give_back_at_once();
    let mut builder = Builder::new_multi_thread();
    // Whoever has read and packed reports holds half a megabyte of room for that.
    builder.enable_all().thread_keep_alive(KEPT);
    Ok(builder.build()?)
}

/// The store of a data folder.
pub(crate) fn open_store(data_dir: &Path) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(SqliteStore::open(&database_path(data_dir))?))
}

/// The store of a data folder, for a command that only reads: it makes no folder, and
/// one that cannot be written to will do.
pub(crate) fn open_store_to_read(data_dir: &Path) -> anyhow::Result<Arc<dyn Store>> {
    let path = database_path(data_dir);
    if !path.exists() {
        return Err(SnapshotError::Missing(snapshot_path(data_dir)).into());
    }
    Ok(Arc::new(SqliteStore::open_to_read(&path)?))
}

/// Where the database lies in a data folder.
pub(crate) fn database_path(data_dir: &Path) -> PathBuf {
    data_dir.join("kbgap.db")
}

/// The one tenant of a data folder.
pub(crate) async fn tenant(store: &dyn Store) -> anyhow::Result<String> {
    Ok(store.default_tenant(kbgap_auth::random_guid()?).await?)
}
