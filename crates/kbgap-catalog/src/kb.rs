//! KB numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The number of a security update, without its `KB` prefix.
///
/// Between four and eight digits (assessment.md, section 2), so that a release
/// note's title or a bare count never passes for an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KbId(u32);

/// A text that is not a KB number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a KB number: `{0}` (expected 4 to 8 digits, with or without `KB`)")]
pub struct KbIdError(String);

impl KbId {
    /// The KB with this number, if the number has four to eight digits.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number >= 1_000 && number <= 99_999_999 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The digits as a number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for KbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for KbId {
    type Err = KbIdError;

    /// Reads `4528760`, `KB4528760` or `kb 4528760`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let digits = match trimmed.get(..2) {
            Some(prefix) if prefix.eq_ignore_ascii_case("kb") => trimmed[2..].trim_start(),
            _ => trimmed,
        };
        let well_formed =
            (4..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        well_formed
            .then(|| digits.parse().ok().and_then(Self::new))
            .flatten()
            .ok_or_else(|| KbIdError(text.chars().take(40).collect()))
    }
}

impl Serialize for KbId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KbId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_and_without_prefix() {
        for text in ["4528760", "KB4528760", " kb4528760 ", "KB 4528760"] {
            assert_eq!(text.parse(), Ok(KbId(4_528_760)), "{text}");
        }
        assert_eq!("890830".parse(), Ok(KbId(890_830)));
    }

    #[test]
    fn refuses_what_is_no_kb_number() {
        for text in [
            "",
            "KB",
            "123",
            "123456789",
            "Release Notes",
            "45x8760",
            "-4528760",
            "٤٥٢٨٧٦٠",
        ] {
            assert!(text.parse::<KbId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_leading_zero_that_leaves_too_few_digits_is_refused() {
        assert!("0000123".parse::<KbId>().is_err());
    }
}
