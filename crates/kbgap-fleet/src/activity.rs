//! Which machines have been seen of late.

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

/// Machines by the time they were last seen, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    seen: BTreeSet<(i64, u32)>,
}

impl Activity {
    pub(crate) fn insert(&mut self, ordinal: u32, seen_at: i64) {
        self.seen.insert((seen_at, ordinal));
    }

    pub(crate) fn remove(&mut self, ordinal: u32, seen_at: i64) {
        self.seen.remove(&(seen_at, ordinal));
    }

    /// Machines last seen before `cutoff`. They are few where a fleet is alive,
    /// so they are what is asked for.
    pub(crate) fn silent_since(&self, cutoff: i64) -> RoaringBitmap {
        self.seen
            .range(..(cutoff, 0))
            .map(|&(_, ordinal)| ordinal)
            .collect()
    }

    /// Machines last seen at `time` or later.
    pub(crate) fn seen_since(&self, time: i64) -> RoaringBitmap {
        self.seen
            .range((time, 0)..)
            .map(|&(_, ordinal)| ordinal)
            .collect()
    }
}
