//! The compiled catalogue and the views on its rows.

use std::path::Path;
use std::sync::Arc;

use zerocopy::little_endian::U32;

use crate::kb::KbId;
use crate::layout::{
    DocumentRow, FixRow, KbRevisionRow, KbRow, NONE, OddRow, ProductRow, Section, ServicingRow,
    SoftwareRow, Span, VulnerabilityRevisionRow, VulnerabilityRow, servicing_kind,
    vulnerability_flag,
};
use crate::mapping::Component;
use crate::month::Month;
use crate::odd::{OddKind, OddValue};
use crate::platform::{Architecture, Platform, Release};
use crate::record::{Severity, Subtype};
use crate::servicing::{Condition, Family};
use crate::snapshot::{Snapshot, SnapshotError};

/// What the vendor published, compiled for asking: immutable, cheap to share,
/// and the same bytes in memory as in its snapshot file.
///
/// Every view borrows from the catalogue. Positions are those of a section and
/// mean nothing in another catalogue.
#[derive(Clone)]
pub struct Catalog {
    snapshot: Arc<Snapshot>,
}

/// Position of a software in [`Catalog::software`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoftwareIx(u32);

/// Position of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductIx(u32);

/// Position of a vulnerability. Ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VulnerabilityIx(u32);

/// A product of the feed.
#[derive(Clone, Copy)]
pub struct Product<'a> {
    catalog: &'a Catalog,
    row: &'a ProductRow,
    /// Its position.
    pub ix: ProductIx,
}

/// A fix: this product is cured of this vulnerability by this update.
#[derive(Clone, Copy)]
pub struct Fix<'a> {
    catalog: &'a Catalog,
    row: &'a FixRow,
}

/// A KB of the feed.
#[derive(Clone, Copy)]
pub struct Kb<'a> {
    catalog: &'a Catalog,
    row: &'a KbRow,
}

/// A vulnerability or advisory.
#[derive(Clone, Copy)]
pub struct Vulnerability<'a> {
    catalog: &'a Catalog,
    row: &'a VulnerabilityRow,
}

/// A document that the catalogue was compiled from.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    catalog: &'a Catalog,
    row: &'a DocumentRow,
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

impl Catalog {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot: Arc::new(snapshot),
        }
    }

    /// Reads a snapshot file.
    ///
    /// # Errors
    /// [`SnapshotError`] when there is none, or none that can be used.
    pub fn load(path: &Path) -> Result<Self, SnapshotError> {
        Snapshot::read(path).map(Self::new)
    }

    /// Takes the bytes of a snapshot.
    ///
    /// # Errors
    /// As [`Catalog::load`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, SnapshotError> {
        Snapshot::open(bytes).map(Self::new)
    }

    /// Writes the snapshot file: readers see the old one or the new one.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), SnapshotError> {
        self.snapshot.write(path)
    }

    /// The bytes of the snapshot.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.snapshot.as_bytes()
    }

    /// A number that differs between catalogues of different content.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        self.snapshot.checksum()
    }

    /// The ids of all software that the catalogue's products map to, in order.
    pub fn software(&self) -> impl Iterator<Item = (SoftwareIx, &str)> {
        let rows = self.rows::<SoftwareRow>(Section::Software);
        rows.iter()
            .zip(0..)
            .map(|(row, ix)| (SoftwareIx(ix), self.text(row.id)))
    }

    /// The id of a software.
    #[must_use]
    pub fn software_id(&self, ix: SoftwareIx) -> &str {
        let row = self
            .rows::<SoftwareRow>(Section::Software)
            .get(ix.0 as usize);
        row.map_or("", |row| self.text(row.id))
    }

    /// The software with this id.
    #[must_use]
    pub fn find_software(&self, id: &str) -> Option<SoftwareIx> {
        let rows = self.rows::<SoftwareRow>(Section::Software);
        let position = rows
            .binary_search_by(|row| self.text(row.id).cmp(id))
            .ok()?;
        u32::try_from(position).ok().map(SoftwareIx)
    }

    /// All products.
    pub fn products(&self) -> impl Iterator<Item = Product<'_>> {
        let rows = self.rows::<ProductRow>(Section::Products);
        rows.iter().zip(0..).map(|(row, ix)| Product {
            catalog: self,
            row,
            ix: ProductIx(ix),
        })
    }

    /// All KBs that some document lists as a fix, by number.
    pub fn kbs(&self) -> impl ExactSizeIterator<Item = Kb<'_>> {
        self.rows::<KbRow>(Section::Kbs)
            .iter()
            .map(|row| Kb { catalog: self, row })
    }

    /// The KB with this number, where the feed knows it.
    #[must_use]
    pub fn kb(&self, id: KbId) -> Option<Kb<'_>> {
        let rows = self.rows::<KbRow>(Section::Kbs);
        let position = rows
            .binary_search_by_key(&id.number(), |row| row.number.get())
            .ok()?;
        Some(Kb {
            catalog: self,
            row: &rows[position],
        })
    }

    /// All vulnerabilities, by id.
    pub fn vulnerabilities(&self) -> impl ExactSizeIterator<Item = Vulnerability<'_>> {
        let rows = self.rows::<VulnerabilityRow>(Section::Vulnerabilities);
        rows.iter().map(|row| Vulnerability { catalog: self, row })
    }

    /// The vulnerability at a position.
    #[must_use]
    pub fn vulnerability(&self, ix: VulnerabilityIx) -> Option<Vulnerability<'_>> {
        let row = self
            .rows::<VulnerabilityRow>(Section::Vulnerabilities)
            .get(ix.0 as usize)?;
        Some(Vulnerability { catalog: self, row })
    }

    /// The vulnerability with this id.
    #[must_use]
    pub fn find_vulnerability(&self, id: &str) -> Option<Vulnerability<'_>> {
        let rows = self.rows::<VulnerabilityRow>(Section::Vulnerabilities);
        let position = rows
            .binary_search_by(|row| self.text(row.id).cmp(id))
            .ok()?;
        Some(Vulnerability {
            catalog: self,
            row: &rows[position],
        })
    }

    /// The revision that a KB brings in a family, by a fixed build of the feed
    /// or the update history. The lower one where it was released twice.
    #[must_use]
    pub fn revision_of(&self, kb: KbId, family: Family) -> Option<u32> {
        let rows = self.rows::<KbRevisionRow>(Section::KbRevisions);
        let wanted = (kb.number(), family.number());
        let start = rows.partition_point(|r| (r.kb.get(), r.family.get()) < wanted);
        let row = rows.get(start)?;
        ((row.kb.get(), row.family.get()) == wanted).then(|| row.revision.get())
    }

    /// Whether anything is known of a KB: as a fix, in a chain, or by its revision.
    #[must_use]
    pub fn knows_kb(&self, kb: KbId) -> bool {
        let rows = self.rows::<KbRevisionRow>(Section::KbRevisions);
        self.kb(kb).is_some()
            || rows
                .binary_search_by_key(&kb.number(), |r| r.kb.get())
                .is_ok()
    }

    /// The cumulative updates and hotpatches of a family, by revision.
    pub fn servicing(&self, family: Family) -> impl DoubleEndedIterator<Item = ServicingUpdate> {
        let rows = self.rows::<ServicingRow>(Section::Servicing);
        let start = rows.partition_point(|r| r.family.get() < family.number());
        let end = rows.partition_point(|r| r.family.get() <= family.number());
        rows[start..end].iter().filter_map(|row| {
            Some(ServicingUpdate {
                kb: KbId::new(row.kb.get())?,
                revision: (row.revision.get() != 0).then(|| row.revision.get()),
                month: Month::from_number(row.month.get()),
                kind: match row.kind {
                    servicing_kind::HOTPATCH => ServicingKind::Hotpatch,
                    servicing_kind::BASELINE => ServicingKind::Baseline,
                    _ => ServicingKind::Cumulative,
                },
            })
        })
    }

    /// The documents, oldest month first.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = Document<'_>> {
        self.rows::<DocumentRow>(Section::Documents)
            .iter()
            .map(|row| Document { catalog: self, row })
    }

    /// The newest release date of all documents, in seconds since 1970, UTC.
    #[must_use]
    pub fn as_of(&self) -> Option<i64> {
        self.documents().map(|d| d.current_release()).max()
    }

    /// What was passed over.
    pub fn odd_values(&self) -> impl ExactSizeIterator<Item = OddValue> {
        self.rows::<OddRow>(Section::OddValues)
            .iter()
            .map(|row| OddValue {
                document: self.text(row.document).to_owned(),
                kind: OddKind::from_u8(row.kind),
                detail: self.text(row.detail).to_owned(),
            })
    }

    fn rows<T>(&self, section: Section) -> &[T]
    where
        T: zerocopy::FromBytes + zerocopy::Immutable + zerocopy::KnownLayout + zerocopy::Unaligned,
    {
        self.snapshot.rows(section)
    }

    fn text(&self, span: Span) -> &str {
        let bytes = self
            .snapshot
            .bytes(Section::Texts)
            .get(span.range())
            .unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn run<T>(&self, section: Section, span: Span) -> &[T]
    where
        T: zerocopy::FromBytes + zerocopy::Immutable + zerocopy::KnownLayout + zerocopy::Unaligned,
    {
        self.rows(section).get(span.range()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog")
            .field("documents", &self.documents().len())
            .field("kbs", &self.kbs().len())
            .field("checksum", &self.checksum())
            .finish()
    }
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

    /// Whether the vendor knows of its use in the wild.
    #[must_use]
    pub fn is_exploited(self) -> bool {
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
