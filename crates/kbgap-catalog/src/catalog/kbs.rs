//! Views on KBs and on what they bring to a servicing family.

use zerocopy::little_endian::U32;

use super::{Catalog, Fix};
use crate::kb::KbId;
use crate::layout::{FixRow, KbRow, Section, ServicingRow, servicing_kind};
use crate::month::Month;
use crate::servicing::Condition;

/// A KB of the feed.
#[derive(Clone, Copy)]
pub struct Kb<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) row: &'a KbRow,
}

/// An update of a servicing family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServicingUpdate {
    /// The KB.
    pub kb: KbId,
    /// The revision that it brings; `None` for Monthly Rollups before 2022.
    pub revision: Option<u32>,
    /// The month of the KB.
    pub month: Month,
    /// What it is.
    pub kind: ServicingKind,
}

/// What an update of a servicing family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServicingKind {
    /// A cumulative update or Monthly Rollup.
    Cumulative,
    /// A cumulative update on which later hotpatches build.
    Baseline,
    /// A hotpatch.
    Hotpatch,
}

impl<'a> Kb<'a> {
    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.row.number.get()
    }

    /// The id.
    #[must_use]
    pub fn id(self) -> Option<KbId> {
        KbId::new(self.number())
    }

    /// The title of its document, such as `March 2020 Security Updates`
    /// (assessment.md, section 2).
    #[must_use]
    pub fn title(self) -> &'a str {
        self.catalog.text(self.row.title)
    }

    /// The month of its document.
    #[must_use]
    pub fn month(self) -> Month {
        Month::from_number(self.row.month.get())
    }

    /// Whether it is a cumulative update or Monthly Rollup of some Windows.
    #[must_use]
    pub fn is_cumulative(self) -> bool {
        self.row.cumulative != 0
    }

    /// For an update that no cumulative update carries: the fact on which it depends.
    #[must_use]
    pub fn condition(self) -> Option<Condition> {
        Condition::from_u8(self.row.condition)
    }

    /// The KBs that it supersedes, in one step. They may be unknown to the catalogue.
    pub fn supersedes(self) -> impl ExactSizeIterator<Item = u32> + 'a {
        self.catalog
            .run::<U32>(Section::Supersedes, self.row.supersedes)
            .iter()
            .map(|n| n.get())
    }

    /// All fixes by this KB, ordered by product and vulnerability.
    pub fn fixes(self) -> impl Iterator<Item = Fix<'a>> {
        let catalog = self.catalog;
        let positions = catalog.run::<U32>(Section::FixesByKb, self.row.fixes);
        let rows = catalog.rows::<FixRow>(Section::Fixes);
        positions.iter().filter_map(move |p| {
            Some(Fix {
                catalog,
                row: rows.get(p.get() as usize)?,
            })
        })
    }
}

impl ServicingUpdate {
    pub(super) fn of(row: &ServicingRow) -> Option<Self> {
        Some(Self {
            kb: KbId::new(row.kb.get())?,
            revision: (row.revision.get() != 0).then(|| row.revision.get()),
            month: Month::from_number(row.month.get()),
            kind: match row.kind {
                servicing_kind::HOTPATCH => ServicingKind::Hotpatch,
                servicing_kind::BASELINE => ServicingKind::Baseline,
                _ => ServicingKind::Cumulative,
            },
        })
    }
}
