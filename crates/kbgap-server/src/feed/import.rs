//! Importing files: read all, decide for each document, store what changed in
//! one transaction, compile.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use kbgap_catalog::{Catalog, Feed, SourceKind, compile_feed};
use kbgap_feed::revision::{Decision, DocumentHead, order};
use kbgap_feed::{Content, FeedError, Reason};
use kbgap_store::{FeedDocument, Store};

use super::document::{Stored, decide_by_kind, head_of, mark_of, row_of};
use super::files::{Progress, read_all};
use super::outcome::{FileOutcome, Outcome};
use super::{FeedStateError, advisories, catalog_under_lock, lock, save, snapshot_path};

/// How an import decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Takes a newer document even where it lists less than the known one.
    pub allow_shrink: bool,
    /// Takes a document even where the known one is newer or lists more, or where it is dated
    /// in the future.
    pub force: bool,
    /// The latest date that a document may have, in seconds since 1970; `None` for any.
    pub not_after: Option<i64>,
}

/// Clocks differ, and days begin elsewhere: what is dated no more than two days ahead is taken.
const AHEAD: i64 = 2 * 24 * 60 * 60;

impl ImportOptions {
    /// The same, where what is dated after a time is refused; `now` is in seconds since 1970.
    #[must_use]
    pub const fn at(self, now: i64) -> Self {
        Self {
            not_after: Some(now.saturating_add(AHEAD)),
            ..self
        }
    }

    /// The date, for people, where it is later than any that is taken.
    pub(super) fn future(self, date: i64) -> Option<String> {
        let is_future = self.not_after.is_some_and(|last| date > last);
        (is_future && !self.force).then(|| match jiff::Timestamp::from_second(date) {
            Ok(time) => time.strftime("%Y-%m-%d").to_string(),
            Err(_) => format!("second {date} since 1970"),
        })
    }
}

/// What became of an import.
#[derive(Debug)]
pub struct ImportReport {
    /// One outcome for each file, in the order of the files; for each document of an archive.
    pub files: Vec<FileOutcome>,
    /// Whether the catalogue is another one now.
    pub changed: bool,
    /// The catalogue after the import; `None` where there is no document at all.
    pub catalog: Option<Catalog>,
}

struct Candidate {
    position: usize,
    content: Stored,
    head: DocumentHead,
    body: Vec<u8>,
}

impl Candidate {
    fn new(position: usize, content: Stored) -> Result<Self, FeedStateError> {
        let (body, head) = content.encode()?;
        Ok(Self {
            position,
            content,
            head,
            body,
        })
    }
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
    let (mut names, mut outcomes) = (Vec::new(), Vec::new());
    let (mut candidates, mut advisories) = (Vec::new(), Vec::new());
    for (position, (name, read)) in read_all(&files, progress).into_iter().enumerate() {
        let refused = |date| {
            let reason = Reason::Future(options.future(date)?);
            Some(Outcome::Refused(FeedError {
                file: name.display().to_string(),
                line: None,
                reason,
            }))
        };
        let content = match read {
            Err(error) => {
                outcomes.push((None, Outcome::Refused(error)));
                names.push(name);
                continue;
            }
            Ok(Content::UpdateIndex) => {
                outcomes.push((None, Outcome::UpdateIndex));
                names.push(name);
                continue;
            }
            Ok(Content::Advisory(document)) => {
                let refused = refused(document.current_release);
                let id = document.id.clone();
                if refused.is_none() {
                    advisories.push((position, document));
                }
                outcomes.push((Some(id), refused.unwrap_or(Outcome::Unchanged)));
                names.push(name);
                continue;
            }
            Ok(Content::Month(document)) => Stored::Month(document),
            Ok(Content::KnownExploited(list)) => Stored::KnownExploited(list),
            Ok(Content::Epss(list)) => Stored::Epss(list),
        };
        let id = content.id().to_owned();
        let candidate = Candidate::new(position, content)?;
        let refused = refused(candidate.head.current_release);
        if refused.is_none() {
            candidates.push(candidate);
        }
        outcomes.push((Some(id), refused.unwrap_or(Outcome::Unchanged)));
        names.push(name);
    }
    candidates.sort_by(|a, b| order(&a.head, &b.head));

    let _lock = lock::of(data_dir)?;
    let stored = store.feed_documents().await?;
    let mut known: HashMap<String, (Option<SourceKind>, DocumentHead)> = stored
        .iter()
        .map(|d| {
            let kind = SourceKind::from_name(&d.head.kind);
            (d.head.id.clone(), (kind, head_of(&d.head)))
        })
        .collect();
    for damaged in damaged(&stored, &candidates) {
        known.remove(damaged);
    }
    let mut accepted: BTreeMap<String, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let id = candidate.content.id().to_owned();
        let kind = candidate.content.kind();
        let outcome = match known.get(&id) {
            None => Outcome::Added,
            Some((known_kind, _)) if *known_kind != Some(kind) => Outcome::Refused(FeedError {
                file: names[candidate.position].display().to_string(),
                line: None,
                reason: Reason::IdTaken(id.clone()),
            }),
            Some((_, known)) => decided(kind, known, &candidate.head, options),
        };
        let goes_in = matches!(outcome, Outcome::Added | Outcome::Replaced);
        outcomes[candidate.position].1 = outcome;
        if goes_in {
            known.insert(id.clone(), (Some(kind), candidate.head.clone()));
            accepted.insert(id, candidate);
        }
    }
    let decided = advisories::decide_all(&stored, advisories, options)?;
    for (position, outcome) in decided.outcomes {
        outcomes[position].1 = outcome;
    }
    for set in decided.changed {
        let set = Candidate::new(0, set)?;
        known.insert(
            set.content.id().to_owned(),
            (Some(SourceKind::Csaf), set.head.clone()),
        );
        accepted.insert(set.content.id().to_owned(), set);
    }
    let changed = !accepted.is_empty();
    let catalog = if changed {
        Some(store_and_compile(store, data_dir, &stored, accepted).await?)
    } else if known.is_empty() {
        None
    } else {
        Some(catalog_under_lock(store, data_dir).await?)
    };
    let files = names
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

/// What becomes of a document of which another is known.
pub(super) fn decided(
    kind: SourceKind,
    known: &DocumentHead,
    new: &DocumentHead,
    options: ImportOptions,
) -> Outcome {
    match decide_by_kind(kind, known, new) {
        Decision::Unchanged => Outcome::Unchanged,
        Decision::Replace => Outcome::Replaced,
        _ if options.force => Outcome::Replaced,
        Decision::Shrank if options.allow_shrink => Outcome::Replaced,
        Decision::Older => Outcome::Older {
            known: known.current_release,
            new: new.current_release,
        },
        Decision::Shrank => Outcome::Shrank {
            known: known.vulnerabilities,
            new: new.vulnerabilities,
        },
    }
}

/// The stored documents that can be read no more and for which there is another now,
/// whatever its date. Those whose stored form is the same are not looked into.
fn damaged<'s>(stored: &'s [FeedDocument], candidates: &[Candidate]) -> Vec<&'s str> {
    let is_damaged = |stored: &&FeedDocument| {
        let mut same_id = candidates
            .iter()
            .filter(|c| c.content.id() == stored.head.id)
            .peekable();
        same_id.peek().is_some()
            && same_id.all(|c| c.body != stored.body)
            && Stored::decode(stored).is_err()
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
    let mut feed = Feed::default();
    let mut kept = Vec::new();
    for row in stored {
        if !accepted.contains_key(&row.head.id) {
            Stored::decode(row)?.enter(&mut feed);
            kept.push(&row.head);
        }
    }
    let mut rows = Vec::with_capacity(accepted.len());
    for candidate in accepted.into_values() {
        let Candidate {
            content,
            head,
            body,
            ..
        } = candidate;
        rows.push(row_of(&content, head, body));
        content.enter(&mut feed);
    }
    let heads = kept.into_iter().chain(rows.iter().map(|row| &row.head));
    feed.source_mark = mark_of(heads);
    // Compiled first: a set of documents that does not compile replaces nothing.
    let catalog = compile_feed(&feed)?;
    store.replace_feed_documents(rows).await?;
    save(&catalog, &snapshot_path(data_dir))?;
    Ok(catalog)
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
    async fn what_is_dated_in_the_future_is_refused_with_its_date_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("kbgap.db")).unwrap();
        let scores = folder.path().join("epss.csv");
        let text = "#model_version:v1,score_date:2020-03-12\ncve,epss,percentile\nCVE-2020-0796,0.97,0.99\n";
        std::fs::write(&scores, text).unwrap();
        let advisory = folder.path().join("cve-2020-0001.json");
        let text = r#"{"document":{"csaf_version":"2.0","title":"T","publisher":{"namespace":"https://msrc.microsoft.com"},
            "tracking":{"id":"msrc_CVE-2020-0001","current_release_date":"2020-03-12T08:00:00Z"}},
            "vulnerabilities":[{"cve":"CVE-2020-0001"}]}"#;
        std::fs::write(&advisory, text).unwrap();
        let files = vec![month(folder.path(), "2020-Mar"), scores, advisory];
        let outcomes = |options: ImportOptions| {
            let imported = import(&store, folder.path(), files.clone(), options, &|_, _| {});
            async { imported.await.unwrap().files }
        };
        let at = |time: &str| {
            let now: jiff::Timestamp = time.parse().unwrap();
            ImportOptions::default().at(now.as_second())
        };
        for file in outcomes(at("2020-03-09T23:00:00Z")).await {
            let Outcome::Refused(error) = file.outcome else {
                panic!("{file:?}");
            };
            let told = error.to_string();
            assert!(
                told.contains("is of 2020-03-12") && told.contains("--force"),
                "{told}"
            );
        }
        assert!(store.feed_heads().await.unwrap().is_empty());
        // Two days ahead is no more than clocks and time zones differ.
        for file in outcomes(at("2020-03-10T08:00:00Z")).await {
            assert!(matches!(file.outcome, Outcome::Added), "{file:?}");
        }
        let forced = ImportOptions {
            force: true,
            ..at("2000-01-01T00:00:00Z")
        };
        for file in outcomes(forced).await {
            assert!(matches!(file.outcome, Outcome::Unchanged), "{file:?}");
        }
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
