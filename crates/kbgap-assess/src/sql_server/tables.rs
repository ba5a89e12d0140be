//! The reviewed tables about updates of SQL Server: builds, cumulative updates.

use std::collections::HashMap;
use std::sync::LazyLock;

use kbgap_catalog::{KbId, SqlBranch, SqlBuild, SqlRelease, Version};

use crate::table::rows;

const BUILDS: &str = include_str!("../../data/sql-server-builds.tsv");
const CUMULATIVE_UPDATES: &str = include_str!("../../data/sql-server-cumulative-updates.tsv");

/// The build that a fix of a branch brings. The feed's label decides the branch, so a build
/// of another one is a mistake, and nothing is known of it (5021037 and 5021045 have each
/// other's); what it lacks is in a table where it is known.
pub(super) fn build_of(branch: &SqlBranch, kb: KbId, fixed_build: &str) -> Option<SqlBuild> {
    let told = Version::parse(fixed_build).and_then(|v| SqlBuild::of_version(&v));
    let known = || BUILD_TABLE.get(&kb).copied();
    let own = |found: (SqlRelease, SqlBuild)| {
        (found.0 == branch.release && branch.holds(found.1)).then_some(found.1)
    };
    told.and_then(own).or_else(|| known().and_then(own))
}

/// The build from which on a cumulative update of a branch runs, where it is known.
pub(super) fn cumulative_update(branch: &SqlBranch, number: u16) -> Option<SqlBuild> {
    let key = (branch.release, branch.service_pack, number);
    CUMULATIVE_UPDATE_TABLE.get(&key).copied()
}

static BUILD_TABLE: LazyLock<HashMap<KbId, (SqlRelease, SqlBuild)>> = LazyLock::new(|| {
    rows(BUILDS, |[kb, build]| {
        Some((kb.parse().ok()?, version(build)?))
    })
});

static CUMULATIVE_UPDATE_TABLE: LazyLock<HashMap<(SqlRelease, u8, u16), SqlBuild>> =
    LazyLock::new(|| rows(CUMULATIVE_UPDATES, first_build));

fn first_build(
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
    use super::*;
    use crate::table::count;

    #[test]
    fn every_row_is_read_and_its_build_is_of_a_branch() {
        assert_eq!(BUILD_TABLE.len(), count(BUILDS));
        assert_eq!(CUMULATIVE_UPDATE_TABLE.len(), count(CUMULATIVE_UPDATES));
        for &(release, build) in BUILD_TABLE.values() {
            assert!(SqlBranch::of(release, build).is_some(), "{build:?}");
        }
        for (&(release, service_pack, _), &build) in &*CUMULATIVE_UPDATE_TABLE {
            let branch = SqlBranch::of(release, build).unwrap();
            assert_eq!(branch.service_pack, service_pack, "{build:?}");
            assert_eq!(branch.track, kbgap_catalog::SqlTrack::Cu, "{build:?}");
        }
    }
}
