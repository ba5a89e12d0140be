//! Recording what changes for machines, after readers can see it.
//!
//! Whoever reports is answered when the report is durable and shown; the history of
//! exposure follows, in the order of the reports and many at a time. Two reports in a row
//! are two rows, and whoever asks for history waits for what came before ([`done`]). What
//! a crash cuts off is made up for at the next start, from the newest reports.
//!
//! [`done`]: Recording::done

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kbgap_fleet::FleetMachine;
use kbgap_inventory::MachineId;
use kbgap_store::StoreError;
use tokio::sync::{Notify, watch};

use super::writer::{Event, Events};
use super::{Tenants, is_set};
use crate::history::{Feed, Recorder};

/// Machines that wait to be recorded; whoever brings more waits as well.
const ROOM: usize = 20_000;
/// Machines that are recorded at once.
const GROUP: usize = 2_000;
/// Machines that are looked at at a time under a new catalogue.
const LOOKED_AT: usize = 1_000;
/// How long to wait after the store has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The queue before the recorder.
pub(crate) struct Recording {
    recorder: tokio::sync::Mutex<Recorder>,
    queue: Mutex<VecDeque<Waiting>>,
    filled: Notify,
    /// How many events have ever been queued, and how many of them are done with.
    queued: watch::Sender<u64>,
    done: watch::Sender<u64>,
}

struct Waiting {
    tenant: String,
    event: Event,
    /// The feed under which the machine was assessed.
    feed: Feed,
}

impl Recording {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self {
            recorder: tokio::sync::Mutex::new(recorder),
            queue: Mutex::default(),
            filled: Notify::new(),
            queued: watch::Sender::new(0),
            done: watch::Sender::new(0),
        }
    }

    pub(super) fn enqueue(&self, events: Events, feed: &Feed) {
        if events.is_empty() {
            return;
        }
        let count = events.len() as u64;
        let waiting = events.into_iter().map(|(tenant, event)| Waiting {
            tenant,
            event,
            feed: feed.clone(),
        });
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(waiting);
        self.queued.send_modify(|queued| *queued += count);
        drop(queue);
        self.filled.notify_one();
    }

    /// Waits until there is room for more.
    pub(super) async fn room(&self) {
        let mut done = self.done.subscribe();
        let has_room = |done: &u64| self.queued.borrow().saturating_sub(*done) < ROOM as u64;
        // It ends only with the server.
        let _ = done.wait_for(has_room).await;
    }

    /// Waits until all that is queued now is recorded.
    pub(super) async fn done(&self) {
        let queued = *self.queued.borrow();
        let mut done = self.done.subscribe();
        let _ = done.wait_for(|done| *done >= queued).await;
    }

    /// The next events of one tenant under one feed.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = |a: &Waiting, b: &Waiting| {
            a.tenant == b.tenant && a.feed.generation == b.feed.generation
        };
        let first = queue.front();
        let count = first.map_or(0, |first| {
            queue
                .iter()
                .take(GROUP)
                .take_while(|next| alike(first, next))
                .count()
        });
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
            if group.is_empty() {
                recording.filled.notified().await;
                continue;
            }
            let count = group.len() as u64;
            self.record_group(recording, group).await;
            recording.done.send_modify(|done| *done += count);
        }
    }

    async fn record_group(&self, recording: &Recording, group: Vec<Waiting>) {
        let mut machines: Vec<Arc<FleetMachine>> = Vec::with_capacity(group.len());
        let mut ids: HashSet<MachineId> = HashSet::with_capacity(group.len());
        let mut of: Option<(String, Feed)> = None;
        for Waiting {
            tenant,
            event,
            feed,
        } in group
        {
            match event {
                Event::Changed(machine) => {
                    // Two reports in a row are two rows.
                    if !ids.insert(machine.id().clone()) {
                        ids = HashSet::from([machine.id().clone()]);
                        let earlier = std::mem::take(&mut machines);
                        self.record_until_done(recording, &tenant, earlier, &feed)
                            .await;
                    }
                    machines.push(machine);
                }
                Event::Removed(id) => {
                    let earlier = std::mem::take(&mut machines);
                    self.record_until_done(recording, &tenant, earlier, &feed)
                        .await;
                    recording.recorder.lock().await.forget(&tenant, &id);
                }
            }
            of = Some((tenant, feed));
        }
        if let Some((tenant, feed)) = of {
            self.record_until_done(recording, &tenant, machines, &feed)
                .await;
        }
    }

    /// Nothing is given up: history that is late is better than none.
    async fn record_until_done(
        &self,
        recording: &Recording,
        tenant: &str,
        machines: Vec<Arc<FleetMachine>>,
        feed: &Feed,
    ) {
        while let Err(error) = self
            .record_machines(recording, tenant, &machines, feed)
            .await
        {
            tracing::warn!(%error, "cannot record what has changed; trying again");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn record_machines(
        &self,
        recording: &Recording,
        tenant: &str,
        machines: &[Arc<FleetMachine>],
        feed: &Feed,
    ) -> Result<(), StoreError> {
        if machines.is_empty() {
            return Ok(());
        }
        let mut recorder = recording.recorder.lock().await;
        let news = recorder.record(tenant, machines.to_vec(), feed).await?;
        drop(recorder);
        if news.is_some() {
            tokio::task::block_in_place(|| {
                let mut writer = self.writer();
                writer.marked(tenant, &[], news);
                self.publish(&mut writer);
            });
        }
        Ok(())
    }

    /// Records what the feed has changed for any machine, a few machines at a time, so
    /// that reports that come meanwhile hardly wait. Ends early where the feed changes
    /// again.
    pub(crate) async fn record_all(&self, stop: &AtomicBool) {
        let Some(recording) = &self.recording else {
            return;
        };
        let (feed, published) = {
            let writer = self.writer();
            (writer.feed.clone(), self.published.load_full())
        };
        for (tenant, fleet) in &published.fleets {
            let mut machines = fleet.machines_from(None);
            loop {
                let some: Vec<Arc<FleetMachine>> =
                    tokio::task::block_in_place(|| machines.by_ref().take(LOOKED_AT).collect());
                if some.is_empty() {
                    break;
                }
                if is_set(stop) {
                    return;
                }
                self.record_until_done(recording, tenant, some, &feed).await;
            }
        }
    }
}
