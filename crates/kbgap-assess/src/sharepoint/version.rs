//! Versions of SharePoint and their builds.

use std::sync::LazyLock;

use kbgap_catalog::Version;
use serde::{Deserialize, Serialize};

use crate::table::rows;

const VERSIONS: &str = include_str!("../../data/sharepoint-versions.tsv");

/// A version of SharePoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SharePointVersion {
    /// SharePoint 2010.
    V2010,
    /// SharePoint 2013.
    V2013,
    /// SharePoint 2016.
    V2016,
    /// SharePoint 2019.
    V2019,
    /// SharePoint Server Subscription Edition.
    Subscription,
}

/// Third and fourth part of a version: within a version of SharePoint nothing else differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SharePointBuild {
    pub(super) number: u32,
    pub(super) revision: u32,
}

struct Row {
    version: SharePointVersion,
    major: u32,
    first: u32,
    last: u32,
    service_pack: u32,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| rows(VERSIONS, Row::read));

impl Row {
    fn read([version, major, first, last, service_pack]: [&'static str; 5]) -> Option<Self> {
        Some(Self {
            version: SharePointVersion::of_name(version)?,
            major: major.parse().ok()?,
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            service_pack: service_pack.parse().ok()?,
        })
    }
}

impl SharePointVersion {
    /// The version with a name such as `2019`, in any case of letters.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "2010" => Self::V2010,
            "2013" => Self::V2013,
            "2016" => Self::V2016,
            "2019" => Self::V2019,
            "subscription edition" => Self::Subscription,
            _ => return None,
        })
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.version == self)
    }

    /// Whether a build has the service pack that the feed's products demand.
    pub(super) fn has_service_pack(self, build: SharePointBuild) -> bool {
        self.row()
            .is_some_and(|row| build.number >= row.service_pack)
    }

    /// A build as versions show it.
    pub(super) fn shown(self, build: SharePointBuild) -> String {
        let major = self.row().map_or(0, |row| row.major);
        format!("{major}.0.{}.{}", build.number, build.revision)
    }

    /// The version and build that a version of four parts tells; a fix may leave out the
    /// first two (`5381.1000`), which no number of 2016 and 2013 tells apart.
    pub(super) fn of_build(version: &Version, expected: Self) -> Option<(Self, SharePointBuild)> {
        let (major, number, revision) = match *version.parts() {
            [major, 0, number, revision] => (major, number, revision),
            [number, revision] if number >= 1_000 => (expected.row()?.major, number, revision),
            _ => return None,
        };
        let mut found = TABLE
            .iter()
            .filter(|row| row.major == major && (row.first..=row.last).contains(&number));
        Some((found.next()?.version, SharePointBuild { number, revision }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SharePointVersion::{Subscription, V2013, V2016, V2019};

    #[test]
    fn every_row_is_read() {
        assert_eq!(TABLE.len(), crate::table::count(VERSIONS));
    }

    #[test]
    fn the_third_part_tells_the_version() {
        for (text, expected, version) in [
            ("16.0.4351.1000", V2016, Some(V2016)),
            ("16.0.5556.1005", V2016, Some(V2016)),
            ("16.0.10337.12109", V2016, Some(V2019)),
            ("16.0.10417.20153", V2019, Some(V2019)),
            ("16.0.14326.20450", V2016, Some(Subscription)),
            ("16.0.19725.20384", V2016, Some(Subscription)),
            ("15.0.5545.1000", V2016, Some(V2013)),
            ("5381.1000", V2013, Some(V2013)),
            ("10393.20000", V2019, Some(V2019)),
            ("16.0", V2016, None),
            ("12.0.6421.1000", V2016, None),
        ] {
            let found = SharePointVersion::of_build(&Version::parse(text).unwrap(), expected);
            assert_eq!(found.map(|f| f.0), version, "{text}");
        }
    }
}
