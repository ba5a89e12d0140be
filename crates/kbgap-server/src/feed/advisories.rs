//! Documents about single CVEs: there are ten thousands of them, so they are kept by the
//! year of their CVE, a row for each year. Each is decided about by itself.

use std::collections::BTreeMap;

use kbgap_catalog::{CveId, DocumentRecord, SourceKind};
use kbgap_feed::revision::order;
use kbgap_store::FeedDocument;

use super::document::{DocumentError, Stored, head_of_document};
use super::import::{ImportOptions, decided};
use super::outcome::Outcome;

/// The documents of a year, by id.
type Set = BTreeMap<String, DocumentRecord>;

/// What became of documents, by the position of each, and the sets that are others now.
pub(super) struct Decided {
    pub(super) outcomes: Vec<(usize, Outcome)>,
    pub(super) changed: Vec<Stored>,
}

/// Decides about documents beside the stored ones.
pub(super) fn decide_all(
    stored: &[FeedDocument],
    found: Vec<(usize, DocumentRecord)>,
    options: ImportOptions,
) -> Result<Decided, DocumentError> {
    let mut candidates = Vec::with_capacity(found.len());
    for (position, document) in found {
        candidates.push((position, head_of_document(&document)?, document));
    }
    candidates.sort_by(|(_, a, _), (_, b, _)| order(a, b));

    let mut sets: BTreeMap<String, (Set, bool)> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(candidates.len());
    for (position, head, document) in candidates {
        let (set, is_changed) = sets
            .entry(set_of(&document.id))
            .or_insert_with_key(|id| (stored_set(stored, id), false));
        let outcome = match set.get(&document.id) {
            None => Outcome::Added,
            Some(known) => decided(SourceKind::Csaf, &head_of_document(known)?, &head, options),
        };
        if matches!(outcome, Outcome::Added | Outcome::Replaced) {
            set.insert(document.id.clone(), document);
            *is_changed = true;
        }
        outcomes.push((position, outcome));
    }
    let changed = sets.into_iter().filter(|(_, (_, is_changed))| *is_changed);
    let changed = changed.map(|(id, (set, _))| Stored::Advisories {
        id,
        documents: set.into_values().collect(),
    });
    Ok(Decided {
        outcomes,
        changed: changed.collect(),
    })
}

/// The set that has a document, such as `csaf:2025` for `vex:msrc_CVE-2025-26465`.
fn set_of(id: &str) -> String {
    let cve = id.to_ascii_uppercase();
    let cve = cve
        .find("CVE-")
        .and_then(|at| cve.get(at..)?.parse::<CveId>().ok());
    cve.map_or_else(
        || "csaf:other".to_owned(),
        |cve| format!("csaf:{}", cve.year()),
    )
}

/// A set that cannot be read any more is lost whatever happens, and is begun anew.
fn stored_set(stored: &[FeedDocument], id: &str) -> Set {
    let row = stored.iter().find(|row| row.head.id == id);
    match row.map(Stored::decode) {
        Some(Ok(Stored::Advisories { documents, .. })) => {
            documents.into_iter().map(|d| (d.id.clone(), d)).collect()
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "a set of advisories is begun anew");
            Set::new()
        }
        _ => Set::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_kept_by_the_year_of_their_cve() {
        for (id, set) in [
            ("csaf:msrc_CVE-2025-29806", "csaf:2025"),
            ("vex:msrc_cve-2019-0708", "csaf:2019"),
            ("csaf:msrc_ADV250001", "csaf:other"),
            ("", "csaf:other"),
        ] {
            assert_eq!(set_of(id), set, "{id}");
        }
    }
}
