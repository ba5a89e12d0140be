//! Software lists.
//!
//! A list has some forty entries of three short texts each. They stand in one piece of
//! memory: lists come and go by the thousand while a fleet reports, and many small pieces
//! take longer, and leave holes between what stays.

use std::borrow::Cow;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A software that a host reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Software<'l> {
    /// Publisher as reported; empty where unknown.
    pub vendor: &'l str,
    /// Display name as reported.
    pub name: &'l str,
    /// Version as reported; empty where unknown.
    pub version: &'l str,
}

/// The software of a host.
#[derive(Clone, Default)]
pub struct SoftwareList {
    texts: String,
    entries: Vec<Entry>,
}

/// Where the texts of an entry are: one after another.
#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    vendor: u32,
    name: u32,
    version: u32,
}

impl SoftwareList {
    /// An empty list with room for so many entries.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self {
            // As long as entries usually are.
            texts: String::with_capacity(entries * 64),
            entries: Vec::with_capacity(entries),
        }
    }

    /// Adds an entry. A text of more than 4 GB stays empty: no report is as large.
    pub fn push(&mut self, software: Software<'_>) {
        let start = self.texts.len();
        let mut add = |text: &str| {
            let length = u32::try_from(text.len()).unwrap_or_default();
            self.texts.push_str(&text[..length as usize]);
            length
        };
        let entry = Entry {
            start,
            vendor: add(software.vendor),
            name: add(software.name),
            version: add(software.version),
        };
        self.entries.push(entry);
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Software<'_>> + DoubleEndedIterator {
        self.entries.iter().map(|entry| entry.read(&self.texts))
    }

    /// Brings the entries into order, each once.
    pub(crate) fn normalize(&mut self) {
        let Self { texts, entries } = self;
        entries.sort_unstable_by(|a, b| a.read(texts).cmp(&b.read(texts)));
        entries.dedup_by(|a, b| a.read(texts) == b.read(texts));
    }
}

impl Entry {
    fn read(self, texts: &str) -> Software<'_> {
        let (vendor, rest) = texts[self.start..].split_at(self.vendor as usize);
        let (name, rest) = rest.split_at(self.name as usize);
        Software {
            vendor,
            name,
            version: &rest[..self.version as usize],
        }
    }
}

impl fmt::Debug for SoftwareList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for SoftwareList {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for SoftwareList {}

impl<'s> FromIterator<Software<'s>> for SoftwareList {
    fn from_iter<I: IntoIterator<Item = Software<'s>>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut list = Self::with_capacity(entries.size_hint().0);
        entries.for_each(|entry| list.push(entry));
        list
    }
}

impl Serialize for SoftwareList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.len()))?;
        for entry in self.iter() {
            sequence.serialize_element(&entry)?;
        }
        sequence.end()
    }
}

impl<'de> Deserialize<'de> for SoftwareList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Texts<'t> {
            #[serde(borrow)]
            vendor: Cow<'t, str>,
            #[serde(borrow)]
            name: Cow<'t, str>,
            #[serde(borrow)]
            version: Cow<'t, str>,
        }
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = SoftwareList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of software")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut sequence: A,
            ) -> Result<SoftwareList, A::Error> {
                let mut list = SoftwareList::default();
                while let Some(texts) = sequence.next_element::<Texts<'de>>()? {
                    list.push(Software {
                        vendor: &texts.vendor,
                        name: &texts.name,
                        version: &texts.version,
                    });
                }
                Ok(list)
            }
        }
        deserializer.deserialize_seq(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn software<'s>(vendor: &'s str, name: &'s str, version: &'s str) -> Software<'s> {
        Software {
            vendor,
            name,
            version,
        }
    }

    #[test]
    fn entries_are_kept_in_order_each_once_whatever_their_texts() {
        let entries = [
            software("Mozilla", "Firefox", "2"),
            software("", "7-Zip \"x\"", ""),
            software("Mozilla", "Firefox", "1"),
            software("", "Ä", "ü"),
            software("Mozilla", "Firefox", "2"),
        ];
        let mut list: SoftwareList = entries.into_iter().collect();
        assert!(list.iter().eq(entries) && list.len() == 5);
        list.normalize();
        let expected = [entries[1], entries[3], entries[2], entries[0]];
        assert!(list.iter().eq(expected), "{list:?}");
        assert_eq!(list, expected.into_iter().collect());

        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(serde_json::from_str::<SoftwareList>(&json).unwrap(), list);
        let first = r#"[{"vendor":"","name":"7-Zip \"x\"","version":""},"#;
        assert!(json.starts_with(first), "{json}");
        assert!(SoftwareList::default().is_empty());
    }
}
