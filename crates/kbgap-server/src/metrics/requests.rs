//! Counting requests by the template of their route and the class of their status.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, Response};
use axum::middleware::Next;

use super::Metrics;
use super::text::{Kind, Text};

/// What stands for the documents about the API.
pub(crate) const DOCUMENTS: &str = "documents";
/// What stands for a path that leads nowhere: whoever asks must not make up labels.
const OTHER: &str = "other";

/// The classes of a status, from 100 to 599.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The requests of each route that was ever asked for.
#[derive(Default)]
pub(super) struct Requests(Mutex<BTreeMap<String, Route>>);

#[derive(Clone, Copy, Default)]
struct Route {
    by_class: [u64; CLASSES.len()],
    /// Until the head of the answer was there, of all together.
    took: Duration,
}

/// The path of the route that answers, once it is found, of a request whose path is matched
/// by hand.
#[derive(Clone, Default)]
struct Named(Arc<OnceLock<&'static str>>);

/// Tells which route answers a request, for whoever counts it.
pub(crate) fn name_route(request: &Extensions, path: &'static str) {
    if let Some(named) = request.get::<Named>() {
        // The first that was found is the right one.
        let _ = named.0.set(path);
    }
}

/// Counts a request when its answer is there.
pub(crate) async fn count(
    State(metrics): State<Arc<Metrics>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let begun = Instant::now();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let named = Named::default();
    request.extensions_mut().insert(named.clone());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let took = begun.elapsed();
    match (&matched, named.0.get()) {
        (Some(path), _) => metrics.requests.add(path.as_str(), status, took),
        (None, Some(&DOCUMENTS)) => metrics.requests.add(DOCUMENTS, status, took),
        (None, Some(path)) => metrics.requests.add(&format!("/api/{path}"), status, took),
        (None, None) => metrics.requests.add(OTHER, status, took),
    }
    response
}

impl Requests {
    fn add(&self, route: &str, status: u16, took: Duration) {
        let mut routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = match routes.get_mut(route) {
            Some(counted) => counted,
            None => routes.entry(route.to_owned()).or_default(),
        };
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(counter) = counted.by_class.get_mut(class) {
            *counter += 1;
        }
        counted.took += took;
    }

    pub(super) fn write(&self, text: &mut Text) {
        let routes = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut family = text.family(
            "kbgap_http_requests_total",
            Kind::Counter,
            "Requests by the template of their route and the class of the answer's status.",
        );
        for (route, counted) in &routes {
            for (class, count) in CLASSES.iter().zip(counted.by_class) {
                if count > 0 {
                    family.sample(&[("route", route), ("status", class)], count);
                }
            }
        }
        let mut family = text.family(
            "kbgap_http_request_duration_seconds",
            Kind::Summary,
            "Time from a request's head to the head of its answer, by route.",
        );
        for (route, counted) in &routes {
            let count = counted.by_class.iter().sum();
            family.durations(&[("route", route)], (count, counted.took));
        }
    }
}
