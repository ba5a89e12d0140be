//! The reviewed table of the cumulative updates of Exchange.

use std::sync::LazyLock;

use kbgap_catalog::Version;

use crate::table::rows;

const CUMULATIVE_UPDATES: &str = include_str!("../../data/exchange-cumulative-updates.tsv");

/// A cumulative update of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cumulative {
    pub(super) release: &'static str,
    pub(super) number: u16,
    /// The first three parts of its versions.
    pub(super) parts: [u32; 3],
}

static TABLE: LazyLock<Vec<Cumulative>> =
    LazyLock::new(|| rows(CUMULATIVE_UPDATES, Cumulative::read));

impl Cumulative {
    fn read([release, number, parts]: [&'static str; 3]) -> Option<Self> {
        Some(Self {
            release,
            number: number.parse().ok()?,
            parts: Version::parse(parts)?.parts().try_into().ok()?,
        })
    }

    /// The one that a product of the feed is; `None` unless every word is understood, and
    /// for releases before 2013, which have no cumulative updates.
    pub(super) fn of_product(name: &str) -> Option<&'static Self> {
        let rest = name.strip_prefix("Microsoft Exchange Server ")?;
        TABLE.iter().find(|cumulative| {
            let after = rest.strip_prefix(cumulative.release).map(str::trim_start);
            let number = cumulative.number.to_string();
            match after {
                Some("" | "RTM") => cumulative.number == 0,
                // The fourth of 2013 came out as a service pack.
                Some("Service Pack 1") => cumulative.number == 4 && cumulative.release == "2013",
                Some(text) => text.strip_prefix("Cumulative Update ") == Some(&number),
                None => false,
            }
        })
    }

    pub(super) fn of_version(version: &Version) -> Option<&'static Self> {
        let parts = three_parts(version)?;
        TABLE.iter().find(|cumulative| cumulative.parts == parts)
    }

    pub(super) fn name(&self) -> String {
        match self.number {
            0 => self.release.to_owned(),
            number => format!("CU {number}"),
        }
    }
}

pub(super) fn three_parts(version: &Version) -> Option<[u32; 3]> {
    version.parts().get(..3)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_read_and_no_version_is_of_two() {
        assert_eq!(TABLE.len(), crate::table::count(CUMULATIVE_UPDATES));
        let parts: BTreeSet<[u32; 3]> = TABLE.iter().map(|c| c.parts).collect();
        assert_eq!(parts.len(), TABLE.len());
        assert!(TABLE.is_sorted_by(|a, b| a.parts < b.parts));
    }

    #[test]
    fn names_of_the_feed() {
        for (name, expected) in [
            (
                "Microsoft Exchange Server 2019 Cumulative Update 14",
                Some("15.2.1544"),
            ),
            (
                "Microsoft Exchange Server 2019 Cumulative Update 1",
                Some("15.2.330"),
            ),
            ("Microsoft Exchange Server 2019", Some("15.2.221")),
            (
                "Microsoft Exchange Server 2013 Service Pack 1",
                Some("15.0.847"),
            ),
            (
                "Microsoft Exchange Server Subscription Edition RTM",
                Some("15.2.2562"),
            ),
            ("Microsoft Exchange Server 2010 Service Pack 3", None),
            (
                "Microsoft Exchange Server 2019 Cumulative Update 14 on Linux",
                None,
            ),
        ] {
            let found = Cumulative::of_product(name).map(|c| c.parts);
            let expected = expected.map(|v| three_parts(&Version::parse(v).unwrap()).unwrap());
            assert_eq!(found, expected, "{name}");
        }
    }
}
