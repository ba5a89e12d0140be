//! The fleets of all tenants, kept in step with the store.
//!
//! Readers take the fleet that was published last and hold on to it as long as they like;
//! nobody waits for anybody. What changes comes by three ways, one [`Writer`] takes it in:
//!
//! - what this process stores, from [`intake`], which has just committed it;
//! - what other processes store, by following the store's change feed;
//! - another catalogue, assessed beside everything else and brought in at once.
//!
//! What it changes for machines is recorded after it was published, by [`recording`].
//!
//! What readers see is whole:
//!
//! - All fleets are under one catalogue; a feed change shows for all machines at once.
//! - Of a commit they see all or nothing: of what one request brings in one, of an edit of
//!   many machines, of what another process stores at once. Only while another process
//!   writes for seconds on end faster than it can be followed, a part of a commit may show.
//! - Nothing is answered before it shows, and what is older than what is known never does.

mod intake;
mod kept;
mod pace;
mod recording;
mod writer;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use kbgap_catalog::Catalog;
use kbgap_fleet::{Fleet, FleetIndex};
use kbgap_inventory::Machine;
use kbgap_store::{PackedBody, Store, StoreError};

use self::intake::UnderWay;
pub(crate) use self::intake::{Intake, NotStored, Outcomes, Report};
use self::recording::Recording;
use self::writer::Writer;
use crate::clock::Clock;
use crate::history::{Feed, History, Recorder};
use crate::ingest::EncodeError;
use crate::metrics::Timer;

/// Changes that are read from the store at a time.
const PAGE: usize = 2_000;
/// How long nothing is published at most while page after page is read: a page may end in
/// the middle of a commit, and whoever writes much beside this server may not end for long.
const UNPUBLISHED: Duration = Duration::from_secs(2);

/// The fleets of all tenants.
pub struct Tenants {
    store: Arc<dyn Store>,
    clock: Clock,
    published: ArcSwap<Published>,
    writer: Mutex<Writer>,
    /// Held while the change feed is followed, so that it is read once.
    following: tokio::sync::Mutex<()>,
    recording: Option<Recording>,
    /// Held by reports that are committed and not entered yet.
    under_way: UnderWay,
    /// Until which change the fleets were written to their file.
    kept: Mutex<Option<u64>>,
    /// How long it took to let readers see what had changed.
    pub(crate) publishing: Timer,
    /// How long it took to assess all machines under another catalogue.
    pub(crate) assessing: Timer,
}

/// What readers see: all fleets are under one catalogue.
#[derive(Clone)]
struct Published {
    /// Of a tenant without machines.
    empty: Arc<Fleet>,
    fleets: HashMap<String, Arc<Fleet>>,
    /// The last change of the store that they have.
    followed: u64,
}

impl Tenants {
    /// No fleets yet; [`Tenants::follow`] brings them.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, catalog: Catalog) -> Self {
        let feed = Feed {
            rules: catalog.into(),
            generation: 0,
        };
        Self::under((store, Clock::default()), feed, None, None)
    }

    /// The same, recording the history of exposure.
    pub(crate) fn recording(
        store: Arc<dyn Store>,
        feed: Feed,
        clock: Clock,
        recorder: Recorder,
    ) -> Self {
        let history = Arc::clone(recorder.history());
        let recording = Recording::new(recorder);
        Self::under((store, clock), feed, Some(history), Some(recording))
    }

    fn under(
        (store, clock): (Arc<dyn Store>, Clock),
        feed: Feed,
        history: Option<Arc<History>>,
        recording: Option<Recording>,
    ) -> Self {
        let published = Published {
            empty: Arc::new(Fleet::new(feed.rules.clone())),
            fleets: HashMap::new(),
            followed: 0,
        };
        Self {
            store,
            clock,
            published: ArcSwap::from_pointee(published),
            writer: Mutex::new(Writer::new(feed, history)),
            following: tokio::sync::Mutex::default(),
            recording,
            under_way: UnderWay::default(),
            kept: Mutex::default(),
            publishing: Timer::default(),
            assessing: Timer::default(),
        }
    }

    /// The fleet of a tenant as it was published last; an empty one where it has no machine.
    #[must_use]
    pub fn fleet(&self, tenant: &str) -> Arc<Fleet> {
        let published = self.published.load();
        let fleet = published.fleets.get(tenant);
        Arc::clone(fleet.unwrap_or(&published.empty))
    }

    /// An empty fleet under the catalogue of all, and the fleets of all tenants.
    pub(crate) fn all_fleets(&self) -> (Arc<Fleet>, Vec<Arc<Fleet>>) {
        let published = self.published.load();
        let fleets = published.fleets.values().cloned().collect();
        (Arc::clone(&published.empty), fleets)
    }

    /// Applies all changes that the store has since the last call.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; the next call begins with the same changes.
    pub async fn follow(&self) -> Result<(), StoreError> {
        self.follow_all(true).await
    }

    /// The same, from time to time. While reports of this process are on their way into the
    /// index there is nothing to do: whoever enters them follows the store first where others
    /// have written, and reading them back would be to enter them twice.
    ///
    /// # Errors
    /// As [`Tenants::follow`].
    pub(crate) async fn follow_others(&self) -> Result<(), StoreError> {
        match self.are_reports_under_way() {
            true => Ok(()),
            false => self.follow().await,
        }
    }

    /// Whether reports of this process are on their way from the store into the index.
    fn are_reports_under_way(&self) -> bool {
        Arc::strong_count(&self.under_way) > 1
    }

    /// The same when the server starts. Nothing is recorded: what machines have to be is
    /// found when all of them are looked at ([`Tenants::record_all`]), and nobody waits.
    pub(crate) async fn catch_up(&self) -> Result<(), StoreError> {
        self.follow_all(false).await
    }

    async fn follow_all(&self, records: bool) -> Result<(), StoreError> {
        let recording = self.recording.as_ref().filter(|_| records);
        let _following = self.following.lock().await;
        let mut published = Instant::now();
        loop {
            let followed = self.writer().followed;
            let changes = self.store.changes_after(followed, PAGE).await?;
            let is_last = changes.len() < PAGE;
            // Assessing a new state takes its time: not on the runtime's threads.
            tokio::task::block_in_place(|| {
                let mut writer = self.writer();
                let changed = writer.follow(changes);
                if let Some(recording) = recording {
                    recording.enqueue(changed);
                }
                writer.is_between = !is_last && published.elapsed() < UNPUBLISHED;
                if !writer.is_between {
                    published = Instant::now();
                }
                // Also where nothing came: time alone makes machines fall silent.
                self.publish(&mut writer);
            });
            if let Some(recording) = recording {
                recording.room().await;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Puts all fleets under another catalogue, each at once: until then readers go on
    /// with the old one, and reports come in. `false` where `stop` was set before the end.
    pub(crate) async fn set_feed(self: &Arc<Self>, feed: Feed, stop: &Arc<AtomicBool>) -> bool {
        let (tenants, stop) = (Arc::clone(self), Arc::clone(stop));
        let assessed = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let published = tenants.published.load_full();
            let mut assessed = HashMap::new();
            for (tenant, fleet) in &published.fleets {
                let reassessed = FleetIndex::reassess(fleet, feed.rules.clone(), &stop)?;
                assessed.insert(tenant.clone(), reassessed);
            }
            tenants.assessing.took(begun.elapsed());
            // Not in the middle of a commit, since all is published at once.
            let _following = tenants.following.blocking_lock();
            let mut writer = tenants.writer();
            // Who has stopped this one may have been faster, and must not be overtaken.
            if is_set(&stop) {
                return None;
            }
            writer.set_feed(feed, assessed);
            writer.is_between = false;
            tenants.publish(&mut writer);
            Some(())
        });
        matches!(assessed.await, Ok(Some(())))
    }

    /// Ends when all that was published before is recorded.
    pub(crate) fn recorded(self: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        let tenants = Arc::clone(self);
        let queued = self.recording.as_ref().map(Recording::queued);
        async move {
            if let (Some(recording), Some(queued)) = (&tenants.recording, queued) {
                recording.done(queued).await;
            }
        }
    }

    fn lock_kept(&self) -> MutexGuard<'_, Option<u64>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_later(&self, changed: Vec<writer::Changed>) {
        if let Some(recording) = &self.recording {
            recording.enqueue(changed);
        }
    }

    /// Lets readers see what has changed.
    fn publish(&self, writer: &mut Writer) {
        if writer.is_between {
            return;
        }
        let begun = Instant::now();
        let fleets = writer.publish(self.clock.now_ms());
        let last = self.published.load_full();
        let rules = &writer.feed.rules;
        let is_same_feed = rules.catalog().checksum() == last.empty.catalog().checksum();
        if fleets.is_empty() && last.followed == writer.followed && is_same_feed {
            return;
        }
        let mut published = Published::clone(&last);
        published.followed = writer.followed;
        if !is_same_feed {
            published.empty = Arc::new(Fleet::new(rules.clone()));
        }
        published.fleets.extend(fleets);
        self.published.store(Arc::new(published));
        self.publishing.took(begun.elapsed());
    }
}

/// Reads a machine as the store keeps it.
///
/// # Errors
/// When the body is not what [`Machine::encoded`] wrote.
pub fn decode_machine(body: &PackedBody) -> Result<Machine, EncodeError> {
    Ok(serde_json::from_slice(&body.unpack()?)?)
}

/// Something that is asked to stop.
pub(crate) fn is_set(stop: &AtomicBool) -> bool {
    stop.load(Ordering::Relaxed)
}
