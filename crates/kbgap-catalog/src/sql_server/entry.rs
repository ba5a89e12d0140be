//! Entries of software lists that tell of a SQL Server.

use super::{SqlBuild, SqlRelease};
use crate::KbId;
use crate::fold::fold;
use crate::platform::Architecture;
use crate::version::Version;

/// What one entry of a software list tells of a SQL Server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlEntry {
    /// The release, by the name or else by the version.
    pub release: SqlRelease,
    /// The build, where the version is one of the release.
    pub build: Option<SqlBuild>,
    /// 32 or 64 bits, where the name tells.
    pub bits: Option<Architecture>,
    /// Whether it shows that there is a server, and not tools alone.
    pub is_engine: bool,
    /// The update that the entry is.
    pub kb: Option<KbId>,
}

/// What a name tells: the release as it is written, where it is, and whether there is a
/// server.
type Named<'n> = (Option<&'n str>, bool);

impl SqlEntry {
    /// What an entry of Microsoft's tells; `None` for drivers, tools, releases before 2008
    /// and all that is no SQL Server.
    #[must_use]
    pub fn of(name: &str, version: &str) -> Option<Self> {
        let name = words(name);
        let (named, is_engine) = named(&name)?;
        let version = Version::parse(version);
        let build = version.and_then(|v| SqlBuild::of_version(&v));
        let release = match named {
            Some(release) => SqlRelease::of_name(release)?,
            None => SqlRelease::of_version(&version?)?,
        };
        Some(Self {
            release,
            // A version of another release is a mistake of who wrote the entry.
            build: build
                .filter(|(of, _)| *of == release)
                .map(|(_, build)| build),
            bits: bits(&name),
            is_engine,
            kb: kb(&name),
        })
    }
}

/// Whether a program of this name shows that there is a server, of whatever release.
pub(crate) fn names_engine(name: &str) -> bool {
    name.contains("sql") && named(&words(name)).is_some_and(|(_, is_engine)| is_engine)
}

/// Lower-case with single blanks; ids of software have `_` for them.
fn words(name: &str) -> String {
    fold(&name.replace('_', " "))
}

fn named(name: &str) -> Option<Named<'_>> {
    let name = name.strip_prefix("microsoft ").unwrap_or(name);
    match name.strip_prefix("sql server") {
        Some("") => Some((None, true)),
        Some(rest) => server(rest.strip_prefix(' ')?),
        None => Some((Some(update(name)?), true)),
    }
}

/// `2019 (64-bit)`, `2016 Database Engine Services`, `2019 Setup (English)`, and the same
/// without a release.
fn server(rest: &str) -> Option<Named<'_>> {
    let (release, rest) = match release(rest) {
        Some((release, rest)) => (Some(release), rest),
        None => (None, rest),
    };
    let is_plain = rest
        .split(' ')
        .all(|word| matches!(word, "" | "(64-bit)" | "(32-bit)"));
    let is_engine = is_plain || rest.ends_with("database engine services");
    (is_engine || rest.starts_with("setup ")).then_some((release, is_engine))
}

/// `hotfix 4430 for sql server 2019 (kb5054833) (64-bit)`.
fn update(name: &str) -> Option<&str> {
    let (kind, rest) = name.split_once(" for sql server ")?;
    let number = ["hotfix ", "gdr ", "service pack "]
        .iter()
        .find_map(|prefix| kind.strip_prefix(prefix))?;
    let (release, _) = is_number(number).then(|| release(rest))??;
    Some(release)
}

/// The release that a text begins with, such as `2008 r2`, and what follows it.
fn release(text: &str) -> Option<(&str, &str)> {
    let year = text.split(' ').next().filter(|year| year.len() == 4)?;
    let rest = is_number(year).then(|| text[4..].trim_start())?;
    let second = rest.split(' ').next().filter(|word| *word == "r2");
    let rest = second.map_or(rest, |r2| rest[r2.len()..].trim_start());
    Some((text[..text.len() - rest.len()].trim_end(), rest))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn bits(name: &str) -> Option<Architecture> {
    if name.contains("(64-bit)") {
        Some(Architecture::X64)
    } else if name.contains("(32-bit)") {
        Some(Architecture::X86)
    } else {
        None
    }
}

fn kb(name: &str) -> Option<KbId> {
    let (_, rest) = name.split_once("(kb")?;
    rest.split_once(')')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use SqlRelease::{V2008R2, V2014, V2016, V2017, V2019};

    #[test]
    fn entries_of_servers() {
        let x64 = Some(Architecture::X64);
        for (name, version, release, number, bits, is_engine, kb) in [
            (
                "Microsoft SQL Server 2019 (64-bit)",
                "",
                V2019,
                None,
                x64,
                true,
                None,
            ),
            (
                "SQL Server 2016 Database Engine Services",
                "13.2.5026.0",
                V2016,
                Some(5_026),
                None,
                true,
                None,
            ),
            (
                "SQL Server 2008 R2 SP2 Database Engine Services",
                "10.52.4000.0",
                V2008R2,
                Some(4_000),
                None,
                true,
                None,
            ),
            (
                "Microsoft SQL Server 2019 Setup (English)",
                "15.0.4430.1",
                V2019,
                Some(4_430),
                None,
                false,
                None,
            ),
            (
                "Hotfix 4430 for SQL Server 2019 (KB5054833) (64-bit)",
                "15.0.4430.1",
                V2019,
                Some(4_430),
                x64,
                true,
                Some(5_054_833),
            ),
            (
                "GDR 3460 for SQL Server 2017 (KB5014354) (64-bit)",
                "14.0.2042.3",
                V2017,
                Some(2_042),
                x64,
                true,
                Some(5_014_354),
            ),
            (
                "Service Pack 3 for SQL Server 2014 (KB4022619) (64-bit)",
                "12.3.6024.0",
                V2014,
                Some(6_024),
                x64,
                true,
                Some(4_022_619),
            ),
            (
                "sql_server_2019",
                "15.0.2000.5",
                V2019,
                Some(2_000),
                None,
                true,
                None,
            ),
            (
                "sql_server",
                "14.0.3460.9",
                V2017,
                Some(3_460),
                None,
                true,
                None,
            ),
            (
                "SQL Server Database Engine Services",
                "15.0.4430.1",
                V2019,
                Some(4_430),
                None,
                true,
                None,
            ),
            // The first two parts tell the release and no build.
            (
                "Microsoft SQL Server (64-bit)",
                "13.0",
                V2016,
                None,
                x64,
                true,
                None,
            ),
            // A version that is none of this release.
            (
                "Microsoft SQL Server 2019",
                "16.0.4003.1",
                V2019,
                None,
                None,
                true,
                None,
            ),
        ] {
            let entry = SqlEntry::of(name, version).unwrap_or_else(|| panic!("{name}"));
            let found = (
                entry.release,
                entry.build.map(|build| build.number),
                entry.bits,
                entry.is_engine,
                entry.kb.map(KbId::number),
            );
            assert_eq!(found, (release, number, bits, is_engine, kb), "{name}");
        }
    }

    #[test]
    fn drivers_and_tools_are_none() {
        for name in [
            "Microsoft SQL Server 2012 Native Client",
            "SQL Server Management Studio",
            "SQL Server 2017 Client Tools Extensions",
            "SQL Server 2019 Database Engine Shared",
            "Microsoft SQL Server 2019 RsFx Driver",
            "Browser for SQL Server 2019",
            "Hotfix for SQL Server Management Studio",
            "Microsoft VSS Writer for SQL Server 2019",
            "Microsoft ODBC Driver 17 for SQL Server",
            "SQL Server Browser",
            "SQL Server Native Client",
            "SQL Server Database Engine Shared",
            "SQL Server Customer Experience Improvement Program",
            "SQL Server Database Engine Services",
            "sql_server",
            "SQL Server 2005",
            "SQL Servers 2019",
            "SQL Server 20\u{661}9",
        ] {
            assert_eq!(SqlEntry::of(name, ""), None, "{name}");
        }
    }
}
