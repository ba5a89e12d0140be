//! Lists about CVEs of any vendor: which are exploited, and how likely that is to come.
//! Of them the catalogue keeps what is said of the CVEs that the vendor's documents name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::OddValue;

/// The id of a CVE as two numbers: lists have hundreds of thousands of them.
/// Ordered by year, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CveId {
    year: u16,
    number: u32,
}

/// A text that is no CVE id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id such as CVE-2020-0796")]
pub struct CveIdError;

impl CveId {
    /// The year in the id.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }
}

impl FromStr for CveId {
    type Err = CveIdError;

    /// Reads `CVE-2020-0796` in upper or lower case: four digits and a number of four to nine
    /// digits, zeros before it only to make four.
    fn from_str(text: &str) -> Result<Self, CveIdError> {
        let prefix = text.get(..4).filter(|p| p.eq_ignore_ascii_case("CVE-"));
        let (year, number) = prefix
            .and_then(|_| text.get(4..))
            .and_then(|rest| rest.split_once('-'))
            .ok_or(CveIdError)?;
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let is_padded = number.len() > 4 && number.starts_with('0');
        if year.len() != 4
            || !(4..=9).contains(&number.len())
            || is_padded
            || !digits(year)
            || !digits(number)
        {
            return Err(CveIdError);
        }
        Ok(Self {
            year: year.parse().map_err(|_| CveIdError)?,
            number: number.parse().map_err(|_| CveIdError)?,
        })
    }
}

impl fmt::Display for CveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CVE-{:04}-{:04}", self.year, self.number)
    }
}

/// A catalogue of known exploited vulnerabilities: CISA's KEV.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownExploitedRecord {
    /// Seconds since 1970 of the release, UTC; of the newest entry where the form tells no release.
    pub released: i64,
    /// The version as written, such as `2025.08.25`; empty where the form has none.
    pub version: String,
    /// Ordered by CVE, each once.
    pub entries: Vec<KnownExploitedEntry>,
    /// What could not be understood and was passed over.
    pub odd_values: Vec<OddValue>,
}

/// A vulnerability that is known to be exploited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownExploitedEntry {
    /// The CVE.
    pub cve: CveId,
    /// Seconds since 1970 of the day on which it was added, UTC.
    pub date_added: Option<i64>,
    /// Seconds since 1970 of the day by which federal agencies have to act, UTC.
    pub due_date: Option<i64>,
    /// What they have to do.
    pub required_action: String,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

/// The scores of one day: FIRST's EPSS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpssRecord {
    /// Seconds since 1970 of the day for which the scores are, UTC.
    pub scored: i64,
    /// The model's version as written, such as `v2023.03.01`; empty in the oldest form.
    pub model: String,
    /// Ordered by CVE, each once.
    pub entries: Vec<EpssEntry>,
    /// What could not be understood and was passed over.
    pub odd_values: Vec<OddValue>,
}

/// The score of a CVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpssEntry {
    /// The CVE.
    pub cve: CveId,
    /// How likely it is exploited within 30 days.
    pub probability: Share,
    /// The share of CVEs that are no likelier; the oldest form has none.
    pub percentile: Option<Share>,
}

/// A number from 0 to 1, in units of 10⁻⁹, so that what was written in decimals comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share(u32);

impl Share {
    const ONE: f64 = 1e9;

    /// The share; `None` outside of 0 to 1.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        // In range, so the cast cannot cut anything off.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 10^9 fits"
        )]
        (0.0..=1.0)
            .contains(&value)
            .then(|| Self((value * Self::ONE).round() as u32))
    }

    /// The number, 0 to 1.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / Self::ONE
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_number(number: u32) -> Option<Self> {
        if number <= 1_000_000_000 {
            Some(Self(number))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_cves() {
        for (text, shown) in [
            ("CVE-2020-0796", "CVE-2020-0796"),
            ("cve-1999-0001", "CVE-1999-0001"),
            ("CVE-2025-123456789", "CVE-2025-123456789"),
        ] {
            assert_eq!(text.parse::<CveId>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "CVE-",
            "CVE-20-0796",
            "CVE-2020-796",
            "CVE-2020-00796",
            "CVE-2020-1234567890",
            "CVE-2020-07x6",
            "CVE-+020-0796",
            "ADV990001",
            "CVÉ-2020-0796",
        ] {
            assert!(text.parse::<CveId>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_written_in_decimals_comes_back() {
        for number in 0..=100_000 {
            let written = format!("0.{number:05}");
            let value: f64 = written.parse().unwrap();
            let value = if number == 100_000 { 1.0 } else { value };
            assert_eq!(Share::new(value).unwrap().value(), value);
        }
        for odd in [-0.1, 1.000_1, f64::NAN, f64::INFINITY] {
            assert_eq!(Share::new(odd), None);
        }
    }
}
