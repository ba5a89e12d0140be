//! What many machines have alike, kept once: the same software in the same version is on
//! most machines of a fleet, and its names would take most of the memory.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use kbgap_inventory::Software;

use crate::machine::Installed;

/// Software as it is reported and as it is shown.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    pub(crate) reported: Pool<Software>,
    pub(crate) installed: Pool<Installed>,
}

/// Values that are in use.
#[derive(Debug)]
pub(crate) struct Pool<T> {
    values: HashSet<Arc<T>>,
    /// How many there may be before those that nobody uses any more are let go.
    sweep_at: usize,
}

const SMALL: usize = 1_024;

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self {
            values: HashSet::new(),
            sweep_at: SMALL,
        }
    }
}

impl<T: Eq + Hash> Pool<T> {
    /// The value, shared with all who have an equal one.
    pub(crate) fn share(&mut self, value: T) -> Arc<T> {
        if let Some(known) = self.values.get(&value) {
            return Arc::clone(known);
        }
        if self.values.len() >= self.sweep_at {
            self.values.retain(|value| Arc::strong_count(value) > 1);
            self.sweep_at = (2 * self.values.len()).max(SMALL);
        }
        let value = Arc::new(value);
        self.values.insert(Arc::clone(&value));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one_and_unused_ones_go() {
        let mut pool = Pool::default();
        let kept = pool.share("kept".to_owned());
        assert!(Arc::ptr_eq(&kept, &pool.share("kept".to_owned())));
        for n in 0..10 * SMALL {
            drop(pool.share(n.to_string()));
        }
        assert!(pool.values.len() <= SMALL, "{}", pool.values.len());
        assert!(Arc::ptr_eq(&kept, &pool.share("kept".to_owned())));
    }
}
