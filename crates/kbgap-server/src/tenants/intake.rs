//! The way of reports into the store and the index.
//!
//! Two steps, each for many requests at once: one commits what waits, the other enters
//! what was committed into the index and lets readers see it. While one group is entered
//! the next is committed, and where all of it is of fleets that are being loaded, that one
//! is waited for and shown with it. Nothing is read back: the store tells what it keeps of each
//! machine.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kbgap_fleet::Upserted;
use kbgap_inventory::Machine;
use kbgap_store::{MachineReport, Put, PutOutcome, StoreError};
use tokio::sync::mpsc::error::{TryRecvError, TrySendError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::Tenants;
use super::writer::{Changed, Said, first_mark};
use crate::apart::Apart;

/// Requests that may wait before clients are told to come again.
const QUEUE: usize = 1_024;
/// Reports that are committed at once: a parsed one takes three times the memory of its
/// text, and three groups are on their way at a time.
const GROUP: usize = 1_000;
/// Reports after which readers are shown what has been entered, where more is waiting:
/// each time, the pieces of the index that change next are copied.
const SHOWN: usize = 2_500;
/// Reports of one request from which on it brings a fleet, and can wait until more of that
/// is entered.
const FLEET: usize = 100;
/// How long it waits for what is being committed at the time.
const MORE: Duration = Duration::from_millis(50);

/// How long whoever reports waits for the history.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where reports are handed in.
pub(crate) struct Intake {
    queue: mpsc::Sender<Batch>,
    _entering: Apart,
}

/// A machine with its report as the store takes it.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) stored: MachineReport,
}

/// Why reports were not stored, none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotStored {
    /// Others are writing; it would do to send them again in a moment.
    Busy,
    /// The log tells.
    Failed,
}

/// What became of reports.
type Became = Result<Vec<PutOutcome>, NotStored>;

/// What becomes of reports, when it is known.
pub(crate) type Outcomes = oneshot::Receiver<Became>;

struct Batch {
    tenant: String,
    reports: Vec<Report>,
    reply: oneshot::Sender<Became>,
}

/// Reports of one tenant that were committed together.
struct Committed {
    tenant: String,
    put: Put,
    machines: Vec<Said>,
    /// Who waits for how many of them.
    replies: Vec<(usize, oneshot::Sender<Became>)>,
    /// Held until they are entered.
    under_way: UnderWay,
}

/// Reports are on their way from the store into the index while one of these is held beside
/// that of [`Tenants`].
pub(super) type UnderWay = Arc<()>;

impl Intake {
    /// Begins to take reports. Both tasks end when the intake is dropped.
    pub(crate) fn start(tenants: &Arc<Tenants>) -> Self {
        let (queue, batches) = mpsc::channel(QUEUE);
        let (committed, entering) = mpsc::channel(1);
        tokio::spawn(commit_all(Arc::clone(tenants), batches, committed));
        Self {
            queue,
            _entering: Apart::begin(enter_all(Arc::clone(tenants), entering)),
        }
    }

    /// How many requests wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Hands in reports.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where too many wait.
    pub(crate) fn hand_in(
        &self,
        tenant: &str,
        reports: Vec<Report>,
    ) -> Result<Outcomes, StoreError> {
        let (batch, outcomes) = Batch::new(tenant, reports);
        self.queue.try_send(batch).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => StoreError::Closed,
        })?;
        Ok(outcomes)
    }

    /// The same, waiting while too many wait: for a client that is still sending, and that
    /// waits in turn. Not on the runtime's threads.
    ///
    /// # Errors
    /// [`StoreError::Closed`] where the server ends.
    pub(crate) fn hand_in_waiting(
        &self,
        tenant: &str,
        reports: Vec<Report>,
    ) -> Result<Outcomes, StoreError> {
        let (batch, outcomes) = Batch::new(tenant, reports);
        let sent = self.queue.blocking_send(batch);
        sent.map_err(|_| StoreError::Closed)?;
        Ok(outcomes)
    }
}

impl Batch {
    fn new(tenant: &str, reports: Vec<Report>) -> (Self, Outcomes) {
        let (reply, outcomes) = oneshot::channel();
        let batch = Self {
            tenant: tenant.to_owned(),
            reports,
            reply,
        };
        (batch, outcomes)
    }
}

async fn commit_all(
    tenants: Arc<Tenants>,
    mut batches: mpsc::Receiver<Batch>,
    entering: mpsc::Sender<Committed>,
) {
    while let Some(first) = batches.recv().await {
        let mut count = first.reports.len();
        let mut by_tenant: BTreeMap<String, Vec<Batch>> = BTreeMap::new();
        by_tenant.insert(first.tenant.clone(), vec![first]);
        while count < GROUP
            && let Ok(next) = batches.try_recv()
        {
            count += next.reports.len();
            by_tenant.entry(next.tenant.clone()).or_default().push(next);
        }
        for (tenant, group) in by_tenant {
            if let Some(committed) = commit(&tenants, tenant, group).await
                && entering.send(committed).await.is_err()
            {
                return;
            }
        }
    }
}

/// Commits the reports of a group.
async fn commit(tenants: &Tenants, tenant: String, group: Vec<Batch>) -> Option<Committed> {
    let under_way = UnderWay::clone(&tenants.under_way);
    let (mut machines, mut stored, mut replies) = (Vec::new(), Vec::new(), Vec::new());
    for batch in group {
        replies.push((batch.reports.len(), batch.reply));
        for report in batch.reports {
            machines.push(Said {
                machine: report.machine,
                content_hash: report.stored.content_hash,
                seen_at: report.stored.seen_at_ms,
            });
            stored.push(report.stored);
        }
    }
    match tenants.store.put_machines(&tenant, stored).await {
        Ok(put) => Some(Committed {
            tenant,
            put,
            machines,
            replies,
            under_way,
        }),
        Err(error) => {
            tracing::error!(%error, "reports could not be stored");
            let not_stored = match error.is_busy() {
                true => NotStored::Busy,
                false => NotStored::Failed,
            };
            for (_, reply) in replies {
                // Whoever asked may have gone.
                let _ = reply.send(Err(not_stored));
            }
            None
        }
    }
}

async fn enter_all(tenants: Arc<Tenants>, mut entering: mpsc::Receiver<Committed>) {
    while let Some(first) = entering.recv().await {
        let (mut next, mut round) = (Some(first), Vec::new());
        let (mut count, mut is_fleet) = (0, true);
        let end = Instant::now() + MORE;
        // Since readers were shown something last.
        let mut changed = Vec::new();
        while let Some(committed) = next {
            count += committed.machines.len();
            is_fleet &= committed
                .replies
                .iter()
                .all(|(reports, _)| *reports >= FLEET);
            round.push(enter(&tenants, committed, &mut changed).await);
            if count >= SHOWN {
                break;
            }
            next = match entering.try_recv() {
                Err(TryRecvError::Empty) if is_fleet && tenants.are_reports_under_way() => {
                    let more = tokio::time::timeout_at(end, entering.recv()).await;
                    more.ok().flatten()
                }
                next => next.ok(),
            };
        }
        if let Err(error) = tenants.show(changed).await {
            tracing::warn!(%error, "cannot follow the store");
        }
        for entered in round {
            entered.reply(&tenants);
        }
    }
}

/// Reports that are in the index, and who waits for it.
struct Entered {
    has_news: bool,
    replies: Vec<(oneshot::Sender<Became>, Vec<PutOutcome>)>,
}

async fn enter(tenants: &Tenants, committed: Committed, changed: &mut Vec<Changed>) -> Entered {
    let Committed {
        tenant,
        put,
        machines,
        replies,
        under_way: _under_way,
    } = committed;
    let mut outcomes: Vec<PutOutcome> = put.outcomes().collect();
    let has_news = match tenants.enter(&tenant, put, machines, changed).await {
        Ok(has_news) => has_news,
        Err(error) => {
            // They are durable, and the change feed brings them.
            tracing::warn!(%error, "cannot follow the store");
            false
        }
    };
    let mut outcomes = outcomes.drain(..);
    let replies = replies.into_iter();
    Entered {
        has_news,
        replies: replies
            .map(|(count, reply)| (reply, outcomes.by_ref().take(count).collect()))
            .collect(),
    }
}

impl Entered {
    /// Answers, when what has changed is recorded.
    fn reply(self, tenants: &Arc<Tenants>) {
        let Self { has_news, replies } = self;
        let reply = move || {
            for (reply, outcomes) in replies {
                let _ = reply.send(Ok(outcomes));
            }
        };
        if !has_news {
            return reply();
        }
        let recorded = tenants.recorded();
        tokio::spawn(async move {
            let is_late = tokio::time::timeout(PATIENCE, recorded).await.is_err();
            if is_late {
                tracing::warn!("reports are stored, and their history will follow");
            }
            reply();
        });
    }
}

impl Tenants {
    /// Enters reports that were committed into the index; tells whether they may have
    /// changed a machine.
    async fn enter(
        &self,
        tenant: &str,
        put: Put,
        machines: Vec<Said>,
        changed: &mut Vec<Changed>,
    ) -> Result<bool, StoreError> {
        let followed = self.writer().followed;
        if followed < put.before {
            // Another process has written in between: the change feed has all of it.
            self.follow().await?;
        }
        // Also what somebody else enters first has to be recorded.
        let mut has_news = put
            .outcomes()
            .any(|outcome| matches!(outcome, PutOutcome::Created | PutOutcome::Changed));
        let tenant: Arc<str> = tenant.into();
        tokio::task::block_in_place(|| {
            let mut writer = self.writer();
            let followed = writer.followed;
            for (said, stored) in machines.into_iter().zip(put.machines) {
                // Whoever follows the change feed may have been here first.
                if stored.outcome == PutOutcome::Stale || stored.meta.sequence <= followed {
                    continue;
                }
                let is_new = matches!(stored.outcome, PutOutcome::Created | PutOutcome::Changed);
                let check_in = said.with(&stored.meta, first_mark(stored.outcome));
                // Where others write, it may have changed and changed back since the index
                // has seen it.
                let upserted = writer.index(&tenant).upsert(&check_in);
                if upserted == Upserted::Changed || is_new {
                    changed.extend(writer.changed(&tenant, &check_in.machine.id));
                    has_news = true;
                }
            }
            writer.followed = writer.followed.max(put.after);
        });
        Ok(has_news)
    }

    /// Lets readers see what was entered.
    async fn show(&self, changed: Vec<Changed>) -> Result<(), StoreError> {
        let is_between = tokio::task::block_in_place(|| {
            let mut writer = self.writer();
            self.record_later(changed);
            self.publish(&mut writer);
            writer.is_between
        });
        if let Some(recording) = &self.recording {
            recording.room().await;
        }
        if is_between {
            // Who follows the change feed publishes these when it has come to its end.
            self.follow().await?;
        }
        Ok(())
    }
}
