//! Patch states: what the rules say of all machines with the same facts.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kbgap_assess::{
    Assessed, Assessment, MissingKb, OsFacts, Projection, VulnerableSoftware, assess,
};
use kbgap_catalog::{Catalog, KbId, SoftwareIx, VulnerabilityIx};

use crate::score::{Risks, Scratch, StateRisk};

/// What the rules say of a state, without what only a machine's own page shows: the
/// rules run again for that.
#[derive(Debug)]
pub(crate) struct PatchState {
    pub(crate) outcome: Result<Outcome, String>,
    pub(crate) risk: StateRisk,
    /// The rules, the catalogue and the projection, hashed.
    pub(crate) fingerprint: u64,
}

/// What was found of an assessed state.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) os: OsFacts,
    /// The Windows and what is part of it, as software: Windows first.
    pub(crate) parts: Vec<SoftwareIx>,
    /// What it is vulnerable to, software by software in order.
    pub(crate) vulnerable: Vec<VulnerableSoftware>,
    /// The KBs that it misses, software by software.
    pub(crate) missed: Arc<[MissedIn]>,
}

/// The KBs that are missed in one software. States share equal lists.
#[derive(Clone, Debug)]
pub(crate) struct MissedIn {
    /// `None` for what no software of the mapping lacks: such a KB can supersede others.
    pub(crate) software: Option<SoftwareIx>,
    /// At least one, by CVEs descending.
    pub(crate) kbs: Arc<[Missed]>,
}

/// A missed KB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Missed {
    pub(crate) kb: KbId,
    /// Whether another missed KB, of whatever software, supersedes it.
    pub(crate) superseded: bool,
}

impl PatchState {
    pub(crate) fn new(
        catalog: &Catalog,
        projection: &Projection,
        risks: &Risks,
        scratch: &mut Scratch,
    ) -> Self {
        let fingerprint = fingerprint(catalog, projection);
        let outcome = match assess(catalog, projection) {
            Assessment::Assessed(assessed) => Ok(Outcome::of(assessed)),
            Assessment::NotAssessed(reason) => Err(reason.to_string()),
        };
        let vulnerable = outcome.as_ref().map_or(&[][..], |o| &o.vulnerable);
        Self {
            risk: StateRisk::of(vulnerable, risks, scratch),
            outcome,
            fingerprint,
        }
    }

    /// Shares lists with other states.
    pub(crate) fn share(&mut self, lists: &mut Lists) {
        if let Ok(outcome) = &mut self.outcome {
            for vulnerable in &mut outcome.vulnerable {
                lists.cves.share(&mut vulnerable.cves);
            }
            let mut missed = outcome.missed.to_vec();
            for missed in &mut missed {
                lists.kbs.share(&mut missed.kbs);
            }
            outcome.missed = missed.into();
            lists.missed.share(&mut outcome.missed);
        }
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref().ok()
    }

    pub(crate) fn vulnerable(&self) -> &[VulnerableSoftware] {
        self.outcome().map_or(&[], |outcome| &outcome.vulnerable)
    }

    /// The KBs that are missed in one software.
    pub(crate) fn missed_in(&self, software: SoftwareIx) -> Option<&Arc<[Missed]>> {
        let missed = &self.outcome()?.missed;
        let found = missed
            .iter()
            .find(|missed| missed.software == Some(software))?;
        Some(&found.kbs)
    }
}

impl Outcome {
    fn of(assessed: Assessed) -> Self {
        let lacks = |kb: &MissingKb, software: Option<SoftwareIx>| match software {
            Some(software) => kb.vulnerable_software.contains(&software),
            None => kb.vulnerable_software.is_empty(),
        };
        let all = assessed.missing.iter();
        let mut software: Vec<Option<SoftwareIx>> = all
            .flat_map(|kb| kb.vulnerable_software.iter().copied().map(Some))
            .collect();
        if assessed.missing.iter().any(|kb| lacks(kb, None)) {
            software.push(None);
        }
        software.sort_unstable();
        software.dedup();
        let missed = software.into_iter().map(|software| {
            let kbs = assessed.missing.iter().filter(|kb| lacks(kb, software));
            MissedIn {
                software,
                kbs: kbs
                    .map(|kb| Missed {
                        kb: kb.id,
                        superseded: kb.superseded,
                    })
                    .collect(),
            }
        });
        Self {
            missed: missed.collect(),
            os: assessed.os,
            parts: assessed.software,
            vulnerable: assessed.vulnerable,
        }
    }
}

/// Each release may have other rules, so it is part of what decides.
fn fingerprint(catalog: &Catalog, projection: &Projection) -> u64 {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    catalog.checksum().hash(&mut hasher);
    projection.hash(&mut hasher);
    hasher.finish()
}

/// Lists that states have alike.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    cves: Shared<VulnerabilityIx>,
    kbs: Shared<Missed>,
    missed: Shared<MissedIn>,
}

/// Equal lists, each once.
#[derive(Debug)]
struct Shared<T> {
    lists: HashSet<ListOf<T>>,
    /// How many there may be before those that nobody uses any more are let go.
    sweep_at: usize,
}

const SMALL: usize = 4_096;

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self {
            lists: HashSet::new(),
            sweep_at: SMALL,
        }
    }
}

impl<T> Shared<T>
where
    ListOf<T>: Eq + Hash,
{
    /// Puts the list in place that is known already, where there is one.
    fn share(&mut self, list: &mut Arc<[T]>) {
        let wanted = ListOf(Arc::clone(list));
        if let Some(known) = self.lists.get(&wanted) {
            *list = Arc::clone(&known.0);
            return;
        }
        if self.lists.len() >= self.sweep_at {
            self.lists.retain(|list| Arc::strong_count(&list.0) > 1);
            self.sweep_at = (2 * self.lists.len()).max(SMALL);
        }
        self.lists.insert(wanted);
    }
}

#[derive(Debug)]
struct ListOf<T>(Arc<[T]>);

impl<T> PartialEq for ListOf<T>
where
    T: SameItem,
{
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.0.len() == other.0.len()
                && self.0.iter().zip(&*other.0).all(|(a, b)| a.is_same(b))
    }
}

impl<T: SameItem> Eq for ListOf<T> {}

/// Lists have thousands of items and differ in most of them, or nowhere: some are enough
/// to tell which may be equal.
impl<T: SameItem> Hash for ListOf<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
        let step = self.0.len() / 16 + 1;
        for item in self.0.iter().step_by(step).chain(self.0.last()) {
            item.note(state);
        }
    }
}

/// An item of a list that is shared.
trait SameItem {
    fn is_same(&self, other: &Self) -> bool;
    fn note<H: Hasher>(&self, state: &mut H);
}

impl SameItem for VulnerabilityIx {
    fn is_same(&self, other: &Self) -> bool {
        self == other
    }

    fn note<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }
}

impl SameItem for Missed {
    fn is_same(&self, other: &Self) -> bool {
        self == other
    }

    fn note<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }
}

/// Their own lists are shared before, so equal ones are one.
impl SameItem for MissedIn {
    fn is_same(&self, other: &Self) -> bool {
        self.software == other.software && Arc::ptr_eq(&self.kbs, &other.kbs)
    }

    fn note<H: Hasher>(&self, state: &mut H) {
        self.software.hash(state);
        self.kbs.as_ptr().addr().hash(state);
    }
}
