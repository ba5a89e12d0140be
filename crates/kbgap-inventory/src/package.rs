//! Packages of the servicing stack: which update one is of, and what its state says.
//!
//! An update has a package of its own (`Package_for_KB…`), but cumulative updates are all
//! called `Package_for_RollupFix`: their version has build and revision of Windows instead.

use kbgap_catalog::{BuildRevision, KbId, Version};

use crate::Part;

/// How far builds that share their revisions lie apart at most (26100 and 26300). Builds of
/// two releases that do not are at least 346 apart (10240 and 10586).
const SAME_REVISIONS: u32 = 200;

/// What the state of a package says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Installed,
    /// The next start installs or removes it.
    Pending,
    /// Staged, removed, or superseded by another package that is installed.
    Other,
}

impl State {
    /// The word of `Get-WindowsPackage`, or the number that JSON has in its place.
    pub(crate) fn of(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "installed" | "4" => Self::Installed,
            "installpending" | "uninstallpending" | "1" | "5" => Self::Pending,
            _ => Self::Other,
        }
    }
}

/// Takes what a package with this name tells in this state. Whether it is one of an update
/// that is not installed.
pub(crate) fn take(part: &mut Part, name: &str, state: State) -> bool {
    let name = name.to_ascii_lowercase();
    let (kb, rollup) = (kb_of(&name), rollup_of(&name));
    let is_update = kb.is_some() || rollup.is_some();
    match state {
        State::Installed => {
            if let Some(kb) = kb {
                part.add_kb(kb);
            }
            part.rollup = part.rollup.max(rollup);
        }
        State::Pending if is_update => part.pending_reboot = Some(true),
        State::Pending | State::Other => {}
    }
    is_update && state != State::Installed
}

/// `package_for_kb5031354~31bf3856ad364e35~amd64~~19041.3570.1.3`, of which there are
/// others for its parts (`package_1_for_kb…`); in small letters.
pub(crate) fn kb_of(name: &str) -> Option<KbId> {
    let name = name.strip_prefix("package_")?;
    let (_, rest) = name.split_once("for_")?;
    let kb = rest.split(['~', '_']).next()?;
    kb.starts_with("kb").then(|| kb.parse().ok()).flatten()
}

/// `package_for_rollupfix~31bf3856ad364e35~amd64~~22621.3007.1.8`; in small letters.
fn rollup_of(name: &str) -> Option<BuildRevision> {
    let rest = name.strip_prefix("package_for_rollupfix~")?;
    match *Version::parse(rest.rsplit('~').next()?)?.parts() {
        [build, revision, _, _] => Some(BuildRevision { build, revision }),
        _ => None,
    }
}

/// The revision of a Windows by the newest of its cumulative updates that are installed.
/// The package has the build of the release, a Windows that an enablement package made of
/// it a higher one (22631 of 22621).
pub(crate) fn revision_of(build: u32, rollup: BuildRevision) -> Option<u32> {
    let apart = build.checked_sub(rollup.build)?;
    (apart <= SAME_REVISIONS).then_some(rollup.revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_an_update_or_build_and_revision() {
        for (name, kb, rollup) in [
            (
                "package_for_kb5034441~31bf3856ad364e35~amd64~~19041.3920.1.0",
                Some(5_034_441),
                None,
            ),
            (
                "package_for_rollupfix~31bf3856ad364e35~amd64~~22621.3007.1.8",
                None,
                Some((22_621, 3_007)),
            ),
            (
                "package_for_dotnetrollup_481~31bf3856ad364e35~amd64~~10.0.9206.1",
                None,
                None,
            ),
            ("package_for_rollupfix~31bf3856ad364e35~amd64~~", None, None),
            (
                "microsoft-windows-client-languagepack-package~31bf3856ad364e35~amd64~en-us~10.0.22621.3007",
                None,
                None,
            ),
        ] {
            assert_eq!(kb_of(name).map(KbId::number), kb, "{name}");
            let found = rollup_of(name).map(|r| (r.build, r.revision));
            assert_eq!(found, rollup, "{name}");
        }
    }

    #[test]
    fn a_revision_is_of_builds_that_count_together() {
        for (build, package, expected) in [
            (22_621, 22_621, Some(3_007)),
            (22_631, 22_621, Some(3_007)),
            (19_045, 19_041, Some(3_007)),
            (26_300, 26_100, Some(3_007)),
            (22_621, 22_000, None),
            (10_586, 10_240, None),
            (19_041, 22_621, None),
        ] {
            let rollup = BuildRevision {
                build: package,
                revision: 3_007,
            };
            assert_eq!(revision_of(build, rollup), expected, "{build} {package}");
        }
    }
}
