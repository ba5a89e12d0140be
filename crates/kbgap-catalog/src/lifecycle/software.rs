//! Lifecycles of what is not Windows.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Lifecycle, rows};
use crate::software::SoftwareId;
use crate::sql_server::SqlBuild;
use crate::version::Version;

/// A release of a software.
#[derive(Debug, PartialEq, Eq)]
pub struct SoftwareRelease {
    /// Its name, such as `2014 SP3`; `None` where a row is about all of them.
    pub release: Option<&'static str>,
    /// Its first version; `None` where the version tells nothing.
    from: Option<Version>,
    /// When its support ends; `None` where no day is set.
    pub lifecycle: Option<Lifecycle>,
    /// Why no day is set.
    pub note: Option<&'static str>,
}

const SQL_SERVER: &str = "microsoft-_-sql_server";

const TABLE: &str = include_str!("../../data/lifecycle-software.tsv");

static BY_SOFTWARE: LazyLock<HashMap<&'static str, Vec<SoftwareRelease>>> = LazyLock::new(|| {
    let mut software: HashMap<&'static str, Vec<SoftwareRelease>> = HashMap::new();
    for columns in rows(TABLE) {
        for id in columns[0].split('|') {
            software
                .entry(id)
                .or_default()
                .extend(SoftwareRelease::parse(&columns));
        }
    }
    software
});

/// The releases of a software that the reviewed table knows, the oldest first.
#[must_use]
pub fn software_releases(id: &SoftwareId) -> &'static [SoftwareRelease] {
    let found = BY_SOFTWARE.get(id.as_str());
    found.map_or(&[], Vec::as_slice)
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static SoftwareRelease> {
    BY_SOFTWARE.values().flatten()
}

impl SoftwareRelease {
    fn parse(columns: &[&'static str]) -> Option<Self> {
        let &[_, release, from, end, esu, ref note @ ..] = columns else {
            return None;
        };
        Some(Self {
            release: Some(release).filter(|release| *release != "-"),
            from: match from {
                "-" => None,
                version => Some(Version::parse(version)?),
            },
            lifecycle: match end {
                "-" => None,
                end => Some(Lifecycle::parse(end, esu)?),
            },
            note: note.first().copied(),
        })
    }

    /// The release of a software that is told by the name of a program, such as `2019`,
    /// or by its version; `None` where neither tells one of the table.
    #[must_use]
    pub fn find(id: &SoftwareId, named: Option<&str>, version: &str) -> Option<&'static Self> {
        let releases = software_releases(id);
        let by_name = || {
            let named = named?;
            let mut releases = releases.iter();
            releases.find(|r| r.release.is_some_and(|r| r.eq_ignore_ascii_case(named)))
        };
        let version = Version::parse(version);
        let version = match id.as_str() {
            SQL_SERVER => version.map(without_service_pack),
            _ => version,
        };
        by_name().or_else(|| Self::of_version(releases, version))
    }

    /// The last release that begins at or before the version, with the same first number;
    /// of several that begin there none, since only a name tells them apart.
    fn of_version(releases: &'static [Self], version: Option<Version>) -> Option<&'static Self> {
        let begins = |release: &Self| match (release.from, version) {
            (None, _) => true,
            (Some(from), Some(version)) => {
                from <= version && from.parts().first() == version.parts().first()
            }
            (Some(_), None) => false,
        };
        let last = releases
            .iter()
            .filter(|r| begins(r))
            .max_by_key(|r| r.from)?;
        let alike = releases.iter().filter(|r| r.from == last.from).count();
        (alike == 1).then_some(last)
    }
}

/// Uninstall lists write the service pack of a SQL Server into its version (13.2.5026.0),
/// fixes and the table do not.
fn without_service_pack(version: Version) -> Version {
    let plain = SqlBuild::of_version(&version).map(|(release, build)| build.version(release));
    let plain = plain.and_then(|plain| Version::parse(&plain));
    plain.unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> SoftwareId {
        format!("microsoft-_-{name}").parse().unwrap()
    }

    fn found(name: &str, named: Option<&str>, version: &str) -> Option<&'static str> {
        SoftwareRelease::find(&id(name), named, version)?.release
    }

    #[test]
    fn every_row_is_read_and_all_software_is_written_as_ids_are() {
        let read: usize = rows(TABLE).map(|row| row[0].split('|').count()).sum();
        assert_eq!(all().count(), read);
        for id in BY_SOFTWARE.keys() {
            assert_eq!(id.parse::<SoftwareId>().unwrap().as_str(), *id);
        }
    }

    #[test]
    fn whatever_has_no_end_says_why() {
        for release in all() {
            assert_eq!(
                release.lifecycle.is_none(),
                release.note.is_some(),
                "{release:?}"
            );
        }
    }

    #[test]
    fn releases_begin_one_after_the_other() {
        for releases in BY_SOFTWARE.values() {
            assert!(
                releases.is_sorted_by(|a, b| a.from <= b.from),
                "{releases:?}"
            );
        }
    }

    #[test]
    fn the_version_tells_the_release() {
        for (name, version, expected) in [
            ("sql_server", "12.0.6449.1", Some("2014 SP3")),
            ("sql_server", "12.3.6024.0", Some("2014 SP3")),
            ("sql_server", "12.0.5687.1", Some("2014 SP2")),
            ("sql_server", "12.0.2000.8", Some("2014 RTM")),
            ("sql_server", "13.2.5026.0", Some("2016 SP2")),
            ("sql_server", "13.0.7075.5", Some("2016 SP3")),
            ("sql_server", "10.0.6814.4", Some("2008 SP4")),
            ("sql_server", "10.50.6785.2", Some("2008 R2 SP3")),
            ("sql_server", "10.53.6000.34", Some("2008 R2 SP3")),
            ("sql_server", "15.0.4430.1", Some("2019")),
            ("sql_server", "17.0.4025.3", Some("2025")),
            // A preview.
            ("sql_server", "13.0.900.73", None),
            ("sql_server", "18.0.1000.1", None),
            ("sql_server", "", None),
            ("exchange_server", "15.0.1497.48", Some("2013")),
            ("exchange_server", "15.1.2507.61", Some("2016")),
            ("exchange_server", "15.2.1748.39", Some("2019")),
            (
                "exchange_server",
                "15.2.2562.17",
                Some("Subscription Edition"),
            ),
            ("exchange_server", "14.3.513.0", Some("2010")),
            ("exchange_server", "8.3.517.0", Some("2007")),
            ("sharepoint_server", "16.0.5526.1001", Some("2016")),
            ("sharepoint_server", "16.0.10417.20068", Some("2019")),
            (
                "sharepoint_server",
                "16.0.19127.20262",
                Some("Subscription Edition"),
            ),
            ("office", "15.0.4569.1506", Some("2013")),
            ("office", "16.0.4266.1001", None),
            (".net_framework", "4.6.01055", Some("4.6.1")),
            (".net_framework", "4.6.1590.0", Some("4.6.2")),
            (".net_framework", "4.8.03761", Some("4.8")),
            // What others call all of 4.
            (".net_framework", "4.0.0.0", None),
            (".net_framework", "4.0.30319", None),
            ("edge", "10.0.18363.592", Some("EdgeHTML")),
            ("teams", "1.6", None),
        ] {
            assert_eq!(found(name, None, version), expected, "{name} {version}");
        }
    }

    #[test]
    fn a_name_tells_what_the_version_does_not() {
        assert_eq!(
            found("office", Some("2021"), "16.0.14332.20000"),
            Some("2021")
        );
        assert_eq!(found("visio", Some("2016"), "16.0.4266.1001"), Some("2016"));
        assert_eq!(found("office", Some("365"), "16.0.1"), None);
        assert_eq!(
            found("sharepoint_server", Some("2019"), "16.0.4266"),
            Some("2019")
        );
        // The name of an engine has no service pack, so its version tells.
        assert_eq!(
            found("sql_server", Some("2014"), "12.3.6024.0"),
            Some("2014 SP3")
        );
    }
}
