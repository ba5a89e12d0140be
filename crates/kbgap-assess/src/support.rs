//! Whether what a machine runs still gets updates (section 5, at its end).
//!
//! What is out of support still misses what it misses: this is said beside it. It depends on
//! the day, so it is no part of an assessment, and is asked for with a day.

use std::fmt::Write as _;

use jiff::civil::Date;
use kbgap_catalog::{
    Edition, Lifecycle, Release, SoftwareId, SoftwareRelease, WindowsLifecycle, software_releases,
    windows_lifecycles, windows_of_software,
};
use serde::Serialize;

/// The field of the native machine document without which editions differ.
const EDITION: &str = "os.edition";

/// Where a release is in its lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SupportStatus {
    /// Everybody gets updates.
    Supported,
    /// Only who has Extended Security Updates does. No report tells whether a machine has.
    Esu,
    /// Nobody does.
    Ended,
    /// Editions differ, and the report does not tell which it is.
    Unknown,
}

impl SupportStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Supported, Self::Esu, Self::Ended, Self::Unknown];

    /// The name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Esu => "esu",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }

    /// Of a lifecycle on a day. On the last day there still are updates.
    fn of(lifecycle: &Lifecycle, on: Date) -> Self {
        if on <= lifecycle.end {
            Self::Supported
        } else if lifecycle.esu.last().is_some_and(|last| on <= *last) {
            Self::Esu
        } else {
            Self::Ended
        }
    }
}

/// The support of a release on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Support {
    /// Where it is in its lifecycle.
    pub status: SupportStatus,
    /// The last day with updates for everybody; `None` where editions differ.
    pub end_of_support: Option<Date>,
    /// The last day with Extended Security Updates; `None` where there are none, or
    /// where editions differ.
    pub esu_ends: Option<Date>,
    /// What is lacking to tell more: the field of the native machine document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacking: Option<&'static str>,
    /// What holds for which editions, where they differ and it is not known which it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<EditionSupport>,
}

/// The support of some editions on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EditionSupport {
    /// The editions.
    pub editions: &'static [Edition],
    /// Where they are in their lifecycle.
    pub status: SupportStatus,
    /// The last day with updates for everybody.
    pub end_of_support: Date,
    /// The last day with Extended Security Updates.
    pub esu_ends: Option<Date>,
}

impl Support {
    /// Of a Windows on a day; `None` where no table has it. An edition that the release
    /// never had counts as none.
    #[must_use]
    pub fn of_windows(release: &Release, edition: Option<Edition>, on: Date) -> Option<Self> {
        let all = windows_lifecycles(release);
        let holds = |row: &WindowsLifecycle| {
            row.editions.is_empty()
                || edition.is_some_and(|edition| row.editions.contains(&edition))
        };
        let own = all.iter().find(|row| holds(row));
        let first = all.first()?;
        let alike = all.iter().all(|row| row.lifecycle == first.lifecycle);
        if let Some(row) = own.or(alike.then_some(first)) {
            return Some(Self::of_lifecycle(&row.lifecycle, on));
        }
        let of_row = |row: &'static WindowsLifecycle| EditionSupport {
            editions: &row.editions,
            status: SupportStatus::of(&row.lifecycle, on),
            end_of_support: row.lifecycle.end,
            esu_ends: row.lifecycle.esu.last().copied(),
        };
        let editions: Vec<EditionSupport> = all.iter().map(of_row).collect();
        Some(Self {
            status: common(&editions, |of| of.status).unwrap_or(SupportStatus::Unknown),
            end_of_support: common(&editions, |of| of.end_of_support),
            esu_ends: common(&editions, |of| of.esu_ends).flatten(),
            lacking: Some(EDITION),
            editions,
        })
    }

    /// Of another software on a day, with the name of its release; `None` where no table
    /// has it or no day is set. The name of a program may tell the release, such as `2019`.
    #[must_use]
    pub fn of_software(
        id: &SoftwareId,
        named: Option<&str>,
        version: &str,
        on: Date,
    ) -> Option<(Option<&'static str>, Self)> {
        let release = SoftwareRelease::find(id, named, version)?;
        let lifecycle = release.lifecycle.as_ref()?;
        Some((release.release, Self::of_lifecycle(lifecycle, on)))
    }

    fn of_lifecycle(lifecycle: &Lifecycle, on: Date) -> Self {
        Self {
            status: SupportStatus::of(lifecycle, on),
            end_of_support: Some(lifecycle.end),
            esu_ends: lifecycle.esu.last().copied(),
            lacking: None,
            editions: Vec::new(),
        }
    }

    /// What people should know of it; `None` where all is well.
    #[must_use]
    pub fn warning(&self, of: &str) -> Option<String> {
        let ended = |end: Option<Date>| match end {
            Some(end) => format!("support of {of} ended on {end}"),
            None => format!("support of {of} ended"),
        };
        let mut text = match (self.status, self.esu_ends) {
            (SupportStatus::Supported, _) => return None,
            (SupportStatus::Esu, Some(last)) => format!(
                "{}: later updates need Extended Security Updates, which end on {last}",
                ended(self.end_of_support)
            ),
            (SupportStatus::Esu, None) => format!(
                "{}: later updates need Extended Security Updates",
                ended(self.end_of_support)
            ),
            (SupportStatus::Ended, Some(last)) => format!(
                "{}, and Extended Security Updates on {last}",
                ended(self.end_of_support)
            ),
            (SupportStatus::Ended, None) => ended(self.end_of_support),
            (SupportStatus::Unknown, _) => {
                format!("support of {of} depends on its edition")
            }
        };
        if let Some(lacking) = self.lacking {
            let _ = write!(text, " (the report lacks {lacking}:");
            for (place, of) in self.editions.iter().enumerate() {
                let names: Vec<&str> = of.editions.iter().map(|edition| edition.name()).collect();
                let comma = if place == 0 { "" } else { "," };
                let _ = write!(text, "{comma} {} {}", names.join("/"), of.end_of_support);
                if let Some(last) = of.esu_ends {
                    let _ = write!(text, " and {last}");
                }
            }
            text.push(')');
        }
        Some(text)
    }
}

/// What all have in common.
fn common<T: PartialEq>(
    editions: &[EditionSupport],
    of: impl Fn(&EditionSupport) -> T,
) -> Option<T> {
    let mut values = editions.iter().map(of);
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Whether no release of a software, in no edition, gets updates for everybody on a day
/// any more. Not so where the tables have no release, or one without an end.
#[must_use]
pub fn is_over(id: &SoftwareId, on: Date) -> bool {
    let over = |lifecycle: &Lifecycle| on > lifecycle.end;
    let mut windows = windows_of_software(id.name()).peekable();
    if id.vendor() == "microsoft" && windows.peek().is_some() {
        return windows.all(|row| over(&row.lifecycle));
    }
    let releases = software_releases(id);
    let all = |release: &SoftwareRelease| release.lifecycle.as_ref().is_some_and(over);
    !releases.is_empty() && releases.iter().all(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use SupportStatus::{Ended, Esu, Supported, Unknown};

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn windows(build: u32, server: bool, edition: Option<Edition>, on: &str) -> Support {
        let release = Release::of_build(build, server).unwrap();
        Support::of_windows(release, edition, day(on)).unwrap()
    }

    fn software(id: &str, version: &str, on: &str) -> Option<(Option<&'static str>, Support)> {
        Support::of_software(&id.parse().unwrap(), None, version, day(on))
    }

    #[test]
    fn the_last_day_still_has_updates() {
        let pro = Some(Edition::Pro);
        for (on, status) in [
            ("2025-10-13", Supported),
            ("2025-10-14", Supported),
            ("2025-10-15", Esu),
            ("2028-10-10", Esu),
            ("2028-10-11", Ended),
        ] {
            let support = windows(19_045, false, pro, on);
            assert_eq!(support.status, status, "{on}");
            assert_eq!(support.end_of_support, Some(day("2025-10-14")));
            assert_eq!(support.esu_ends, Some(day("2028-10-10")));
            assert_eq!(support.lacking, None);
        }
    }

    #[test]
    fn editions_have_dates_of_their_own() {
        use Edition::{Enterprise, Home, IotLtsc, Ltsc, Pro};
        for (build, edition, on, status, end) in [
            (17_763, Pro, "2021-01-01", Ended, "2020-11-10"),
            (17_763, Enterprise, "2021-01-01", Supported, "2021-05-11"),
            (17_763, Ltsc, "2026-11-26", Supported, "2029-01-09"),
            (19_044, Ltsc, "2027-06-01", Ended, "2027-01-12"),
            (19_044, IotLtsc, "2027-06-01", Supported, "2032-01-13"),
            (19_045, Home, "2027-12-01", Ended, "2025-10-14"),
            (19_045, Enterprise, "2027-12-01", Esu, "2025-10-14"),
            (26_100, Home, "2026-11-26", Ended, "2026-10-13"),
            (26_100, Enterprise, "2026-11-26", Supported, "2027-10-12"),
            (26_100, IotLtsc, "2033-01-01", Supported, "2034-10-10"),
            (26_300, Home, "2028-10-10", Supported, "2028-10-10"),
            (26_300, Enterprise, "2029-10-10", Ended, "2029-10-09"),
            (7_601, Home, "2021-01-01", Ended, "2020-01-14"),
            (7_601, Pro, "2021-01-01", Esu, "2020-01-14"),
            (14_393, Ltsc, "2026-11-26", Esu, "2026-10-13"),
        ] {
            let support = windows(build, false, Some(edition), on);
            let found = (support.status, support.end_of_support);
            assert_eq!(found, (status, Some(day(end))), "{build} {edition:?} {on}");
        }
    }

    #[test]
    fn without_an_edition_nothing_is_guessed() {
        let unknown = windows(17_763, false, None, "2026-11-26");
        assert_eq!(unknown.status, Unknown);
        assert_eq!((unknown.end_of_support, unknown.esu_ends), (None, None));
        assert_eq!(unknown.lacking, Some("os.edition"));
        let ends: Vec<Date> = unknown
            .editions
            .iter()
            .map(|of| of.end_of_support)
            .collect();
        assert_eq!(
            ends,
            ["2020-11-10", "2021-05-11", "2029-01-09"].map(day).to_vec()
        );
        assert_eq!(
            unknown.warning("Windows 10 Version 1809").unwrap(),
            "support of Windows 10 Version 1809 depends on its edition (the report lacks os.edition: \
             home/pro 2020-11-10, enterprise 2021-05-11, ltsc 2029-01-09)"
        );
        // What all of them have in common is told.
        let ended = windows(18_363, false, None, "2026-11-26");
        assert_eq!((ended.status, ended.end_of_support), (Ended, None));
        let in_need = windows(19_045, false, None, "2026-11-26");
        assert_eq!(
            (in_need.status, in_need.end_of_support, in_need.esu_ends),
            (Esu, Some(day("2025-10-14")), None)
        );
        // Where editions do not differ none is lacking.
        let same = windows(18_362, false, None, "2026-11-26");
        assert_eq!((same.status, same.lacking), (Ended, None));
        // An edition that the release never had tells no more.
        let never = windows(18_363, false, Some(Edition::Ltsc), "2022-01-01");
        assert_eq!((never.status, never.lacking), (Unknown, Some("os.edition")));
    }

    #[test]
    fn servers_are_of_their_own_releases() {
        for (build, on, status) in [
            (6_003, "2026-11-26", Ended),
            (7_601, "2022-01-01", Esu),
            (9_600, "2026-10-13", Esu),
            (9_600, "2026-10-14", Ended),
            (14_393, "2026-11-26", Supported),
            (14_393, "2027-01-13", Esu),
            (17_763, "2026-11-26", Supported),
            (19_042, "2026-11-26", Ended),
            (25_398, "2026-11-26", Ended),
            (26_100, "2026-11-26", Supported),
        ] {
            assert_eq!(
                windows(build, true, None, on).status,
                status,
                "{build} {on}"
            );
        }
    }

    #[test]
    fn other_software() {
        let sql = |version, on| {
            let (release, support) = software("microsoft-_-sql_server", version, on).unwrap();
            (release.unwrap(), support.status)
        };
        assert_eq!(sql("12.0.6449.1", "2026-11-26"), ("2014 SP3", Esu));
        assert_eq!(sql("12.0.6449.1", "2027-07-13"), ("2014 SP3", Ended));
        assert_eq!(sql("12.0.5687.1", "2026-11-26"), ("2014 SP2", Ended));
        assert_eq!(sql("13.0.6500.1", "2026-07-14"), ("2016 SP3", Supported));
        assert_eq!(sql("13.0.6500.1", "2026-07-15"), ("2016 SP3", Esu));
        assert_eq!(sql("15.0.4430.1", "2026-11-26"), ("2019", Supported));
        let exchange = software("microsoft-_-exchange_server", "15.2.1748.10", "2026-05-01");
        assert_eq!(exchange.unwrap().1.status, Esu);
        // No day is set, or nothing is known.
        for (id, version) in [
            ("microsoft-_-sharepoint_server", "16.0.19127.20262"),
            ("microsoft-_-.net_framework", "4.8.3761"),
            ("microsoft-_-internet_explorer", "11.0"),
            ("microsoft-_-office", "16.0.4266.1001"),
            ("mozilla-_-firefox", "128.0"),
        ] {
            assert_eq!(software(id, version, "2026-11-26"), None, "{id}");
        }
    }

    #[test]
    fn what_people_are_told() {
        let warning = |build, edition, on| windows(build, false, edition, on).warning("W");
        assert_eq!(warning(26_200, Some(Edition::Pro), "2026-11-26"), None);
        assert_eq!(
            warning(18_363, Some(Edition::Pro), "2026-11-26").unwrap(),
            "support of W ended on 2021-05-11"
        );
        assert_eq!(
            warning(7_601, Some(Edition::Pro), "2026-11-26").unwrap(),
            "support of W ended on 2020-01-14, and Extended Security Updates on 2023-01-10"
        );
        assert_eq!(
            warning(19_045, Some(Edition::Pro), "2026-11-26").unwrap(),
            "support of W ended on 2025-10-14: later updates need Extended Security Updates, which end on 2028-10-10"
        );
        assert_eq!(
            warning(19_045, None, "2026-11-26").unwrap(),
            "support of W ended on 2025-10-14: later updates need Extended Security Updates \
             (the report lacks os.edition: home 2025-10-14 and 2027-10-12, pro/enterprise 2025-10-14 and 2028-10-10)"
        );
    }

    #[test]
    fn a_software_is_over_when_all_of_it_is() {
        let over = |id: &str, on| is_over(&id.parse().unwrap(), day(on));
        assert!(over("microsoft-_-windows_7", "2020-01-15"));
        assert!(!over("microsoft-_-windows_7", "2020-01-14"));
        assert!(over("microsoft-_-windows_server_2012_r2", "2023-10-11"));
        // LTSC goes on.
        assert!(!over("microsoft-_-windows_10", "2026-11-26"));
        assert!(over("microsoft-_-windows_10", "2032-01-14"));
        assert!(over("adobe-_-flash_player", "2026-11-26"));
        assert!(!over("microsoft-_-sql_server", "2026-11-26"));
        assert!(!over("microsoft-_-sharepoint_server", "2099-01-01"));
        assert!(!over("mozilla-_-firefox", "2099-01-01"));
    }
}
