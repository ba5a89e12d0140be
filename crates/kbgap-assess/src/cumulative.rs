//! A line of updates in which each carries all that came before: a branch of SQL Server, a
//! cumulative update of Exchange with its security updates.

use std::collections::BTreeMap;

use kbgap_catalog::{Fix, KbId, KbIx, Month, Product};

use crate::assessor::Assessor;
use crate::beside::Standing;
use crate::bits::Bits;
use crate::evidence::Evidence;

/// What is lacking where nobody tells the version that an update brings.
pub(crate) const UNKNOWN_BUILD: &str = "the build that it brings";

/// An update of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineFix<V> {
    pub(crate) kb: KbIx,
    pub(crate) id: KbId,
    pub(crate) month: Month,
    /// The version that it brings; `None` where nobody tells.
    pub(crate) version: Option<V>,
}

impl<V: Copy + Ord> LineFix<V> {
    /// The updates of a product in order, each once, with the first fix that it is named in.
    /// Where the feed gives one KB two versions, the higher counts. `brings` tells the
    /// version that a fix brings, if anybody does; `None` leaves the fix out.
    pub(crate) fn of_product<'p>(
        product: Product<'p>,
        brings: impl Fn(&Fix<'p>, KbIx, KbId) -> Option<Option<V>>,
    ) -> impl Iterator<Item = (Self, Fix<'p>)> {
        let mut fixes: BTreeMap<KbIx, (Self, Fix<'p>)> = BTreeMap::new();
        for fix in product.fixes() {
            let (Some(kb), Some(known)) = (fix.kb_ix(), fix.kb()) else {
                continue;
            };
            let Some(id) = known.id() else { continue };
            let Some(version) = brings(&fix, kb, id) else {
                continue;
            };
            let month = known.month();
            let line = Self {
                kb,
                id,
                month,
                version,
            };
            let (entry, _) = fixes.entry(kb).or_insert((line, fix));
            entry.version = entry.version.max(version);
        }
        fixes.into_values()
    }
}

/// What of a line is present on a machine.
pub(crate) struct Line<V> {
    installed: V,
    /// The highest version that a listed KB brings, where it is above that one.
    derived: Option<(V, KbId)>,
    listed: Vec<KbIx>,
    /// Updates that are present by themselves, in order.
    present: Vec<KbIx>,
    superseded: Bits,
    /// The newest month of an update that the version proves.
    covered: Option<(Month, KbId)>,
}

/// What was compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared<V> {
    pub(crate) machine: V,
    pub(crate) fix: V,
    /// The installed KB that brings the machine's version.
    pub(crate) from: Option<KbId>,
}

impl<V: Copy + Ord> Line<V> {
    /// `listed` are the machine's KBs in order, `fixes` those of the line.
    pub(crate) fn of<'f>(
        installed: V,
        listed: &[KbIx],
        fixes: impl Iterator<Item = &'f LineFix<V>> + Clone,
        assessor: &Assessor,
    ) -> Self
    where
        V: 'f,
    {
        let is_listed = |fix: &&LineFix<V>| listed.binary_search(&fix.kb).is_ok();
        let brought = fixes.clone().filter(is_listed);
        let brought = brought.filter_map(|fix| Some((fix.version?, fix.id)));
        let derived = brought.max().filter(|(higher, _)| *higher > installed);
        let highest = derived.map_or(installed, |(higher, _)| higher);
        let by_version = |fix: &&LineFix<V>| fix.version.is_some_and(|fixed| fixed <= highest);
        let present = fixes
            .clone()
            .filter(|fix| is_listed(fix) || by_version(fix));
        let mut present: Vec<KbIx> = present.map(|fix| fix.kb).collect();
        present.sort_unstable();
        present.dedup();
        Self {
            installed,
            derived,
            listed: listed.to_vec(),
            superseded: assessor.supersedence().below(&present, assessor.catalog()),
            present,
            covered: fixes
                .filter(by_version)
                .map(|fix| (fix.month, fix.id))
                .max(),
        }
    }

    /// The version that is known to run.
    pub(crate) fn highest(&self) -> V {
        self.derived.map_or(self.installed, |(higher, _)| higher)
    }

    /// The KB that brings it, where the reported version is lower.
    pub(crate) fn derived_from(&self) -> Option<KbId> {
        self.derived.map(|(_, from)| from)
    }

    /// Rules 2, 3 and 4 can each prove that an update is present; `None` where none does.
    pub(crate) fn present(
        &self,
        fix: &LineFix<V>,
        assessor: &Assessor,
        told: impl Fn(Compared<V>) -> Evidence,
    ) -> Option<Standing> {
        let compared = |machine: V, from: Option<KbId>| {
            let fixed = fix.version.filter(|fixed| *fixed <= machine)?;
            let compared = Compared {
                machine,
                fix: fixed,
                from,
            };
            Some(Standing::Present(told(compared)))
        };
        let listed = || {
            let is_listed = self.listed.binary_search(&fix.kb).is_ok();
            is_listed.then_some(Standing::Present(Evidence::Listed))
        };
        let superseded = || {
            self.superseded.contains(fix.kb.position()).then(|| {
                let (supersedence, catalog) = (assessor.supersedence(), assessor.catalog());
                let chain = supersedence.chain(&self.present, fix.kb, catalog);
                Standing::Present(Evidence::Supersedence { chain })
            })
        };
        compared(self.installed, None)
            .or_else(listed)
            .or_else(|| {
                self.derived
                    .and_then(|(higher, from)| compared(higher, Some(from)))
            })
            .or_else(superseded)
    }

    /// What an update is of which nobody tells what version it brings, and which nothing
    /// else proves: a later one of the line that is present carries it.
    pub(crate) fn unknown(&self, fix: &LineFix<V>) -> Standing {
        match self.covered.filter(|(month, _)| *month > fix.month) {
            Some((month, through)) => Standing::Present(Evidence::Series { month, through }),
            None => Standing::Undecided(UNKNOWN_BUILD),
        }
    }
}
