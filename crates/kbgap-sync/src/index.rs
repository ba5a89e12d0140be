//! The vendor's list of documents, as it answers at `/updates`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The vendor has published fewer than 200 in ten years.
const MAX_ENTRIES: usize = 10_000;

/// A document that the vendor has.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Entry {
    /// Its id, such as `2020-Mar`: letters, digits and hyphens.
    pub id: String,
    /// Seconds since 1970 of its newest release, UTC.
    pub current_release: i64,
}

/// The list of documents, by id, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The documents.
    pub entries: Vec<Entry>,
    /// What is listed without a usable id or date, by its id as it stands there or by its place.
    pub unusable: Vec<String>,
}

/// A list that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// It is no such list.
    #[error("{0}; is the URL that of an MSRC CVRF API?")]
    Json(serde_json::Error),
    /// It names nothing.
    #[error("it names no document")]
    Empty,
    /// It is longer than any list of the vendor could be.
    #[error("it has more than {MAX_ENTRIES} entries")]
    TooMany,
    /// It goes on elsewhere, which the vendor's never does.
    #[error("it goes on at another address, which is not followed")]
    Continued,
}

impl IndexError {
    /// Whether it ends early, so that the next attempt may have more luck.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        matches!(self, Self::Json(error) if error.is_eof())
    }
}

/// Entries are values, so that an odd one spoils no other.
#[derive(Deserialize)]
struct Listed {
    value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<Value>,
}

impl Index {
    /// Reads a list.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn read(json: &[u8]) -> Result<Self, IndexError> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let listed: Listed = serde_json::from_slice(json).map_err(IndexError::Json)?;
        if listed.next.is_some() {
            return Err(IndexError::Continued);
        }
        if listed.value.is_empty() {
            return Err(IndexError::Empty);
        }
        if listed.value.len() > MAX_ENTRIES {
            return Err(IndexError::TooMany);
        }
        let mut entries: BTreeMap<String, i64> = BTreeMap::new();
        let mut unusable = Vec::new();
        for (entry, position) in listed.value.iter().zip(1_usize..) {
            let text = |name| entry.get(name).and_then(Value::as_str);
            let id = text("ID").unwrap_or_default();
            match text("CurrentReleaseDate").and_then(date) {
                // Listed twice, the later date counts.
                Some(date) if is_id(id) => {
                    let known = entries.entry(id.to_owned()).or_insert(date);
                    *known = date.max(*known);
                }
                _ if id.is_empty() => unusable.push(format!("entry {position} of the list")),
                _ => unusable.push(id.chars().take(64).collect()),
            }
        }
        Ok(Self {
            entries: entries
                .into_iter()
                .map(|(id, current_release)| Entry {
                    id,
                    current_release,
                })
                .collect(),
            unusable,
        })
    }
}

/// Ids become parts of URLs and names of files.
fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !id.starts_with('-')
}

/// A date with `Z` or without: the documents have none and mean UTC, too.
fn date(text: &str) -> Option<i64> {
    let text = text.trim();
    let at: Result<Timestamp, _> = text.parse().or_else(|_| format!("{text}Z").parse());
    at.ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &str) -> Result<Index, IndexError> {
        Index::read(format!("{{\"value\":[{entries}]}}").as_bytes())
    }

    #[test]
    fn reads_ids_and_dates() {
        let index = list(
            r#"{"ID":"2020-Mar","CurrentReleaseDate":"2020-03-12T08:00:00Z"},{"ID":"2017-May-B","CurrentReleaseDate":"1970-01-01T00:00:07"}"#,
        )
        .unwrap();
        let entries: Vec<_> = index
            .entries
            .iter()
            .map(|e| (e.id.as_str(), e.current_release))
            .collect();
        assert_eq!(entries, [("2017-May-B", 7), ("2020-Mar", 1_584_000_000)]);
    }

    #[test]
    fn an_odd_entry_spoils_no_other() {
        let index = list(
            r#"7,{"ID":null,"CurrentReleaseDate":"2020-03-12"},{"ID":"2020-Mar","CurrentReleaseDate":"2020-03-12T08:00:00Z","New":[{}]},
            {"ID":"2020-Apr","CurrentReleaseDate":20200412},{"ID":["2020-May"]},[]"#,
        )
        .unwrap();
        let entries: Vec<_> = index.entries.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(entries, ["2020-Mar"]);
        assert_eq!(
            index.unusable,
            [
                "entry 1 of the list",
                "entry 2 of the list",
                "2020-Apr",
                "entry 5 of the list",
                "entry 6 of the list"
            ]
        );
    }

    #[test]
    fn nothing_listed_becomes_a_path() {
        let index = list(
            r#"{"ID":"../../etc/passwd","CurrentReleaseDate":"2020-03-12T08:00:00Z"},{"ID":"2020-Mar","CurrentReleaseDate":"soon"},{},{"ID":"a?b","CurrentReleaseDate":"2020-03-12T08:00:00Z"}"#,
        )
        .unwrap();
        assert!(index.entries.is_empty());
        assert_eq!(
            index.unusable,
            ["../../etc/passwd", "2020-Mar", "entry 3 of the list", "a?b"]
        );
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(matches!(Index::read(b"<html>"), Err(IndexError::Json(_))));
        assert!(
            Index::read(b"{\"value\":[{\"ID\":")
                .unwrap_err()
                .is_cut_off()
        );
        assert!(!Index::read(b"<html>").unwrap_err().is_cut_off());
        assert!(matches!(list(""), Err(IndexError::Empty)));
        assert!(matches!(
            Index::read(br#"{"value":[{}],"@odata.nextLink":"http://elsewhere"}"#),
            Err(IndexError::Continued)
        ));
        assert!(matches!(
            list(&vec!["{}"; MAX_ENTRIES + 1].join(",")),
            Err(IndexError::TooMany)
        ));
    }

    #[test]
    fn the_real_list_is_whole() {
        let Some(shared) = kbgap_testkit::shared() else {
            return;
        };
        let json = std::fs::read(shared.join("data/msrc-cvrf-xml/index.json")).unwrap();
        let index = Index::read(&json).unwrap();
        assert_eq!((index.entries.len(), index.unusable.len()), (190, 0));
    }
}
