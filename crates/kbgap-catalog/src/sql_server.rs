//! SQL Server: its releases, its builds, and the branches in which it is serviced.
//!
//! The mapping of names and the rules both ask which entries of software lists are a server,
//! and which branch a build is of: it stands here once for both.

mod entry;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::table::rows;
use crate::version::Version;

pub use entry::SqlEntry;
pub(crate) use entry::names_engine;

/// A release of SQL Server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SqlRelease {
    /// SQL Server 2008.
    V2008,
    /// SQL Server 2008 R2.
    V2008R2,
    /// SQL Server 2012.
    V2012,
    /// SQL Server 2014.
    V2014,
    /// SQL Server 2016, the first without a 32-bit edition.
    V2016,
    /// SQL Server 2017, the first without service packs.
    V2017,
    /// SQL Server 2019.
    V2019,
    /// SQL Server 2022.
    V2022,
    /// SQL Server 2025.
    V2025,
}

/// Releases with their names and the first two parts of their versions.
const RELEASES: [(SqlRelease, &str, u32, u32); 9] = [
    (SqlRelease::V2008, "2008", 10, 0),
    (SqlRelease::V2008R2, "2008 R2", 10, 50),
    (SqlRelease::V2012, "2012", 11, 0),
    (SqlRelease::V2014, "2014", 12, 0),
    (SqlRelease::V2016, "2016", 13, 0),
    (SqlRelease::V2017, "2017", 14, 0),
    (SqlRelease::V2019, "2019", 15, 0),
    (SqlRelease::V2022, "2022", 16, 0),
    (SqlRelease::V2025, "2025", 17, 0),
];

impl SqlRelease {
    /// All of them, the oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        RELEASES.iter().map(|r| r.0)
    }

    /// The release with a name such as `2008 R2`, in any case of letters.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let found = RELEASES.iter().find(|r| r.1.eq_ignore_ascii_case(name))?;
        Some(found.0)
    }

    /// Its name, such as `2008 R2`.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = RELEASES.iter().find(|r| r.0 == self);
        found.map_or("", |r| r.1)
    }

    /// The release of an instance by the number in its id: 15 of `MSSQL15.MSSQLSERVER`, or
    /// `10_50`.
    #[must_use]
    pub fn of_instance(number: &str) -> Option<Self> {
        let is_of = |(_, _, major, minor): &(Self, &str, u32, u32)| match minor {
            0 => number == major.to_string(),
            minor => number == format!("{major}_{minor}"),
        };
        Some(RELEASES.iter().find(|release| is_of(release))?.0)
    }

    /// Uninstall lists write the service pack as the minor version (13.2.5026.0).
    fn of_version(version: &Version) -> Option<Self> {
        let &[major, minor, ..] = version.parts() else {
            return None;
        };
        let mut of_major = RELEASES.iter().filter(|r| r.2 == major && r.3 <= minor);
        Some(of_major.next_back()?.0)
    }

    fn numbers(self) -> (u32, u32) {
        let found = RELEASES.iter().find(|r| r.0 == self);
        found.map_or((0, 0), |r| (r.2, r.3))
    }
}

/// The third and the fourth part of a version, such as 4430.1 of 15.0.4430.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SqlBuild {
    /// The build, which tells the branch.
    pub number: u32,
    /// What comes after it.
    pub revision: u32,
}

impl SqlBuild {
    /// The release and build of a version, where it has three parts at least.
    #[must_use]
    pub fn of_version(version: &Version) -> Option<(SqlRelease, Self)> {
        let release = SqlRelease::of_version(version)?;
        let &[_, _, number, ref rest @ ..] = version.parts() else {
            return None;
        };
        let revision = rest.first().copied().unwrap_or_default();
        Some((release, Self { number, revision }))
    }

    /// The whole version, as fixes are written: without the service pack in it.
    #[must_use]
    pub fn version(self, release: SqlRelease) -> String {
        let (major, minor) = release.numbers();
        format!("{major}.{minor}.{}.{}", self.number, self.revision)
    }
}

/// Which updates of a release an instance takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SqlTrack {
    /// Security updates alone.
    Gdr,
    /// Cumulative updates, and security updates on top of them.
    Cu,
    /// The last service pack of the old releases, whatever was installed on it.
    Qfe,
    /// SQL Server 2016 with the Azure Connect pack.
    AzureConnect,
}

impl SqlTrack {
    fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "GDR" => Self::Gdr,
            "CU" => Self::Cu,
            "QFE" => Self::Qfe,
            "Azure Connect" => Self::AzureConnect,
            _ => return None,
        })
    }
}

/// A branch: what is fixed in another says nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlBranch {
    /// The release.
    pub release: SqlRelease,
    /// The service pack; 0 for none.
    pub service_pack: u8,
    /// Which updates it takes.
    pub track: SqlTrack,
    first: u32,
    last: u32,
}

const BRANCHES: &str = include_str!("../data/sql-server-branches.tsv");

static BRANCH_TABLE: LazyLock<Vec<SqlBranch>> =
    LazyLock::new(|| rows(BRANCHES).filter_map(SqlBranch::parse).collect());

impl SqlBranch {
    fn parse(line: &'static str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [release, service_pack, track, first, last] = columns[..] else {
            return None;
        };
        Some(Self {
            release: SqlRelease::of_name(release)?,
            service_pack: service_pack.parse().ok()?,
            track: SqlTrack::of_name(track)?,
            first: first.parse().ok()?,
            last: last.parse().ok()?,
        })
    }

    /// The branch that a build is of; `None` for what the feed never names, such as a
    /// service pack that was out of support before it began.
    #[must_use]
    pub fn of(release: SqlRelease, build: SqlBuild) -> Option<&'static Self> {
        let mut branches = BRANCH_TABLE.iter();
        branches.find(|b| b.release == release && b.holds(build))
    }

    /// The branch of a release that a service pack and a kind of updates name.
    #[must_use]
    pub fn named(release: SqlRelease, service_pack: u8, track: SqlTrack) -> Option<&'static Self> {
        let key = (release, service_pack, track);
        let mut branches = BRANCH_TABLE.iter();
        branches.find(|b| (b.release, b.service_pack, b.track) == key)
    }

    /// Whether a build of its release is of this branch.
    #[must_use]
    pub fn holds(&self, build: SqlBuild) -> bool {
        (self.first..=self.last).contains(&build.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch_of(version: &str) -> Option<(u8, SqlTrack)> {
        let (release, build) = SqlBuild::of_version(&Version::parse(version).unwrap()).unwrap();
        SqlBranch::of(release, build).map(|branch| (branch.service_pack, branch.track))
    }

    #[test]
    fn versions_of_programs_and_of_fixes_are_of_one_release() {
        for (version, expected) in [
            ("15.0.4430.1", Some((SqlRelease::V2019, 4_430, 1))),
            ("13.2.5026.0", Some((SqlRelease::V2016, 5_026, 0))),
            ("10.4.6000.29", Some((SqlRelease::V2008, 6_000, 29))),
            ("10.53.6000.34", Some((SqlRelease::V2008R2, 6_000, 34))),
            ("12.3.6024", Some((SqlRelease::V2014, 6_024, 0))),
            ("15.0", None),
            ("99.0.1.1", None),
        ] {
            let found = SqlBuild::of_version(&Version::parse(version).unwrap());
            let found = found.map(|(release, build)| (release, build.number, build.revision));
            assert_eq!(found, expected, "{version}");
        }
    }

    #[test]
    fn the_id_of_an_instance_tells_the_release() {
        for (number, name) in [("10", "2008"), ("10_50", "2008 R2"), ("15", "2019")] {
            assert_eq!(SqlRelease::of_instance(number).unwrap().name(), name);
        }
        for number in ["", "9", "10_0", "015", "15_0"] {
            assert_eq!(SqlRelease::of_instance(number), None, "{number}");
        }
    }

    #[test]
    fn every_row_is_read_and_no_build_is_of_two_branches() {
        assert_eq!(BRANCH_TABLE.len(), rows(BRANCHES).count());
        for (place, branch) in BRANCH_TABLE.iter().enumerate() {
            assert!(branch.first <= branch.last);
            for other in &BRANCH_TABLE[..place] {
                let apart = branch.first > other.last || branch.last < other.first;
                assert!(
                    apart || branch.release != other.release,
                    "{branch:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn the_build_tells_the_branch() {
        use SqlTrack::{AzureConnect, Cu, Gdr, Qfe};
        for (version, service_pack, track) in [
            ("10.0.6814.4", 4, Qfe),
            ("10.50.6785.2", 3, Qfe),
            ("11.0.5388.0", 2, Gdr),
            ("11.0.5532.0", 2, Cu),
            ("11.0.7512.11", 4, Qfe),
            ("12.0.4237.0", 1, Gdr),
            ("12.0.4416.0", 1, Cu),
            ("12.0.5223.6", 2, Gdr),
            ("12.0.5511.0", 2, Cu),
            ("12.0.6204.9", 3, Gdr),
            ("12.0.6205.1", 3, Cu),
            ("13.0.1745.2", 0, Gdr),
            ("13.0.2149.0", 0, Cu),
            ("13.0.4259.0", 1, Gdr),
            ("13.0.4411.0", 1, Cu),
            ("13.0.4604.0", 1, Cu),
            ("13.0.5148.9", 2, Gdr),
            ("13.0.5149.0", 2, Cu),
            ("13.0.6300.2", 3, Gdr),
            ("13.0.6999.9", 3, Gdr),
            ("13.0.7000.253", 3, AzureConnect),
            ("14.0.2110.2", 0, Gdr),
            ("14.0.3006.16", 0, Cu),
            ("15.0.2170.1", 0, Gdr),
            ("15.0.4003.23", 0, Cu),
            ("16.0.4003.1", 0, Cu),
            ("17.0.1000.7", 0, Gdr),
            ("17.0.4020.2", 0, Cu),
        ] {
            assert_eq!(branch_of(version), Some((service_pack, track)), "{version}");
        }
        for unknown in ["12.0.2000.8", "11.0.3000.0", "10.50.4000.0"] {
            assert_eq!(branch_of(unknown), None, "{unknown}");
        }
    }
}
