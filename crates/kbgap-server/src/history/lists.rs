//! Lists by fingerprint, so that the rules run once for machines alike.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_fleet::JudgedMachine;
use kbgap_store::SetHash;

use super::History;
use super::set::{FindingSet, PackedSet};

/// Fingerprints of which the list is known: less than a hundred bytes each.
const KNOWN: usize = 1 << 16;
/// Lists that stay unpacked after they were made: some hundred kilobytes each.
const UNPACKED: usize = 64;

/// The lists that machines were found to have.
#[derive(Default)]
pub(super) struct Lists {
    known: HashMap<i64, List>,
    /// Those that were made since they were last [taken](Self::take_new).
    new: HashMap<SetHash, Listed>,
}

/// A list that is needed to record something.
#[derive(Clone)]
pub(super) struct Listed {
    pub(super) packed: Arc<PackedSet>,
    /// Where it has just been made.
    set: Option<Arc<FindingSet>>,
}

impl Listed {
    /// The list itself.
    pub(super) fn set(&self, history: &History) -> Arc<FindingSet> {
        match &self.set {
            Some(set) => Arc::clone(set),
            None => history.unpacked(&self.packed),
        }
    }
}

impl From<Arc<PackedSet>> for Listed {
    fn from(packed: Arc<PackedSet>) -> Self {
        Self { packed, set: None }
    }
}

/// What is known of a list.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) hash: SetHash,
    pub(super) len: usize,
}

impl Lists {
    /// The list of a machine; `None` where it cannot be kept, which the log tells.
    pub(super) fn of(&mut self, machine: &JudgedMachine, fingerprint: i64) -> Option<List> {
        if let Some(known) = self.known.get(&fingerprint) {
            return Some(*known);
        }
        let set = FindingSet::of(machine);
        match set.pack() {
            Ok(packed) => {
                if self.known.len() >= KNOWN {
                    self.known.clear();
                }
                let list = List {
                    hash: packed.hash,
                    len: packed.len(),
                };
                self.known.insert(fingerprint, list);
                let new = Listed {
                    packed: Arc::new(packed),
                    // It is read at once, to carry the times of the machine on.
                    set: (self.new.len() < UNPACKED).then(|| Arc::new(set)),
                };
                self.new.insert(list.hash, new);
                Some(list)
            }
            Err(error) => {
                tracing::error!(%error, "a list of findings cannot be kept");
                None
            }
        }
    }

    /// The list of a fingerprint, where it is known.
    pub(super) fn known(&self, fingerprint: i64) -> Option<&List> {
        self.known.get(&fingerprint)
    }

    /// The lists that were made since the last call: the store may not have them yet.
    pub(super) fn take_new(&mut self) -> HashMap<SetHash, Listed> {
        std::mem::take(&mut self.new)
    }

    /// Forgets the list of a fingerprint, which is made anew when it is asked for next.
    pub(super) fn forget(&mut self, fingerprint: i64) {
        self.known.remove(&fingerprint);
    }
}
