//! Syncing the feed by itself. Whatever becomes of a sync is logged and nothing else: the
//! server goes on with the feed that it has, and the next sync may do better. What a sync
//! stores is followed as what any other process stores.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kbgap_store::Store;
use kbgap_sync::Stop;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::Clock;
use crate::config::FeedSync;
use crate::feed::{ImportOptions, SyncError, SyncOptions, SyncReport, sync};
use crate::metrics::Metrics;

/// The clock may be set and the machine may sleep: it is looked at so often.
const LOOK: Duration = Duration::from_secs(30);
/// More failures than these are counted only.
const TOLD: usize = 10;

/// Syncs as scheduled until it is dropped.
pub(crate) async fn run(
    store: Arc<dyn Store>,
    data_dir: &Path,
    schedule: FeedSync,
    metrics: Arc<Metrics>,
) {
    let mut is_first = true;
    loop {
        let next = schedule.next(Timestamp::now(), is_first, fastrand::f64());
        tracing::info!(%next, "the feed will be synced");
        while let Ok(left) = Duration::try_from(next.duration_since(Timestamp::now()))
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(LOOK)).await;
        }
        is_first = false;
        let begun = Instant::now();
        match once(&store, data_dir, &schedule).await {
            Some(Ok(report)) => {
                tell(&report, begun.elapsed());
                metrics.syncs.ended(&report);
            }
            Some(Err(SyncError::Busy(_))) => {
                tracing::info!("the feed is not synced, since another process does it");
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "the feed could not be synced");
                metrics.syncs.failed();
            }
            None => {
                tracing::error!("the sync of the feed failed by a mistake of the program");
                metrics.syncs.failed();
            }
        }
    }
}

/// One sync, on a thread of its own that the server does not wait for when it ends; `None`
/// where it panicked.
async fn once(
    store: &Arc<dyn Store>,
    data_dir: &Path,
    schedule: &FeedSync,
) -> Option<Result<SyncReport, SyncError>> {
    let stop = StopOnDrop(Stop::default());
    let client = schedule.client();
    let options = SyncOptions {
        lists: schedule.lists(&client.base),
        client,
        import: ImportOptions::default().at(Clock::real_seconds()),
        ..SyncOptions::default()
    };
    let (sender, receiver) = oneshot::channel();
    let (store, data_dir) = (Arc::clone(store), data_dir.to_owned());
    let (handle, stopped) = (Handle::current(), stop.0.clone());
    std::thread::spawn(move || {
        let syncing = AssertUnwindSafe(|| {
            sync(
                store.as_ref(),
                &data_dir,
                &options,
                &stopped,
                &|_, _| {},
                &handle,
            )
        });
        if let Ok(result) = catch_unwind(syncing) {
            // Nobody waits where the server has ended.
            let _ = sender.send(result);
        }
    });
    receiver.await.ok()
}

fn tell(report: &SyncReport, took: Duration) {
    for (id, reason) in report.failed.iter().take(TOLD) {
        tracing::warn!(%id, %reason, "a document of the feed was not synced");
    }
    if let Some(warning) = report.warning() {
        tracing::warn!("{warning}");
    }
    tracing::info!(
        new = report.new.len(),
        changed = report.changed.len(),
        unchanged = report.unchanged,
        failed = report.failed.len(),
        ?took,
        "the feed was synced"
    );
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
