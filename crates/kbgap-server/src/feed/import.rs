//! Importing files: read all, decide for each document, store what changed in
//! one transaction, compile.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use kbgap_catalog::{Catalog, DocumentRecord, compile};
use kbgap_feed::FeedError;
use kbgap_feed::revision::{Decision, DocumentHead, decide, order};
use kbgap_store::{FeedDocument, FeedHead, Store};

use super::files::{Content, Progress, read_all};
use super::{FeedStateError, catalog_under_lock, document, lock, snapshot_path};

/// How an import decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Takes a newer document even where it lists less than the known one.
    pub allow_shrink: bool,
}

/// What became of an import.
#[derive(Debug)]
pub struct ImportReport {
    /// One outcome for each file, in the order of the files.
    pub files: Vec<FileOutcome>,
    /// Whether the catalogue is another one now.
    pub changed: bool,
    /// The catalogue after the import; `None` where there is no document at all.
    pub catalog: Option<Catalog>,
}

/// What became of one file.
#[derive(Debug)]
pub struct FileOutcome {
    /// The file.
    pub file: PathBuf,
    /// The document in it, where there is one.
    pub document: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
}

/// What became of a document.
#[derive(Debug)]
pub enum Outcome {
    /// It is new.
    Added,
    /// It took the place of an older one.
    Replaced,
    /// It was known already.
    Unchanged,
    /// A newer one is known.
    Older,
    /// It is newer but lists less; the known one stays.
    Shrank {
        /// Vulnerabilities of the known document.
        known: usize,
        /// Vulnerabilities of the new one.
        new: usize,
    },
    /// It is the vendor's list of documents, which needs no import.
    UpdateIndex,
    /// It cannot be used.
    Refused(FeedError),
}

impl Outcome {
    /// Whether the user has to be told that the file did not go in.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Older | Self::Shrank { .. } | Self::Refused(_))
    }
}

struct Candidate {
    position: usize,
    record: DocumentRecord,
    head: DocumentHead,
    body: Vec<u8>,
}

/// Imports files. Whatever can go in goes in; nothing is lost for the rest.
///
/// # Errors
/// [`FeedStateError`] when the store or the snapshot fails. Refused files are in the report.
pub async fn import(
    store: &dyn Store,
    data_dir: &Path,
    files: Vec<PathBuf>,
    options: ImportOptions,
    progress: Progress<'_>,
) -> Result<ImportReport, FeedStateError> {
    let mut outcomes: Vec<(Option<String>, Outcome)> = Vec::with_capacity(files.len());
    let mut candidates = Vec::new();
    for (position, read) in read_all(&files, progress).into_iter().enumerate() {
        outcomes.push(match read {
            Err(error) => (None, Outcome::Refused(error)),
            Ok(Content::UpdateIndex) => (None, Outcome::UpdateIndex),
            Ok(Content::Document(record)) => {
                let (body, content_hash) = document::encode(&record)?;
                let head = DocumentHead {
                    current_release: record.current_release,
                    revision: record.revision.clone(),
                    vulnerabilities: record.vulnerabilities.len(),
                    fixes: record.fix_count(),
                    content_hash,
                };
                let id = record.id.clone();
                candidates.push(Candidate {
                    position,
                    record,
                    head,
                    body,
                });
                (Some(id), Outcome::Unchanged)
            }
        });
    }
    candidates.sort_by(|a, b| order(&a.head, &b.head));

    let _lock = lock::of(data_dir)?;
    let stored = store.feed_documents().await?;
    let mut known: HashMap<String, DocumentHead> = stored
        .iter()
        .map(|d| (d.head.id.clone(), head_of(&d.head)))
        .collect();
    for damaged in damaged(&stored, &candidates) {
        known.remove(damaged);
    }
    let mut accepted: BTreeMap<String, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let id = candidate.record.id.clone();
        let outcome = match known
            .get(&id)
            .map(|known| (decide(known, &candidate.head), known))
        {
            None => Outcome::Added,
            Some((Decision::Replace, _)) => Outcome::Replaced,
            Some((Decision::Shrank, _)) if options.allow_shrink => Outcome::Replaced,
            Some((Decision::Unchanged, _)) => Outcome::Unchanged,
            Some((Decision::Older, _)) => Outcome::Older,
            Some((Decision::Shrank, known)) => Outcome::Shrank {
                known: known.vulnerabilities,
                new: candidate.head.vulnerabilities,
            },
        };
        let goes_in = matches!(outcome, Outcome::Added | Outcome::Replaced);
        outcomes[candidate.position].1 = outcome;
        if goes_in {
            known.insert(id.clone(), candidate.head.clone());
            accepted.insert(id, candidate);
        }
    }
    let changed = !accepted.is_empty();
    let catalog = if changed {
        Some(store_and_compile(store, data_dir, &stored, accepted).await?)
    } else if known.is_empty() {
        None
    } else {
        Some(catalog_under_lock(store, data_dir).await?)
    };
    let files = files
        .into_iter()
        .zip(outcomes)
        .map(|(file, (document, outcome))| FileOutcome {
            file,
            document,
            outcome,
        })
        .collect();
    Ok(ImportReport {
        files,
        changed,
        catalog,
    })
}

/// The stored documents that can be read no more and for which there is another now,
/// whatever its date. Those whose stored form is the same are not looked into.
fn damaged<'s>(stored: &'s [FeedDocument], candidates: &[Candidate]) -> Vec<&'s str> {
    let is_damaged = |stored: &&FeedDocument| {
        let mut same_id = candidates
            .iter()
            .filter(|c| c.record.id == stored.head.id)
            .peekable();
        same_id.peek().is_some()
            && same_id.all(|c| c.body != stored.body)
            && document::decode(&stored.head.id, &stored.body).is_err()
    };
    stored
        .iter()
        .filter(is_damaged)
        .map(|d| d.head.id.as_str())
        .collect()
}

async fn store_and_compile(
    store: &dyn Store,
    data_dir: &Path,
    stored: &[FeedDocument],
    accepted: BTreeMap<String, Candidate>,
) -> Result<Catalog, FeedStateError> {
    let mut documents = Vec::new();
    for stored in stored {
        if !accepted.contains_key(&stored.head.id) {
            documents.push(document::decode(&stored.head.id, &stored.body)?);
        }
    }
    let mut rows = Vec::with_capacity(accepted.len());
    for candidate in accepted.into_values() {
        let (row, record) = row_of(candidate);
        rows.push(row);
        documents.push(record);
    }
    // Compiled first: a set of documents that does not compile replaces nothing.
    let catalog = compile(&documents)?;
    store.replace_feed_documents(rows).await?;
    catalog.save(&snapshot_path(data_dir))?;
    Ok(catalog)
}

fn head_of(stored: &FeedHead) -> DocumentHead {
    DocumentHead {
        current_release: stored.current_release.parse().unwrap_or(i64::MIN),
        revision: stored.revision.clone(),
        vulnerabilities: stored.vulnerabilities as usize,
        fixes: stored.fixes as usize,
        content_hash: stored.content_hash,
    }
}

fn row_of(candidate: Candidate) -> (FeedDocument, DocumentRecord) {
    let Candidate {
        record, head, body, ..
    } = candidate;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let head = FeedHead {
        id: record.id.clone(),
        kind: "cvrf".to_owned(),
        // Seconds since 1970, as a text that the store need not understand.
        current_release: head.current_release.to_string(),
        revision: head.revision,
        content_hash: head.content_hash,
        vulnerabilities: count(head.vulnerabilities),
        fixes: count(head.fixes),
    };
    (FeedDocument { head, body }, record)
}

#[cfg(test)]
mod tests {
    use kbgap_store::sqlite::SqliteStore;

    use super::*;

    fn month(folder: &Path, id: &str) -> PathBuf {
        let file = folder.join(format!("{id}.xml"));
        let text = format!(
            "<cvrfdoc><DocumentTitle>T</DocumentTitle><DocumentTracking><Identification><ID>{id}</ID></Identification>\
             <CurrentReleaseDate>2020-03-12T08:00:00</CurrentReleaseDate></DocumentTracking></cvrfdoc>"
        );
        std::fs::write(&file, text).unwrap();
        file
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stored_document_that_is_damaged_is_mended_by_importing_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("kbgap.db")).unwrap();
        let files = ["2020-Mar", "2020-Apr"].map(|id| month(folder.path(), id));
        let again = || {
            import(
                &store,
                folder.path(),
                files.to_vec(),
                ImportOptions::default(),
                &|_, _| {},
            )
        };
        assert!(again().await.unwrap().changed);
        assert!(!again().await.unwrap().changed);

        let mut stored = store.feed_documents().await.unwrap();
        stored.retain(|d| d.head.id == "2020-Mar");
        stored[0].body.truncate(3);
        store.replace_feed_documents(stored).await.unwrap();
        std::fs::remove_file(snapshot_path(folder.path())).unwrap();

        let report = again().await.unwrap();
        assert!(report.changed);
        assert_eq!(report.catalog.unwrap().documents().len(), 2);
        assert!(!again().await.unwrap().changed);
    }
}
