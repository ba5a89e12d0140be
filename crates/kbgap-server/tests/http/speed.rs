//! What holds while many read and write at once.

mod newest;
mod whole;

use std::sync::atomic::{AtomicU64, Ordering};

/// One of those whom others wait for: it ends by a panic, too.
struct Going<'s>(&'s AtomicU64);

impl Drop for Going<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn is_any(going: &AtomicU64) -> bool {
    going.load(Ordering::SeqCst) > 0
}
