//! Folds vulnerabilities: one that stands in several documents becomes one, with
//! the highest ratings, all revisions, and the newest document's words.

use std::collections::BTreeMap;

use crate::layout::{NONE, Span, VulnerabilityRevisionRow, VulnerabilityRow, vulnerability_flag};
use crate::record::{DocumentRecord, RevisionRecord, VulnerabilityRecord};
use crate::snapshot::offset;

use super::texts::Texts;

pub(super) struct Vulnerabilities<'a> {
    /// By id, with the records of all documents, oldest document first.
    by_id: Vec<(&'a str, Vec<&'a VulnerabilityRecord>)>,
    positions: BTreeMap<&'a str, u32>,
}

pub(super) fn fold<'a>(documents: &[&'a DocumentRecord]) -> Vulnerabilities<'a> {
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
    Vulnerabilities { by_id, positions }
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
                let start = offset(revision_rows.len());
                revision_rows.extend(revisions(records).into_iter().map(|revision| {
                    VulnerabilityRevisionRow {
                        date: revision.date.into(),
                        number: texts.intern(&revision.number),
                    }
                }));
                let revisions = Span {
                    start,
                    end: offset(revision_rows.len()),
                };
                row(id, records, revisions, texts)
            })
            .collect();
        (rows, revision_rows)
    }
}

fn revisions<'a>(records: &[&'a VulnerabilityRecord]) -> Vec<&'a RevisionRecord> {
    let mut revisions: Vec<_> = records.iter().flat_map(|r| &r.revisions).collect();
    revisions.sort();
    revisions.dedup();
    revisions
}

fn row(
    id: &str,
    records: &[&VulnerabilityRecord],
    revisions: Span,
    texts: &mut Texts,
) -> VulnerabilityRow {
    let newest = |text: fn(&VulnerabilityRecord) -> &str| {
        records
            .iter()
            .rev()
            .map(|r| text(r))
            .find(|t| !t.is_empty())
            .unwrap_or_default()
    };
    let cvss = records
        .iter()
        .filter_map(|r| r.cvss.as_ref())
        .max_by_key(|c| (c.tenths, &c.vector));
    let mut flags = 0;
    if records.iter().any(|r| r.publicly_disclosed) {
        flags |= vulnerability_flag::DISCLOSED;
    }
    if records.iter().any(|r| r.exploited) {
        flags |= vulnerability_flag::EXPLOITED;
    }
    if is_advisory(id) {
        flags |= vulnerability_flag::ADVISORY;
    }
    VulnerabilityRow {
        id: texts.intern(id),
        title: texts.intern(newest(|r| &r.title)),
        impact: texts.intern(newest(|r| &r.impact)),
        cvss_vector: texts.intern(cvss.map_or("", |c| c.vector.as_str())),
        revisions,
        epss: NONE.into(),
        epss_percentile: NONE.into(),
        severity: records.iter().map(|r| r.severity).max().unwrap_or_default() as u8,
        cvss_tenths: cvss.map_or(0, |c| c.tenths),
        flags,
    }
}
