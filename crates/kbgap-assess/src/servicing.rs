//! What is present on a machine beyond any single fix: its revision, its track,
//! the KBs that count as present, what those supersede, and the newest month
//! of its cumulative series (section 5).

use std::collections::{HashMap, HashSet, VecDeque};

use kbgap_catalog::{Catalog, Family, KbId, Month, ServicingKind, ServicingUpdate, Subtype};

use crate::Projection;
use crate::platform::MachinePlatform;

/// Which updates a machine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Monthly Rollups or Security Only updates, before Windows 10.
    Rollup,
    /// Cumulative updates.
    Lcu,
    /// Hotpatches on top of a baseline.
    Hotpatch,
}

impl Track {
    /// The name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rollup => "rollup",
            Self::Lcu => "lcu",
            Self::Hotpatch => "hotpatch",
        }
    }
}

/// The revision that is compared, and where it is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) number: u32,
    /// The installed KB that brings it, where the machine reports none.
    pub(crate) derived_from: Option<KbId>,
}

pub(crate) struct Servicing {
    pub(crate) track: Track,
    pub(crate) revision: Option<Revision>,
    /// On the hotpatch track: the revision of the cumulative update below the hotpatches.
    baseline: Option<u32>,
    /// Listed KBs that do not wait for a restart.
    running: HashSet<KbId>,
    /// Listed KBs that do.
    waiting: HashSet<KbId>,
    /// What a present KB supersedes, with the KB one step nearer to it.
    superseded_by: HashMap<KbId, KbId>,
    /// The newest month whose cumulative update is present.
    pub(crate) covered: Option<(Month, KbId)>,
}

impl Servicing {
    pub(crate) fn of(
        machine: &Projection,
        platform: &MachinePlatform<'_>,
        catalog: &Catalog,
    ) -> Self {
        let family = Family::of_platform(&platform.platform);
        let updates: Vec<ServicingUpdate> = family
            .map(|f| catalog.servicing(f).collect())
            .unwrap_or_default();
        let track = track(machine, family, &updates);
        let revision = revision(machine, family, track, &updates, catalog);
        let mut servicing = Self {
            track,
            revision,
            baseline: revision.and_then(|r| baseline(r.number, &updates)),
            running: HashSet::new(),
            waiting: HashSet::new(),
            superseded_by: HashMap::new(),
            covered: None,
        };
        (servicing.waiting, servicing.running) =
            machine.kbs.iter().copied().partition(|&kb| {
                family.is_some_and(|f| servicing.waits_for_restart(kb, f, catalog))
            });
        let by_build = updates
            .iter()
            .filter(|u| {
                servicing.compare(u.revision, u.kind == ServicingKind::Hotpatch) == Some(true)
            })
            .map(|u| u.kb);
        let present: Vec<KbId> = servicing.running.iter().copied().chain(by_build).collect();
        servicing.superseded_by = superseded_by(&present, catalog);
        let mut present: Vec<(Month, KbId)> = updates
            .iter()
            .filter(|u| u.kind != ServicingKind::Hotpatch)
            .filter(|u| match servicing.compare(u.revision, false) {
                Some(present) if present || servicing.is_revision_reported() => present,
                _ => servicing.runs(u.kb) || servicing.superseded_by.contains_key(&u.kb),
            })
            .map(|u| (u.month, u.kb))
            .collect();
        // Newest first, because asking whom an update concerns is the dear part.
        present.sort_unstable_by(|a, b| b.cmp(a));
        servicing.covered = present
            .into_iter()
            .find(|&(_, kb)| concerns(kb, platform, catalog));
        servicing
    }

    /// Rule 1: whether a fix that brings `fix_revision` is present, or `None`
    /// where build and revision cannot tell.
    pub(crate) fn compare(&self, fix_revision: Option<u32>, hotpatch: bool) -> Option<bool> {
        let (fix, own) = (fix_revision?, self.revision?.number);
        Some(match (self.track, hotpatch) {
            (Track::Hotpatch, false) => self.baseline.is_some_and(|baseline| fix <= baseline),
            // A revision that is high enough proves no hotpatch on a machine that
            // takes none: that month's cumulative update has one of its own, and
            // the list may still tell of a hotpatch from before.
            (Track::Lcu | Track::Rollup, true) if fix <= own => return None,
            (Track::Lcu | Track::Rollup, true) => false,
            _ => fix <= own,
        })
    }

    /// Whether the machine itself told its revision, so that rule 1 beats the list.
    pub(crate) fn is_revision_reported(&self) -> bool {
        self.revision.is_some_and(|r| r.derived_from.is_none())
    }

    /// Whether a KB is listed and runs.
    pub(crate) fn runs(&self, kb: KbId) -> bool {
        self.running.contains(&kb)
    }

    /// Whether a KB is listed but waits for a restart.
    pub(crate) fn waits(&self, kb: KbId) -> bool {
        self.waiting.contains(&kb)
    }

    /// Whether any listed KB waits for a restart.
    pub(crate) fn anything_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The chain from a present KB down to this one, both included.
    pub(crate) fn chain_to(&self, kb: KbId) -> Option<Vec<KbId>> {
        let mut chain = vec![kb];
        let mut current = kb;
        while let Some(&newer) = self.superseded_by.get(&current) {
            chain.push(newer);
            current = newer;
        }
        chain.reverse();
        (chain.len() > 1).then_some(chain)
    }

    /// A listed KB with a higher revision than runs. Only a reported revision
    /// can tell: a derived one comes from the list itself.
    fn waits_for_restart(&self, kb: KbId, family: Family, catalog: &Catalog) -> bool {
        if !self.is_revision_reported() {
            return false;
        }
        if catalog.kb(kb).is_some_and(|kb| kb.condition().is_some()) {
            return false;
        }
        let hotpatch = catalog
            .servicing(family)
            .any(|u| u.kb == kb && u.kind == ServicingKind::Hotpatch);
        self.compare(catalog.revision_of(kb, family), hotpatch) == Some(false)
    }
}

fn track(machine: &Projection, family: Option<Family>, updates: &[ServicingUpdate]) -> Track {
    if !family.is_some_and(Family::is_cumulative) {
        return Track::Rollup;
    }
    let hotpatched = machine.hotpatch.unwrap_or_else(|| {
        // One revision is a hotpatch's and a cumulative update's at once
        // (20348.770): it tells nothing.
        let (mut hotpatch, mut cumulative) = (false, false);
        for update in updates
            .iter()
            .filter(|u| u.revision.is_some() && u.revision == machine.revision)
        {
            match update.kind {
                ServicingKind::Hotpatch => hotpatch = true,
                ServicingKind::Cumulative | ServicingKind::Baseline => cumulative = true,
            }
        }
        let listed = || {
            updates
                .iter()
                .any(|u| u.kind == ServicingKind::Hotpatch && machine.lists(u.kb))
        };
        (hotpatch && !cumulative) || listed()
    });
    if hotpatched {
        Track::Hotpatch
    } else {
        Track::Lcu
    }
}

/// The reported revision, else the highest that a listed KB brings. Only what
/// carries all that came before it can stand for a revision: no Security Only
/// update, no servicing stack, and a hotpatch only on its track.
fn revision(
    machine: &Projection,
    family: Option<Family>,
    track: Track,
    updates: &[ServicingUpdate],
    catalog: &Catalog,
) -> Option<Revision> {
    let family = family?;
    // Server 2008 counted its revisions anew when 6002 became 6003.
    if let Some(number) = machine.revision.filter(|_| machine.build != 6_002) {
        return Some(Revision {
            number,
            derived_from: None,
        });
    }
    let carries_all = |kb: KbId| match updates.iter().find(|u| u.kb == kb) {
        Some(update) => update.kind != ServicingKind::Hotpatch || track == Track::Hotpatch,
        // Previews are known by the update history alone.
        None => track != Track::Rollup && !is_partial(kb, catalog),
    };
    let derived = machine
        .kbs
        .iter()
        .filter(|&&kb| carries_all(kb))
        .filter_map(|&kb| {
            Some(Revision {
                number: catalog.revision_of(kb, family)?,
                derived_from: Some(kb),
            })
        });
    derived.max_by_key(|revision| revision.number)
}

fn is_partial(kb: KbId, catalog: &Catalog) -> bool {
    catalog.kb(kb).is_some_and(|kb| {
        kb.condition().is_some()
            || kb
                .fixes()
                .any(|fix| fix.subtype() != Subtype::SecurityUpdate)
    })
}

/// The newest baseline at or below a revision, or the cumulative update that
/// runs exactly.
fn baseline(revision: u32, updates: &[ServicingUpdate]) -> Option<u32> {
    updates
        .iter()
        .filter_map(|update| {
            let own = update.revision?;
            let counts = match update.kind {
                ServicingKind::Baseline => own <= revision,
                ServicingKind::Cumulative => own == revision,
                ServicingKind::Hotpatch => false,
            };
            counts.then_some(own)
        })
        .max()
}

/// All that the present KBs supersede, in any number of steps. Chains loop in
/// the real data, so every KB is visited once.
fn superseded_by(present: &[KbId], catalog: &Catalog) -> HashMap<KbId, KbId> {
    let mut visited: HashSet<KbId> = present.iter().copied().collect();
    // The order of hash sets must not show in the chains that are told.
    let mut start: Vec<KbId> = visited.iter().copied().collect();
    start.sort_unstable();
    let mut queue: VecDeque<KbId> = start.into();
    let mut superseded_by = HashMap::new();
    while let Some(newer) = queue.pop_front() {
        let Some(kb) = catalog.kb(newer) else {
            continue;
        };
        for older in kb.supersedes().filter_map(KbId::new) {
            if visited.insert(older) {
                superseded_by.insert(older, newer);
                queue.push_back(older);
            }
        }
    }
    superseded_by
}

fn concerns(kb: KbId, platform: &MachinePlatform<'_>, catalog: &Catalog) -> bool {
    catalog.kb(kb).is_some_and(|kb| {
        kb.fixes()
            .any(|fix| platform.products.iter().any(|p| p.ix == fix.product().ix))
    })
}
