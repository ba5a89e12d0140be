//! SQL Server: what is read of it, and what that decides (section 5, table of branches).
//!
//! A release is serviced in branches: each service pack apart, with security updates alone
//! (GDR) or on top of cumulative updates (CU). Updates of a branch are cumulative, so the
//! build decides, of whichever cumulative update the fix is.

mod entry;
mod judge;
mod label;
mod tables;

use kbgap_catalog::{Architecture, Version};
use serde::{Deserialize, Serialize};

pub use entry::SqlEntry;
pub(crate) use judge::SqlServers;

/// The software that every SQL Server counts for.
pub(crate) const SQL_SERVER: &str = "microsoft-_-sql_server";

/// A SQL Server that a machine's software list tells: one for each release, since the
/// names of programs do not tell instances apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SqlServer {
    /// The release.
    pub release: SqlRelease,
    /// The highest build that an entry of it tells: names of programs mostly stay at the
    /// first one, and updates come as entries of their own.
    pub build: Option<SqlBuild>,
    /// 32 or 64 bits, where an entry tells.
    pub bits: Option<Architecture>,
}

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
    /// The release with a name such as `2008 R2`, in any case of letters.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let found = RELEASES.iter().find(|r| r.1.eq_ignore_ascii_case(name))?;
        Some(found.0)
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

    /// The whole version.
    pub(crate) fn version(self, release: SqlRelease) -> String {
        let (major, minor) = release.numbers();
        format!("{major}.{minor}.{}.{}", self.number, self.revision)
    }
}

impl SqlServer {
    /// The version that is compared, such as `15.0.4430.1`, where one is told.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        Some(self.build?.version(self.release))
    }

    /// What entries of a software list tell together. Setup stays behind where tools alone
    /// are installed, so it counts only beside an engine.
    pub(crate) fn of_entries(entries: &[SqlEntry]) -> Vec<Self> {
        let releases = RELEASES.iter().map(|r| r.0);
        let servers = releases.filter_map(|release| {
            let own = entries.iter().filter(|entry| entry.release == release);
            own.clone().any(|entry| entry.is_engine).then(|| {
                let mut bits = own.clone().filter_map(|entry| entry.bits);
                let first = bits.next();
                Self {
                    release,
                    build: own.filter_map(|entry| entry.build).max(),
                    bits: first.filter(|first| bits.all(|other| other == *first)),
                }
            })
        });
        servers.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
