//! The rows of a compiled catalogue, as they lie in the snapshot file.
//!
//! Every number is little-endian and unaligned, so that a row is the same bytes
//! on every machine and a snapshot needs no decoding: loading it is reading it.
//! References are positions in other sections; [`NONE`] stands for no reference.

use zerocopy::little_endian::{I64, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// No reference.
pub(crate) const NONE: u32 = u32::MAX;

/// No date.
pub(crate) const NO_DATE: i64 = i64::MIN;

/// A run of rows of another section, or of bytes of the text section.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Span {
    pub(crate) start: U32,
    pub(crate) end: U32,
}

impl Span {
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start.get() as usize..self.end.get() as usize
    }
}

macro_rules! row {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
        #[repr(C)]
        pub(crate) struct $name { $(pub(crate) $field: $type),* }
    };
}

row!(/// A product; texts are spans of the text section.
ProductRow {
    id: Span,
    name: Span,
    fixes: Span,
    software: U32,
    release: U16,
    architecture: u8,
    server_core: u8,
    component: u8,
    ids_with_kb: U16,
});

row!(/// A fix: this product is cured of this vulnerability by this KB. Ordered
/// by product, vulnerability and KB.
FixRow {
    product: U32,
    vulnerability: U32,
    kb: U32,
    revision: U32,
    fixed_build: Span,
    subtype: u8,
    severity: u8,
});

row!(/// A KB, ordered by number.
KbRow {
    number: U32,
    title: Span,
    fixes: Span,
    supersedes: Span,
    month: U16,
    cumulative: u8,
    condition: u8,
});

row!(/// A vulnerability, ordered by id.
VulnerabilityRow {
    id: Span,
    title: Span,
    impact: Span,
    cvss_vector: Span,
    revisions: Span,
    epss: U32,
    epss_percentile: U32,
    severity: u8,
    cvss_tenths: u8,
    flags: u8,
});

row!(/// What is known of a vulnerability that is exploited. Ordered by vulnerability.
KnownExploitedRow {
    vulnerability: U32,
    date_added: I64,
    due_date: I64,
    required_action: Span,
    ransomware: u8,
});

row!(/// What there is of a kind of document or list.
SourceRow {
    newest: I64,
    version: Span,
    documents: U32,
    entries: U32,
    matched: U32,
    odd_values: U32,
    kind: u8,
});

row!(/// A revision of a vulnerability's text.
VulnerabilityRevisionRow {
    date: I64,
    number: Span,
});

row!(/// Which revision a KB brings in a servicing family. Ordered by KB, family
/// and revision.
KbRevisionRow {
    kb: U32,
    family: U32,
    revision: U32,
});

row!(/// A cumulative update or hotpatch of a family. Ordered by family, revision
/// and KB number.
ServicingRow {
    family: U32,
    revision: U32,
    kb: U32,
    month: U16,
    kind: u8,
});

row!(/// A software of the API.
    SoftwareRow { id: Span });

row!(/// A document of the feed.
DocumentRow {
    id: Span,
    title: Span,
    revision: Span,
    current_release: I64,
    vulnerabilities: U32,
    fixes: U32,
});

row!(/// A value that was passed over.
OddRow {
    document: Span,
    detail: Span,
    kind: u8,
});

/// Flags of a vulnerability.
pub(crate) mod vulnerability_flag {
    /// Public before the fix.
    pub(crate) const DISCLOSED: u8 = 1;
    /// Used in the wild, as the vendor says.
    pub(crate) const EXPLOITED: u8 = 2;
    /// An advisory, never counted as a CVE.
    pub(crate) const ADVISORY: u8 = 4;
    /// In CISA's list of known exploited vulnerabilities.
    pub(crate) const KNOWN_EXPLOITED: u8 = 8;
}

/// Kinds of [`ServicingRow`].
pub(crate) mod servicing_kind {
    /// A cumulative update (LCU) or Monthly Rollup.
    pub(crate) const CUMULATIVE: u8 = 0;
    /// A cumulative update of a month without hotpatches, on which later hotpatches build.
    pub(crate) const BASELINE: u8 = 1;
    /// A hotpatch.
    pub(crate) const HOTPATCH: u8 = 2;
}

/// The sections of a snapshot, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Texts,
    Documents,
    Software,
    Products,
    Fixes,
    Kbs,
    FixesByKb,
    Supersedes,
    KbRevisions,
    Servicing,
    Vulnerabilities,
    VulnerabilityRevisions,
    KnownExploited,
    Sources,
    OddValues,
}

impl Section {
    pub(crate) const COUNT: usize = 15;
}
