//! Moving the log into the file, beside the writing.
//!
//! Left to itself, SQLite does it whenever a commit finds a thousand pages in the log, and
//! whoever commits waits for it. Here a thread of its own does, so that commits go on
//! meanwhile. They add to the log as it is moved, and only a log of which all was moved
//! begins anew: where it has become long, the writer moves the rest itself, which is
//! what was added since the thread began.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::connection;

/// Pages in the log from which on it is moved: 64 MB. Pages that were written again and again
/// until then are moved once.
const BEGIN: usize = 16_384;
/// Pages in the log from which on the writer does so itself: 128 MB.
const LONG: usize = 32_768;

pub(super) struct Checkpointer {
    /// Pages in the log after the last commit.
    pages: Arc<AtomicUsize>,
    /// From how many pages on the writer tries itself next.
    long: usize,
    /// Always there until this is dropped.
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Of the file that this connection writes to.
    pub(super) fn start(path: Arc<Path>, writer: &mut Connection) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&pages);
        // In place of the one that SQLite has for itself.
        writer.wal_hook(Some(move |_: &mut _, pages| {
            counted.store(
                usize::try_from(pages).unwrap_or_default(),
                Ordering::Relaxed,
            );
            Ok(())
        }))?;
        let (wake, woken) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("kbgap-checkpoint".to_owned())
            .spawn(move || {
                let mut connection = None;
                while woken.recv().is_ok() {
                    if connection.is_none() {
                        connection = connection::open_checkpointer(&path).ok();
                    }
                    // What fails is tried again: here at the next waking, at last by the
                    // writer, and whatever fails there is an error of a write.
                    let _ = connection.as_ref().map(checkpoint);
                }
            });
        Ok(Self {
            pages,
            long: LONG,
            wake: Some(wake),
            thread: thread.ok(),
        })
    }

    /// Has the log moved where it is time to. Called after each commit.
    pub(super) fn committed(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages >= self.long {
            // A reader may hold the log; then it is tried again when it has grown.
            let _ = checkpoint(writer);
            self.long = pages + BEGIN;
        } else if pages < LONG {
            self.long = LONG;
        }
        if pages >= BEGIN
            && let Some(wake) = &self.wake
        {
            // One that is full is awake already.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // Had it panicked, the writer would have done its work.
            let _ = thread.join();
        }
    }
}

/// Moves what nobody reads from the log any more, without waiting for anybody.
fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store of its own, with a table to fill.
    struct Filled {
        _folder: tempfile::TempDir,
        path: Arc<Path>,
        writer: Connection,
        checkpointer: Checkpointer,
    }

    impl Filled {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path: Arc<Path> = folder.path().join("kbgap.db").into();
            let mut writer = connection::open(&path).unwrap();
            writer
                .execute_batch("CREATE TABLE filled (bytes BLOB)")
                .unwrap();
            Self {
                checkpointer: Checkpointer::start(Arc::clone(&path), &mut writer).unwrap(),
                _folder: folder,
                path,
                writer,
            }
        }
    }

    /// Commits so many pages, of which the thread is not told.
    fn fill(writer: &Connection, pages: usize) {
        let sql = "INSERT INTO filled
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            SELECT randomblob(4000) FROM n";
        writer.execute(sql, [pages]).unwrap();
    }

    #[test]
    fn a_long_log_begins_anew() {
        let Filled {
            _folder,
            writer,
            mut checkpointer,
            ..
        } = Filled::new();
        fill(&writer, LONG);
        assert!(checkpointer.pages.load(Ordering::Relaxed) >= LONG);
        checkpointer.committed(&writer);
        fill(&writer, 1);
        assert!(checkpointer.pages.load(Ordering::Relaxed) < BEGIN);
        checkpointer.committed(&writer);
        assert_eq!(checkpointer.long, LONG);
    }

    #[test]
    fn the_log_is_moved_beside_the_writing() {
        let Filled {
            _folder,
            path,
            writer,
            mut checkpointer,
        } = Filled::new();
        fill(&writer, BEGIN);
        checkpointer.committed(&writer);
        // Waits for the thread.
        drop(checkpointer);
        assert!(std::fs::metadata(&path).unwrap().len() >= 4_096 * BEGIN as u64);
    }
}
