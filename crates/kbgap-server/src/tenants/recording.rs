//! Recording what changes for machines, many at a time.
//!
//! The history of exposure follows what readers can see already, in the order of the
//! reports: two reports in a row are two rows. Whoever reported something that changes a
//! machine is answered when that is recorded, too. What a crash cuts off is made up for at
//! the next start, from the newest reports.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kbgap_fleet::JudgedMachine;
use kbgap_inventory::MachineId;
use kbgap_store::StoreError;
use tokio::sync::{Notify, watch};

use super::pace::Pace;
use super::writer::Changed;
use super::{Tenants, is_set};
use crate::history::{Feed, Recorder};

/// Machines that wait to be recorded, of some hundred bytes each; whoever brings more waits
/// as well.
const ROOM: u64 = 4_000;
/// Machines that are recorded at once.
const GROUP: usize = 2_000;
/// How long to wait after the store has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The queue before the recorder.
pub(super) struct Recording {
    recorder: tokio::sync::Mutex<Recorder>,
    queue: Mutex<VecDeque<Changed>>,
    filled: Notify,
    /// How many machines have ever been queued, and how many of them are done with.
    queued: watch::Sender<u64>,
    done: watch::Sender<u64>,
}

impl Recording {
    pub(super) fn new(recorder: Recorder) -> Self {
        Self {
            recorder: tokio::sync::Mutex::new(recorder),
            queue: Mutex::default(),
            filled: Notify::new(),
            queued: watch::Sender::new(0),
            done: watch::Sender::new(0),
        }
    }

    pub(super) fn enqueue(&self, changed: Vec<Changed>) {
        if changed.is_empty() {
            return;
        }
        let count = changed.len() as u64;
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(changed);
        self.queued.send_modify(|queued| *queued += count);
        drop(queue);
        self.filled.notify_one();
    }

    /// Waits until there is room for more.
    pub(super) async fn room(&self) {
        let mut done = self.done.subscribe();
        let has_room = |done: &u64| self.queued.borrow().saturating_sub(*done) < ROOM;
        // It ends only with the server.
        let _ = done.wait_for(has_room).await;
    }

    /// How many machines have ever been queued.
    pub(super) fn queued(&self) -> u64 {
        *self.queued.borrow()
    }

    /// Waits until so many machines that were queued are recorded.
    pub(super) async fn done(&self, queued: u64) {
        let mut done = self.done.subscribe();
        let _ = done.wait_for(|done| *done >= queued).await;
    }

    fn is_empty(&self) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.is_empty()
    }

    /// The next machines of one tenant under one feed, each once.
    fn take(&self) -> Vec<Changed> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = queue.front() else {
            return Vec::new();
        };
        let mut ids: HashSet<&MachineId> = HashSet::new();
        let alike = queue.iter().take(GROUP).take_while(|next| {
            first.tenant == next.tenant
                && first.feed.generation == next.feed.generation
                && ids.insert(next.machine.id())
        });
        let count = alike.count();
        queue.drain(..count).collect()
    }
}

impl Tenants {
    /// Records what is queued, for as long as the server runs.
    pub(crate) async fn record_queued(&self) {
        let Some(recording) = &self.recording else {
            return;
        };
        loop {
            let group = recording.take();
            let Some(first) = group.first() else {
                recording.filled.notified().await;
                continue;
            };
            let (tenant, feed) = (Arc::clone(&first.tenant), Arc::clone(&first.feed));
            let machines: Vec<Arc<JudgedMachine>> =
                group.into_iter().map(|changed| changed.machine).collect();
            let count = machines.len() as u64;
            self.record_until_done(recording, &tenant, machines, &feed)
                .await;
            recording.done.send_modify(|done| *done += count);
        }
    }

    /// Nothing is given up: history that is late is better than none. Gives how long nobody
    /// else could record.
    async fn record_until_done(
        &self,
        recording: &Recording,
        tenant: &str,
        machines: Vec<Arc<JudgedMachine>>,
        feed: &Feed,
    ) -> Duration {
        loop {
            match self.record(recording, tenant, &machines, feed).await {
                Ok(took) => return took,
                Err(error) => {
                    tracing::warn!(%error, "cannot record what has changed; trying again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn record(
        &self,
        recording: &Recording,
        tenant: &str,
        machines: &[Arc<JudgedMachine>],
        feed: &Feed,
    ) -> Result<Duration, StoreError> {
        // Held until the marks are where the next call reads them.
        let mut recorder = recording.recorder.lock().await;
        let start = Instant::now();
        let marks = tokio::task::block_in_place(|| self.writer().marks(tenant, machines));
        let machines = machines.iter().cloned().zip(marks).collect();
        let news = recorder.record(tenant, machines, feed).await?;
        if !news.is_empty() {
            // Marks change no answer: they come with what is published next, where more is.
            let shows = news.detections.is_some() || recording.is_empty();
            tokio::task::block_in_place(|| {
                let mut writer = self.writer();
                writer.recorded(tenant, news);
                if shows {
                    self.publish(&mut writer);
                }
            });
        }
        Ok(start.elapsed())
    }

    /// Records what the feed has changed for any machine, a few machines at a time and at a
    /// [`Pace`], so that reports that come meanwhile hardly wait. Ends early where the feed
    /// changes again.
    pub(crate) async fn record_all(&self, stop: &AtomicBool) {
        let Some(recording) = &self.recording else {
            return;
        };
        let (feed, published) = {
            let writer = self.writer();
            (writer.feed.clone(), self.published.load_full())
        };
        let mut pace = Pace::new();
        for (tenant, fleet) in &published.fleets {
            let mut machines = fleet.all_judged();
            loop {
                let followed = self.writer().followed;
                let piece = machines.by_ref().take(pace.machines());
                let some: Vec<Arc<JudgedMachine>> = tokio::task::block_in_place(|| piece.collect());
                if some.is_empty() {
                    break;
                }
                if is_set(stop) {
                    return;
                }
                let took = self.record_until_done(recording, tenant, some, &feed).await;
                let reports = self.writer().followed.saturating_sub(followed);
                tokio::time::sleep(pace.took(took, reports)).await;
            }
            let recorder = recording.recorder.lock().await;
            if let Err(error) = recorder.recorded_all(tenant, &feed).await {
                tracing::warn!(%error, "cannot note that all machines are recorded");
            }
        }
    }
}
