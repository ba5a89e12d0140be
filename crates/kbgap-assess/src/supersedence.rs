//! Which KBs supersede which, in any number of steps (section 5, rule 4).

use std::collections::{HashMap, VecDeque};
use std::sync::OnceLock;

use kbgap_catalog::{Catalog, KbId, KbIx};

use crate::bits::Bits;

/// What each KB supersedes in one step, looked up where it is first asked for: one
/// machine asks for few of them, a fleet for nearly all.
pub(crate) struct Supersedence {
    older: Box<[OnceLock<Box<[KbIx]>>]>,
}

impl Supersedence {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        Self {
            older: catalog.kbs().map(|_| OnceLock::new()).collect(),
        }
    }

    /// All that some KBs supersede, without themselves. Chains loop in the real data, so
    /// every KB is visited once.
    pub(crate) fn below(&self, present: &[KbIx], catalog: &Catalog) -> Bits {
        let mut visited = Bits::new(self.older.len());
        let mut below = visited.clone();
        for kb in present {
            visited.insert(kb.position());
        }
        let mut stack = present.to_vec();
        while let Some(newer) = stack.pop() {
            for &older in self.older(newer, catalog) {
                if visited.insert(older.position()) {
                    below.insert(older.position());
                    stack.push(older);
                }
            }
        }
        below
    }

    /// The shortest chain from one of some KBs, which are in order, down to another KB,
    /// both included.
    pub(crate) fn chain(&self, present: &[KbIx], to: KbIx, catalog: &Catalog) -> Vec<KbId> {
        let mut visited = Bits::new(self.older.len());
        for kb in present {
            visited.insert(kb.position());
        }
        let mut queue: VecDeque<KbIx> = present.iter().copied().collect();
        let mut superseded_by: HashMap<KbIx, KbIx> = HashMap::new();
        while let Some(newer) = queue.pop_front() {
            for &older in self.older(newer, catalog) {
                if visited.insert(older.position()) {
                    superseded_by.insert(older, newer);
                    queue.push_back(older);
                }
            }
        }
        let newer = |kb: &KbIx| superseded_by.get(kb).copied();
        let chain = std::iter::successors(Some(to), newer);
        let mut chain: Vec<KbId> = chain.filter_map(|kb| catalog.kb_at(kb)?.id()).collect();
        chain.reverse();
        chain
    }

    fn older(&self, kb: KbIx, catalog: &Catalog) -> &[KbIx] {
        let Some(place) = self.older.get(kb.position()) else {
            return &[];
        };
        place.get_or_init(|| {
            let kb = catalog.kb_at(kb);
            let older = kb.into_iter().flat_map(|kb| kb.supersedes());
            // What the feed only names has nothing below it, and nobody asks for it.
            older
                .filter_map(|older| catalog.kb_ix(KbId::new(older)?))
                .collect()
        })
    }
}
