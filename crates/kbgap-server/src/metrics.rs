//! `/metrics`: numbers about the server, in the text format of Prometheus.
//!
//! They are served by a listener of their own, since they are for whoever runs the server
//! and not for its clients. Labels are names that the program knows (routes, kinds,
//! outcomes, files): never what a host, a tenant or a client has written, so that there is
//! a fixed number of them and nothing of the fleet gets into a monitoring system.
//!
//! What happens is [counted](Metrics) where it happens; what is, is looked up when
//! somebody [asks](page).

mod page;
mod requests;
mod text;
mod timer;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use jiff::Timestamp;

use crate::feed::SyncReport;
use crate::state::Shared;
pub(crate) use requests::{DOCUMENTS, count, name_route};
pub(crate) use timer::Timer;

/// What is counted while the server runs.
pub(crate) struct Metrics {
    started: SystemTime,
    requests: requests::Requests,
    pub(crate) ingest: Ingest,
    pub(crate) syncs: Syncs,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            requests: requests::Requests::default(),
            ingest: Ingest::default(),
            syncs: Syncs::default(),
        }
    }
}

/// What became of the records of reports, as answers tell it.
const OUTCOMES: [&str; 5] = ["created", "changed", "unchanged", "stale", "refused"];

/// What has come in.
#[derive(Default)]
pub(crate) struct Ingest {
    by_outcome: [AtomicU64; OUTCOMES.len()],
    busy: AtomicU64,
}

impl Ingest {
    /// Counts a record by what its answer says of it.
    pub(crate) fn record(&self, outcome: &str) {
        let at = OUTCOMES.iter().position(|known| *known == outcome);
        if let Some(counter) = at.and_then(|at| self.by_outcome.get(at)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a request that was told to come again.
    pub(crate) fn busy(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }
}

/// The syncs of the feed that this server has done by itself.
#[derive(Default)]
pub(crate) struct Syncs {
    succeeded: AtomicU64,
    failed: AtomicU64,
    /// Seconds since 1970; 0 where there was none.
    last_success: AtomicI64,
    last_failure: AtomicI64,
    /// Documents that did not come or did not go in.
    failed_documents: AtomicU64,
}

impl Syncs {
    /// Counts a sync that came to its end. It has failed where any document has.
    pub(crate) fn ended(&self, report: &SyncReport) {
        let failed = report.failed.len() as u64;
        self.failed_documents.fetch_add(failed, Ordering::Relaxed);
        if failed > 0 {
            return self.failed();
        }
        self.succeeded.fetch_add(1, Ordering::Relaxed);
        let now = Timestamp::now().as_second();
        self.last_success.store(now, Ordering::Relaxed);
    }

    /// Counts a sync that did not.
    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let now = Timestamp::now().as_second();
        self.last_failure.store(now, Ordering::Relaxed);
    }
}

/// What the listener of the metrics serves.
pub(crate) fn router(state: Shared) -> Router {
    Router::new().route("/metrics", get(show)).with_state(state)
}

async fn show(State(state): State<Shared>) -> Response<Body> {
    let generation = match state.store.feed_generation().await {
        Ok(generation) => generation,
        Err(error) => {
            tracing::warn!(%error, "the store does not answer for the metrics");
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    // It looks at each profile: not on the runtime's threads.
    let made = tokio::task::spawn_blocking(move || page::page(&state, generation));
    let Ok(text) = made.await else {
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_with_a_document_that_failed_has_failed() {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let syncs = Syncs::default();
        syncs.ended(&SyncReport::default());
        assert_eq!((read(&syncs.succeeded), read(&syncs.failed)), (1, 0));
        assert!(syncs.last_success.load(Ordering::Relaxed) > 1_700_000_000);
        assert_eq!(syncs.last_failure.load(Ordering::Relaxed), 0);
        syncs.ended(&SyncReport {
            failed: vec![("2020-Mar".to_owned(), "is cut off".to_owned())],
            ..SyncReport::default()
        });
        syncs.failed();
        assert_eq!((read(&syncs.succeeded), read(&syncs.failed)), (1, 2));
        assert_eq!(read(&syncs.failed_documents), 1);
        assert!(syncs.last_failure.load(Ordering::Relaxed) > 1_700_000_000);
    }
}
