//! The lists that others publish about CVEs. They come when the months are in, both in one
//! import, since each changes what every machine is told.

use std::path::{Path, PathBuf};

use kbgap_store::{FeedHead, Store};
use kbgap_sync::{Failure, List, Stop, fetch_list, list_client};
use tokio::runtime::Handle;

use super::memory::{Memory, Remembered};
use super::{SyncError, SyncOptions, SyncReport};
use crate::feed::document::{EPSS_ID, KEV_ID};
use crate::feed::import;

/// A list that came.
struct Arrived<'o> {
    list: List,
    url: &'o str,
    file: PathBuf,
    etag: Option<String>,
}

/// Fetches and imports those that are wanted, and tells of each in the report.
pub(super) fn sync(
    (store, data_dir, handle): (&dyn Store, &Path, &Handle),
    options: &SyncOptions,
    folder: &Path,
    memory: &mut Memory,
    report: &mut SyncReport,
    stop: &Stop,
) -> Result<(), SyncError> {
    let heads = handle.block_on(store.feed_heads())?;
    let mut arrived = Vec::new();
    for (list, url) in options.lists.iter() {
        report.listed += 1;
        let known = head_of(&heads, list);
        let etag = known.and_then(|head| memory.list_etag_of(url, &head.content_hash));
        let client = list_client(url, &options.client)?;
        let wanted = (list, etag.as_deref());
        match fetch_list(&client, wanted, folder, options.retries, stop) {
            Ok(None) => report.unchanged += 1,
            Ok(Some((file, etag))) => arrived.push(Arrived {
                list,
                url,
                file,
                etag,
            }),
            Err(Failure::Stopped) => return Ok(()),
            Err(failure) => {
                // What stands after the path may be a password.
                let shown = url.split('?').next().unwrap_or_default();
                report.fail(id_of(list), format!("{shown}: {failure}"));
            }
        }
    }
    if arrived.is_empty() {
        return Ok(());
    }
    let files = arrived.iter().map(|arrived| arrived.file.clone()).collect();
    let importing = import(store, data_dir, files, options.import, &|_, _| {});
    let imported = handle.block_on(importing)?;
    let heads = handle.block_on(store.feed_heads())?;
    for (outcome, arrived) in imported.files.into_iter().zip(arrived) {
        let is_stored = report.note(id_of(arrived.list), &outcome.outcome);
        if let Some(head) = head_of(&heads, arrived.list).filter(|_| is_stored) {
            let known = Remembered::new(arrived.etag, &head.content_hash);
            memory.lists.insert(arrived.url.to_owned(), known);
        }
    }
    Ok(())
}

/// The id of a list among the stored documents.
const fn id_of(list: List) -> &'static str {
    match list {
        List::KnownExploited => KEV_ID,
        List::Epss => EPSS_ID,
    }
}

fn head_of(heads: &[FeedHead], list: List) -> Option<&FeedHead> {
    heads.iter().find(|head| head.id == id_of(list))
}
