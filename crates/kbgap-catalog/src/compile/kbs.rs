//! Title, month and supersedence of each KB.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use zerocopy::little_endian::U32;

use crate::kb::KbId;
use crate::layout::{KbRow, Span};
use crate::month::Month;
use crate::odd::{OddKind, OddValue};
use crate::record::DocumentRecord;
use crate::servicing::{Condition, standalone_updates};
use crate::snapshot::offset;

use super::fixes::Fix;
use super::servicing::Servicing;
use super::texts::Texts;
use super::vulnerabilities::is_advisory;

pub(super) struct Kbs<'a> {
    list: Vec<Kb<'a>>,
}

struct Kb<'a> {
    id: KbId,
    title: &'a str,
    month: Month,
    supersedes: BTreeSet<KbId>,
}

/// The document that names each KB: the one that gives it the most CVEs, a tie
/// going to the earlier (assessment.md, section 2). Advisories decide only
/// where there is no CVE at all. Positions are those of `documents`.
pub(super) fn naming_documents(documents: &[&DocumentRecord]) -> HashMap<KbId, usize> {
    let mut best: HashMap<KbId, ((usize, usize), usize)> = HashMap::new();
    for (position, document) in documents.iter().enumerate() {
        let mut counts: HashMap<KbId, (BTreeSet<&str>, BTreeSet<&str>)> = HashMap::new();
        for vulnerability in &document.vulnerabilities {
            for kb in vulnerability.fixes.iter().filter_map(|f| f.kb) {
                let (cves, advisories) = counts.entry(kb).or_default();
                let ids = if is_advisory(&vulnerability.id) {
                    advisories
                } else {
                    cves
                };
                ids.insert(&vulnerability.id);
            }
        }
        for (kb, (cves, advisories)) in counts {
            let weight = if cves.is_empty() {
                (0, advisories.len())
            } else {
                (1, cves.len())
            };
            let entry = best.entry(kb).or_insert((weight, position));
            // Documents come oldest first, so an equal weight leaves the earlier one.
            if weight > entry.0 {
                *entry = (weight, position);
            }
        }
    }
    best.into_iter()
        .map(|(kb, (_, position))| (kb, position))
        .collect()
}

pub(super) fn standalone() -> HashMap<KbId, Condition> {
    standalone_updates().collect()
}

pub(super) fn collect<'a>(
    documents: &[&'a DocumentRecord],
    naming: &HashMap<KbId, usize>,
    odd: &mut Vec<OddValue>,
) -> Kbs<'a> {
    let mut supersedes: BTreeMap<KbId, BTreeSet<KbId>> = BTreeMap::new();
    let mut own: BTreeSet<(KbId, &str)> = BTreeSet::new();
    for document in documents {
        for fix in document.vulnerabilities.iter().flat_map(|v| &v.fixes) {
            let Some(kb) = fix.kb else { continue };
            for &older in &fix.supersedes {
                if older != kb {
                    supersedes.entry(kb).or_default().insert(older);
                } else if own.insert((kb, &document.id)) {
                    odd.push(OddValue {
                        document: document.id.clone(),
                        kind: OddKind::SupersedesItself,
                        detail: format!("KB{kb}"),
                    });
                }
            }
        }
    }
    // Also a KB whose fixes were all dropped: what it supersedes is a fact about the
    // chain, not about a product.
    let ids: BTreeSet<KbId> = naming.keys().copied().collect();
    let list = ids
        .into_iter()
        .map(|id| {
            let document = naming
                .get(&id)
                .and_then(|&position| documents.get(position));
            Kb {
                id,
                title: document.map_or("", |d| d.title.as_str()),
                month: document.map_or_else(Month::default, |d| d.month()),
                supersedes: supersedes.remove(&id).unwrap_or_default(),
            }
        })
        .collect();
    Kbs { list }
}

impl Kbs<'_> {
    pub(super) fn position(&self, kb: KbId) -> Option<usize> {
        self.list.binary_search_by_key(&kb, |k| k.id).ok()
    }
}

/// The rows, the fixes of each KB, and the numbers that each supersedes.
pub(super) fn rows(
    kbs: &Kbs<'_>,
    fixes: &[Fix<'_>],
    servicing: &Servicing,
    texts: &mut Texts,
) -> (Vec<KbRow>, Vec<U32>, Vec<U32>) {
    let mut by_kb: Vec<Vec<U32>> = vec![Vec::new(); kbs.list.len()];
    for (position, fix) in fixes.iter().enumerate() {
        if let Some(kb) = fix.kb.and_then(|kb| kbs.position(kb)) {
            by_kb[kb].push(offset(position));
        }
    }
    let standalone = standalone();
    let (mut fixes_by_kb, mut superseded): (Vec<U32>, Vec<U32>) = (Vec::new(), Vec::new());
    let rows = kbs
        .list
        .iter()
        .zip(by_kb)
        .map(|(kb, own)| KbRow {
            number: kb.id.number().into(),
            title: texts.intern(kb.title),
            fixes: append(&mut fixes_by_kb, own),
            supersedes: append(
                &mut superseded,
                kb.supersedes.iter().map(|older| older.number().into()),
            ),
            month: kb.month.number().into(),
            cumulative: servicing.is_cumulative(kb.id).into(),
            condition: standalone.get(&kb.id).map_or(0, |c| c.to_u8()),
        })
        .collect();
    (rows, fixes_by_kb, superseded)
}

fn append(section: &mut Vec<U32>, values: impl IntoIterator<Item = U32>) -> Span {
    let start = offset(section.len());
    section.extend(values);
    Span {
        start,
        end: offset(section.len()),
    }
}
