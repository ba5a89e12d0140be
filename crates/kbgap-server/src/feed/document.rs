//! How documents and lists are kept in the store: Postcard, compressed, after a byte that
//! tells the version of the form.

use kbgap_catalog::{DocumentRecord, EpssRecord, Feed, KnownExploitedRecord, SourceKind};
use kbgap_feed::revision::{Decision, DocumentHead, decide, decide_list};
use kbgap_store::{FeedDocument, FeedHead};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
/// Lists are one of a kind.
pub(super) const KEV_ID: &str = "cisa-kev";
pub(super) const EPSS_ID: &str = "epss";

/// A stored document that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored document {id} cannot be read ({reason}): import it again")]
pub struct DocumentError {
    id: String,
    reason: String,
}

/// A document or list as it is read, and as it is kept.
#[derive(Debug, PartialEq)]
pub(super) enum Stored {
    Month(DocumentRecord),
    /// Documents about single CVEs, in the order of their ids.
    Advisories {
        id: String,
        documents: Vec<DocumentRecord>,
    },
    KnownExploited(KnownExploitedRecord),
    Epss(EpssRecord),
}

impl Stored {
    pub(super) const fn kind(&self) -> SourceKind {
        match self {
            Self::Month(_) => SourceKind::Cvrf,
            Self::Advisories { .. } => SourceKind::Csaf,
            Self::KnownExploited(_) => SourceKind::Kev,
            Self::Epss(_) => SourceKind::Epss,
        }
    }

    /// Its key in the store.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Month(document) => &document.id,
            Self::Advisories { id, .. } => id,
            Self::KnownExploited(_) => KEV_ID,
            Self::Epss(_) => EPSS_ID,
        }
    }

    /// The stored form, and what is compared of it.
    pub(super) fn encode(&self) -> Result<(Vec<u8>, DocumentHead), DocumentError> {
        let (body, content_hash) = match self {
            Self::Month(document) => encode(&document.id, document),
            Self::Advisories { id, documents } => encode(id, documents),
            Self::KnownExploited(list) => encode(KEV_ID, list),
            Self::Epss(list) => encode(EPSS_ID, list),
        }?;
        let head = match self {
            Self::Month(document) => head(document, content_hash),
            Self::Advisories { documents, .. } => DocumentHead {
                current_release: documents
                    .iter()
                    .map(|d| d.current_release)
                    .max()
                    .unwrap_or(0),
                revision: String::new(),
                vulnerabilities: documents.iter().map(|d| d.vulnerabilities.len()).sum(),
                fixes: documents.iter().map(DocumentRecord::fix_count).sum(),
                content_hash,
            },
            Self::KnownExploited(list) => DocumentHead {
                current_release: list.released,
                revision: list.version.clone(),
                vulnerabilities: list.entries.len(),
                fixes: 0,
                content_hash,
            },
            Self::Epss(list) => DocumentHead {
                current_release: list.scored,
                revision: list.model.clone(),
                vulnerabilities: list.entries.len(),
                fixes: 0,
                content_hash,
            },
        };
        Ok((body, head))
    }

    /// Reads a row of the store.
    pub(super) fn decode(row: &FeedDocument) -> Result<Self, DocumentError> {
        let id = &row.head.id;
        match SourceKind::from_name(&row.head.kind) {
            Some(SourceKind::Cvrf) => decode(id, &row.body).map(Self::Month),
            Some(SourceKind::Kev) => decode(id, &row.body).map(Self::KnownExploited),
            Some(SourceKind::Epss) => decode(id, &row.body).map(Self::Epss),
            Some(SourceKind::Csaf) => decode(id, &row.body).map(|documents| Self::Advisories {
                id: id.clone(),
                documents,
            }),
            None => Err(DocumentError {
                id: id.clone(),
                reason: format!("it is of an unknown kind, `{}`", row.head.kind),
            }),
        }
    }

    /// Enters it into what a catalogue is compiled of.
    pub(super) fn enter(self, feed: &mut Feed) {
        match self {
            Self::Month(document) => feed.documents.push(document),
            Self::Advisories { documents, .. } => feed.advisories.extend(documents),
            Self::KnownExploited(list) => feed.known_exploited = Some(list),
            Self::Epss(list) => feed.epss = Some(list),
        }
    }
}

/// What is compared of a document that is not kept by itself.
pub(super) fn head_of_document(document: &DocumentRecord) -> Result<DocumentHead, DocumentError> {
    let plain = postcard::to_stdvec(document).map_err(|e| DocumentError {
        id: document.id.clone(),
        reason: e.to_string(),
    })?;
    Ok(head(document, Sha256::digest(&plain).into()))
}

fn head(document: &DocumentRecord, content_hash: [u8; 32]) -> DocumentHead {
    DocumentHead {
        current_release: document.current_release,
        revision: document.revision.clone(),
        vulnerabilities: document.vulnerabilities.len(),
        fixes: document.fix_count(),
        content_hash,
    }
}

/// Which of two documents of a kind counts.
pub(super) fn decide_by_kind(
    kind: SourceKind,
    known: &DocumentHead,
    new: &DocumentHead,
) -> Decision {
    match kind {
        SourceKind::Cvrf | SourceKind::Csaf => decide(known, new),
        SourceKind::Kev | SourceKind::Epss => decide_list(known, new),
    }
}

/// What is compared of a row of the store.
pub(super) fn head_of(stored: &FeedHead) -> DocumentHead {
    DocumentHead {
        current_release: stored.current_release.parse().unwrap_or(i64::MIN),
        revision: stored.revision.clone(),
        vulnerabilities: stored.vulnerabilities as usize,
        fixes: stored.fixes as usize,
        content_hash: stored.content_hash,
    }
}

/// The row of a document with its stored form.
pub(super) fn row_of(stored: &Stored, head: DocumentHead, body: Vec<u8>) -> FeedDocument {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let head = FeedHead {
        id: stored.id().to_owned(),
        kind: stored.kind().name().to_owned(),
        // Seconds since 1970, as a text that the store need not understand.
        current_release: head.current_release.to_string(),
        revision: head.revision,
        content_hash: head.content_hash,
        vulnerabilities: count(head.vulnerabilities),
        fixes: count(head.fixes),
    };
    FeedDocument { head, body }
}

/// A number by which a snapshot is known to be compiled of just these documents, in
/// whatever order they are given.
pub(super) fn mark_of<'h>(heads: impl Iterator<Item = &'h FeedHead>) -> u64 {
    let mut heads: Vec<_> = heads.map(|head| (&head.id, &head.content_hash)).collect();
    heads.sort_unstable();
    let mut hash = Sha256::new();
    for (id, content) in heads {
        hash.update((id.len() as u64).to_le_bytes());
        hash.update(id);
        hash.update(content);
    }
    let mut mark = [0; 8];
    mark.copy_from_slice(&hash.finalize()[..8]);
    u64::from_le_bytes(mark)
}

/// The stored form of a record, and the hash of its content.
fn encode<R: Serialize>(id: &str, record: &R) -> Result<(Vec<u8>, [u8; 32]), DocumentError> {
    let failed = |reason: String| DocumentError {
        id: id.to_owned(),
        reason,
    };
    let plain = postcard::to_stdvec(record).map_err(|e| failed(e.to_string()))?;
    let hash = Sha256::digest(&plain).into();
    let mut body = vec![VERSION];
    body.extend(zstd::bulk::compress(&plain, 1).map_err(|e| failed(e.to_string()))?);
    Ok((body, hash))
}

fn decode<R: DeserializeOwned>(id: &str, body: &[u8]) -> Result<R, DocumentError> {
    let failed = |reason: String| DocumentError {
        id: id.to_owned(),
        reason,
    };
    let Some((&VERSION, packed)) = body.split_first() else {
        return Err(failed("it is of another version".to_owned()));
    };
    let plain = zstd::stream::decode_all(packed).map_err(|e| failed(e.to_string()))?;
    postcard::from_bytes(&plain).map_err(|e| failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use kbgap_feed::{Content, source};

    use super::*;

    fn stored(text: &str) -> Stored {
        match kbgap_feed::read(source::from_bytes("x", text.as_bytes())).unwrap() {
            Content::Month(document) => Stored::Month(document),
            Content::Advisory(document) => Stored::Advisories {
                id: "csaf:2025".to_owned(),
                documents: vec![document],
            },
            Content::KnownExploited(list) => Stored::KnownExploited(list),
            Content::Epss(list) => Stored::Epss(list),
            Content::UpdateIndex => panic!("nothing to store"),
        }
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let month = "<cvrfdoc><DocumentTitle>T</DocumentTitle><DocumentTracking><Identification><ID>2020-Mar</ID>\
            </Identification><CurrentReleaseDate>2020-03-12T08:00:00</CurrentReleaseDate></DocumentTracking></cvrfdoc>";
        let advisory = r#"{"document":{"csaf_version":"2.0","title":"T","publisher":{"namespace":"https://msrc.microsoft.com"},
            "tracking":{"id":"msrc_CVE-2025-0001","current_release_date":"2025-03-21T07:00:00Z"}},
            "vulnerabilities":[{"cve":"CVE-2025-0001"}]}"#;
        for text in [
            month,
            advisory,
            "cveID,dateAdded,requiredAction\nCVE-2020-0796,2022-02-10,Update\n",
            "#model_version:v1,score_date:2023-03-07\ncve,epss,percentile\nCVE-2020-0796,0.97,0.99\n",
        ] {
            let stored = stored(text);
            let (body, head) = stored.encode().unwrap();
            assert_eq!(stored.encode().unwrap().1, head);
            let mut row = row_of(&stored, head.clone(), body);
            assert_eq!(head_of(&row.head), head);
            assert_eq!(Stored::decode(&row).unwrap(), stored);
            row.body.pop();
            assert!(Stored::decode(&row).is_err());
            row.body.clear();
            assert!(Stored::decode(&row).is_err());
        }
    }

    #[test]
    fn a_mark_is_of_the_documents_and_not_of_their_order() {
        let head = |id: &str, hash: u8| FeedHead {
            id: id.to_owned(),
            kind: String::new(),
            current_release: String::new(),
            revision: String::new(),
            content_hash: [hash; 32],
            vulnerabilities: 0,
            fixes: 0,
        };
        let (a, b) = (head("a", 1), head("b", 2));
        assert_eq!(mark_of([&a, &b].into_iter()), mark_of([&b, &a].into_iter()));
        assert_ne!(mark_of([&a].into_iter()), mark_of([&a, &b].into_iter()));
        assert_ne!(
            mark_of([&a].into_iter()),
            mark_of([&head("a", 2)].into_iter())
        );
    }
}
