//! Until when the vendor supports what: reviewed tables, and no clock.
//!
//! What a lifecycle means on some day is the matter of whoever has the day.

mod edition;
mod software;
mod windows;

use jiff::civil::Date;

use crate::table;

pub use edition::Edition;
pub use software::{SoftwareRelease, software_releases};
pub use windows::{WindowsLifecycle, windows_lifecycles, windows_of_software};

/// When the support of a release ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// The last day with updates for everybody.
    pub end: Date,
    /// The last days of the periods of Extended Security Updates, ascending; empty where
    /// there are none. The last of them is the end of the programme.
    pub esu: Vec<Date>,
}

impl Lifecycle {
    /// Reads the two columns of a table; `None` where they are malformed.
    fn parse(end: &str, esu: &str) -> Option<Self> {
        let esu = match esu {
            "-" => Vec::new(),
            dates => dates
                .split(',')
                .map(|date| date.parse().ok())
                .collect::<Option<_>>()?,
        };
        Some(Self {
            end: end.parse().ok()?,
            esu,
        })
    }
}

/// The lines of a table that are rows, in their columns.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table::rows(table).map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_rows_are_in_order() {
        let windows = windows::all().map(|row| &row.lifecycle);
        let software = software::all().filter_map(|row| row.lifecycle.as_ref());
        for lifecycle in windows.chain(software) {
            let mut dates = vec![lifecycle.end];
            dates.extend(&lifecycle.esu);
            assert!(dates.is_sorted_by(|a, b| a < b), "{dates:?}");
        }
    }

    #[test]
    fn a_row_with_a_bad_date_is_none() {
        assert_eq!(Lifecycle::parse("2020-13-01", "-"), None);
        assert_eq!(Lifecycle::parse("2020-01-14", "2021-01-12,soon"), None);
        assert_eq!(Lifecycle::parse("-", "-"), None);
    }
}
