//! Views on the documents that the catalogue was compiled from.

use super::Catalog;
use crate::layout::DocumentRow;

/// A document that the catalogue was compiled from.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) row: &'a DocumentRow,
}

impl<'a> Document<'a> {
    /// The vendor's id, for instance `2020-Mar`.
    #[must_use]
    pub fn id(self) -> &'a str {
        self.catalog.text(self.row.id)
    }

    /// The title.
    #[must_use]
    pub fn title(self) -> &'a str {
        self.catalog.text(self.row.title)
    }

    /// The revision number as written.
    #[must_use]
    pub fn revision(self) -> &'a str {
        self.catalog.text(self.row.revision)
    }

    /// Seconds since 1970 of the release, UTC.
    #[must_use]
    pub fn current_release(self) -> i64 {
        self.row.current_release.get()
    }

    /// How many vulnerabilities it lists.
    #[must_use]
    pub fn vulnerabilities(self) -> u32 {
        self.row.vulnerabilities.get()
    }

    /// How many vendor fixes it lists.
    #[must_use]
    pub fn fixes(self) -> u32 {
        self.row.fixes.get()
    }
}
