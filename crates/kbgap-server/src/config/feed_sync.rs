//! `[feed_sync]`: when a server syncs the feed by itself.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use kbgap_sync::{ClientOptions, Lists, base_url, list_url};
use serde::Deserialize;

/// When and from where a server syncs the feed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FeedSync {
    /// The hours from the end of one sync to the next; the first is soon after the start.
    pub every_hours: Option<NonZeroU32>,
    /// The time of day instead, UTC.
    pub at: Option<Time>,
    /// Each sync is later by chance, by up to so many minutes: many servers must not
    /// ask the vendor at the same moment.
    #[serde(default = "half_an_hour")]
    pub jitter_minutes: u32,
    /// A mirror of the vendor's API instead.
    pub url: Option<String>,
    /// Where CISA's catalogue of known exploited vulnerabilities is; its own site where
    /// neither this nor `url` is named.
    pub kev_url: Option<String>,
    /// Where the scores of EPSS are; the publisher's site where neither this nor `url` is named.
    pub epss_url: Option<String>,
    /// Whether these lists are fetched at all.
    #[serde(default = "yes")]
    pub lists: bool,
    /// The proxy; the environment's where there is none.
    pub proxy: Option<String>,
    /// A PEM file of the authorities to trust instead of the public ones.
    pub ca_file: Option<PathBuf>,
}

const fn half_an_hour() -> u32 {
    30
}

const fn yes() -> bool {
    true
}

/// Longer pauses would leave the feed without a month.
const MAX_HOURS: u32 = 31 * 24;
const DAY_MINUTES: u32 = 24 * 60;

impl FeedSync {
    /// Checks what the types cannot.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.every_hours.is_some() == self.at.is_some() {
            return Err("feed_sync: needs either every_hours or at".to_owned());
        }
        if self
            .every_hours
            .is_some_and(|hours| hours.get() > MAX_HOURS)
        {
            return Err(format!(
                "feed_sync: every_hours has to be {MAX_HOURS} at most"
            ));
        }
        if self.jitter_minutes >= DAY_MINUTES {
            return Err(format!(
                "feed_sync: jitter_minutes has to be less than {DAY_MINUTES}"
            ));
        }
        if let Some(Err(wrong)) = self.url.as_deref().map(base_url) {
            return Err(format!("feed_sync: url: {wrong}"));
        }
        for (name, url) in [("kev_url", &self.kev_url), ("epss_url", &self.epss_url)] {
            if let Some(Err(wrong)) = url.as_deref().map(list_url) {
                return Err(format!("feed_sync: {name}: {wrong}"));
            }
        }
        Ok(())
    }

    /// The lists that are fetched beside the months from `base`.
    pub(crate) fn lists(&self, base: &str) -> Lists {
        if !self.lists {
            return Lists::default();
        }
        let named = Lists {
            known_exploited: self.kev_url.clone(),
            epss: self.epss_url.clone(),
        };
        Lists::beside(base, named)
    }

    /// How the vendor is reached.
    pub(crate) fn client(&self) -> ClientOptions {
        let mut options = ClientOptions {
            proxy: self.proxy.clone(),
            ca_file: self.ca_file.clone(),
            ..ClientOptions::default()
        };
        if let Some(Ok(base)) = self.url.as_deref().map(base_url) {
            options.base = base;
        }
        options
    }

    /// When the next sync begins: the first after `now` or the one after another that has
    /// ended then. `chance` is from 0 to 1.
    pub(crate) fn next(&self, now: Timestamp, is_first: bool, chance: f64) -> Timestamp {
        let jitter = Duration::from_secs(60 * u64::from(self.jitter_minutes)).mul_f64(chance);
        let at = match (self.at, self.every_hours) {
            (Some(at), _) => first_after(now, at),
            (None, Some(hours)) if !is_first => {
                now + Duration::from_secs(3_600 * u64::from(hours.get()))
            }
            (None, _) => now,
        };
        at + jitter
    }
}

fn first_after(now: Timestamp, at: Time) -> Timestamp {
    let today = TimeZone::UTC.to_datetime(now).date().to_datetime(at);
    let utc =
        |date: jiff::civil::DateTime| TimeZone::UTC.to_timestamp(date).unwrap_or(Timestamp::MAX);
    match utc(today) {
        later if later > now => later,
        _ => utc(today.saturating_add(1.day())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(text: &str) -> FeedSync {
        toml::from_str(text).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_of_day_comes_once_a_day() {
        let daily = schedule("at = \"03:30\"\njitter_minutes = 60");
        daily.check().unwrap();
        for (now, chance, next) in [
            ("2020-03-10T03:29:59Z", 0.0, "2020-03-10T03:30:00Z"),
            ("2020-03-10T03:30:00Z", 0.0, "2020-03-11T03:30:00Z"),
            ("2020-03-10T04:00:00Z", 0.5, "2020-03-11T04:00:00Z"),
            ("2020-12-31T23:00:00Z", 1.0, "2021-01-01T04:30:00Z"),
        ] {
            assert_eq!(daily.next(at(now), false, chance), at(next), "{now}");
            assert_eq!(daily.next(at(now), true, chance), at(next), "{now}");
        }
    }

    #[test]
    fn an_interval_begins_soon_after_the_start() {
        let often = schedule("every_hours = 6\njitter_minutes = 10");
        often.check().unwrap();
        let now = at("2020-03-10T12:00:00Z");
        assert_eq!(often.next(now, true, 0.5), at("2020-03-10T12:05:00Z"));
        assert_eq!(often.next(now, false, 0.0), at("2020-03-10T18:00:00Z"));
        assert_eq!(often.next(now, false, 1.0), at("2020-03-10T18:10:00Z"));
        assert_eq!(schedule("every_hours = 6").jitter_minutes, 30);
    }

    #[test]
    fn lists_come_unless_they_are_not_wanted() {
        let lists = |text: &str| {
            let schedule = schedule(&format!("every_hours = 6\n{text}"));
            schedule.check().unwrap();
            let urls = schedule.lists(&schedule.client().base);
            urls.iter()
                .map(|(_, url)| url.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(lists("").len(), 2);
        assert!(lists("lists = false\nkev_url = \"http://m/kev\"").is_empty());
        let mirror = "url = \"http://m\"\nkev_url = \"http://m/kev\"";
        assert_eq!(lists(mirror), ["http://m/kev"]);
    }

    #[test]
    fn what_makes_no_schedule() {
        for text in [
            "",
            "at = \"03:30\"\nevery_hours = 1",
            "every_hours = 745",
            "at = \"03:30\"\njitter_minutes = 1440",
            "at = \"03:30\"\nurl = \"mirror\"",
            "at = \"03:30\"\nepss_url = \"epss.csv\"",
        ] {
            assert!(
                schedule(text).check().unwrap_err().starts_with("feed_sync"),
                "{text}"
            );
        }
        for text in ["at = \"25:00\"", "every_hours = 0", "often = true"] {
            assert!(toml::from_str::<FeedSync>(text).is_err(), "{text}");
        }
    }
}
