//! What is remembered from one sync to the next: the server's names for what it gave. Losing it
//! costs some downloads, and nothing in it can keep a document from being fetched that the
//! store has not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kbgap_sync::Entry;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
pub(super) struct Memory {
    /// Names are one server's own.
    base: String,
    /// The name of the list of documents.
    pub(super) etag: Option<String>,
    /// The list of that name.
    pub(super) entries: Vec<Entry>,
    /// By the id of the document.
    pub(super) documents: BTreeMap<String, Remembered>,
    /// Lists that others publish, by their addresses.
    #[serde(default)]
    pub(super) lists: BTreeMap<String, Remembered>,
}

#[derive(Debug, Deserialize, Serialize, PartialEq)]
pub(super) struct Remembered {
    etag: Option<String>,
    /// What the store had of it then, since a store may be brought back from a backup.
    content: String,
}

impl Remembered {
    pub(super) fn new(etag: Option<String>, content: &[u8; 32]) -> Self {
        Self {
            etag,
            content: hex(content),
        }
    }

    fn etag_of(&self, content: &[u8; 32]) -> Option<String> {
        self.etag.clone().filter(|_| self.content == hex(content))
    }
}

impl Memory {
    /// What is remembered of a server; nothing where that cannot be read.
    pub(super) fn load(data_dir: &Path, base: &str) -> Self {
        let read = std::fs::read(path(data_dir)).ok();
        let known: Option<Self> = read.and_then(|json| serde_json::from_slice(&json).ok());
        known
            .filter(|memory| memory.base == base)
            .unwrap_or_else(|| Self {
                base: base.to_owned(),
                ..Self::default()
            })
    }

    /// Keeps it. Where that fails the next sync knows less, which is no reason to fail.
    pub(super) fn save(&self, data_dir: &Path) {
        // One name, since whoever syncs is alone and whoever was killed shall leave no others.
        let new = data_dir.join("sync.json.tmp");
        let save = || -> std::io::Result<()> {
            std::fs::write(&new, serde_json::to_vec(self)?)?;
            std::fs::rename(&new, path(data_dir))
        };
        if let Err(error) = save() {
            tracing::warn!(%error, "cannot keep what the next sync could use");
        }
    }

    /// The name of the list, where the list is at hand.
    pub(super) fn list_etag(&self) -> Option<&str> {
        self.etag.as_deref().filter(|_| !self.entries.is_empty())
    }

    /// The name of a document, where the store has just that.
    pub(super) fn etag_of(&self, id: &str, content: &[u8; 32]) -> Option<String> {
        self.documents.get(id)?.etag_of(content)
    }

    /// The same of a list.
    pub(super) fn list_etag_of(&self, url: &str, content: &[u8; 32]) -> Option<String> {
        self.lists.get(url)?.etag_of(content)
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("sync.json")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_for_their_server_and_for_what_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::load(folder.path(), "http://a");
        memory.etag = Some("\"list\"".to_owned());
        assert_eq!(memory.list_etag(), None);
        memory.entries.push(Entry {
            id: "2020-Mar".to_owned(),
            current_release: 7,
        });
        let known = Remembered::new(Some("\"1\"".to_owned()), &[1; 32]);
        memory.documents.insert("2020-Mar".to_owned(), known);
        memory.save(folder.path());

        let again = Memory::load(folder.path(), "http://a");
        assert_eq!(again, memory);
        assert_eq!(again.list_etag(), Some("\"list\""));
        assert_eq!(again.etag_of("2020-Mar", &[1; 32]).unwrap(), "\"1\"");
        assert_eq!(again.etag_of("2020-Mar", &[2; 32]), None);
        assert_eq!(again.etag_of("2020-Apr", &[1; 32]), None);
        assert_eq!(Memory::load(folder.path(), "http://b").list_etag(), None);

        std::fs::write(path(folder.path()), "{").unwrap();
        assert_eq!(Memory::load(folder.path(), "http://a").list_etag(), None);
    }
}
