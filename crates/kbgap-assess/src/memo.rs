//! What was found once and may be asked for again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// As many as a fleet of a million machines may need at once; beyond, all is forgotten
/// and found anew, so that no stream of odd reports fills the memory.
const LIMIT: usize = 1 << 16;

/// A table of what was found, shared by threads.
pub(crate) struct Memo<K, V> {
    found: RwLock<HashMap<K, V>>,
    limit: usize,
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    pub(crate) fn new() -> Self {
        Self::of_at_most(LIMIT)
    }

    /// For what is large, and seldom asked for again once the next ones are.
    pub(crate) fn of_at_most(limit: usize) -> Self {
        Self {
            found: RwLock::new(HashMap::new()),
            limit,
        }
    }

    /// What is known under a key, else what is found now. Two threads may look for the
    /// same at once: whoever ends first is believed, so that all hold the same value.
    pub(crate) fn get_or(&self, key: K, find: impl FnOnce() -> V) -> V {
        self.get_or_of(key, |_| find())
    }

    /// The same where what is looked for is found by the key alone.
    pub(crate) fn get_or_of(&self, key: K, find: impl FnOnce(&K) -> V) -> V {
        // An entry is whole or absent, also where a thread panicked.
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(&key) {
            return known.clone();
        }
        drop(found);
        let value = find(&key);
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= self.limit {
            found.clear();
        }
        found.entry(key).or_insert(value).clone()
    }
}
