//! The reviewed tables about SQL Server: branches, builds, cumulative updates.

use std::collections::HashMap;
use std::sync::LazyLock;

use kbgap_catalog::{KbId, Version};

use super::label::{Label, SqlTrack};
use super::{SqlBuild, SqlRelease};
use crate::table::rows;

const BRANCHES: &str = include_str!("../../data/sql-server-branches.tsv");
const BUILDS: &str = include_str!("../../data/sql-server-builds.tsv");
const CUMULATIVE_UPDATES: &str = include_str!("../../data/sql-server-cumulative-updates.tsv");

/// A branch: what is fixed in another says nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) release: SqlRelease,
    pub(super) service_pack: u8,
    pub(super) track: SqlTrack,
    first: u32,
    last: u32,
}

impl Branch {
    /// The branch that a build is of; `None` for what the feed never names, such as a
    /// service pack that was out of support before it began.
    pub(super) fn of(release: SqlRelease, build: SqlBuild) -> Option<&'static Self> {
        BRANCH_TABLE
            .iter()
            .find(|b| b.release == release && b.holds(build))
    }

    pub(super) fn of_label(label: &Label) -> Option<&'static Self> {
        let key = (label.release, label.service_pack, label.track);
        BRANCH_TABLE
            .iter()
            .find(|b| (b.release, b.service_pack, b.track) == key)
    }

    fn holds(&self, build: SqlBuild) -> bool {
        (self.first..=self.last).contains(&build.number)
    }

    /// The build that a fix of this branch brings. The feed's label decides the branch, so
    /// a build of another one is a mistake, and nothing is known of it (5021037 and 5021045
    /// have each other's); what it lacks is in a table where it is known.
    pub(super) fn build_of(&self, kb: KbId, fixed_build: &str) -> Option<SqlBuild> {
        let told = Version::parse(fixed_build).and_then(|v| SqlBuild::of_version(&v));
        let known = || BUILD_TABLE.get(&kb).copied();
        let own = |found: (SqlRelease, SqlBuild)| {
            (found.0 == self.release && self.holds(found.1)).then_some(found.1)
        };
        told.and_then(own).or_else(|| known().and_then(own))
    }

    /// The build from which on a cumulative update runs, where it is known.
    pub(super) fn cumulative_update(&self, number: u16) -> Option<SqlBuild> {
        let key = (self.release, self.service_pack, number);
        CUMULATIVE_UPDATE_TABLE.get(&key).copied()
    }
}

static BRANCH_TABLE: LazyLock<Vec<Branch>> = LazyLock::new(|| rows(BRANCHES, branch));

static BUILD_TABLE: LazyLock<HashMap<KbId, (SqlRelease, SqlBuild)>> = LazyLock::new(|| {
    rows(BUILDS, |[kb, build]| {
        Some((kb.parse().ok()?, version(build)?))
    })
});

static CUMULATIVE_UPDATE_TABLE: LazyLock<HashMap<(SqlRelease, u8, u16), SqlBuild>> =
    LazyLock::new(|| rows(CUMULATIVE_UPDATES, cumulative_update));

fn branch([release, service_pack, track, first, last]: [&str; 5]) -> Option<Branch> {
    Some(Branch {
        release: SqlRelease::of_name(release)?,
        service_pack: service_pack.parse().ok()?,
        track: SqlTrack::of_name(track)?,
        first: first.parse().ok()?,
        last: last.parse().ok()?,
    })
}

fn cumulative_update(
    [release, service_pack, number, build]: [&str; 4],
) -> Option<((SqlRelease, u8, u16), SqlBuild)> {
    let release = SqlRelease::of_name(release)?;
    let key = (release, service_pack.parse().ok()?, number.parse().ok()?);
    let (of, build) = version(build)?;
    (of == release).then_some((key, build))
}

fn version(text: &str) -> Option<(SqlRelease, SqlBuild)> {
    SqlBuild::of_version(&Version::parse(text)?)
}

#[cfg(test)]
mod tests {
    use super::version as version_of;
    use super::*;
    use crate::table::count;

    #[test]
    fn every_row_is_read() {
        assert_eq!(BRANCH_TABLE.len(), count(BRANCHES));
        assert_eq!(BUILD_TABLE.len(), count(BUILDS));
        assert_eq!(CUMULATIVE_UPDATE_TABLE.len(), count(CUMULATIVE_UPDATES));
    }

    #[test]
    fn no_build_is_of_two_branches() {
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
        for (version, service_pack, track) in [
            ("12.0.6204.9", 3, SqlTrack::Gdr),
            ("12.0.6205.1", 3, SqlTrack::Cu),
            ("13.0.5148.9", 2, SqlTrack::Gdr),
            ("13.0.5149.0", 2, SqlTrack::Cu),
            ("13.0.6300.2", 3, SqlTrack::Gdr),
            ("13.0.6999.9", 3, SqlTrack::Gdr),
            ("13.0.7000.253", 3, SqlTrack::AzureConnect),
            ("14.0.2110.2", 0, SqlTrack::Gdr),
            ("14.0.3006.16", 0, SqlTrack::Cu),
            ("15.0.2170.1", 0, SqlTrack::Gdr),
            ("15.0.4003.23", 0, SqlTrack::Cu),
            ("16.0.4003.1", 0, SqlTrack::Cu),
            ("17.0.1000.7", 0, SqlTrack::Gdr),
            ("17.0.4020.2", 0, SqlTrack::Cu),
        ] {
            let (release, build) = version_of(version).unwrap();
            let branch = Branch::of(release, build).unwrap();
            assert_eq!(
                (branch.service_pack, branch.track),
                (service_pack, track),
                "{version}"
            );
        }
        for unknown in ["12.0.2000.8", "11.0.3000.0", "10.50.4000.0"] {
            let (release, build) = version_of(unknown).unwrap();
            assert_eq!(Branch::of(release, build), None, "{unknown}");
        }
    }
}
