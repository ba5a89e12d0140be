//! Which KB brings which revision in which servicing family, which KBs are
//! hotpatches, and on which cumulative updates those build (assessment.md,
//! section 5, rule 1).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::kb::KbId;
use crate::layout::{KbRevisionRow, ServicingRow, servicing_kind};
use crate::month::Month;
use crate::record::Subtype;
use crate::servicing::{Family, update_history};

use super::fixes::Fix;
use super::products::Products;

pub(super) struct Servicing {
    /// The revisions of each KB in each family, ascending: one where the feed
    /// tells, maybe several where only the update history does.
    revisions: BTreeMap<(KbId, Family), Vec<u32>>,
    rows: Vec<(Family, u32, KbId, Month, u8)>,
    cumulative: HashSet<KbId>,
}

impl Servicing {
    /// Collects what the fixes say, and completes them: revisions that only other
    /// fixes of the same KB or the update history know, and hotpatches that the
    /// feed gives another subtype.
    pub(super) fn of(
        fixes: &mut [Fix<'_>],
        products: &Products,
        month: impl Fn(KbId) -> Month,
    ) -> Self {
        let family_of = |fix: &Fix<'_>| products.list[fix.product as usize].family;
        let revisions = revisions(fixes, family_of);
        let standalone = super::kbs::standalone();
        for fix in fixes.iter_mut().filter(|f| f.revision.is_none()) {
            let (Some(kb), Some(family)) = (fix.kb, family_of(fix)) else {
                continue;
            };
            if !standalone.contains_key(&kb) {
                // The first release of a KB that was released twice cures already.
                fix.revision = revisions
                    .get(&(kb, family))
                    .and_then(|r| r.first())
                    .copied();
            }
        }

        let mut updates: BTreeMap<(Family, KbId), BTreeSet<Subtype>> = BTreeMap::new();
        for fix in fixes.iter() {
            if let (Some(kb), Some(family)) = (fix.kb, family_of(fix))
                && !standalone.contains_key(&kb)
            {
                updates.entry((family, kb)).or_default().insert(fix.subtype);
            }
        }
        let revision_of = |kb, family| {
            revisions
                .get(&(kb, family))
                .and_then(|r| r.first())
                .copied()
        };
        let hotpatches = Hotpatches::of(&updates, revision_of, &month);
        for fix in fixes.iter_mut() {
            if let (Some(kb), Some(family)) = (fix.kb, family_of(fix))
                && fix.subtype != Subtype::StandaloneSecurityUpdate
                && hotpatches.kbs.contains(&(family, kb))
            {
                fix.subtype = Subtype::Hotpatch;
            }
        }

        let mut rows = Vec::new();
        let mut cumulative = HashSet::new();
        for (&(family, kb), subtypes) in &updates {
            let revision = revision_of(kb, family);
            let month = month(kb);
            let kind = if hotpatches.kbs.contains(&(family, kb)) {
                servicing_kind::HOTPATCH
            } else if !is_cumulative(family, subtypes, revision) {
                continue;
            } else if hotpatches.months.contains(&(family, month)) {
                servicing_kind::CUMULATIVE
            } else {
                servicing_kind::BASELINE
            };
            if kind != servicing_kind::HOTPATCH {
                cumulative.insert(kb);
            }
            rows.push((family, revision.unwrap_or(0), kb, month, kind));
        }
        rows.sort_unstable();
        Self {
            revisions,
            rows,
            cumulative,
        }
    }

    pub(super) fn is_cumulative(&self, kb: KbId) -> bool {
        self.cumulative.contains(&kb)
    }

    pub(super) fn revision_rows(&self) -> Vec<KbRevisionRow> {
        self.revisions
            .iter()
            .flat_map(|(&(kb, family), revisions)| {
                revisions.iter().map(move |&revision| KbRevisionRow {
                    kb: kb.number().into(),
                    family: family.number().into(),
                    revision: revision.into(),
                })
            })
            .collect()
    }

    pub(super) fn rows(&self) -> Vec<ServicingRow> {
        self.rows
            .iter()
            .map(|&(family, revision, kb, month, kind)| ServicingRow {
                family: family.number().into(),
                revision: revision.into(),
                kb: kb.number().into(),
                month: month.number().into(),
                kind,
            })
            .collect()
    }
}

fn revisions(
    fixes: &[Fix<'_>],
    family_of: impl Fn(&Fix<'_>) -> Option<Family>,
) -> BTreeMap<(KbId, Family), Vec<u32>> {
    let mut votes: HashMap<(KbId, Family), BTreeMap<u32, usize>> = HashMap::new();
    for fix in fixes {
        if let (Some(kb), Some(family), Some(revision)) = (fix.kb, family_of(fix), fix.revision) {
            *votes
                .entry((kb, family))
                .or_default()
                .entry(revision)
                .or_default() += 1;
        }
    }
    // Where the feed contradicts itself, most of its fixes decide; a tie goes to
    // the lower revision, which accuses nobody who has the update.
    let mut revisions: BTreeMap<(KbId, Family), Vec<u32>> = votes
        .into_iter()
        .filter_map(|(key, votes)| {
            let (&revision, _) = votes
                .iter()
                .max_by_key(|&(&r, &n)| (n, std::cmp::Reverse(r)))?;
            Some((key, vec![revision]))
        })
        .collect();
    let from_feed: BTreeSet<(KbId, Family)> = revisions.keys().copied().collect();
    for (kb, version) in update_history() {
        for server in [false, true] {
            let Some(family) = Family::of_build(version.build, server) else {
                continue;
            };
            let known = revisions.entry((kb, family)).or_default();
            if !from_feed.contains(&(kb, family)) && !known.contains(&version.revision) {
                known.push(version.revision);
                known.sort_unstable();
            }
        }
    }
    revisions
}

/// Whether an update carries all that came before it.
fn is_cumulative(family: Family, subtypes: &BTreeSet<Subtype>, revision: Option<u32>) -> bool {
    if family.is_cumulative() {
        revision.is_some() && subtypes.contains(&Subtype::SecurityUpdate)
    } else {
        subtypes.contains(&Subtype::MonthlyRollup)
    }
}

struct Hotpatches {
    kbs: HashSet<(Family, KbId)>,
    /// Months in which a family had a hotpatch, so that its cumulative update of
    /// that month is no baseline.
    months: HashSet<(Family, Month)>,
}

impl Hotpatches {
    fn of(
        updates: &BTreeMap<(Family, KbId), BTreeSet<Subtype>>,
        revision_of: impl Fn(KbId, Family) -> Option<u32>,
        month: &impl Fn(KbId) -> Month,
    ) -> Self {
        let (mut kbs, mut months, mut known) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (&(family, kb), subtypes) in updates {
            if subtypes.contains(&Subtype::Hotpatch) {
                kbs.insert((family, kb));
                months.insert((family, month(kb)));
                known.extend(revision_of(kb, family).map(|revision| (family, revision)));
            } else if subtypes.contains(&Subtype::StandaloneSecurityUpdate) {
                kbs.insert((family, kb));
            }
        }
        // An update at a hotpatch's revision is a hotpatch, whatever its subtype
        // says, unless it is that month's one cumulative update: 5014678 of June
        // 2022 brings the same revision as the hotpatch 5014677.
        let at_known = |family, kb| {
            revision_of(kb, family).is_some_and(|revision| known.contains(&(family, revision)))
        };
        let cumulative_months: HashSet<(Family, Month)> = updates
            .iter()
            .filter(|((family, kb), subtypes)| {
                is_cumulative(*family, subtypes, revision_of(*kb, *family))
                    && !kbs.contains(&(*family, *kb))
                    && !at_known(*family, *kb)
            })
            .map(|(&(family, kb), _)| (family, month(kb)))
            .collect();
        let disguised: Vec<_> = updates
            .keys()
            .filter(|&&(family, kb)| {
                at_known(family, kb) && cumulative_months.contains(&(family, month(kb)))
            })
            .copied()
            .collect();
        kbs.extend(disguised);
        Self { kbs, months }
    }
}
