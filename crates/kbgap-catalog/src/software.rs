//! The names that the API gives to software.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fold::fold_with;

/// What divides the vendor and the name in an id.
pub const SEPARATOR: &str = "-_-";

/// A software as the API names it: `vendor-_-name`, lower-case
/// (api.md, section 13). Either part may hold `.`, `-`, `_` or letters of any
/// script, so only the literal separator divides them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoftwareId {
    /// Shared: an index names the same software a million times.
    text: Arc<str>,
    vendor_len: usize,
}

/// A text that does not name a software.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a software id: `{0}` (expected vendor{SEPARATOR}name, such as microsoft-_-windows_10)"
)]
pub struct SoftwareIdError(String);

impl SoftwareId {
    /// The id of the given vendor and product names, which may be display names:
    /// blanks become `_` and letters lower-case. `None` when either part is empty, or where
    /// the separator would be found within the vendor: then the id would not be read again as
    /// it was written.
    #[must_use]
    pub fn from_names(vendor: &str, name: &str) -> Option<Self> {
        let (vendor, name) = (fold_with(vendor, '_'), fold_with(name, '_'));
        if vendor.is_empty() || name.is_empty() {
            return None;
        }
        let text = format!("{vendor}{SEPARATOR}{name}");
        (text.find(SEPARATOR) == Some(vendor.len())).then(|| Self {
            text: text.into(),
            vendor_len: vendor.len(),
        })
    }

    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the separator, for instance `microsoft`.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.text[..self.vendor_len]
    }

    /// The part after the separator, for instance `windows_10`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text[self.vendor_len + SEPARATOR.len()..]
    }
}

impl FromStr for SoftwareId {
    type Err = SoftwareIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once(SEPARATOR)
            .and_then(|(vendor, name)| Self::from_names(vendor, name))
            .ok_or_else(|| SoftwareIdError(text.chars().take(120).collect()))
    }
}

impl fmt::Display for SoftwareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for SoftwareId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for SoftwareId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_on_the_literal_separator_only() {
        let id: SoftwareId = "git-scm-_-git_for_windows-x".parse().unwrap();
        assert_eq!((id.vendor(), id.name()), ("git-scm", "git_for_windows-x"));
        let id: SoftwareId = "microsoft-_-.net_framework".parse().unwrap();
        assert_eq!((id.vendor(), id.name()), ("microsoft", ".net_framework"));
    }

    #[test]
    fn folds_case_and_blanks() {
        let id = SoftwareId::from_names("Mozilla  Foundation", "Firefox ESR").unwrap();
        assert_eq!(id.as_str(), "mozilla_foundation-_-firefox_esr");
        assert_eq!(
            "Microsoft-_-Edge".parse::<SoftwareId>().unwrap().as_str(),
            "microsoft-_-edge"
        );
    }

    /// Found by fuzzing: the end of the vendor made a separator with the one that follows.
    #[test]
    fn what_is_written_is_read_again() {
        for vendor in ["a-_", "a -_ ", "a- -b", "a-_-b"] {
            let id = SoftwareId::from_names(vendor, "name");
            assert_eq!(id, None, "{vendor}");
        }
        let id = SoftwareId::from_names("a-", "-_-b").unwrap();
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn refuses_missing_parts() {
        for text in ["", "edge", "-_-edge", "microsoft-_-", "microsoft_edge"] {
            assert!(text.parse::<SoftwareId>().is_err(), "{text}");
        }
    }
}
