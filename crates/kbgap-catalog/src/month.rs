//! Months of the vendor's calendar of documents.

use std::fmt;

use serde::{Deserialize, Serialize};

const NAMES: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const FULL_NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A calendar month. Ordered by time.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Month(u16);

impl Month {
    /// The month of a year; `None` unless `month` is 1 to 12 and the year has at most four digits.
    #[must_use]
    pub fn new(year: u16, month: u16) -> Option<Self> {
        ((1..=12).contains(&month) && year <= 5_000).then(|| Self(year * 12 + month - 1))
    }

    /// Reads ids such as `2020-Mar`, `2018-FEB` and `2017-May-B`.
    #[must_use]
    pub fn from_document_id(id: &str) -> Option<Self> {
        let (year, rest) = id.trim().split_once('-')?;
        let name = rest.get(..3)?;
        if !matches!(rest.as_bytes().get(3), None | Some(b'-')) {
            return None;
        }
        let position = NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))?;
        Self::new(year.parse().ok()?, u16::try_from(position).ok()? + 1)
    }

    /// The month of an instant, in seconds since 1970, UTC.
    #[must_use]
    pub fn of_timestamp(seconds: i64) -> Self {
        let date = jiff::Timestamp::from_second(seconds)
            .map(|t| jiff::tz::Offset::UTC.to_datetime(t).date())
            .unwrap_or_default();
        let year = u16::try_from(date.year()).unwrap_or_default();
        Self::new(year, u16::from(date.month().unsigned_abs())).unwrap_or_default()
    }

    /// The title that the vendor's document of the month has.
    pub(crate) fn title(self) -> String {
        let name = FULL_NAMES[usize::from(self.0 % 12)];
        format!("{name} {} Security Updates", self.0 / 12)
    }

    pub(crate) const fn number(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_number(number: u16) -> Self {
        Self(number)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0 / 12, NAMES[usize::from(self.0 % 12)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ids_of_the_feed() {
        for (id, shown) in [
            ("2020-Mar", "2020-Mar"),
            ("2018-FEB", "2018-Feb"),
            ("2017-May-B", "2017-May"),
        ] {
            assert_eq!(Month::from_document_id(id).unwrap().to_string(), shown);
        }
        for id in ["", "2020", "2020-March", "2020-Foo", "x-Mar", "2020-é"] {
            assert_eq!(Month::from_document_id(id), None, "{id}");
        }
    }

    #[test]
    fn titles_are_those_of_the_vendor() {
        let month = Month::from_document_id("2020-Mar").unwrap();
        assert_eq!(month.title(), "March 2020 Security Updates");
    }

    #[test]
    fn months_are_ordered_by_time() {
        assert!(Month::from_document_id("2019-Dec") < Month::from_document_id("2020-Jan"));
        assert_eq!(
            Month::of_timestamp(1_583_823_600),
            Month::new(2020, 3).unwrap()
        );
    }
}
