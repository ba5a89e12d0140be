//! What reading a snapshot relies on, checked when it is opened.
//!
//! A checksum tells what was damaged, not what was forged: whoever can write a file can write its
//! checksum. The views follow positions from one section into another, tables elsewhere have a
//! place for each KB and each vulnerability, and searches take rows to be in order. All of that is
//! checked here, once, in a pass over the rows that takes about as long as the checksum does.
//!
//! Runs of rows have to follow one another without a gap, so that no forged table makes readers
//! look at the same rows for each of its own.

use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::kb::KbId;
use crate::layout::{
    DocumentRow, FixRow, KbRevisionRow, KbRow, KnownExploitedRow, NO_DATE, NONE, OddRow,
    ProductRow, Section, ServicingRow, SoftwareRow, SourceRow, Span, VulnerabilityRevisionRow,
    VulnerabilityRow,
};
use crate::snapshot::Snapshot;

/// What is wrong with a snapshot, in the words of
/// [`SnapshotError::Damaged`](crate::SnapshotError::Damaged).
type Unsound = &'static str;

/// # Errors
/// What is wrong, where something is.
pub(crate) fn check(snapshot: &Snapshot) -> Result<(), Unsound> {
    let sections = Sections::of(snapshot)?;
    sections.software()?;
    sections.products()?;
    sections.kbs()?;
    sections.vulnerabilities()?;
    sections.servicing()?;
    sections.documents()
}

/// The sections as what they hold.
struct Sections<'s> {
    texts: &'s str,
    documents: &'s [DocumentRow],
    software: &'s [SoftwareRow],
    products: &'s [ProductRow],
    fixes: &'s [FixRow],
    kbs: &'s [KbRow],
    fixes_by_kb: &'s [U32],
    supersedes: &'s [U32],
    kb_revisions: &'s [KbRevisionRow],
    servicing: &'s [ServicingRow],
    vulnerabilities: &'s [VulnerabilityRow],
    revisions: &'s [VulnerabilityRevisionRow],
    known_exploited: &'s [KnownExploitedRow],
    sources: &'s [SourceRow],
    odd_values: &'s [OddRow],
}

impl<'s> Sections<'s> {
    fn of(snapshot: &'s Snapshot) -> Result<Self, Unsound> {
        Ok(Self {
            texts: std::str::from_utf8(snapshot.bytes(Section::Texts))
                .map_err(|_| "a text is not UTF-8")?,
            documents: rows(snapshot, Section::Documents)?,
            software: rows(snapshot, Section::Software)?,
            products: rows(snapshot, Section::Products)?,
            fixes: rows(snapshot, Section::Fixes)?,
            kbs: rows(snapshot, Section::Kbs)?,
            fixes_by_kb: rows(snapshot, Section::FixesByKb)?,
            supersedes: rows(snapshot, Section::Supersedes)?,
            kb_revisions: rows(snapshot, Section::KbRevisions)?,
            servicing: rows(snapshot, Section::Servicing)?,
            vulnerabilities: rows(snapshot, Section::Vulnerabilities)?,
            revisions: rows(snapshot, Section::VulnerabilityRevisions)?,
            known_exploited: rows(snapshot, Section::KnownExploited)?,
            sources: rows(snapshot, Section::Sources)?,
            odd_values: rows(snapshot, Section::OddValues)?,
        })
    }

    fn software(&self) -> Result<(), Unsound> {
        self.texts(self.software.iter().map(|row| row.id))?;
        let ids = self.software.iter().map(|row| self.text(row.id));
        ensure(ids.is_sorted_by(|a, b| a < b), "software out of order")
    }

    /// Products, and the fixes of each.
    fn products(&self) -> Result<(), Unsound> {
        self.texts(self.products.iter().flat_map(|row| [row.id, row.name]))?;
        let mut software = self.products.iter().map(|row| row.software);
        ensure(
            software.all(|ix| ix.get() == NONE || is_within(ix, self.software)),
            "a product's software is not there",
        )?;
        let runs = self.products.iter().map(|row| row.fixes);
        ensure(
            are_one_after_another(runs, self.fixes),
            "fixes out of bounds",
        )?;
        self.texts(self.fixes.iter().map(|row| row.fixed_build))?;
        for (product, ix) in self.products.iter().zip(0..) {
            let fixes = self.fixes.get(product.fixes.range()).unwrap_or_default();
            ensure(
                fixes.iter().all(|fix| fix.product.get() == ix),
                "a fix of another product",
            )?;
            let vulnerabilities = fixes.iter().map(|fix| fix.vulnerability.get());
            ensure(vulnerabilities.is_sorted(), "fixes out of order")?;
        }
        let mut fixes = self.fixes.iter();
        ensure(
            fixes.all(|fix| {
                is_within(fix.vulnerability, self.vulnerabilities)
                    && (fix.kb.get() == NONE || is_within(fix.kb, self.kbs))
            }),
            "a fix of what is not there",
        )
    }

    fn kbs(&self) -> Result<(), Unsound> {
        self.texts(self.kbs.iter().map(|row| row.title))?;
        let numbers = self.kbs.iter().map(|row| row.number.get());
        ensure(
            numbers.clone().is_sorted_by(|a, b| a < b),
            "KBs out of order",
        )?;
        let mut all = numbers.chain(self.supersedes.iter().map(|number| number.get()));
        ensure(
            all.all(|number| KbId::new(number).is_some()),
            "a number that is no KB's",
        )?;
        let fixes = self.kbs.iter().map(|row| row.fixes);
        let supersedes = self.kbs.iter().map(|row| row.supersedes);
        ensure(
            are_one_after_another(fixes, self.fixes_by_kb)
                && are_one_after_another(supersedes, self.supersedes)
                && self.fixes_by_kb.iter().all(|&ix| is_within(ix, self.fixes)),
            "what a KB fixes or supersedes is out of bounds",
        )
    }

    /// Vulnerabilities, and what lists say of them.
    fn vulnerabilities(&self) -> Result<(), Unsound> {
        let rows = self.vulnerabilities;
        self.texts(
            rows.iter()
                .flat_map(|row| [row.id, row.title, row.impact, row.cvss_vector]),
        )?;
        self.texts(self.revisions.iter().map(|row| row.number))?;
        self.texts(self.known_exploited.iter().map(|row| row.required_action))?;
        let ids = rows.iter().map(|row| self.text(row.id));
        ensure(
            ids.is_sorted_by(|a, b| a < b),
            "vulnerabilities out of order",
        )?;
        let revisions = rows.iter().map(|row| row.revisions);
        ensure(
            are_one_after_another(revisions, self.revisions),
            "revisions out of bounds",
        )?;
        let exploited = self.known_exploited.iter().map(|row| row.vulnerability);
        ensure(
            exploited.clone().all(|ix| is_within(ix, rows))
                && exploited.is_sorted_by(|a, b| a.get() < b.get()),
            "what is exploited is out of order",
        )?;
        let revised = self.revisions.iter().map(|row| row.date.get());
        let added = self
            .known_exploited
            .iter()
            .flat_map(|row| [row.date_added.get(), row.due_date.get()])
            .filter(|&date| date != NO_DATE);
        are_instants(revised.chain(added))
    }

    fn servicing(&self) -> Result<(), Unsound> {
        let revisions = self.kb_revisions.iter();
        let updates = self.servicing.iter();
        ensure(
            revisions.is_sorted_by_key(|row| (row.kb.get(), row.family.get(), row.revision.get()))
                && updates.is_sorted_by_key(|row| (row.family.get(), row.revision.get())),
            "servicing out of order",
        )
    }

    /// What the snapshot was compiled of.
    fn documents(&self) -> Result<(), Unsound> {
        let documents = self.documents.iter();
        self.texts(documents.flat_map(|row| [row.id, row.title, row.revision]))?;
        self.texts(self.sources.iter().map(|row| row.version))?;
        let odd = self.odd_values.iter();
        self.texts(odd.flat_map(|row| [row.document, row.detail]))?;
        let released = self.documents.iter().map(|row| row.current_release.get());
        are_instants(released.chain(self.sources.iter().map(|row| row.newest.get())))
    }

    fn texts(&self, mut spans: impl Iterator<Item = Span>) -> Result<(), Unsound> {
        ensure(
            spans.all(|span| self.texts.get(span.range()).is_some()),
            "a text is out of bounds",
        )
    }

    fn text(&self, span: Span) -> &'s str {
        self.texts.get(span.range()).unwrap_or_default()
    }
}

/// The rows of a section, which has to hold whole ones. A catalogue that has lost a section to a
/// wrong length would know of nothing missing, and everything would read as clean.
fn rows<T: FromBytes + Immutable + KnownLayout + Unaligned>(
    snapshot: &Snapshot,
    section: Section,
) -> Result<&[T], Unsound> {
    <[T]>::ref_from_bytes(snapshot.bytes(section)).map_err(|_| "a section ends within a row")
}

fn is_within<T>(ix: U32, rows: &[T]) -> bool {
    (ix.get() as usize) < rows.len()
}

/// Whether the runs are all rows of a section, each once and in order.
fn are_one_after_another<T>(runs: impl Iterator<Item = Span>, rows: &[T]) -> bool {
    let mut end = 0;
    for run in runs.map(Span::range) {
        if run.start != end || run.end < run.start {
            return false;
        }
        end = run.end;
    }
    end == rows.len()
}

/// Dates are what can be read of documents, and shown: the years -9999 to 9999.
fn are_instants(mut dates: impl Iterator<Item = i64>) -> Result<(), Unsound> {
    let instants = jiff::Timestamp::MIN.as_second()..=jiff::Timestamp::MAX.as_second();
    ensure(
        dates.all(|date| instants.contains(&date)),
        "a date that is none",
    )
}

fn ensure(holds: bool, otherwise: Unsound) -> Result<(), Unsound> {
    if holds { Ok(()) } else { Err(otherwise) }
}
