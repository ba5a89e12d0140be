//! `/osquery/v1/…`: the remote settings of osquery, so that a stock `osqueryd` reports to
//! this server ([docs/osquery.md](../../../docs/osquery.md)).
//!
//! These routes take no tokens. A host shows a secret of its tenant once, gets a key of its
//! own, and shows that from then on; both stand in the body, where osquery writes them. The
//! table below says which of them each route demands. Nothing of the request but the key
//! says which node and which tenant it is of, so a key reaches no other.
//!
//! osquery looks at the body of an answer and not at its status: `node_invalid` has it
//! enroll anew, a member `error` has it send the same again later, and anything else means
//! that what it sent was taken. So whatever is not taken is answered with one of the two.

mod distributed;
mod enroll;
mod log;
mod nodes;
mod pack;

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response};
use axum::response::IntoResponse;
use kbgap_inventory::osquery::read_enrollment;
use kbgap_odata::ErrorCode;
use kbgap_store::StoreError;
use serde::Serialize;

use crate::http::{Failure, discard, off_the_runtime, read_body};
use crate::oauth::plain_json;
use crate::state::{AppState, Shared};

pub(crate) use distributed::Asked;
use log::Results;

/// The largest body of a request without rows, in bytes.
const SMALL: usize = 256 << 10;
/// Larger bodies that are read at a time: who sends them is not known before they are read.
pub(crate) const LARGE_BODIES: usize = 8;
/// How long a large body waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// By what a route knows who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// `enroll_secret`: a secret of a tenant.
    EnrollSecret,
    /// `node_key`: the key of a node, which reaches nothing but that node.
    NodeKey,
}

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Enroll,
    Config,
    Log,
    Read,
    Write,
}

/// A route, with all that its document says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeRoute {
    pub(crate) path: &'static str,
    pub(crate) credential: Credential,
    work: Work,
    /// Whether it takes rows, and bodies up to `max_body_mb`.
    pub(crate) takes_rows: bool,
    pub(crate) operation: &'static str,
    /// One line for people.
    pub(crate) about: &'static str,
}

/// The table.
pub(crate) const ROUTES: [NodeRoute; 5] = [
    NodeRoute {
        path: "/osquery/v1/enroll",
        credential: Credential::EnrollSecret,
        work: Work::Enroll,
        takes_rows: false,
        operation: "enrollNode",
        about: "osquery: enroll a host",
    },
    NodeRoute {
        path: "/osquery/v1/config",
        credential: Credential::NodeKey,
        work: Work::Config,
        takes_rows: false,
        operation: "getNodeConfig",
        about: "osquery: what a host asks regularly",
    },
    NodeRoute {
        path: "/osquery/v1/log",
        credential: Credential::NodeKey,
        work: Work::Log,
        takes_rows: true,
        operation: "logNodeResults",
        about: "osquery: results of scheduled queries",
    },
    NodeRoute {
        path: "/osquery/v1/distributed/read",
        credential: Credential::NodeKey,
        work: Work::Read,
        takes_rows: false,
        operation: "getNodeQueries",
        about: "osquery: what a host is to ask at once",
    },
    NodeRoute {
        path: "/osquery/v1/distributed/write",
        credential: Credential::NodeKey,
        work: Work::Write,
        takes_rows: true,
        operation: "answerNodeQueries",
        about: "osquery: answers to what was asked at once",
    },
];

/// Why a request is not answered as its host hopes.
enum Refused {
    /// It has to enroll anew, or its secret is none.
    Invalid(&'static str),
    /// It has to send the same again, or something else.
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

type Answered = Result<Response<Body>, Refused>;

/// The answer that means that something was taken.
#[derive(Serialize)]
struct Taken {}

/// The answer by which osquery learns that it has to enroll anew; it writes the error to
/// its log.
#[derive(Serialize)]
struct Invalid {
    node_invalid: bool,
    error: &'static str,
}

pub(crate) async fn answer(
    route: &'static NodeRoute,
    state: Shared,
    request: Request,
) -> Response<Body> {
    match answered(route, &state, request).await {
        Ok(response) => response,
        Err(Refused::Failed(failure)) => failure.into_response(),
        Err(Refused::Invalid(error)) => {
            tracing::info!(path = route.path, error, "a host was refused");
            let invalid = Invalid {
                node_invalid: true,
                error,
            };
            plain_json(200, &invalid)
        }
    }
}

async fn answered(route: &NodeRoute, state: &Shared, request: Request) -> Answered {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        discard(&parts.headers, body).await;
        return Err(Failure::method_not_allowed("POST").into());
    }
    let limit = match route.takes_rows {
        true => state.config.max_body_mb << 20,
        false => SMALL,
    };
    match route.work {
        Work::Enroll => {
            let request = read(state, &parts.headers, body, limit, read_enrollment);
            enroll::answer(state, request.await?).await
        }
        Work::Config => {
            let key = read(state, &parts.headers, body, limit, pack::read_key).await?;
            let node = nodes::find(state, &key).await?;
            Ok(pack::config(&node))
        }
        Work::Read => {
            let key = read(state, &parts.headers, body, limit, pack::read_key).await?;
            let node = nodes::find(state, &key).await?;
            distributed::read(state, &node).await
        }
        Work::Log => take(state, &parts.headers, body, limit, log::read).await,
        Work::Write => {
            take(
                state,
                &parts.headers,
                body,
                limit,
                distributed::read_answers,
            )
            .await
        }
    }
}

/// Takes a body with rows.
async fn take(
    state: &Shared,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    read_rows: fn(&str, i64) -> Result<Results, serde_json::Error>,
) -> Answered {
    let now = state.clock.now_ms() / 1_000;
    let results = read(state, headers, body, limit, move |text| {
        read_rows(text, now)
    });
    let results = results.await?;
    nodes::take(state, &results.node_key, results.entries).await?;
    Ok(plain_json(200, &Taken {}))
}

/// Reads a body. What is large waits for its turn, before a byte of it is taken.
async fn read<T: Send + 'static>(
    state: &AppState,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    read: impl FnOnce(&str) -> Result<T, serde_json::Error> + Send + 'static,
) -> Result<T, Failure> {
    let is_small = body
        .size_hint()
        .upper()
        .is_some_and(|most| most <= SMALL as u64);
    let _turn = match is_small {
        true => None,
        false => {
            let turn = tokio::time::timeout(PATIENCE, state.node_bodies.acquire()).await;
            let turn = turn.map_err(|_| Failure::from(StoreError::Busy))?;
            Some(turn.map_err(Failure::internal)?)
        }
    };
    let body = read_body(headers, body, limit).await?;
    let read = move || {
        let bytes = body.unpack()?;
        // osquery sends the bytes of a text as Windows gave them.
        let text = String::from_utf8_lossy(&bytes);
        // Members without names would do for the reader of structures.
        if !text.trim_start().starts_with('{') {
            let message = "The body is not what osquery sends: no JSON object.";
            return Err(Failure::new(ErrorCode::InvalidRequestBody, message));
        }
        read(&text).map_err(|error| {
            // What the reader says repeats what was sent, which may be a secret.
            let message = format!(
                "The body is not what osquery sends: wrong at line {}, column {}.",
                error.line(),
                error.column()
            );
            Failure::new(ErrorCode::InvalidRequestBody, message)
        })
    };
    off_the_runtime(state, read).await
}
