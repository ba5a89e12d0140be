//! Folds vulnerabilities: one that stands in several documents becomes one, with
//! the highest ratings, all revisions, and the newest document's words. What is said of it
//! beside documents fills what they leave empty, and may tell that it is exploited or public.

use std::collections::{BTreeMap, HashMap};

use crate::layout::{NONE, Span, VulnerabilityRevisionRow, VulnerabilityRow, vulnerability_flag};
use crate::record::{DocumentRecord, RevisionRecord, Severity, VulnerabilityRecord};
use crate::snapshot::offset;

use super::texts::Texts;

pub(super) struct Vulnerabilities<'a> {
    /// By id, with the records of all documents, oldest document first.
    by_id: Vec<(&'a str, Vec<&'a VulnerabilityRecord>)>,
    notes: &'a HashMap<&'a str, Vec<&'a VulnerabilityRecord>>,
    positions: BTreeMap<&'a str, u32>,
}

pub(super) fn fold<'a>(
    documents: &[&'a DocumentRecord],
    notes: &'a HashMap<&'a str, Vec<&'a VulnerabilityRecord>>,
) -> Vulnerabilities<'a> {
    let mut folded: BTreeMap<&str, Vec<&VulnerabilityRecord>> = BTreeMap::new();
    for vulnerability in documents.iter().flat_map(|d| &d.vulnerabilities) {
        folded
            .entry(vulnerability.id.as_str())
            .or_default()
            .push(vulnerability);
    }
    let by_id: Vec<_> = folded.into_iter().collect();
    let positions = by_id
        .iter()
        .enumerate()
        .map(|(i, (id, _))| (*id, offset(i).get()))
        .collect();
    Vulnerabilities {
        by_id,
        notes,
        positions,
    }
}

/// Whether an id is that of an advisory: kept and shown, never counted
/// (assessment.md, section 2).
pub(super) fn is_advisory(id: &str) -> bool {
    !id.starts_with("CVE")
}

impl<'a> Vulnerabilities<'a> {
    pub(super) fn position(&self, id: &str) -> Option<u32> {
        self.positions.get(id).copied()
    }

    /// The ids, in order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'a str> {
        self.by_id.iter().map(|(id, _)| *id)
    }

    pub(super) fn rows(
        &self,
        texts: &mut Texts,
    ) -> (Vec<VulnerabilityRow>, Vec<VulnerabilityRevisionRow>) {
        let mut revision_rows = Vec::new();
        let rows = self
            .by_id
            .iter()
            .map(|(id, records)| {
                let notes = self.notes.get(id).map_or(&[][..], Vec::as_slice);
                let start = offset(revision_rows.len());
                let own = first_that_has(records, notes, |records| {
                    Some(revisions(records)).filter(|own| !own.is_empty())
                });
                revision_rows.extend(own.into_iter().flatten().map(|revision| {
                    VulnerabilityRevisionRow {
                        date: revision.date.into(),
                        number: texts.intern(&revision.number),
                    }
                }));
                let revisions = Span {
                    start,
                    end: offset(revision_rows.len()),
                };
                row(id, (records, notes), revisions, texts)
            })
            .collect();
        (rows, revision_rows)
    }
}

/// What the records say, or else the notes.
fn first_that_has<'r, 'a, T>(
    records: &'r [&'a VulnerabilityRecord],
    notes: &'r [&'a VulnerabilityRecord],
    of: impl Fn(&'r [&'a VulnerabilityRecord]) -> Option<T>,
) -> Option<T> {
    of(records).or_else(|| of(notes))
}

fn revisions<'a>(records: &[&'a VulnerabilityRecord]) -> Vec<&'a RevisionRecord> {
    let mut revisions: Vec<_> = records.iter().flat_map(|r| &r.revisions).collect();
    revisions.sort();
    revisions.dedup();
    revisions
}

fn row(
    id: &str,
    (records, notes): (&[&VulnerabilityRecord], &[&VulnerabilityRecord]),
    revisions: Span,
    texts: &mut Texts,
) -> VulnerabilityRow {
    let newest = |text: fn(&VulnerabilityRecord) -> &str| {
        let of = |records: &[&VulnerabilityRecord]| {
            let mut all = records.iter().rev().map(|r| text(r).to_owned());
            all.find(|text| !text.is_empty())
        };
        first_that_has(records, notes, of).unwrap_or_default()
    };
    let cvss = first_that_has(records, notes, |records| {
        let scores = records.iter().filter_map(|r| r.cvss.as_ref());
        scores.max_by_key(|c| (c.tenths, &c.vector))
    });
    let severity = first_that_has(records, notes, |records| {
        let rated = records.iter().map(|r| r.severity);
        rated.max().filter(|&severity| severity != Severity::None)
    });
    let any = |says: fn(&VulnerabilityRecord) -> bool| records.iter().chain(notes).any(|r| says(r));
    let mut flags = 0;
    if any(|r| r.publicly_disclosed) {
        flags |= vulnerability_flag::DISCLOSED;
    }
    if any(|r| r.exploited) {
        flags |= vulnerability_flag::EXPLOITED;
    }
    if is_advisory(id) {
        flags |= vulnerability_flag::ADVISORY;
    }
    VulnerabilityRow {
        id: texts.intern(id),
        title: texts.intern(&newest(|r| &r.title)),
        impact: texts.intern(&newest(|r| &r.impact)),
        cvss_vector: texts.intern(cvss.map_or("", |c| c.vector.as_str())),
        revisions,
        epss: NONE.into(),
        epss_percentile: NONE.into(),
        severity: severity.unwrap_or_default() as u8,
        cvss_tenths: cvss.map_or(0, |c| c.tenths),
        flags,
    }
}
