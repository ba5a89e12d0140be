//! How often something was done, and how long all of it took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Durations, added up.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    count: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Timer {
    /// Adds one duration.
    pub(crate) fn took(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// How many there were, and their sum.
    pub(super) fn read(&self) -> (u64, Duration) {
        let sum = self.nanoseconds.load(Ordering::Relaxed);
        (
            self.count.load(Ordering::Relaxed),
            Duration::from_nanos(sum),
        )
    }
}
