//! What lists say of the vulnerabilities that the documents name, and what there is of
//! each kind of document.

use std::collections::{HashMap, HashSet};

use crate::feed::{Feed, SourceKind};
use crate::layout::{
    KnownExploitedRow, NO_DATE, NONE, SourceRow, VulnerabilityRow, vulnerability_flag,
};
use crate::lists::{CveId, EpssEntry, KnownExploitedEntry};
use crate::odd::OddValue;
use crate::record::DocumentRecord;
use crate::snapshot::offset;

use super::texts::Texts;

/// Lists by CVE.
pub(super) struct Lists<'a> {
    known_exploited: HashMap<CveId, &'a KnownExploitedEntry>,
    epss: HashMap<CveId, &'a EpssEntry>,
}

impl<'a> Lists<'a> {
    pub(super) fn of(feed: &'a Feed, named: impl Iterator<Item = &'a str>) -> Self {
        let known_exploited = feed.known_exploited.iter().flat_map(|list| &list.entries);
        let mut lists = Self {
            known_exploited: known_exploited.map(|entry| (entry.cve, entry)).collect(),
            epss: HashMap::new(),
        };
        // The list is in order: looking for the CVEs that are named is quicker than
        // entering all of a list that has ten times as many.
        if let Some(list) = &feed.epss {
            for cve in named.filter_map(|id| id.parse::<CveId>().ok()) {
                if let Ok(position) = list.entries.binary_search_by_key(&cve, |entry| entry.cve) {
                    lists.epss.insert(cve, &list.entries[position]);
                }
            }
        }
        lists
    }

    /// Completes the rows of vulnerabilities, which are ordered by id.
    pub(super) fn complete<'v>(
        &self,
        rows: &mut [VulnerabilityRow],
        ids: impl Iterator<Item = &'v str>,
        texts: &mut Texts,
    ) -> Vec<KnownExploitedRow> {
        let mut exploited = Vec::new();
        for (position, (row, id)) in rows.iter_mut().zip(ids).enumerate() {
            let Ok(cve) = id.parse::<CveId>() else {
                continue;
            };
            if let Some(entry) = self.epss.get(&cve) {
                row.epss = entry.probability.number().into();
                row.epss_percentile = entry.percentile.map_or(NONE, |p| p.number()).into();
            }
            if let Some(entry) = self.known_exploited.get(&cve) {
                row.flags |= vulnerability_flag::KNOWN_EXPLOITED;
                exploited.push(KnownExploitedRow {
                    vulnerability: offset(position),
                    date_added: entry.date_added.unwrap_or(NO_DATE).into(),
                    due_date: entry.due_date.unwrap_or(NO_DATE).into(),
                    required_action: texts.intern(&entry.required_action),
                    ransomware: entry.ransomware.into(),
                });
            }
        }
        exploited
    }
}

/// What could not be understood of any document or list.
pub(super) fn odd_values(feed: &Feed) -> Vec<OddValue> {
    let documents = feed.documents.iter().flat_map(|d| &d.odd_values);
    let advisories = feed.advisories.iter().flat_map(|d| &d.odd_values);
    let known_exploited = feed.known_exploited.iter().flat_map(|l| &l.odd_values);
    let epss = feed.epss.iter().flat_map(|l| &l.odd_values);
    let all = documents
        .chain(advisories)
        .chain(known_exploited)
        .chain(epss);
    all.cloned().collect()
}

/// What there is of each kind; none of what is not there. `matched` are the entries of
/// the lists that say something of a vulnerability.
pub(super) fn rows(
    feed: &Feed,
    odd: &[OddValue],
    known_exploited: usize,
    vulnerabilities: &[VulnerabilityRow],
    texts: &mut Texts,
) -> Vec<SourceRow> {
    let mut rows = Vec::new();
    let odd_of_kev = feed
        .known_exploited
        .iter()
        .flat_map(|l| &l.odd_values)
        .count();
    let odd_of_csaf = feed.advisories.iter().flat_map(|d| &d.odd_values).count();
    let odd_of_epss = feed.epss.iter().flat_map(|l| &l.odd_values).count();
    // Also what showed only beside other documents is of the months.
    let odd_of_months = odd.len() - odd_of_csaf - odd_of_kev - odd_of_epss;
    let of_documents = [
        (SourceKind::Cvrf, &feed.documents, odd_of_months),
        (SourceKind::Csaf, &feed.advisories, odd_of_csaf),
    ];
    for (kind, documents, odd_values) in of_documents {
        rows.extend(documents_row(kind, documents, odd_values, texts));
    }
    if let Some(list) = &feed.known_exploited {
        rows.push(SourceRow {
            kind: SourceKind::Kev as u8,
            documents: 1.into(),
            newest: list.released.into(),
            version: texts.intern(&list.version),
            entries: offset(list.entries.len()),
            matched: offset(known_exploited),
            odd_values: offset(odd_of_kev),
        });
    }
    if let Some(list) = &feed.epss {
        let matched = vulnerabilities.iter().filter(|v| v.epss.get() != NONE);
        rows.push(SourceRow {
            kind: SourceKind::Epss as u8,
            documents: 1.into(),
            newest: list.scored.into(),
            version: texts.intern(&list.model),
            entries: offset(list.entries.len()),
            matched: offset(matched.count()),
            odd_values: offset(odd_of_epss),
        });
    }
    rows
}

/// What documents of a kind have together; `None` where there are none.
fn documents_row(
    kind: SourceKind,
    documents: &[DocumentRecord],
    odd_values: usize,
    texts: &mut Texts,
) -> Option<SourceRow> {
    let newest = documents.iter().map(|d| d.current_release).max()?;
    let listed = documents.iter().map(|d| d.vulnerabilities.len());
    let named = documents.iter().flat_map(|d| &d.vulnerabilities);
    let named: HashSet<&str> = named.map(|v| v.id.as_str()).collect();
    Some(SourceRow {
        kind: kind as u8,
        documents: offset(documents.len()),
        newest: newest.into(),
        version: texts.intern(""),
        entries: offset(listed.sum()),
        matched: offset(named.len()),
        odd_values: offset(odd_values),
    })
}
