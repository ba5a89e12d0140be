//! The one thread that writes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::checkpoint::Checkpointer;
use super::put;
use crate::{MachineReport, Put, StoreError};

/// Writes that may wait before callers are told that the store is busy.
const QUEUE: usize = 4_096;
/// The bytes of reports that may wait: a few groups.
const WAITING: usize = 64 << 20;
/// Reports that one commit takes at most, so that no caller waits for long.
const GROUP: usize = 20_000;
/// The bytes of reports that one commit takes at most.
const GROUP_BYTES: usize = 16 << 20;

/// After how long without work the thread gives memory back.
const IDLE: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

enum Work {
    Put(Reports),
    Other(Job),
}

struct Reports {
    tenant: String,
    machines: Vec<MachineReport>,
    bytes: usize,
    reply: oneshot::Sender<Result<Put, StoreError>>,
}

pub(super) struct Writer {
    /// Always there until the writer is dropped.
    queue: Option<SyncSender<Work>>,
    /// The bytes of the reports in the queue.
    waiting: Arc<AtomicUsize>,
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
    /// Writes to a file.
    pub(super) fn start(path: Arc<Path>, mut connection: Connection) -> Result<Self, StoreError> {
        let checkpointer = Checkpointer::start(path, &mut connection)?;
        Self::with(connection, Some(checkpointer))
    }

    /// Has every write fail, of a file that cannot be written to.
    pub(super) fn start_unwritable(connection: Connection) -> Result<Self, StoreError> {
        Self::with(connection, None)
    }

    fn with(
        connection: Connection,
        checkpointer: Option<Checkpointer>,
    ) -> Result<Self, StoreError> {
        let (queue, work) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let mut desk = Desk {
            checkpointer,
            connection,
            work,
            waiting: Arc::clone(&waiting),
        };
        let thread = std::thread::Builder::new()
            .name("kbgap-writer".to_owned())
            .spawn(move || desk.write())
            .map_err(|e| StoreError::Open {
                path: "writer thread".into(),
                reason: e.to_string(),
            })?;
        Ok(Self {
            queue: Some(queue),
            waiting,
            thread: Some(thread),
        })
    }

    pub(super) async fn put_machines(
        &self,
        tenant: String,
        machines: Vec<MachineReport>,
    ) -> Result<Put, StoreError> {
        let (reply, answer) = oneshot::channel();
        let bytes = machines.iter().map(|m| m.body.packed().len()).sum();
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        // However large the reports of one call are, they are taken when nothing waits.
        let sent = match before > 0 && before + bytes > WAITING {
            true => Err(StoreError::Busy),
            false => self.send(Work::Put(Reports {
                tenant,
                machines,
                bytes,
                reply,
            })),
        };
        if sent.is_err() {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
        sent?;
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

/// What the thread works with.
struct Desk {
    // Before the connection, which has to be the last that is closed.
    checkpointer: Option<Checkpointer>,
    connection: Connection,
    work: Receiver<Work>,
    waiting: Arc<AtomicUsize>,
}

impl Desk {
    fn write(&mut self) {
        let mut next = self.work.recv().ok();
        while let Some(current) = next.take() {
            match current {
                Work::Other(job) => job(&mut self.connection),
                Work::Put(first) => {
                    let (group, other) = self.group(first);
                    next = other;
                    commit(&mut self.connection, group);
                }
            }
            if let Some(checkpointer) = &mut self.checkpointer {
                checkpointer.committed(&self.connection);
            }
            next = next.or_else(|| self.wait());
        }
    }

    /// Waits for more work. Where none comes for a while, what the connection keeps of the
    /// file is given back: it is much after a fleet was loaded, and little is written again.
    fn wait(&self) -> Option<Work> {
        match self.work.recv_timeout(IDLE) {
            Ok(work) => Some(work),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                // It fails where the file does, and the next write tells.
                let _ = self.connection.execute_batch("PRAGMA shrink_memory");
                self.work.recv().ok()
            }
        }
    }

    /// The reports that wait behind these, as many as one commit takes, and what other
    /// work comes after them.
    fn group(&self, first: Reports) -> (Vec<Reports>, Option<Work>) {
        let (mut count, mut bytes) = (first.machines.len(), first.bytes);
        let mut group = vec![first];
        let mut other = None;
        while count < GROUP && bytes < GROUP_BYTES {
            match self.work.try_recv() {
                Ok(Work::Put(put)) => {
                    count += put.machines.len();
                    bytes += put.bytes;
                    group.push(put);
                }
                Ok(work) => {
                    other = Some(work);
                    break;
                }
                Err(_) => break,
            }
        }
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        (group, other)
    }
}

fn commit(connection: &mut Connection, group: Vec<Reports>) {
    let stored = in_transaction(connection, |transaction| {
        group
            .iter()
            .map(|put| put::put(transaction, &put.tenant, &put.machines))
            .collect::<Result<Vec<_>, _>>()
    });
    match stored {
        Ok(stored) => {
            for (put, stored) in group.into_iter().zip(stored) {
                let _ = put.reply.send(Ok(stored));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PackedBody;
    use crate::sqlite::connection;

    fn reports(bytes: usize) -> Vec<MachineReport> {
        vec![MachineReport {
            id: "a".to_owned(),
            computer_dns_name: "a".to_owned(),
            seen_at_ms: 1,
            content_hash: [1; 32],
            body: PackedBody::stored(vec![b'{'; bytes]),
            group: None,
            addresses: Vec::new(),
        }]
    }

    #[tokio::test]
    async fn so_many_bytes_wait_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path: Arc<Path> = folder.path().join("kbgap.db").into();
        let connection = connection::open(&path).unwrap();
        let writer = Arc::new(Writer::start(path, connection).unwrap());
        let (busy, held) = std::sync::mpsc::channel::<()>();
        let holding = Arc::clone(&writer);
        let holding = tokio::spawn(async move { holding.run(move |_| Ok(held.recv())).await });
        tokio::task::yield_now().await;
        let put = |bytes| {
            let writer = Arc::clone(&writer);
            async move { writer.put_machines("t".to_owned(), reports(bytes)).await }
        };
        let first = tokio::spawn(put(WAITING / 2));
        tokio::task::yield_now().await;
        let refused = put(WAITING / 2 + 1).await;
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        let second = tokio::spawn(put(WAITING / 2 - 1));
        tokio::task::yield_now().await;
        busy.send(()).unwrap();
        holding.await.unwrap().unwrap().unwrap();
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
        // However much it is, it is taken when nothing waits.
        put(WAITING + 1).await.unwrap();
        assert_eq!(writer.waiting.load(Ordering::Relaxed), 0);
    }
}
