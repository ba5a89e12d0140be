//! Turns documents into a [`Catalog`].
//!
//! The result depends on the set of documents only, never on their order: they
//! are sorted by month and id first, and every table is sorted by its key.
//!
//! 1. `products`: ids and names that mean the same product are folded into one.
//! 2. `vulnerabilities`: a CVE that stands in several documents becomes one.
//! 3. `fixes`: one row for each product, vulnerability and KB; a Windows fix
//!    whose builds belong to another servicing family is dropped.
//! 4. `kbs`: title and month of each KB, what it supersedes.
//! 5. `servicing`: which KB brings which revision, which are hotpatches, and on
//!    which cumulative updates those build.

mod fixes;
mod kbs;
mod products;
mod servicing;
mod texts;
mod vulnerabilities;

use crate::catalog::Catalog;
use crate::layout::{DocumentRow, OddRow, Section, SoftwareRow};
use crate::odd::OddValue;
use crate::record::DocumentRecord;
use crate::snapshot::{Snapshot, SnapshotWriter, offset};

use self::texts::Texts;

/// Compiles documents of distinct ids into a catalogue.
///
/// # Errors
/// When the documents are so many that a snapshot of 32-bit positions cannot hold them.
pub fn compile(documents: &[DocumentRecord]) -> Result<Catalog, crate::SnapshotError> {
    let mut documents: Vec<&DocumentRecord> = documents.iter().collect();
    documents.sort_by(|a, b| (a.month(), &a.id).cmp(&(b.month(), &b.id)));

    let mut odd: Vec<OddValue> = documents
        .iter()
        .flat_map(|d| &d.odd_values)
        .cloned()
        .collect();
    let products = products::fold(&documents);
    let vulnerabilities = vulnerabilities::fold(&documents);
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
    let document_rows: Vec<_> = documents
        .iter()
        .map(|d| document_row(d, &mut texts))
        .collect();
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
    let (vulnerability_rows, revision_rows) = vulnerabilities.rows(&mut texts);
    let odd_rows: Vec<_> = odd.iter().map(|o| odd_row(o, &mut texts)).collect();

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
    writer.push(Section::OddValues, &odd_rows);
    Ok(Catalog::new(Snapshot::open(writer.finish())?))
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
