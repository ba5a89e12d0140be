//! Days and months as numbers, since everything that happens to a fleet is a comparison of them.

use jiff::civil::{Date, Weekday, date};

/// Days since the beginning of 2022, with which the tables begin.
pub(crate) type Day = i32;

/// The latest day whose date is kept as text.
const LAST: Day = 3_000;
/// The newest month of the tables.
const NEWEST: (i16, i8) = (2026, 6);
/// How long after that month's updates day 0 is: its rollout is under way.
const AFTER_RELEASE: Day = 7;

const fn start() -> Date {
    date(2022, 1, 1)
}

/// The number of a date.
pub(crate) fn day_of(date: Date) -> Day {
    start().until(date).map_or(0, |span| span.get_days())
}

/// The day on which a month's updates are released: its second Tuesday.
pub(crate) fn patch_day(year: i16, month: i8) -> Option<Day> {
    let first = Date::new(year, month, 1).ok()?;
    first
        .nth_weekday_of_month(2, Weekday::Tuesday)
        .ok()
        .map(day_of)
}

/// Reads `2024-09`.
pub(crate) fn month(text: &str) -> Option<(i16, i8)> {
    let (year, month) = text.split_once('-')?;
    Some((year.parse().ok()?, month.parse().ok()?))
}

/// Day 0 of a fleet, as its updates see it.
pub(crate) fn day_zero() -> Day {
    patch_day(NEWEST.0, NEWEST.1).unwrap_or_default() + AFTER_RELEASE
}

/// Dates as texts.
#[derive(Debug)]
pub(crate) struct Dates(Vec<[u8; 10]>);

impl Dates {
    pub(crate) fn new() -> Self {
        let texts = start().series(jiff::Span::new().days(1));
        let bytes = |date: Date| date.to_string().into_bytes().try_into().ok();
        let count = usize::try_from(LAST).unwrap_or_default();
        Self(texts.take(count).filter_map(bytes).collect())
    }

    /// The date of a day; beyond the kept ones that of the nearest.
    pub(crate) fn text(&self, day: Day) -> &[u8] {
        let last = self.0.len().saturating_sub(1);
        let index = usize::try_from(day).unwrap_or_default().min(last);
        self.0.get(index).map_or(&[], |text| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_come_on_second_tuesdays() {
        assert_eq!(patch_day(2022, 1), Some(10));
        assert_eq!(patch_day(2026, 6), Some(day_of(date(2026, 6, 9))));
        assert_eq!(day_zero(), day_of(date(2026, 6, 16)));
    }

    #[test]
    fn dates_as_texts() {
        let dates = Dates::new();
        assert_eq!(dates.text(0), b"2022-01-01");
        assert_eq!(dates.text(59), b"2022-03-01");
        assert_eq!(dates.text(-5), b"2022-01-01");
        assert_eq!(dates.text(day_of(date(2026, 6, 9))), b"2026-06-09");
    }
}
