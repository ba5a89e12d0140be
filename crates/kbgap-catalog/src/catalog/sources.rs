//! Views on what lists say of vulnerabilities, and on what the catalogue was compiled of.

use super::{Catalog, Vulnerability};
use crate::feed::SourceKind;
use crate::layout::{KnownExploitedRow, NO_DATE, Section, SourceRow, vulnerability_flag};
use crate::lists::Share;

/// What there is of one kind of document or list.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    catalog: &'a Catalog,
    row: &'a SourceRow,
    kind: SourceKind,
}

impl<'a> Source<'a> {
    /// The kind.
    #[must_use]
    pub const fn kind(self) -> SourceKind {
        self.kind
    }

    /// How many documents there are.
    #[must_use]
    pub fn documents(self) -> u32 {
        self.row.documents.get()
    }

    /// Seconds since 1970 of the newest one, UTC.
    #[must_use]
    pub fn newest(self) -> i64 {
        self.row.newest.get()
    }

    /// The version as written; may be empty.
    #[must_use]
    pub fn version(self) -> &'a str {
        self.catalog.text(self.row.version)
    }

    /// How many vulnerabilities they list.
    #[must_use]
    pub fn entries(self) -> u32 {
        self.row.entries.get()
    }

    /// How many vulnerabilities of the catalogue they say something of.
    #[must_use]
    pub fn matched(self) -> u32 {
        self.row.matched.get()
    }

    /// How many values of them were passed over.
    #[must_use]
    pub fn odd_values(self) -> u32 {
        self.row.odd_values.get()
    }
}

/// What CISA says of a vulnerability that is known to be exploited.
#[derive(Clone, Copy)]
pub struct KnownExploited<'a> {
    catalog: &'a Catalog,
    row: &'a KnownExploitedRow,
}

impl<'a> KnownExploited<'a> {
    /// Seconds since 1970 of the day on which it was added, UTC.
    #[must_use]
    pub fn date_added(self) -> Option<i64> {
        Some(self.row.date_added.get()).filter(|&date| date != NO_DATE)
    }

    /// Seconds since 1970 of the day by which federal agencies have to act, UTC.
    #[must_use]
    pub fn due_date(self) -> Option<i64> {
        Some(self.row.due_date.get()).filter(|&date| date != NO_DATE)
    }

    /// What they have to do.
    #[must_use]
    pub fn required_action(self) -> &'a str {
        self.catalog.text(self.row.required_action)
    }

    /// Whether ransomware is known to use it.
    #[must_use]
    pub const fn is_used_by_ransomware(self) -> bool {
        self.row.ransomware != 0
    }
}

/// How likely a vulnerability is exploited within 30 days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epss {
    /// The probability.
    pub probability: Share,
    /// The share of CVEs that are no likelier.
    pub percentile: Option<Share>,
}

impl Catalog {
    /// What there is of each kind of document or list, as they are shown.
    pub fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        let rows = self.rows::<SourceRow>(Section::Sources);
        rows.iter().filter_map(|row| {
            Some(Source {
                catalog: self,
                row,
                kind: SourceKind::from_u8(row.kind)?,
            })
        })
    }

    /// Whether there are documents of the vendor. Lists about CVEs alone know no update, and
    /// nothing missing would read as clean.
    #[must_use]
    pub fn knows_updates(&self) -> bool {
        self.sources()
            .any(|source| matches!(source.kind, SourceKind::Cvrf | SourceKind::Csaf))
    }

    /// What there is of a kind.
    #[must_use]
    pub fn source(&self, kind: SourceKind) -> Option<Source<'_>> {
        self.sources().find(|source| source.kind == kind)
    }
}

impl<'a> Vulnerability<'a> {
    /// What CISA says of it, where it is in their list.
    #[must_use]
    pub fn known_exploited(self) -> Option<KnownExploited<'a>> {
        if self.row.flags & vulnerability_flag::KNOWN_EXPLOITED == 0 {
            return None;
        }
        let catalog = self.catalog;
        let position = catalog.find_vulnerability(self.id())?;
        let rows = catalog.rows::<KnownExploitedRow>(Section::KnownExploited);
        let found = rows.binary_search_by_key(&position.0, |row| row.vulnerability.get());
        let row = rows.get(found.ok()?)?;
        Some(KnownExploited { catalog, row })
    }

    /// How likely it is exploited, where that was estimated.
    #[must_use]
    pub fn epss(self) -> Option<Epss> {
        Some(Epss {
            probability: Share::from_number(self.row.epss.get())?,
            percentile: Share::from_number(self.row.epss_percentile.get()),
        })
    }
}
