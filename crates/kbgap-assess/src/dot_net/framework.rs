//! Releases of .NET Framework: their names, the lines in which they are serviced, and what
//! versions tell of them.

use kbgap_catalog::{Version, versions_in};
use serde::{Deserialize, Serialize};

/// A release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Framework {
    /// 2.0.
    V20,
    /// 3.0.
    V30,
    /// 3.5, with or without its service pack.
    V35,
    /// 4 before 4.5.2, of which the feed knows nothing.
    Before452,
    /// 4.5.2.
    V452,
    /// 4.6.
    V46,
    /// 4.6.1.
    V461,
    /// 4.6.2.
    V462,
    /// 4.7.
    V47,
    /// 4.7.1.
    V471,
    /// 4.7.2.
    V472,
    /// 4.8.
    V48,
    /// 4.8.1.
    V481,
}

const NAMES: [(&str, Framework); 18] = [
    ("2.0", Framework::V20),
    ("3.0", Framework::V30),
    ("3.5", Framework::V35),
    ("3.5.1", Framework::V35),
    ("4", Framework::Before452),
    ("4.0", Framework::Before452),
    ("4.5", Framework::Before452),
    ("4.5.0", Framework::Before452),
    ("4.5.1", Framework::Before452),
    ("4.5.2", Framework::V452),
    ("4.6", Framework::V46),
    ("4.6.1", Framework::V461),
    ("4.6.2", Framework::V462),
    ("4.7", Framework::V47),
    ("4.7.1", Framework::V471),
    ("4.7.2", Framework::V472),
    ("4.8", Framework::V48),
    ("4.8.1", Framework::V481),
];

/// The lowest builds of releases that count on within one number: facts of Microsoft's
/// documentation of the versions that are installed.
const FIRST_BUILDS: [(u32, u32, Framework); 10] = [
    (8, 9_032, Framework::V481),
    (8, 0, Framework::V48),
    (7, 3_056, Framework::V472),
    (7, 2_556, Framework::V471),
    (7, 0, Framework::V47),
    (6, 1_586, Framework::V462),
    (6, 1_038, Framework::V461),
    (6, 0, Framework::V46),
    (5, 51_209, Framework::V452),
    (5, 0, Framework::Before452),
];

impl Framework {
    /// The release with a name such as `4.7.2`.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name)?;
        Some(found.1)
    }

    /// The release of an installed version, such as `4.8.04084`.
    pub(super) fn of_version(version: &Version) -> Option<Self> {
        match *version.parts() {
            [2, 0, ..] => Some(Self::V20),
            [3, 0, ..] => Some(Self::V30),
            [3, 5, ..] => Some(Self::V35),
            [4, minor @ 5..=8, third @ (20..), ..] => {
                let mut of_minor = FIRST_BUILDS.iter();
                let found = of_minor.find(|(m, first, _)| *m == minor && third >= *first)?;
                Some(found.2)
            }
            [4, minor, third, ..] => Self::of_name(&format!("4.{minor}.{third}"))
                .or_else(|| Self::of_name(&format!("4.{minor}"))),
            [4, minor] => Self::of_name(&format!("4.{minor}")),
            _ => None,
        }
    }

    /// Whether it is one of those of which a machine has one alone.
    pub(super) fn is_4(self) -> bool {
        self >= Self::Before452
    }

    /// The line in which it is serviced.
    pub(super) const fn line(self) -> FrameworkLine {
        match self {
            Self::V20 | Self::V30 | Self::V35 => FrameworkLine::Runtime2,
            Self::Before452 | Self::V452 => FrameworkLine::V452,
            Self::V46 | Self::V461 | Self::V462 | Self::V47 | Self::V471 | Self::V472 => {
                FrameworkLine::V46To472
            }
            Self::V48 => FrameworkLine::V48,
            Self::V481 => FrameworkLine::V481,
        }
    }
}

/// Releases whose files count on together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FrameworkLine {
    /// 2.0 to 3.5, by the files of its runtime (2.0.50727).
    Runtime2,
    /// 4.5.2, by the last number of 4.0.30319.
    V452,
    /// 4.6 to 4.7.2.
    V46To472,
    /// 4.8.
    V48,
    /// 4.8.1.
    V481,
}

impl FrameworkLine {
    /// The release whose line it is alone.
    pub(super) const fn only_release(self) -> Option<Framework> {
        match self {
            Self::V452 => Some(Framework::V452),
            Self::V48 => Some(Framework::V48),
            Self::V481 => Some(Framework::V481),
            Self::Runtime2 | Self::V46To472 => None,
        }
    }

    /// The build that a version of a file tells, with its line.
    pub(super) fn of_file(version: &Version) -> Option<(Self, u32)> {
        match *version.parts() {
            [2, 0, 50_727, build] => Some((Self::Runtime2, build)),
            [4, 0, 30_319, build @ (34_209..)] => Some((Self::V452, build)),
            [4, 6 | 7, build @ (20..), _] => Some((Self::V46To472, build)),
            [4, 8, build @ (9_000..), _] | [4, 8, 1, build, _] => Some((Self::V481, build)),
            [4, 8, build @ (1_000..), _] => Some((Self::V48, build)),
            _ => None,
        }
    }

    /// The highest build that came with a release or with Windows itself: up to here a
    /// version may be the one that was installed first, which updates leave as it is.
    pub(super) const fn shipped(self) -> u32 {
        match self {
            Self::Runtime2 | Self::V452 => u32::MAX,
            Self::V46To472 => 3_190,
            Self::V48 => 4_161,
            Self::V481 => 9_221,
        }
    }

    /// The build that a fix brings to this line. The feed writes one in many ways
    /// (`4.8.04690.02`, `10.0.04614.06`, `04590.02`, `4.8.1.09277.02`), and for some the
    /// build of another line, which tells nothing.
    pub(super) fn fixed(self, fixed_build: &str) -> Option<u32> {
        versions_in(fixed_build)
            .filter_map(|version| self.fixed_by(&version))
            .max()
    }

    fn fixed_by(self, version: &Version) -> Option<u32> {
        let parts = version.parts();
        match self {
            Self::Runtime2 => {
                let at = parts.iter().position(|&part| part == 50_727)?;
                parts.get(at + 1).copied()
            }
            Self::V452 => match *parts {
                [4, 0, _, build @ 34_209..=39_999] => Some(build),
                _ => None,
            },
            Self::V46To472 => build_of(parts).filter(|build| (3_056..4_400).contains(build)),
            Self::V48 => build_of(parts).filter(|build| (4_400..9_000).contains(build)),
            Self::V481 => build_of(parts).filter(|build| (9_000..10_000).contains(build)),
        }
    }
}

/// The first number that no part of a release's name can be. That of a Windows
/// (`10.0.14393.5066`) is beyond all lines.
fn build_of(parts: &[u32]) -> Option<u32> {
    parts.iter().copied().find(|part| *part >= 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use FrameworkLine::{Runtime2, V46To472, V48, V452, V481};

    #[test]
    fn releases_of_installed_versions() {
        for (version, release) in [
            ("4.8.04084", Framework::V48),
            ("4.8.09032", Framework::V481),
            ("4.8.1", Framework::V481),
            ("4.8", Framework::V48),
            ("4.7.03062", Framework::V472),
            ("4.7.02558", Framework::V471),
            ("4.7.2", Framework::V472),
            ("4.7.02053", Framework::V47),
            ("4.6.01590", Framework::V462),
            ("4.6.00081", Framework::V46),
            ("4.5.51209", Framework::V452),
            ("4.5.2", Framework::V452),
            ("4.5.50938", Framework::Before452),
            ("3.5.30729.4926", Framework::V35),
            ("2.0.50727.4927", Framework::V20),
        ] {
            let version = Version::parse(version).unwrap();
            assert_eq!(Framework::of_version(&version), Some(release), "{version}");
        }
    }

    #[test]
    fn fixed_builds_of_the_feed() {
        for (line, text, build) in [
            (V48, "4.8.04690.02", Some(4_690)),
            (V48, "4.8.4718.0", Some(4_718)),
            (V48, "10.0.04614.06", Some(4_614)),
            (V48, "04590.04", Some(4_590)),
            (V48, "6.2.04585.01", Some(4_585)),
            (V48, "4.8.9334.0 and 4.8.4802.0", Some(4_802)),
            (V481, "4.8.9334.0 and 4.8.4802.0", Some(9_334)),
            (V481, "4.8.1.09277.02", Some(9_277)),
            (V481, "10.0.09139.02", Some(9_139)),
            (V46To472, "4.7.2.4101.03", Some(4_101)),
            (V46To472, "3.5.04057.05", Some(4_057)),
            (
                V46To472,
                "2.0.50727.9068 & 3.0.30729.9065 & 4.7.4141.0",
                Some(4_141),
            ),
            (
                Runtime2,
                "2.0.50727.9181 & 3.0.30729.9165 & 4.8.4801.0",
                Some(9_181),
            ),
            (Runtime2, "3.0.6920.8954; 2.0.50727.8970", Some(8_970)),
            (V452, "4.0.30319.36720", Some(36_720)),
            // Builds of other lines are mistakes.
            (V46To472, "4.7.04614.08", None),
            (V46To472, "4.8.9334.0 and 4.8.4802.0", None),
            (V48, "10.0.09110.12", None),
            (V48, "4.8.9206.0", None),
            (Runtime2, "4.7.04115.01", None),
            // The revision of a Windows is no build of .NET.
            (V48, "10.0.14393.5066", None),
            (V46To472, "10.0.17134.3930", None),
            (V48, "", None),
        ] {
            assert_eq!(line.fixed(text), build, "{line:?} {text}");
        }
    }

    #[test]
    fn files_tell_their_line() {
        for (version, expected) in [
            ("4.8.4718.0", Some((V48, 4_718))),
            ("4.8.9236.0", Some((V481, 9_236))),
            ("4.7.4092.0", Some((V46To472, 4_092))),
            ("4.0.30319.36720", Some((V452, 36_720))),
            ("2.0.50727.9181", Some((Runtime2, 9_181))),
            ("4.8.04084", None),
            ("4.0.30319.1", None),
            ("10.0.19041.1", None),
        ] {
            let parsed = Version::parse(version).unwrap();
            assert_eq!(FrameworkLine::of_file(&parsed), expected, "{version}");
        }
    }
}
