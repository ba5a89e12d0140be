//! All of the feed in one signed file, for servers that reach no network.
//!
//! A bundle has the store's documents of every kind as they are stored, so that a new kind
//! comes along by itself. It is taken as a whole or not at all: only with a signature by
//! a key that is trusted, unaltered, readable and compilable, and not where something in it is
//! older than what is stored.

mod file;

use std::collections::HashMap;
use std::path::Path;

use kbgap_auth::{BundleKey, BundleKeyError, BundlePublicKey};
use kbgap_catalog::{Catalog, Version};
use kbgap_store::{FeedDocument, FeedHead, Store};

use super::{FeedStateError, ImportOptions, compile_stored, lock, save, snapshot_path};

pub use file::{Bundle, is_bundle};

/// Why there is no bundle, or why it is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// There is nothing to export.
    #[error("there is no feed to export: import or sync one first")]
    Empty,
    /// Signing failed.
    #[error(transparent)]
    Key(#[from] BundleKeyError),
    /// It is no bundle of a version that is known.
    #[error("is no feed bundle of a version that this program knows")]
    NoBundle,
    /// The key that signed it is not among those that are trusted.
    #[error(
        "is signed by the key {0}, which is not trusted: where it is that of whoever made the bundle, name it with --trust"
    )]
    UnknownKey(BundlePublicKey),
    /// It is not what was signed.
    #[error("was altered or is damaged ({0}): copy it again")]
    Altered(&'static str),
    /// Something in it is older than what is stored.
    #[error("has an older {id} than is stored{}: take it with --force", others(*.more))]
    Older {
        /// The first such document.
        id: String,
        /// How many others there are.
        more: usize,
    },
    /// It, or something in it, is dated so late that nothing that comes next would be newer.
    #[error(
        "{what} is of {date}, which lies in the future: check the clock of this computer and that of whoever made the \
         bundle, or take it with --force"
    )]
    Future {
        /// The document, or the bundle.
        what: String,
        /// The date.
        date: String,
    },
    /// It is too large to be put into a bundle.
    #[error("the document {0} is too large for a bundle")]
    TooLarge(String),
    /// The store or the catalogue failed, or something in it cannot be read.
    #[error(transparent)]
    Feed(#[from] FeedStateError),
}

fn others(more: usize) -> String {
    match more {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    }
}

/// What became of a bundle.
#[derive(Debug)]
pub struct BundleReport {
    /// Documents that were not known.
    pub added: usize,
    /// Documents that took the place of others.
    pub replaced: usize,
    /// Documents that were known already.
    pub unchanged: usize,
    /// The catalogue now.
    pub catalog: Catalog,
}

/// All of the stored feed as a bundle; `created` is in seconds since 1970.
///
/// # Errors
/// [`BundleError`].
pub async fn export_bundle(
    store: &dyn Store,
    key: &BundleKey,
    created: i64,
) -> Result<Vec<u8>, BundleError> {
    let documents = store.feed_documents().await.map_err(FeedStateError::from)?;
    if documents.is_empty() {
        return Err(BundleError::Empty);
    }
    file::write(&documents, key, created)
}

/// Takes a bundle into the store. Documents that it does not have stay. Of the options it
/// heeds `force` and `not_after`.
///
/// # Errors
/// [`BundleError`]; nothing is stored then.
pub async fn import_bundle(
    store: &dyn Store,
    data_dir: &Path,
    bundle: Bundle,
    options: ImportOptions,
) -> Result<BundleReport, BundleError> {
    let released = |d: &FeedDocument| order(&d.head).0;
    let dates = bundle
        .documents
        .iter()
        .map(|d| (d.head.id.as_str(), released(d)));
    for (what, date) in std::iter::once(("the bundle", bundle.created)).chain(dates) {
        if let Some(date) = options.future(date) {
            let what = what.to_owned();
            return Err(BundleError::Future { what, date });
        }
    }
    let _lock = lock::of(data_dir)?;
    let stored = store.feed_documents().await.map_err(FeedStateError::from)?;
    let known: HashMap<&str, &FeedHead> = stored
        .iter()
        .map(|d| (d.head.id.as_str(), &d.head))
        .collect();
    let is_older = |new: &FeedDocument| {
        known
            .get(new.head.id.as_str())
            .is_some_and(|known| order(&new.head) < order(known))
    };
    let mut older = bundle.documents.iter().filter(|d| is_older(d));
    if !options.force
        && let Some(first) = older.next()
    {
        return Err(BundleError::Older {
            id: first.head.id.clone(),
            more: older.count(),
        });
    }
    let (mut added, mut replaced, mut unchanged) = (0, 0, 0);
    let mut accepted = Vec::new();
    for document in bundle.documents {
        match known.get(document.head.id.as_str()) {
            Some(known) if **known == document.head => {
                unchanged += 1;
                continue;
            }
            Some(_) => replaced += 1,
            None => added += 1,
        }
        accepted.push(document);
    }
    let catalog = if accepted.is_empty() {
        super::catalog_under_lock(store, data_dir).await?
    } else {
        take(store, data_dir, stored, accepted).await?
    };
    Ok(BundleReport {
        added,
        replaced,
        unchanged,
        catalog,
    })
}

/// Stores documents in place of those with the same ids, once it is known that they can
/// be read and compiled together with the rest.
async fn take(
    store: &dyn Store,
    data_dir: &Path,
    stored: Vec<FeedDocument>,
    accepted: Vec<FeedDocument>,
) -> Result<Catalog, FeedStateError> {
    let mut all: HashMap<String, FeedDocument> = HashMap::new();
    for document in stored.into_iter().chain(accepted.iter().cloned()) {
        all.insert(document.head.id.clone(), document);
    }
    let mut all: Vec<FeedDocument> = all.into_values().collect();
    all.sort_by(|a, b| a.head.id.cmp(&b.head.id));
    let catalog = compile_stored(&all)?;
    store.replace_feed_documents(accepted).await?;
    save(&catalog, &snapshot_path(data_dir))?;
    Ok(catalog)
}

/// What tells an older document from a newer one, of whatever kind.
fn order(head: &FeedHead) -> (i64, Version) {
    (
        head.current_release.parse().unwrap_or(i64::MIN),
        Version::parse(&head.revision).unwrap_or_default(),
    )
}
