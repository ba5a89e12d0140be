//! Work that goes on for as long as the server runs, on a thread of its own.
//!
//! What the index is made of lives for months, and a report for milliseconds. Where the
//! threads of the runtime take turns at the index, each of them has pages in which a few
//! bytes of it stand between what reports have left, and none of these goes back to the
//! system: of a million machines that were loaded a third of the memory was such pages.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Ends the work when it is dropped, where it waits next.
pub(crate) struct Apart {
    _ends: oneshot::Sender<()>,
}

impl Apart {
    /// Begins the work. It may compute: no other task waits for its thread.
    pub(crate) fn begin(work: impl Future<Output = ()> + Send + 'static) -> Self {
        let (ends, ended) = oneshot::channel();
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = work => {}
                    _ = ended => {}
                }
            });
        });
        Self { _ends: ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn work_ends_where_it_waits_when_it_is_let_go() {
        let (begun, has_begun) = oneshot::channel();
        let (held, mut is_held) = oneshot::channel::<()>();
        let apart = Apart::begin(async {
            let _ = begun.send(std::thread::current().id());
            let _held = held;
            std::future::pending().await
        });
        let thread = has_begun.await.unwrap();
        assert_ne!(thread, std::thread::current().id());
        assert!(is_held.try_recv().is_err());
        drop(apart);
        // What the work held is let go with it.
        assert!(is_held.await.is_err());
    }
}
