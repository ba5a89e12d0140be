//! What the feed's name of a SQL Server says: release, service pack, bits, branch.

use kbgap_catalog::{Architecture, SqlRelease, SqlTrack};

/// A product of the feed, such as
/// `Microsoft SQL Server 2014 Service Pack 3 for x64-based Systems (CU 4)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) release: SqlRelease,
    /// 0 for none.
    pub(super) service_pack: u8,
    pub(super) bits: Architecture,
    pub(super) track: SqlTrack,
    /// The cumulative update that the fix is on.
    pub(super) cumulative_update: Option<u16>,
}

impl Label {
    /// `None` unless every word of the name is understood.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let words: Vec<&str> = name.split_whitespace().collect();
        let ["microsoft", "sql", "server", year, rest @ ..] = &words[..] else {
            return None;
        };
        let (release, mut rest) = match rest {
            ["r2", rest @ ..] => (SqlRelease::of_name(&format!("{year} r2"))?, rest),
            _ => (SqlRelease::of_name(year)?, rest),
        };
        let (mut service_pack, mut bits, mut track, mut cumulative_update) = (0, None, None, None);
        while let Some(first) = rest.first() {
            let taken = match rest {
                ["service", "pack", number, ..] => {
                    service_pack = number.parse().ok()?;
                    3
                }
                ["for", system @ ("x64-based" | "32-bit"), "systems", ..] => {
                    bits = Some(match *system {
                        "32-bit" => Architecture::X86,
                        _ => Architecture::X64,
                    });
                    3
                }
                ["azure", "connect", "feature", "pack", ..] => {
                    track = Some(SqlTrack::AzureConnect);
                    4
                }
                ["(gdr)", ..] | ["(qfe)", ..] => {
                    track = Some(if *first == "(gdr)" {
                        SqlTrack::Gdr
                    } else {
                        SqlTrack::Qfe
                    });
                    1
                }
                ["(cu)", ..] => {
                    track = Some(SqlTrack::Cu);
                    1
                }
                // "(CU 25)" and "(CU2)".
                ["(cu", number, ..] => {
                    track = Some(SqlTrack::Cu);
                    cumulative_update = Some(number.strip_suffix(')')?.parse().ok()?);
                    2
                }
                _ => {
                    let number = first.strip_prefix("(cu")?.strip_suffix(')')?;
                    track = Some(SqlTrack::Cu);
                    cumulative_update = Some(number.parse().ok()?);
                    1
                }
            };
            rest = &rest[taken..];
        }
        Some(Self {
            release,
            service_pack,
            bits: bits?,
            track: track?,
            cumulative_update,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_feed() {
        use Architecture::{X64, X86};
        use SqlRelease::{V2008R2, V2012, V2014, V2016, V2025};
        for (name, release, service_pack, bits, track, cumulative_update) in [
            (
                "Microsoft SQL Server 2014 Service Pack 3 for x64-based Systems (CU 4)",
                V2014,
                3,
                X64,
                SqlTrack::Cu,
                Some(4),
            ),
            (
                "Microsoft SQL Server 2016 for x64-based Systems Service Pack 3 Azure Connect Feature Pack",
                V2016,
                3,
                X64,
                SqlTrack::AzureConnect,
                None,
            ),
            (
                "Microsoft SQL Server 2012 for 32-bit Systems Service Pack 3  (GDR)",
                V2012,
                3,
                X86,
                SqlTrack::Gdr,
                None,
            ),
            (
                "Microsoft SQL Server 2008 R2 for x64-Based Systems Service Pack 3 (QFE)",
                V2008R2,
                3,
                X64,
                SqlTrack::Qfe,
                None,
            ),
            (
                "Microsoft SQL Server 2016 for x64-based Systems (CU)",
                V2016,
                0,
                X64,
                SqlTrack::Cu,
                None,
            ),
            (
                "Microsoft SQL Server 2025 for x64-based Systems (CU2)",
                V2025,
                0,
                X64,
                SqlTrack::Cu,
                Some(2),
            ),
        ] {
            let expected = Label {
                release,
                service_pack,
                bits,
                track,
                cumulative_update,
            };
            assert_eq!(Label::parse(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_word_too_many_is_no_name() {
        for name in [
            "Microsoft SQL Server 2019 for x64-based Systems (GDR) on Linux",
            "Microsoft SQL Server 2019",
            "Microsoft SQL Server 2031 for x64-based Systems (GDR)",
            "SQL Server 2019 for Linux Containers",
        ] {
            assert_eq!(Label::parse(name), None, "{name}");
        }
    }
}
