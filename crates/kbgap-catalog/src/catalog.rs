//! The compiled catalogue: finding what was published. The views on its rows are
//! in the modules below.

mod documents;
mod kbs;
mod products;
mod sources;
mod vulnerabilities;

use std::path::Path;
use std::sync::Arc;

pub use documents::Document;
pub use kbs::{Kb, ServicingKind, ServicingUpdate};
pub use products::{Fix, Product};
pub use sources::{Epss, KnownExploited, Source};
pub use vulnerabilities::Vulnerability;

use crate::feed::SourceKind;
use crate::kb::KbId;
use crate::layout::{
    DocumentRow, KbRevisionRow, KbRow, OddRow, ProductRow, Section, ServicingRow, SoftwareRow,
    Span, VulnerabilityRow,
};
use crate::odd::{OddKind, OddValue};
use crate::servicing::Family;
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

/// Position of a KB. Ordered by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KbIx(u32);

impl KbIx {
    /// The number of those before it, for tables with a place for each.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// Position of a vulnerability. Ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VulnerabilityIx(u32);

impl VulnerabilityIx {
    /// The number of those before it, for tables with a place for each.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
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

    /// As [`checksum`](Self::checksum), but the same where catalogues differ only in what decides
    /// nothing: probabilities, which are others every day, and what is told of those who exploit.
    #[must_use]
    pub fn decisive_checksum(&self) -> u32 {
        self.snapshot.decisive()
    }

    /// The number that the feed carried when it was compiled ([`Feed`](crate::Feed)).
    #[must_use]
    pub fn source_mark(&self) -> u64 {
        self.snapshot.source_mark()
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

    /// The product at a position.
    #[must_use]
    pub fn product(&self, ix: ProductIx) -> Option<Product<'_>> {
        let row = self
            .rows::<ProductRow>(Section::Products)
            .get(ix.0 as usize)?;
        Some(Product {
            catalog: self,
            row,
            ix,
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
        self.kb_at(self.kb_ix(id)?)
    }

    /// The position of the KB with this number.
    #[must_use]
    pub fn kb_ix(&self, id: KbId) -> Option<KbIx> {
        let position = self
            .rows::<KbRow>(Section::Kbs)
            .binary_search_by_key(&id.number(), |row| row.number.get())
            .ok()?;
        u32::try_from(position).ok().map(KbIx)
    }

    /// The KB at a position.
    #[must_use]
    pub fn kb_at(&self, ix: KbIx) -> Option<Kb<'_>> {
        let row = self.rows::<KbRow>(Section::Kbs).get(ix.position())?;
        Some(Kb { catalog: self, row })
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

    /// The position of the vulnerability with this id.
    #[must_use]
    pub fn find_vulnerability(&self, id: &str) -> Option<VulnerabilityIx> {
        let rows = self.rows::<VulnerabilityRow>(Section::Vulnerabilities);
        let position = rows
            .binary_search_by(|row| self.text(row.id).cmp(id))
            .ok()?;
        u32::try_from(position).ok().map(VulnerabilityIx)
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

    /// The KBs that bring a revision to a family, by number, each once: as
    /// [`Catalog::revision_of`] says for one of them.
    pub fn revisions_in(&self, family: Family) -> impl Iterator<Item = (KbId, u32)> {
        let rows = self.rows::<KbRevisionRow>(Section::KbRevisions);
        let of_family = rows
            .iter()
            .filter(move |r| r.family.get() == family.number());
        let mut last = None;
        of_family
            .filter(move |r| last.replace(r.kb.get()) != Some(r.kb.get()))
            .filter_map(|r| Some((KbId::new(r.kb.get())?, r.revision.get())))
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
        rows[start..end].iter().filter_map(ServicingUpdate::of)
    }

    /// The documents, oldest month first.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = Document<'_>> {
        self.rows::<DocumentRow>(Section::Documents)
            .iter()
            .map(|row| Document { catalog: self, row })
    }

    /// The newest release date of the vendor's months, in seconds since 1970, UTC. Where there
    /// is none, of its advisories: beside months one of them says nothing of how new these are.
    #[must_use]
    pub fn as_of(&self) -> Option<i64> {
        let kinds = [SourceKind::Cvrf, SourceKind::Csaf];
        let source = kinds.into_iter().find_map(|kind| self.source(kind));
        source.map(Source::newest)
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
