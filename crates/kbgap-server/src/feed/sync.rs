//! Bringing the store up to the vendor's newest documents.
//!
//! What comes is imported as files are, some documents at a time while others are still
//! under way: each goes in as soon as it is whole, so that whoever is interrupted goes on
//! where it was, and one that fails stops no other.

mod lists;
mod memory;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use kbgap_catalog::SourceKind;
use kbgap_store::{FeedHead, Store, StoreError};
use kbgap_sync::{
    Client, ClientError, ClientOptions, Entry, Failure, Fetched, Lists, Retries, Stop, Wanted,
    fetch_all, fetch_index,
};
use tokio::runtime::Handle;

use self::memory::{Memory, Remembered};
use super::{FeedStateError, ImportOptions, Outcome, Progress, catalog, import};

/// How a sync is done.
#[derive(Clone, Debug, Default)]
pub struct SyncOptions {
    /// How the server is reached.
    pub client: ClientOptions,
    /// How often something is tried again.
    pub retries: Retries,
    /// How documents are decided about.
    pub import: ImportOptions,
    /// Lists about CVEs of any vendor that are fetched, too.
    pub lists: Lists,
}

/// What became of a sync.
#[derive(Debug, Default)]
pub struct SyncReport {
    /// How many documents there are: those that the vendor lists, and the lists of others.
    pub listed: usize,
    /// The ids of documents that were not known.
    pub new: Vec<String>,
    /// The ids of documents that took the place of older ones.
    pub changed: Vec<String>,
    /// How many documents are as they were, most of them without having been asked for.
    pub unchanged: usize,
    /// The ids of documents that did not come or did not go in, and why, for people.
    pub failed: Vec<(String, String)>,
    /// The ids of the vendor's documents that are stored and that the list does not name. They
    /// stay: a list that has become shorter is more often a part of one than a withdrawal.
    pub unlisted: Vec<String>,
    /// How many documents and KBs the catalogue has now.
    pub catalog: Option<(usize, usize)>,
}

impl SyncReport {
    /// What people should know of a list that lacks stored documents.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let first = self.unlisted.first()?;
        let (count, which) = match self.unlisted.len() {
            1 => ("1 stored document".to_owned(), first.clone()),
            many => (
                format!("{many} stored documents"),
                format!("{first} and others"),
            ),
        };
        Some(format!(
            "the list does not name {count} ({which}), which stay as they are: a list that was longer before may \
             be a part of one, and then what is newer is missing, too"
        ))
    }

    /// Tells what became of a document that came, and whether the store has it now.
    fn note(&mut self, id: &str, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Added => self.new.push(id.to_owned()),
            Outcome::Replaced => self.changed.push(id.to_owned()),
            Outcome::Unchanged => self.unchanged += 1,
            refused => {
                self.fail(id, reason(refused));
                return false;
            }
        }
        true
    }

    fn fail(&mut self, id: &str, reason: String) {
        self.failed.push((id.to_owned(), reason));
    }
}

/// Why a sync could not even begin, or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The options cannot be used.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The list of documents could not be had.
    #[error("{url}: {failure}")]
    Index {
        /// The URL of the list.
        url: String,
        /// The last failure.
        failure: Failure,
    },
    /// Another sync is at work.
    #[error("another sync is at work in {}: wait until it has ended", .0.display())]
    Busy(PathBuf),
    /// The data folder cannot be written to.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The store or the catalogue failed.
    #[error(transparent)]
    Feed(#[from] FeedStateError),
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::Feed(error.into())
    }
}

/// Fetches what the vendor has and the store has not, and imports it. It blocks for as long
/// as that takes, so not on a thread of the runtime; `handle` is where the store works.
///
/// # Errors
/// [`SyncError`]; single documents that failed are in the report.
pub fn sync(
    store: &dyn Store,
    data_dir: &Path,
    options: &SyncOptions,
    stop: &Stop,
    progress: Progress<'_>,
    handle: &Handle,
) -> Result<SyncReport, SyncError> {
    let client = Client::new(&options.client)?;
    let _lock = lock(data_dir)?;
    let mut memory = Memory::load(data_dir, client.base());
    let entries = list(&client, &mut memory, options.retries, stop)?;

    let mut report = SyncReport {
        listed: entries.0.len() + entries.1.len(),
        ..SyncReport::default()
    };
    for id in entries.1 {
        report.fail(&id, "the list gives it no usable id or date".to_owned());
    }
    let heads = handle.block_on(store.feed_heads())?;
    report.unlisted = unlisted(&entries.0, &heads);
    let wanted = wanted(entries.0, &heads, &memory);
    report.unchanged = report.listed - report.failed.len() - wanted.len();

    let folder = Folder::new(data_dir.join("sync.tmp"))?;
    let mut run = Run {
        store,
        data_dir,
        import: options.import,
        handle,
        wanted: &wanted,
        memory: &mut memory,
        report: &mut report,
    };
    let (sender, receiver) = mpsc::channel();
    let result = std::thread::scope(|scope| {
        let fetching = || {
            let tell = |position, fetched| {
                // Nobody listens any more where an import has failed.
                let _ = sender.send((position, fetched));
            };
            fetch_all(&client, &wanted, &folder.0, options.retries, stop, &tell);
            drop(sender);
        };
        scope.spawn(fetching);
        run.receive(&receiver, progress)
            .inspect_err(|_| stop.stop())
    });
    let whole = (store, data_dir, handle);
    let result = result
        .and_then(|()| lists::sync(whole, options, &folder.0, &mut memory, &mut report, stop));
    // What was learnt counts whatever came of the rest.
    memory.save(data_dir);
    result?;
    report.failed.sort();
    report.catalog = match handle.block_on(catalog(store, data_dir)) {
        Ok(catalog) => Some((catalog.documents().len(), catalog.kbs().len())),
        Err(FeedStateError::Snapshot(kbgap_catalog::SnapshotError::Missing(_))) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(report)
}

/// The documents that the vendor lists, and what is listed without being usable.
fn list(
    client: &Client,
    memory: &mut Memory,
    retries: Retries,
    stop: &Stop,
) -> Result<(Vec<Entry>, Vec<String>), SyncError> {
    let fetched = fetch_index(client, memory.list_etag(), retries, stop);
    let fetched = fetched.map_err(|failure| SyncError::Index {
        url: format!("{}/updates", client.base()),
        failure,
    })?;
    Ok(match fetched {
        None => (memory.entries.clone(), Vec::new()),
        Some((index, etag)) => {
            // A list that is not usable as a whole is read anew, and complained about, next time.
            memory.etag = etag.filter(|_| index.unusable.is_empty());
            memory.entries.clone_from(&index.entries);
            (index.entries, index.unusable)
        }
    })
}

/// The documents that are not stored, or of which there is a later release. An ETag counts
/// only where the store has just what it is the name of.
fn wanted(entries: Vec<Entry>, heads: &[FeedHead], memory: &Memory) -> Vec<Wanted> {
    let heads: HashMap<&str, &FeedHead> = heads.iter().map(|h| (h.id.as_str(), h)).collect();
    let mut wanted = Vec::new();
    for entry in entries {
        let Some(head) = heads.get(entry.id.as_str()) else {
            wanted.push(Wanted { entry, etag: None });
            continue;
        };
        let stored = head.current_release.parse().unwrap_or(i64::MIN);
        if stored < entry.current_release {
            let etag = memory.etag_of(&entry.id, &head.content_hash);
            wanted.push(Wanted { entry, etag });
        }
    }
    // The newest first: they matter most to whoever is interrupted.
    wanted.sort_by_key(|w| std::cmp::Reverse(w.entry.current_release));
    wanted
}

/// The stored months that are not listed.
fn unlisted(entries: &[Entry], heads: &[FeedHead]) -> Vec<String> {
    let listed: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    let months = heads.iter().filter(|h| h.kind == SourceKind::Cvrf.name());
    let lacking = months.filter(|h| !listed.contains(h.id.as_str()));
    lacking.map(|h| h.id.clone()).collect()
}

/// What is under way.
struct Run<'r> {
    store: &'r dyn Store,
    data_dir: &'r Path,
    import: ImportOptions,
    handle: &'r Handle,
    wanted: &'r [Wanted],
    memory: &'r mut Memory,
    report: &'r mut SyncReport,
}

/// A document that came.
struct Arrived {
    file: PathBuf,
    etag: Option<String>,
    is_behind: bool,
}

impl Run<'_> {
    /// Takes what comes until no more does; what has come while something was imported
    /// goes in together.
    fn receive(
        &mut self,
        receiver: &mpsc::Receiver<(usize, Fetched)>,
        progress: Progress<'_>,
    ) -> Result<(), SyncError> {
        let mut done = 0;
        while let Ok(first) = receiver.recv() {
            let group: Vec<_> = std::iter::once(first).chain(receiver.try_iter()).collect();
            done += group.len();
            let mut files = Vec::new();
            for (position, fetched) in group {
                let entry = &self.wanted[position].entry;
                match fetched {
                    Fetched::File {
                        file,
                        etag,
                        current_release,
                    } => files.push(Arrived {
                        file,
                        etag,
                        is_behind: current_release < entry.current_release,
                    }),
                    // Its name is known because it is stored.
                    Fetched::NotModified => {
                        self.report.fail(&entry.id, Failure::Behind.to_string())
                    }
                    Fetched::Failed(failure) => self.report.fail(&entry.id, failure.to_string()),
                }
            }
            if !files.is_empty() {
                self.take(files)?;
            }
            progress(done, self.wanted.len());
        }
        Ok(())
    }

    fn take(&mut self, arrived: Vec<Arrived>) -> Result<(), SyncError> {
        let paths: Vec<PathBuf> = arrived.iter().map(|a| a.file.clone()).collect();
        let importing = import(self.store, self.data_dir, paths, self.import, &|_, _| {});
        let imported = self.handle.block_on(importing)?;
        let heads = self.handle.block_on(self.store.feed_heads())?;
        for (outcome, arrived) in imported.files.into_iter().zip(arrived) {
            let id = name_of(&arrived.file);
            let is_stored = match outcome.outcome {
                // The store has what the server gives, but not what it lists.
                Outcome::Unchanged if arrived.is_behind => true,
                outcome => self.report.note(&id, &outcome),
            };
            if is_stored && arrived.is_behind {
                self.report.fail(&id, Failure::Behind.to_string());
            }
            if let Some(head) = heads.iter().find(|h| is_stored && h.id == id) {
                let known = Remembered::new(arrived.etag, &head.content_hash);
                self.memory.documents.insert(id, known);
            }
            // It is in the store; the folder goes at the end in any case.
            let _ = fs::remove_file(&arrived.file);
        }
        self.memory.save(self.data_dir);
        Ok(())
    }
}

/// Why a document that came whole did not go in.
fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Shrank { known, new } => format!(
            "it shrank from {known} to {new} vulnerabilities or lost fixes; the stored one stays \
             (take the new one with --allow-shrink)"
        ),
        Outcome::Refused(error) => error.reason.to_string(),
        _ => "the server's edition is older than the stored one, which stays".to_owned(),
    }
}

/// Files are named by the ids of their documents.
fn name_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Documents on their way into the store. Nobody else is in it, since whoever syncs has the lock;
/// whoever was killed has left something.
struct Folder(PathBuf);

impl Folder {
    fn new(path: PathBuf) -> Result<Self, SyncError> {
        let make = || {
            if path.exists() {
                fs::remove_dir_all(&path)?;
            }
            fs::create_dir(&path)
        };
        make().map_err(|source| SyncError::Io {
            path: path.clone(),
            source,
        })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is removed by the next sync.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One sync at a time: two would fetch everything twice.
fn lock(data_dir: &Path) -> Result<File, SyncError> {
    let path = data_dir.join("sync.lock");
    let failed = |source| SyncError::Io {
        path: path.clone(),
        source,
    };
    fs::create_dir_all(data_dir).map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SyncError::Busy(data_dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
