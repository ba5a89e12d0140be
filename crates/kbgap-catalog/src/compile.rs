//! Turns documents into a [`Catalog`].
//!
//! The result depends on the set of documents only, never on their order: they
//! are sorted by month and id first, and every table is sorted by its key.
//!
//! 0. `advisories`: CVEs that only advisories have go into months.
//! 1. `products`: ids and names that mean the same product are folded into one.
//! 2. `vulnerabilities`: a CVE that stands in several documents becomes one.
//! 3. `fixes`: one row for each product, vulnerability and KB; a Windows fix
//!    whose builds belong to another servicing family is dropped.
//! 4. `kbs`: title and month of each KB, what it supersedes.
//! 5. `sources`: what lists of any vendor's CVEs say of those of the documents.
//! 6. `servicing`: which KB brings which revision, which are hotpatches, and on
//!    which cumulative updates those build.

mod advisories;
mod fixes;
mod kbs;
mod products;
mod servicing;
mod sources;
mod texts;
mod vulnerabilities;

use zerocopy::{Immutable, IntoBytes};

use crate::catalog::Catalog;
use crate::feed::Feed;
use crate::layout::{DocumentRow, NONE, OddRow, Section, SoftwareRow, VulnerabilityRow};
use crate::odd::OddValue;
use crate::record::DocumentRecord;
use crate::snapshot::{Snapshot, SnapshotWriter, offset};

use self::sources::Lists;
use self::texts::Texts;

/// Compiles documents of distinct ids into a catalogue, without lists.
///
/// # Errors
/// As [`compile_feed`].
pub fn compile(documents: &[DocumentRecord]) -> Result<Catalog, crate::SnapshotError> {
    compile_feed(&Feed {
        documents: documents.to_vec(),
        ..Feed::default()
    })
}

/// Compiles a feed into a catalogue.
///
/// # Errors
/// When the documents are so many that a snapshot of 32-bit positions cannot hold them.
pub fn compile_feed(feed: &Feed) -> Result<Catalog, crate::SnapshotError> {
    let mut months: Vec<&DocumentRecord> = feed.documents.iter().collect();
    months.sort_by(|a, b| (a.month(), &a.id).cmp(&(b.month(), &b.id)));
    let merged = advisories::merge(&months, feed);
    let documents: Vec<&DocumentRecord> = merged.documents.iter().map(AsRef::as_ref).collect();

    let mut odd = sources::odd_values(feed);
    let products = products::fold(&documents);
    let vulnerabilities = vulnerabilities::fold(&documents, &merged.notes);
    let mut fixes = fixes::flatten(&documents, &products, &vulnerabilities, &mut odd);
    let naming = kbs::naming_documents(&documents);
    let month_of = |kb| {
        naming
            .get(&kb)
            .map(|&d| documents[d].month())
            .unwrap_or_default()
    };
    let servicing = servicing::Servicing::of(&mut fixes, &products, month_of);
    fixes::finish(&mut fixes);
    let kbs = kbs::collect(&documents, &naming, &mut odd);
    odd.sort();

    let mut texts = Texts::default();
    let document_rows: Vec<_> = months.iter().map(|d| document_row(d, &mut texts)).collect();
    let software_rows: Vec<_> = products
        .software
        .iter()
        .map(|id| SoftwareRow {
            id: texts.intern(id.as_str()),
        })
        .collect();
    let product_rows = products.rows(&fixes, &mut texts);
    let fix_rows = fixes::rows(&fixes, &kbs, &mut texts);
    let (kb_rows, fixes_by_kb, supersedes) = kbs::rows(&kbs, &fixes, &servicing, &mut texts);
    let (mut vulnerability_rows, revision_rows) = vulnerabilities.rows(&mut texts);
    let mut decisive = Decisive::default();
    decisive.add(texts.as_bytes());
    let lists = Lists::of(feed, vulnerabilities.ids());
    let exploited_rows = lists.complete(&mut vulnerability_rows, vulnerabilities.ids(), &mut texts);
    let source_rows = sources::rows(
        feed,
        &odd,
        exploited_rows.len(),
        &vulnerability_rows,
        &mut texts,
    );
    let odd_rows: Vec<_> = odd.iter().map(|o| odd_row(o, &mut texts)).collect();

    decisive.add(&product_rows);
    decisive.add(&fix_rows);
    decisive.add(&kb_rows);
    decisive.add(&fixes_by_kb);
    decisive.add(&supersedes);
    decisive.add(&servicing.revision_rows());
    decisive.add(&servicing.rows());
    for row in &vulnerability_rows {
        decisive.add(&[VulnerabilityRow {
            epss: NONE.into(),
            epss_percentile: NONE.into(),
            ..*row
        }]);
    }

    let mut writer = SnapshotWriter::default();
    writer.push(Section::Texts, &texts.into_bytes());
    writer.push(Section::Documents, &document_rows);
    writer.push(Section::Software, &software_rows);
    writer.push(Section::Products, &product_rows);
    writer.push(Section::Fixes, &fix_rows);
    writer.push(Section::Kbs, &kb_rows);
    writer.push(Section::FixesByKb, &fixes_by_kb);
    writer.push(Section::Supersedes, &supersedes);
    writer.push(Section::KbRevisions, &servicing.revision_rows());
    writer.push(Section::Servicing, &servicing.rows());
    writer.push(Section::Vulnerabilities, &vulnerability_rows);
    writer.push(Section::VulnerabilityRevisions, &revision_rows);
    writer.push(Section::KnownExploited, &exploited_rows);
    writer.push(Section::Sources, &source_rows);
    writer.push(Section::OddValues, &odd_rows);
    let bytes = writer.finish(feed.source_mark, decisive.0.finalize());
    Ok(Catalog::new(Snapshot::open(bytes)?))
}

/// A checksum of what decides: all but probabilities and what is told of those who exploit.
#[derive(Default)]
struct Decisive(crc32fast::Hasher);

impl Decisive {
    fn add<T: IntoBytes + Immutable>(&mut self, rows: &[T]) {
        self.0.update(rows.as_bytes());
    }
}

fn document_row(document: &DocumentRecord, texts: &mut Texts) -> DocumentRow {
    DocumentRow {
        id: texts.intern(&document.id),
        title: texts.intern(&document.title),
        revision: texts.intern(&document.revision),
        current_release: document.current_release.into(),
        vulnerabilities: offset(document.vulnerabilities.len()),
        fixes: offset(document.fix_count()),
    }
}

fn odd_row(odd: &OddValue, texts: &mut Texts) -> OddRow {
    OddRow {
        document: texts.intern(&odd.document),
        detail: texts.intern(&odd.detail),
        kind: odd.kind as u8,
    }
}
