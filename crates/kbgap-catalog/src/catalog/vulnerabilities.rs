//! Views on vulnerabilities and advisories.

use super::Catalog;
use crate::layout::{Section, VulnerabilityRevisionRow, VulnerabilityRow, vulnerability_flag};
use crate::record::Severity;

/// A vulnerability or advisory.
#[derive(Clone, Copy)]
pub struct Vulnerability<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) row: &'a VulnerabilityRow,
}

impl<'a> Vulnerability<'a> {
    /// `CVE-…`, or `ADV…` for an advisory.
    #[must_use]
    pub fn id(self) -> &'a str {
        self.catalog.text(self.row.id)
    }

    /// The vendor's title.
    #[must_use]
    pub fn title(self) -> &'a str {
        self.catalog.text(self.row.title)
    }

    /// The impact, for instance `Elevation of Privilege`; may be empty.
    #[must_use]
    pub fn impact(self) -> &'a str {
        self.catalog.text(self.row.impact)
    }

    /// The highest severity for any product.
    #[must_use]
    pub fn severity(self) -> Severity {
        Severity::from_u8(self.row.severity)
    }

    /// The highest CVSS base score in tenths of a point, with its vector.
    #[must_use]
    pub fn cvss(self) -> Option<(u8, &'a str)> {
        (self.row.cvss_tenths != 0).then(|| {
            (
                self.row.cvss_tenths,
                self.catalog.text(self.row.cvss_vector),
            )
        })
    }

    /// Whether it was public before the fix.
    #[must_use]
    pub fn is_publicly_disclosed(self) -> bool {
        self.row.flags & vulnerability_flag::DISCLOSED != 0
    }

    /// Whether it is known to be used in the wild: the vendor says so, or CISA does.
    #[must_use]
    pub fn is_exploited(self) -> bool {
        const EITHER: u8 = vulnerability_flag::EXPLOITED | vulnerability_flag::KNOWN_EXPLOITED;
        self.row.flags & EITHER != 0
    }

    /// Whether the vendor knows of its use in the wild.
    #[must_use]
    pub fn is_exploited_as_vendor_says(self) -> bool {
        self.row.flags & vulnerability_flag::EXPLOITED != 0
    }

    /// Whether this is an advisory: shown, never counted.
    #[must_use]
    pub fn is_advisory(self) -> bool {
        self.row.flags & vulnerability_flag::ADVISORY != 0
    }

    /// Its revisions, oldest first: seconds since 1970 and the number as written.
    pub fn revisions(self) -> impl ExactSizeIterator<Item = (i64, &'a str)> {
        let catalog = self.catalog;
        catalog
            .run::<VulnerabilityRevisionRow>(Section::VulnerabilityRevisions, self.row.revisions)
            .iter()
            .map(move |row| (row.date.get(), catalog.text(row.number)))
    }
}
