//! Software that only one machine has, as that machine's record keeps it.

use kbgap_catalog::{SEPARATOR, SoftwareId};
use serde::{Deserialize, Serialize};

use super::read::Named;
use crate::words::{Word, Words};

/// A version of a software that no other machine has.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Own<'a> {
    #[serde(borrow)]
    vendor: Word<'a>,
    name: &'a str,
    #[serde(borrow)]
    version: Word<'a>,
    pub(crate) is_known: bool,
}

impl<'a> Own<'a> {
    /// A list again.
    pub(crate) fn list(mut bytes: &'a [u8]) -> impl Iterator<Item = Own<'a>> {
        std::iter::from_fn(move || {
            let (own, rest) = postcard::take_from_bytes(bytes).ok()?;
            bytes = rest;
            Some(own)
        })
    }

    fn of(named: &'a Named, mut word: impl FnMut(&'a str) -> Word<'a>) -> Self {
        Self {
            vendor: word(named.id.vendor()),
            name: named.id.name(),
            version: word(&named.version),
            is_known: named.is_known,
        }
    }

    pub(crate) fn version<'t>(&'t self, words: &'t Words) -> &'t str {
        words.text(self.version)
    }

    /// Its id; `None` where nothing like this wrote it.
    pub(crate) fn id(&self, words: &Words) -> Option<SoftwareId> {
        SoftwareId::from_names(words.text(self.vendor), self.name)
    }

    /// Whether both are versions of one software.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        (self.vendor, self.name) == (other.vendor, other.name)
    }

    /// Whether it is a version of this software.
    pub(super) fn is(&self, id: &SoftwareId, words: &Words) -> bool {
        (words.text(self.vendor), self.name) == (id.vendor(), id.name())
    }

    /// The same as it was named, of a software with this id.
    pub(super) fn named(&self, id: &SoftwareId, words: &Words) -> Named {
        Named {
            id: id.clone(),
            version: self.version(words).into(),
            is_known: self.is_known,
        }
    }

    pub(crate) fn has_id(&self, id: &str, words: &Words) -> bool {
        let rest = id.strip_prefix(words.text(self.vendor));
        let name = rest.and_then(|rest| rest.strip_prefix(SEPARATOR));
        name == Some(self.name)
    }

    /// Appends its id to a text.
    pub(crate) fn write_id(&self, words: &Words, to: &mut String) {
        to.push_str(words.text(self.vendor));
        to.push_str(SEPARATOR);
        to.push_str(self.name);
    }
}

/// A list as a record keeps it.
pub(crate) fn encode_named<'n>(
    list: &'n [Named],
    mut word: impl FnMut(&'n str) -> Word<'n>,
) -> Vec<u8> {
    encode(list.iter().map(|named| Own::of(named, &mut word)))
}

pub(super) fn encode<'a>(list: impl Iterator<Item = Own<'a>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for own in list {
        // Writing to memory fails for no value of these types.
        bytes = postcard::to_extend(&own, bytes).unwrap_or_default();
    }
    bytes
}
