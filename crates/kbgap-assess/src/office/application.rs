//! Releases and applications of Office, and how the feed names them.

use std::sync::LazyLock;

use kbgap_catalog::{Architecture, Version};
use serde::{Deserialize, Serialize};

use crate::table::rows;

const RELEASES: &str = include_str!("../../data/office-releases.tsv");
const SUITES: &str = include_str!("../../data/office-suites.tsv");

/// A release of Office that Windows Installer installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OfficeYear {
    /// Office 2007, of 32 bits alone.
    Y2007,
    /// Office 2010.
    Y2010,
    /// Office 2013.
    Y2013,
    /// Office 2016, the last one.
    Y2016,
}

/// An application, or what all of them share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they are called what they are")]
pub enum Application {
    /// What the applications share.
    Office,
    Access,
    Excel,
    InfoPath,
    OneNote,
    Outlook,
    PowerPoint,
    Project,
    Publisher,
    Visio,
    Word,
}

const APPLICATIONS: [(&str, Application); 11] = [
    ("office", Application::Office),
    ("access", Application::Access),
    ("excel", Application::Excel),
    ("infopath", Application::InfoPath),
    ("onenote", Application::OneNote),
    ("outlook", Application::Outlook),
    ("powerpoint", Application::PowerPoint),
    ("project", Application::Project),
    ("publisher", Application::Publisher),
    ("visio", Application::Visio),
    ("word", Application::Word),
];

impl OfficeYear {
    pub(super) const ALL: [Self; 4] = [Self::Y2007, Self::Y2010, Self::Y2013, Self::Y2016];

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "2007" => Self::Y2007,
            "2010" => Self::Y2010,
            "2013" => Self::Y2013,
            "2016" => Self::Y2016,
            _ => return None,
        })
    }

    /// Whether an installed version has the service pack; `None` where it is of no release
    /// of this year by Windows Installer.
    pub(super) fn has_service_pack(self, version: &Version) -> Option<bool> {
        let &[major, 0, third, _] = version.parts() else {
            return None;
        };
        let row = RELEASE_TABLE.iter().find(|row| row.year == self)?;
        (row.major == major).then_some(third >= row.service_pack)
    }
}

impl Application {
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let found = APPLICATIONS.iter().find(|(known, _)| *known == name)?;
        Some(found.1)
    }
}

struct Release {
    year: OfficeYear,
    major: u32,
    service_pack: u32,
}

static RELEASE_TABLE: LazyLock<Vec<Release>> = LazyLock::new(|| {
    rows(RELEASES, |[year, major, service_pack]| {
        Some(Release {
            year: OfficeYear::of_name(year)?,
            major: major.parse().ok()?,
            service_pack: service_pack.parse().ok()?,
        })
    })
});

struct Suite {
    edition: &'static str,
    years: Vec<OfficeYear>,
    applications: Vec<Application>,
}

static SUITE_TABLE: LazyLock<Vec<Suite>> = LazyLock::new(|| {
    rows(SUITES, |[edition, years, applications]| {
        let years = years.split(',').map(OfficeYear::of_name);
        let applications = applications.split(',').map(Application::of_name);
        Some(Suite {
            edition,
            years: years.collect::<Option<_>>()?,
            applications: applications.collect::<Option<_>>()?,
        })
    })
});

/// What a suite has in it.
pub(super) fn suite(edition: &str, year: OfficeYear) -> Option<&'static [Application]> {
    let mut suites = SUITE_TABLE.iter();
    let suite = suites.find(|s| s.edition == edition && s.years.contains(&year))?;
    Some(&suite.applications)
}

/// A product of the feed, such as `Microsoft Excel 2013 Service Pack 1 (64-bit editions)`;
/// `None` unless every word is understood.
pub(super) fn of_product(name: &str) -> Option<(Application, OfficeYear, Option<Architecture>)> {
    let name = name.to_lowercase();
    let mut words = name.strip_prefix("microsoft ")?.split_whitespace();
    let application = Application::of_name(words.next()?)?;
    let year = OfficeYear::of_name(words.next()?)?;
    let rest: Vec<&str> = words.collect();
    let rest = match rest[..] {
        ["service", "pack", number, ..] if number.parse::<u8>().is_ok() => &rest[3..],
        _ => &rest[..],
    };
    let bits = match *rest {
        [] if year == OfficeYear::Y2007 => None,
        ["(32-bit", "edition)" | "editions)"] => Some(Architecture::X86),
        ["(64-bit", "edition)" | "editions)"] => Some(Architecture::X64),
        _ => return None,
    };
    Some((application, year, bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::count;

    #[test]
    fn every_row_is_read() {
        assert_eq!(RELEASE_TABLE.len(), count(RELEASES));
        assert_eq!(SUITE_TABLE.len(), count(SUITES));
    }

    #[test]
    fn names_of_the_feed() {
        use Architecture::{X64, X86};
        for (name, expected) in [
            (
                "Microsoft Excel 2016 (64-bit edition)",
                Some((Application::Excel, OfficeYear::Y2016, Some(X64))),
            ),
            (
                "Microsoft Office 2013 Service Pack 1 (32-bit editions)",
                Some((Application::Office, OfficeYear::Y2013, Some(X86))),
            ),
            (
                "Microsoft Word 2007 Service Pack 3",
                Some((Application::Word, OfficeYear::Y2007, None)),
            ),
            ("Microsoft Excel 2013 RT Service Pack 1", None),
            ("Microsoft Excel 2016 for Mac", None),
            (
                "Microsoft Excel  2016 Click-to-Run (C2R) for 64-bit editions",
                None,
            ),
            ("Microsoft Excel Viewer 2007 Service Pack 3", None),
            ("Microsoft Office 2019 for 64-bit editions", None),
            ("Microsoft Office Online Server 2016", None),
        ] {
            assert_eq!(of_product(name), expected, "{name}");
        }
    }
}
