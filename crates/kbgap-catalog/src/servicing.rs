//! Servicing families: builds whose revisions are counted together
//! (assessment.md, section 5, rule 1), and the facts kept about single KBs.

use std::fmt;

use crate::KbId;
use crate::platform::{Platform, Release, ReleaseKind};
use crate::table::rows;
use crate::version::BuildRevision;

/// Revisions of 26100 up to this one are shared by client and server.
const LAST_SHARED_26100: u32 = 7_462;
/// Revisions of 26100 from this one on are the server's alone.
const FIRST_SERVER_26100: u32 = 32_000;
const SERVER_SIDE: u32 = 1 << 31;

/// Builds that share one count of revisions, such as 19041 to 19045.
///
/// Within a family a machine has a fix if and only if its revision is at least
/// that of the fix. 26100 to 26300 form two families, one of the clients and one
/// of Windows Server 2025, because their revisions parted in 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family(u32);

impl Family {
    /// The family of a build on a client or a server. Builds that no release
    /// of ours has belong to none.
    #[must_use]
    pub fn of_build(build: u32, server: bool) -> Option<Self> {
        Some(Self(match build {
            6_002 | 6_003 => 6_003,
            18_362 | 18_363 => 18_363,
            19_041..=19_045 => 19_041,
            22_621 | 22_631 => 22_621,
            26_100 | 26_200 if server => 26_100 | SERVER_SIDE,
            26_100 | 26_200 | 26_300 => 26_100,
            _ if Release::knows_build(build) => build,
            _ => return None,
        }))
    }

    /// The family of a platform's releases.
    #[must_use]
    pub fn of_platform(platform: &Platform) -> Option<Self> {
        Self::of_build(
            platform.release.build,
            platform.release.kind != ReleaseKind::Client,
        )
    }

    /// Whether this build and revision belong to the family.
    #[must_use]
    pub fn holds(self, version: BuildRevision) -> bool {
        let server = self.0 & SERVER_SIDE != 0;
        if Self::of_build(version.build, server) != Some(self) {
            return false;
        }
        match (self.0 & !SERVER_SIDE, server) {
            (26_100, false) => version.revision < FIRST_SERVER_26100,
            (26_100, true) => {
                version.revision <= LAST_SHARED_26100 || version.revision >= FIRST_SERVER_26100
            }
            _ => true,
        }
    }

    /// Whether updates of this family are cumulative since its first day: from
    /// Windows 10 on. Before, only Monthly Rollups are.
    #[must_use]
    pub fn is_cumulative(self) -> bool {
        (self.0 & !SERVER_SIDE) >= 10_240
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 & !SERVER_SIDE)
    }
}

/// The fact of a machine on which a standalone update depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Secure Boot is on.
    SecureBoot,
    /// A recovery environment is enabled.
    WinRe,
}

impl Condition {
    /// The name of the field of the native machine document that reports it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::SecureBoot => "secureBoot",
            Self::WinRe => "winRe",
        }
    }

    pub(crate) const fn from_u8(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::SecureBoot),
            2 => Some(Self::WinRe),
            _ => None,
        }
    }

    pub(crate) const fn to_u8(self) -> u8 {
        match self {
            Self::SecureBoot => 1,
            Self::WinRe => 2,
        }
    }
}

pub(crate) const STANDALONE_TABLE: &str = include_str!("../data/standalone.tsv");
pub(crate) const REVISION_TABLE: &str = include_str!("../data/windows-revisions.tsv");

/// The reviewed list of updates that no cumulative update carries.
pub(crate) fn standalone_updates() -> impl Iterator<Item = (KbId, Condition)> {
    rows(STANDALONE_TABLE).filter_map(|row| {
        let (kb, condition) = row.split_once('\t')?;
        let condition = match condition.trim() {
            "secureBoot" => Condition::SecureBoot,
            "winRe" => Condition::WinRe,
            _ => return None,
        };
        Some((kb.parse().ok()?, condition))
    })
}

/// Microsoft's update history before 2022: which KB brought which revision.
pub(crate) fn update_history() -> impl Iterator<Item = (KbId, BuildRevision)> {
    rows(REVISION_TABLE).flat_map(|row| {
        let mut columns = row.split('\t');
        let build = columns
            .next()
            .and_then(|b| b.parse().ok())
            .unwrap_or_default();
        columns.filter_map(move |entry| {
            let (revision, kb) = entry.split_once('=')?;
            Some((
                kb.parse().ok()?,
                BuildRevision {
                    build,
                    revision: revision.parse().ok()?,
                },
            ))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(build: u32, revision: u32) -> BuildRevision {
        BuildRevision { build, revision }
    }

    #[test]
    fn enabled_builds_share_their_revisions() {
        let family = Family::of_build(19_044, false).unwrap();
        assert!(family.holds(at(19_041, 5_000)) && family.holds(at(19_045, 1)));
        assert!(!family.holds(at(22_000, 1)));
        assert_eq!(
            Family::of_build(18_362, false),
            Family::of_build(18_363, true)
        );
    }

    #[test]
    fn client_and_server_of_26100_part_in_2026() {
        let client = Family::of_build(26_200, false).unwrap();
        assert_eq!(Family::of_build(26_300, false), Some(client));
        let server = Family::of_build(26_100, true).unwrap();
        assert_ne!(client, server);
        for (revision, on_client, on_server) in [
            (7_462, true, true),
            (7_463, true, false),
            (31_999, true, false),
            (32_000, false, true),
        ] {
            assert_eq!(client.holds(at(26_100, revision)), on_client, "{revision}");
            assert_eq!(server.holds(at(26_100, revision)), on_server, "{revision}");
        }
    }

    #[test]
    fn a_build_of_no_windows_release_has_no_family() {
        assert_eq!(Family::of_build(4_614, false), None);
        assert_eq!(Family::of_build(0, true), None);
    }

    #[test]
    fn every_row_of_the_tables_is_read() {
        assert_eq!(standalone_updates().count(), rows(STANDALONE_TABLE).count());
        let entries: usize = rows(REVISION_TABLE)
            .map(|r| r.split('\t').count() - 1)
            .sum();
        assert_eq!(update_history().count(), entries);
        assert!(update_history().all(|(_, v)| Release::knows_build(v.build)));
        assert!(update_history().any(|x| x == (KbId::new(4_540_673).unwrap(), at(18_363, 719))));
    }
}
