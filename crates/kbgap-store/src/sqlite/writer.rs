//! The one thread that writes.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::machines;
use crate::{MachineReport, PutOutcome, StoreError};

/// Writes that may wait before callers are told that the store is busy.
const QUEUE: usize = 4_096;
/// Reports that one commit takes at most, so that no caller waits for long.
const GROUP: usize = 20_000;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

enum Work {
    Put(Put),
    Other(Job),
}

struct Put {
    tenant: String,
    machines: Vec<MachineReport>,
    reply: oneshot::Sender<Result<Vec<PutOutcome>, StoreError>>,
}

pub(super) struct Writer {
    /// Always there until the writer is dropped.
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

/// Whoever closes the last connection moves the log into the file, which is then all
/// that there is to copy.
impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // Had it panicked, its callers would know.
            let _ = thread.join();
        }
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, work) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("kbgap-writer".to_owned())
            .spawn(move || write(connection, &work))
            .map_err(|e| StoreError::Open {
                path: "writer thread".into(),
                reason: e.to_string(),
            })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    pub(super) async fn put_machines(
        &self,
        tenant: String,
        machines: Vec<MachineReport>,
    ) -> Result<Vec<PutOutcome>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Work::Put(Put {
            tenant,
            machines,
            reply,
        }))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs a write in a transaction of its own.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Work::Other(Box::new(move |connection| {
            // Whoever asked may have gone; the write counts all the same.
            let _ = reply.send(in_transaction(connection, write));
        })))?;
        Ok(answer.await.map_err(|_| StoreError::Closed)??)
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(work).map_err(|e| match e {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

fn in_transaction<T>(
    connection: &mut Connection,
    write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = write(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

fn write(mut connection: Connection, work: &Receiver<Work>) {
    let mut next = work.recv().ok();
    while let Some(current) = next.take() {
        match current {
            Work::Other(job) => job(&mut connection),
            Work::Put(first) => {
                let mut count = first.machines.len();
                let mut group = vec![first];
                while count < GROUP {
                    match work.try_recv() {
                        Ok(Work::Put(put)) => {
                            count += put.machines.len();
                            group.push(put);
                        }
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                commit(&mut connection, group);
            }
        }
        next = next.or_else(|| work.recv().ok());
    }
}

fn commit(connection: &mut Connection, group: Vec<Put>) {
    let outcomes = in_transaction(connection, |transaction| {
        group
            .iter()
            .map(|put| machines::put(transaction, &put.tenant, &put.machines))
            .collect::<Result<Vec<_>, _>>()
    });
    match outcomes {
        Ok(outcomes) => {
            for (put, outcome) in group.into_iter().zip(outcomes) {
                let _ = put.reply.send(Ok(outcome));
            }
        }
        // One caller's failure must not be another's: each tries by itself.
        Err(_) if group.len() > 1 => {
            for put in group {
                commit(connection, vec![put]);
            }
        }
        Err(error) => {
            if let Some(put) = group.into_iter().next() {
                let _ = put.reply.send(Err(error.into()));
            }
        }
    }
}
