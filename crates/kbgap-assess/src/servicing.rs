//! What is present on a machine beyond any single fix: its revision, its track,
//! the KBs that count as present, what those supersede, and the newest month
//! of its cumulative series (section 5).

use kbgap_catalog::{KbId, KbIx, Month, ServicingKind};

use crate::Projection;
use crate::assessor::Assessor;
use crate::bits::Bits;
use crate::family::{FamilyUpdate, FamilyUpdates};

/// Which updates a machine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    running: Bits,
    /// Listed KBs that do.
    waiting: Bits,
    /// Whether any listed KB waits for a restart.
    pub(crate) anything_waits: bool,
    /// What runs, by the list or by the revision, in order.
    present: Vec<KbIx>,
    /// What the present KBs supersede.
    superseded: Bits,
    /// The newest month whose cumulative update is present.
    pub(crate) covered: Option<(Month, KbId)>,
}

impl Servicing {
    pub(crate) fn of(machine: &Projection, family: &FamilyUpdates, assessor: &Assessor) -> Self {
        let catalog = assessor.catalog();
        let track = track(machine, family);
        let revision = revision(machine, family, track);
        let nothing = Bits::new(catalog.kbs().len());
        let mut servicing = Self {
            track,
            revision,
            baseline: revision
                .filter(|_| track == Track::Hotpatch)
                .and_then(|r| baseline(r.number, &family.updates)),
            running: nothing.clone(),
            waiting: nothing.clone(),
            anything_waits: false,
            present: Vec::new(),
            superseded: nothing,
            covered: None,
        };
        for &kb in &machine.kbs {
            let waits = servicing.waits_for_restart(kb, family);
            servicing.anything_waits |= waits;
            let Some(ix) = catalog.kb_ix(kb) else {
                continue;
            };
            if waits {
                servicing.waiting.insert(ix.position());
            } else {
                servicing.running.insert(ix.position());
                servicing.present.push(ix);
            }
        }
        let by_build = family.updates.iter().filter(|u| {
            servicing.compares(u.revision, u.kind == ServicingKind::Hotpatch) == Some(true)
        });
        let by_build: Vec<KbIx> = by_build.map(|update| update.ix).collect();
        servicing.present.extend(by_build);
        servicing.present.sort_unstable();
        servicing.present.dedup();
        servicing.superseded = assessor.supersedence().below(&servicing.present, catalog);
        servicing.covered = family
            .series
            .iter()
            .find(|update| servicing.covers(update))
            .map(|update| (update.month, update.id));
        servicing
    }

    /// Rule 1: whether a fix that brings `fix` is present, or `None` where build and
    /// revision cannot tell.
    pub(crate) fn compare(&self, fix: u32, hotpatch: bool) -> Option<bool> {
        let own = self.revision?.number;
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

    fn compares(&self, fix: Option<u32>, hotpatch: bool) -> Option<bool> {
        self.compare(fix?, hotpatch)
    }

    /// Whether the machine itself told its revision, so that rule 1 beats the list.
    pub(crate) fn is_revision_reported(&self) -> bool {
        self.revision.is_some_and(|r| r.derived_from.is_none())
    }

    /// Whether a KB is listed and runs.
    pub(crate) fn runs(&self, kb: KbIx) -> bool {
        self.running.contains(kb.position())
    }

    /// Whether a KB is listed but waits for a restart.
    pub(crate) fn waits(&self, kb: KbIx) -> bool {
        self.waiting.contains(kb.position())
    }

    /// Whether a present KB supersedes this one.
    pub(crate) fn supersedes(&self, kb: KbIx) -> bool {
        self.superseded.contains(kb.position())
    }

    /// The chain from a present KB down to this superseded one, both included.
    pub(crate) fn chain_to(&self, kb: KbIx, assessor: &Assessor) -> Vec<KbId> {
        let supersedence = assessor.supersedence();
        supersedence.chain(&self.present, kb, assessor.catalog())
    }

    /// Whether a cumulative update is present, and with it all of earlier months.
    fn covers(&self, update: &FamilyUpdate) -> bool {
        match self.compares(update.revision, false) {
            Some(present) if present || self.is_revision_reported() => present,
            _ => self.runs(update.ix) || self.supersedes(update.ix),
        }
    }

    /// A listed KB with a higher revision than runs. Only a reported revision
    /// can tell: a derived one comes from the list itself.
    fn waits_for_restart(&self, kb: KbId, family: &FamilyUpdates) -> bool {
        self.is_revision_reported()
            && family.revision_of(kb).is_some_and(|revision| {
                let is_hotpatch = revision.kind == Some(ServicingKind::Hotpatch);
                !revision.is_standalone && self.compare(revision.number, is_hotpatch) == Some(false)
            })
    }
}

fn track(machine: &Projection, family: &FamilyUpdates) -> Track {
    if !family.is_cumulative {
        return Track::Rollup;
    }
    let hotpatched = machine.hotpatch.unwrap_or_else(|| {
        // One revision is a hotpatch's and a cumulative update's at once
        // (20348.770): it tells nothing.
        let (mut hotpatch, mut cumulative) = (false, false);
        for update in family
            .updates
            .iter()
            .filter(|u| u.revision.is_some() && u.revision == machine.revision)
        {
            match update.kind {
                ServicingKind::Hotpatch => hotpatch = true,
                ServicingKind::Cumulative | ServicingKind::Baseline => cumulative = true,
            }
        }
        let listed = || family.hotpatches.iter().any(|&kb| machine.lists(kb));
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
fn revision(machine: &Projection, family: &FamilyUpdates, track: Track) -> Option<Revision> {
    // Server 2008 counted its revisions anew when 6002 became 6003.
    if let Some(number) = machine.revision.filter(|_| machine.build != 6_002) {
        return Some(Revision {
            number,
            derived_from: None,
        });
    }
    let derived = machine.kbs.iter().filter_map(|&kb| {
        let revision = family.revision_of(kb)?;
        let carries_all = match revision.kind {
            Some(kind) => kind != ServicingKind::Hotpatch || track == Track::Hotpatch,
            // Previews are known by the update history alone.
            None => track != Track::Rollup && !revision.is_partial,
        };
        carries_all.then_some(Revision {
            number: revision.number,
            derived_from: Some(kb),
        })
    });
    derived.max_by_key(|revision| revision.number)
}

/// The newest baseline at or below a revision, or the cumulative update that
/// runs exactly.
fn baseline(revision: u32, updates: &[FamilyUpdate]) -> Option<u32> {
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
