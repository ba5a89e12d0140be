//! Fetching some documents at a time, each checked to be whole before anybody else sees it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use kbgap_feed::{cvrf, source};

use crate::client::{Answer, Body, Client};
use crate::retry::{Gate, Retries, Stop, persistently};
use crate::{Entry, Failure, Index};

/// Requests at a time: the vendor's server is shared with everybody.
const AT_A_TIME: usize = 4;
/// After so many documents in a row that failed for the server's sake it is left alone.
const PATIENCE: usize = 8;

/// A document to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What the list says.
    pub entry: Entry,
    /// The name of what is known already.
    pub etag: Option<String>,
}

/// What became of a document.
#[derive(Debug)]
pub enum Fetched {
    /// It is in this file, whole and readable.
    File {
        /// The file, which is the receiver's from now on.
        file: PathBuf,
        /// The server's name for it.
        etag: Option<String>,
        /// Seconds since 1970 of its release, UTC.
        current_release: i64,
    },
    /// It is what the ETag names.
    NotModified,
    /// It could not be had.
    Failed(Failure),
}

/// The list of documents; `None` where it is what the ETag names.
///
/// # Errors
/// [`Failure`], after all attempts.
pub fn fetch_index(
    client: &Client,
    etag: Option<&str>,
    retries: Retries,
    stop: &Stop,
) -> Result<Option<(Index, Option<String>)>, Failure> {
    persistently(retries, &Gate::default(), stop, || {
        match client.index(etag)? {
            Answer::NotModified => Ok(None),
            Answer::Body(Body { bytes, etag }) => Ok(Some((Index::read(&bytes)?, etag))),
        }
    })
}

/// Fetches documents into a folder, and tells what became of each as soon as it is known.
/// Returns when all are told, or soon after `stop`.
pub fn fetch_all(
    client: &Client,
    wanted: &[Wanted],
    folder: &Path,
    retries: Retries,
    stop: &Stop,
    tell: &(dyn Fn(usize, Fetched) + Sync),
) {
    let gate = Gate::default();
    let failed_in_a_row = AtomicUsize::new(0);
    let queue = Mutex::new(0..wanted.len());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(position) = next() {
            let wanted = &wanted[position];
            let failed = failed_in_a_row.load(Ordering::Relaxed);
            let fetched = if failed >= PATIENCE {
                Fetched::Failed(Failure::NotTried(failed))
            } else {
                persistently(retries, &gate, stop, || document(client, wanted, folder))
                    .unwrap_or_else(Fetched::Failed)
            };
            match &fetched {
                Fetched::Failed(Failure::NotTried(_)) => {}
                Fetched::Failed(failure) if failure.is_of_server() => {
                    failed_in_a_row.fetch_add(1, Ordering::Relaxed);
                }
                _ => failed_in_a_row.store(0, Ordering::Relaxed),
            }
            tell(position, fetched);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(wanted.len()) {
            scope.spawn(work);
        }
    });
}

fn document(client: &Client, wanted: &Wanted, folder: &Path) -> Result<Fetched, Failure> {
    let id = &wanted.entry.id;
    let Body { bytes, etag } = match client.document(id, wanted.etag.as_deref())? {
        Answer::NotModified => return Ok(Fetched::NotModified),
        Answer::Body(body) => body,
    };
    let document = cvrf::read(source::from_bytes(id, &bytes))?;
    if document.id != *id {
        return Err(Failure::OtherDocument(
            document.id.chars().take(64).collect(),
        ));
    }
    let file = folder.join(format!("{id}.xml"));
    std::fs::write(&file, &bytes)?;
    Ok(Fetched::File {
        file,
        etag,
        current_release: document.current_release,
    })
}
