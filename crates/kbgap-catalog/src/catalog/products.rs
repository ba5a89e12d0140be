//! Views on products and their fixes.

use super::{Catalog, Kb, KbIx, ProductIx, SoftwareIx, Vulnerability, VulnerabilityIx};
use crate::layout::{FixRow, KbRow, NONE, ProductRow, Section, VulnerabilityRow};
use crate::mapping::Component;
use crate::platform::{Architecture, Platform, Release};
use crate::record::{Severity, Subtype};

/// A product of the feed.
#[derive(Clone, Copy)]
pub struct Product<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) row: &'a ProductRow,
    /// Its position.
    pub ix: ProductIx,
}

/// A fix: this product is cured of this vulnerability by this update.
#[derive(Clone, Copy)]
pub struct Fix<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) row: &'a FixRow,
}

impl<'a> Product<'a> {
    /// The vendor's ProductID; the lowest where it has several.
    #[must_use]
    pub fn id(self) -> &'a str {
        self.catalog.text(self.row.id)
    }

    /// The full product name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.catalog.text(self.row.name)
    }

    /// The software that it maps to; `None` where the mapping does not reach it.
    #[must_use]
    pub fn software(self) -> Option<SoftwareIx> {
        let ix = self.row.software.get();
        (ix != NONE).then_some(SoftwareIx(ix))
    }

    /// What it is; `None` where the mapping does not reach it.
    #[must_use]
    pub fn component(self) -> Option<Component> {
        Component::from_u8(self.row.component)
    }

    /// The Windows that it runs on or is.
    #[must_use]
    pub fn platform(self) -> Option<Platform> {
        Some(Platform {
            release: Release::by_number(self.row.release.get())?,
            architecture: match self.row.architecture {
                1 => Architecture::X64,
                2 => Architecture::X86,
                3 => Architecture::Arm64,
                _ => return None,
            },
            server_core: self.row.server_core != 0,
        })
    }

    /// Whether some KB fixes it.
    #[must_use]
    pub fn has_kb(self) -> bool {
        self.ids_with_kb() != 0
    }

    /// How many of the vendor's ids for this product some KB fixes.
    #[must_use]
    pub fn ids_with_kb(self) -> u16 {
        self.row.ids_with_kb.get()
    }

    /// Its fixes, ordered by vulnerability and KB.
    pub fn fixes(self) -> impl ExactSizeIterator<Item = Fix<'a>> {
        let catalog = self.catalog;
        catalog
            .run(Section::Fixes, self.row.fixes)
            .iter()
            .map(move |row| Fix { catalog, row })
    }
}

impl<'a> Fix<'a> {
    /// The product.
    #[must_use]
    pub fn product(self) -> Product<'a> {
        let ix = self.row.product.get();
        let row = &self.catalog.rows::<ProductRow>(Section::Products)[ix as usize];
        Product {
            catalog: self.catalog,
            row,
            ix: ProductIx(ix),
        }
    }

    /// The position of the vulnerability.
    #[must_use]
    pub fn vulnerability_ix(self) -> VulnerabilityIx {
        VulnerabilityIx(self.row.vulnerability.get())
    }

    /// The vulnerability.
    #[must_use]
    pub fn vulnerability(self) -> Vulnerability<'a> {
        let ix = self.row.vulnerability.get() as usize;
        let row = &self
            .catalog
            .rows::<VulnerabilityRow>(Section::Vulnerabilities)[ix];
        Vulnerability {
            catalog: self.catalog,
            row,
        }
    }

    /// The KB; `None` for release notes, Click-to-Run and packages.
    #[must_use]
    pub fn kb(self) -> Option<Kb<'a>> {
        let row = self
            .catalog
            .rows::<KbRow>(Section::Kbs)
            .get(self.row.kb.get() as usize)?;
        Some(Kb {
            catalog: self.catalog,
            row,
        })
    }

    /// The position of the KB; `None` where [`Fix::kb`] is.
    #[must_use]
    pub fn kb_ix(self) -> Option<KbIx> {
        let ix = self.row.kb.get();
        (ix != NONE).then_some(KbIx(ix))
    }

    /// The revision in the product's servicing family, for Windows and what is
    /// part of it, where the feed or the update history knows it.
    #[must_use]
    pub fn revision(self) -> Option<u32> {
        let revision = self.row.revision.get();
        (revision != NONE).then_some(revision)
    }

    /// `FixedBuild` as the feed writes it; may be empty.
    #[must_use]
    pub fn fixed_build(self) -> &'a str {
        self.catalog.text(self.row.fixed_build)
    }

    /// What kind of update it is.
    #[must_use]
    pub fn subtype(self) -> Subtype {
        Subtype::from_u8(self.row.subtype)
    }

    /// The severity for this product.
    #[must_use]
    pub fn severity(self) -> Severity {
        Severity::from_u8(self.row.severity)
    }
}
