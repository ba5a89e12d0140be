//! Windows releases, architectures and installation kinds, and how the feed's
//! product names spell them (assessment.md, sections 3 and 4).

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::fold::fold;
use crate::table::rows;

/// A processor architecture, of a product or a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    X64,
    /// 32-bit Intel and AMD.
    X86,
    /// 64-bit ARM.
    Arm64,
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X64 => "x64",
            Self::X86 => "x86",
            Self::Arm64 => "arm64",
        })
    }
}

/// A text that names no supported architecture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown architecture `{0}` (expected x64, x86 or arm64)")]
pub struct ArchitectureError(String);

impl FromStr for Architecture {
    type Err = ArchitectureError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "x64" | "amd64" | "x86_64" | "64-bit" => Ok(Self::X64),
            "x86" | "i386" | "i686" | "32-bit" => Ok(Self::X86),
            "arm64" | "aarch64" => Ok(Self::Arm64),
            _ => Err(ArchitectureError(text.chars().take(40).collect())),
        }
    }
}

/// How Windows is installed, as the registry's `InstallationType` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InstallationType {
    /// A workstation.
    Client,
    /// A server with the desktop.
    Server,
    /// A server without it.
    #[serde(rename = "Server Core")]
    ServerCore,
}

impl InstallationType {
    /// Whether this is a server of either kind.
    #[must_use]
    pub const fn is_server(self) -> bool {
        !matches!(self, Self::Client)
    }
}

impl fmt::Display for InstallationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "Client",
            Self::Server => "Server",
            Self::ServerCore => "Server Core",
        })
    }
}

/// A text that names no installation type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown installation type `{0}` (expected Client, Server or Server Core)")]
pub struct InstallationTypeError(String);

impl FromStr for InstallationType {
    type Err = InstallationTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "client" => Ok(Self::Client),
            "server" => Ok(Self::Server),
            "server core" | "servercore" => Ok(Self::ServerCore),
            _ => Err(InstallationTypeError(text.chars().take(40).collect())),
        }
    }
}

/// What kind of system a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseKind {
    /// A workstation release.
    Client,
    /// A server that exists full and as Server Core.
    Server,
    /// A server that exists only as Server Core (1709 to 20H2, and 23H2).
    CoreOnly,
}

/// A Windows release, such as Windows 10 Version 1909.
#[derive(Debug)]
pub struct Release {
    feed_names: Vec<&'static str>,
    /// The build that machines of this release report.
    pub build: u32,
    /// Client or server.
    pub kind: ReleaseKind,
    /// The service pack that the feed's products demand.
    pub service_pack: Option<u8>,
    /// The API's software name; the vendor is always `microsoft`.
    pub software: &'static str,
    /// The name for messages.
    pub title: &'static str,
}

impl Release {
    /// The number under which [`Release::by_number`] finds this release again.
    #[must_use]
    pub fn number(&self) -> u16 {
        let position = RELEASES.iter().position(|r| std::ptr::eq(r, self));
        position
            .and_then(|p| u16::try_from(p).ok())
            .unwrap_or(u16::MAX)
    }

    /// The release with this number.
    #[must_use]
    pub fn by_number(number: u16) -> Option<&'static Self> {
        RELEASES.get(usize::from(number))
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        RELEASES.iter()
    }

    /// The release that runs `build`, as a client or as a server.
    #[must_use]
    pub fn of_build(build: u32, server: bool) -> Option<&'static Self> {
        RELEASES
            .iter()
            .find(|r| r.build == build && (r.kind != ReleaseKind::Client) == server)
    }

    /// The version that people call it by, such as `1909` or `22H2`: that of its
    /// title, else that of the client with the same build.
    #[must_use]
    pub fn display_version(&self) -> Option<&'static str> {
        let of_title = |title: &'static str| {
            let (_, version) = title
                .to_lowercase()
                .find("version ")
                .map(|at| title.split_at(at))?;
            version.split_whitespace().nth(1)
        };
        of_title(self.title)
            .or_else(|| of_title(Self::of_build(self.build, false)?.title))
            .or(match self.build {
                20_348 => Some("21H2"),
                25_398 => Some("23H2"),
                _ => None,
            })
    }

    /// The platform token of the API, such as `Windows10` or `WindowsServer2012R2`
    /// (api.md, section 13).
    #[must_use]
    pub fn platform_token(&self) -> String {
        let capital = |word: &str| {
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                return word.to_ascii_uppercase();
            }
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        };
        self.software.split('_').map(capital).collect()
    }

    /// Whether some release maps to this software of Microsoft.
    pub(crate) fn has_software(name: &str) -> bool {
        RELEASES.iter().any(|r| r.software == name)
    }

    /// Whether some release, client or server, has this build.
    #[must_use]
    pub fn knows_build(build: u32) -> bool {
        RELEASES.iter().any(|r| r.build == build)
    }
}

/// The reviewed table of releases, kept as data.
pub(crate) const RELEASE_TABLE: &str = include_str!("../data/windows-releases.tsv");

static RELEASES: LazyLock<Vec<Release>> =
    LazyLock::new(|| rows(RELEASE_TABLE).filter_map(parse_release).collect());

static RELEASES_BY_NAME: LazyLock<HashMap<&'static str, &'static Release>> = LazyLock::new(|| {
    let named = RELEASES
        .iter()
        .flat_map(|r| r.feed_names.iter().map(move |name| (*name, r)));
    // Server 2008 has two builds for one name; the later is the one that the
    // feed's fixed builds speak of.
    named.collect()
});

fn parse_release(line: &'static str) -> Option<Release> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    Some(Release {
        feed_names: next()?.split('|').collect(),
        build: next()?.parse().ok()?,
        kind: match next()? {
            "client" => ReleaseKind::Client,
            "server" => ReleaseKind::Server,
            "core" => ReleaseKind::CoreOnly,
            _ => return None,
        },
        service_pack: next()?.parse().ok(),
        software: next()?,
        title: next()?,
    })
}

/// The platform that a product is for: a release, an architecture where the name
/// tells one, and whether it is the Server Core installation.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// The Windows release.
    pub release: &'static Release,
    /// The architecture; servers since 2012 name none and are x64.
    pub architecture: Architecture,
    /// Whether the product is "(Server Core installation)".
    pub server_core: bool,
}

impl PartialEq for Platform {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.release, other.release)
            && self.architecture == other.architecture
            && self.server_core == other.server_core
    }
}

impl Eq for Platform {}

impl Platform {
    /// Reads the name of a Windows platform as the feed spells it. Case and runs
    /// of blanks do not matter; every word must be understood, so that
    /// "Windows 11 HLK 22H2" or an edition yet unknown is no platform at all.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let folded = fold(name);
        let (rest, server_core) = match folded.strip_suffix("(server core installation)") {
            Some(rest) => (rest.trim_end(), true),
            None => (folded.as_str(), false),
        };
        let (rest, service_pack) = split_service_pack(rest);
        let (rest, architecture) = split_architecture(rest)?;
        let release = *RELEASES_BY_NAME.get(rest)?;
        if release.service_pack != service_pack {
            return None;
        }
        let architecture = match (architecture, release.kind, rest) {
            (Some(named), ..) => named,
            (None, _, "windows vista") => Architecture::X86,
            (None, _, "windows vista x64 edition") => Architecture::X64,
            (None, ReleaseKind::Client, _) => return None,
            (None, ReleaseKind::Server | ReleaseKind::CoreOnly, _) => Architecture::X64,
        };
        Some(Self {
            release,
            architecture,
            server_core,
        })
    }
}

fn split_service_pack(name: &str) -> (&str, Option<u8>) {
    name.rsplit_once(" service pack ")
        .and_then(|(rest, number)| Some((rest, Some(number.parse().ok()?))))
        .unwrap_or((name, None))
}

/// `None` for an architecture that no machine of ours can have.
fn split_architecture(name: &str) -> Option<(&str, Option<Architecture>)> {
    let Some((rest, of)) = name.rsplit_once(" for ") else {
        return Some((name, None));
    };
    let architecture = match of {
        "x64-based systems" => Architecture::X64,
        "32-bit systems" => Architecture::X86,
        "arm64-based systems" | "arm systems" => Architecture::Arm64,
        _ => return None,
    };
    Some((rest, Some(architecture)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_have_the_api_s_names() {
        for (build, server, token, version) in [
            (18_363, false, "Windows10", Some("1909")),
            (19_045, false, "Windows10", Some("22H2")),
            (22_631, false, "Windows11", Some("23H2")),
            (9_600, true, "WindowsServer2012R2", None),
            (14_393, true, "WindowsServer2016", Some("1607")),
            (17_763, true, "WindowsServer2019", Some("1809")),
            (20_348, true, "WindowsServer2022", Some("21H2")),
            (25_398, true, "WindowsServer23H2", Some("23H2")),
            (26_100, true, "WindowsServer2025", Some("24H2")),
            (7_601, false, "Windows7", None),
        ] {
            let release = Release::of_build(build, server).unwrap();
            assert_eq!(release.platform_token(), token);
            assert_eq!(release.display_version(), version, "{token}");
        }
    }

    fn parsed(name: &str) -> Option<(&'static str, Architecture, bool)> {
        Platform::parse(name).map(|p| (p.release.title, p.architecture, p.server_core))
    }

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = RELEASE_TABLE
            .lines()
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .count();
        assert_eq!(RELEASES.len(), rows);
    }

    #[test]
    fn reads_clients_with_their_architecture() {
        assert_eq!(
            parsed("Windows 10 Version 1909 for x64-based Systems"),
            Some(("Windows 10 Version 1909", Architecture::X64, false))
        );
        assert_eq!(
            parsed("Windows 8.1 for 32-bit systems"),
            Some(("Windows 8.1", Architecture::X86, false))
        );
        assert_eq!(
            parsed("Windows 11 Version 25H2 for ARM systems"),
            Some(("Windows 11 Version 25H2", Architecture::Arm64, false))
        );
    }

    #[test]
    fn the_bare_name_is_the_first_release() {
        assert_eq!(
            parsed("Windows 10 for x64-based Systems").unwrap().0,
            "Windows 10 Version 1507"
        );
        assert_eq!(
            parsed("Windows 11 for x64-based Systems").unwrap().0,
            "Windows 11 Version 21H2"
        );
    }

    #[test]
    fn spelling_does_not_matter_but_every_word_does() {
        assert_eq!(
            parsed("Windows 11 version 21H2 for x64-based Systems"),
            parsed("Windows 11 Version 21H2 for x64-based systems")
        );
        assert_eq!(
            parsed("Windows Server 2016  (Server Core installation)"),
            parsed("Windows Server 2016 (Server Core Installation)")
        );
        for name in [
            "Windows 11 HLK 22H2",
            "Windows Server 2012 R3",
            "Windows 10",
            "Windows 10 Version 1809 for HoloLens",
        ] {
            assert_eq!(parsed(name), None, "{name}");
        }
    }

    #[test]
    fn no_server_swallows_another() {
        assert_eq!(
            parsed("Windows Server 2012 R2").unwrap().0,
            "Windows Server 2012 R2"
        );
        assert_eq!(
            parsed("Windows Server 2012").unwrap().0,
            "Windows Server 2012"
        );
        let edition =
            parsed("Windows Server 2022, 23H2 Edition (Server Core installation)").unwrap();
        assert_eq!(
            edition,
            ("Windows Server 2022, 23H2 Edition", Architecture::X64, true)
        );
    }

    #[test]
    fn the_service_pack_is_part_of_the_name() {
        assert!(parsed("Windows 7 for x64-based Systems Service Pack 1").is_some());
        assert_eq!(parsed("Windows 7 for x64-based Systems"), None);
        assert_eq!(
            parsed("Windows Server 2008 R2 for Itanium-Based Systems Service Pack 1"),
            None
        );
        assert_eq!(
            parsed(
                "Windows Server 2008 for 32-bit Systems Service Pack 2 (Server Core installation)"
            ),
            Some(("Windows Server 2008", Architecture::X86, true))
        );
    }
}
