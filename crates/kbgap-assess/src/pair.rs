//! What the fixes of one product say about one vulnerability: the decision from which
//! lists, explanations and weaknesses all come (section 5).

use std::cell::OnceCell;
use std::sync::Arc;

use kbgap_catalog::{Condition, KbId, Month};

use crate::assessor::Assessor;
use crate::beside::{Beside, BesideOutline};
use crate::bits::Bits;
use crate::presence::{Naming, Standing, Verdict};
use crate::servicing::{Servicing, Track};
use crate::update::{Update, UpdateKb};
use crate::windows::{Group, Windows};
use crate::{Evidence, OsFacts, Projection, Unassessable};

/// A machine with its updates judged.
pub(crate) struct Case<'a> {
    pub(crate) machine: &'a Projection,
    pub(crate) windows: Arc<Windows>,
    pub(crate) servicing: Servicing,
    /// By the place of the update.
    standings: Vec<Standing>,
    /// What was found beside Windows, once it is asked for: several parts of an answer ask.
    pub(crate) beside: OnceCell<Beside>,
    pub(crate) beside_outline: OnceCell<Arc<BesideOutline>>,
}

impl<'a> Case<'a> {
    pub(crate) fn of(machine: &'a Projection, assessor: &Assessor) -> Result<Self, Unassessable> {
        let windows = assessor.windows(machine)?;
        let servicing = Servicing::of(machine, &windows.family, assessor);
        let standings = windows
            .updates
            .iter()
            .map(|update| Standing::of(update, machine, &servicing))
            .collect();
        Ok(Self {
            machine,
            windows,
            servicing,
            standings,
            beside: OnceCell::new(),
            beside_outline: OnceCell::new(),
        })
    }

    /// The groups of which no update is present.
    pub(crate) fn open(&self) -> Bits {
        let mut open = Bits::new(self.windows.groups.len());
        for place in 0..self.windows.groups.len() {
            if self.pair(place).is_open() {
                open.insert(place);
            }
        }
        open
    }

    /// The operating system as it was understood.
    pub(crate) fn os(&self) -> OsFacts {
        OsFacts {
            product: Arc::clone(&self.windows.name),
            build: self.machine.build,
            revision: self.servicing.revision.map(|r| r.number),
            track: self.servicing.track,
        }
    }

    /// What an update of Windows is to the machine, by its place.
    pub(crate) fn verdict(&self, update: usize) -> Verdict {
        self.standings[update].verdict
    }

    pub(crate) fn is_present(&self, update: usize) -> bool {
        self.standings[update].is_present()
    }

    /// Why an update counts as present or missing.
    pub(crate) fn evidence(&self, update: usize, assessor: &Assessor) -> Evidence {
        let verdict = self.verdict(update);
        verdict.evidence(self.machine.build, &self.servicing, assessor)
    }

    /// What is found about one group.
    pub(crate) fn pair(&self, group: usize) -> PairFinding<'_> {
        PairFinding {
            case: self,
            group: &self.windows.groups[group],
        }
    }
}

/// What the fixes of one product say about one vulnerability, or about each of those
/// that the same updates fix.
#[derive(Clone, Copy)]
pub(crate) struct PairFinding<'c> {
    case: &'c Case<'c>,
    pub(crate) group: &'c Group,
}

/// An update of a pair.
#[derive(Clone, Copy)]
pub(crate) struct Judged<'c> {
    /// The place in [`Windows::updates`].
    pub(crate) place: usize,
    pub(crate) update: &'c Update,
    pub(crate) standing: Standing,
}

impl<'c> PairFinding<'c> {
    /// The updates in order of their KBs.
    pub(crate) fn judged(self) -> impl Iterator<Item = Judged<'c>> + Clone {
        let case = self.case;
        self.group.updates.iter().map(|&place| Judged {
            place,
            update: &case.windows.updates[place],
            standing: case.standings[place],
        })
    }

    /// `vulnerable(m, p, c)` of section 5.
    pub(crate) fn is_open(self) -> bool {
        let standings = &self.case.standings;
        let mut places = self.group.updates.iter();
        !places.any(|&place| standings[place].is_present())
    }

    /// `missing(m, k)` of section 5: the KBs of the best rank. None unless vulnerable.
    pub(crate) fn named(self) -> impl Iterator<Item = (Judged<'c>, UpdateKb)> {
        let best = self.best();
        self.judged()
            .filter(move |judged| best.is_some() && rank(judged) == best)
            .filter_map(|judged| Some((judged, judged.update.kb?)))
    }

    /// Standalone KBs whose condition is not reported. None unless vulnerable.
    pub(crate) fn undecided(self) -> impl Iterator<Item = (KbId, Condition)> {
        let is_open = self.is_open();
        self.judged()
            .filter(move |_| is_open)
            .filter_map(|judged| match judged.standing.naming {
                Naming::Undecided(condition) => Some((judged.update.id()?, condition)),
                Naming::Never | Naming::Ranked(_) => None,
            })
    }

    /// KBs that would do in place of those named.
    pub(crate) fn alternatives(self) -> impl Iterator<Item = (Judged<'c>, UpdateKb)> {
        let best = self.best();
        let hotpatched = self.case.servicing.track == Track::Hotpatch;
        self.judged()
            .filter(move |judged| best.is_none() || rank(judged) != best)
            .filter(move |judged| hotpatched || !judged.update.is_hotpatch())
            .filter_map(|judged| Some((judged, judged.update.kb?)))
            .filter(|(_, kb)| kb.condition.is_none())
    }

    /// Of the KBs to name the earliest, with its month, where this is a CVE to which the
    /// machine is vulnerable.
    pub(crate) fn weakness(self) -> Option<(Month, KbId)> {
        if self.group.is_advisory {
            return None;
        }
        self.named().map(|(_, kb)| (kb.month, kb.id)).min()
    }

    fn best(self) -> Option<u8> {
        if !self.is_open() {
            return None;
        }
        self.judged().filter_map(|judged| rank(&judged)).min()
    }
}

fn rank(judged: &Judged<'_>) -> Option<u8> {
    match judged.standing.naming {
        Naming::Ranked(rank) => Some(rank),
        Naming::Never | Naming::Undecided(_) => None,
    }
}
