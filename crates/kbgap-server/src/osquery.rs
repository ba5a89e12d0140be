//! `/osquery/v1/…`: the remote settings of osquery, so that a stock `osqueryd` reports to
//! this server ([docs/osquery.md](../../../docs/osquery.md)).
//!
//! These routes take no tokens. A host shows a secret of its tenant once, gets a key of its
//! own, and shows that from then on; both stand in the body, where osquery writes them. The
//! table below says which of them each route demands. Nothing of the request but the key
//! says which node and which tenant it is of, so a key reaches no other.
//!
//! osquery looks at the body of an answer and not at its status: `node_invalid` has it
//! enroll anew, a member `error` has it send the same again later and is written to the host's
//! log where it is a text, and anything else means
//! that what it sent was taken. So whatever is not taken is answered with one of the two.

mod distributed;
mod enroll;
mod log;
mod nodes;
mod pack;

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode};
use kbgap_inventory::osquery::{BodyError, read_enrollment, read_key};
use kbgap_odata::ErrorCode;
use kbgap_store::StoreError;
use serde::Serialize;
use tokio::sync::SemaphorePermit;

use crate::http::{Failure, Packed, discard, off_the_runtime, read_body};
use crate::oauth::plain_json;
use crate::state::{AppState, Shared};

pub(crate) use distributed::Asked;

/// The largest body of a request without rows, in bytes.
const SMALL: usize = 256 << 10;
/// Larger bodies that are read at a time: who sends them is not known before they are read.
pub(crate) const LARGE_BODIES: usize = 8;
/// How long a large body waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a body may take to come, so that nobody keeps the turns of others.
const AT_MOST: Duration = Duration::from_secs(60);

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
        Err(Refused::Failed(failure)) => {
            if route.takes_rows && failure.status() == StatusCode::SERVICE_UNAVAILABLE {
                state.metrics.ingest.busy();
            }
            failure.into_text_response()
        }
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
    // What is large waits for its turn, before a byte of it is taken.
    let _turn = match body.size_hint().upper() {
        Some(most) if most <= SMALL as u64 => None,
        _ => Some(turn(state).await?),
    };
    let body = tokio::time::timeout(AT_MOST, read_body(&parts.headers, body, limit)).await;
    let body = body.map_err(|_| Failure::from(StoreError::Busy))??;
    if route.work == Work::Enroll {
        let request = off_the_runtime(state, move || read(&text_of(body)?, read_enrollment));
        return enroll::answer(state, request.await?).await;
    }
    // Whose body it is comes first: what anybody may send is not read any further.
    let read_key = move || {
        let text = text_of(body)?;
        Ok((read(&text, read_key)?, text))
    };
    let (key, text) = off_the_runtime(state, read_key).await?;
    let node = nodes::find(state, &key).await?;
    match route.work {
        Work::Enroll | Work::Config => Ok(pack::config(&node)),
        Work::Read => distributed::read(state, &node).await,
        Work::Log => nodes::take(state, &key, node, text, log::read).await,
        Work::Write => nodes::take(state, &key, node, text, distributed::read_answers).await,
    }
}

async fn turn(state: &AppState) -> Result<SemaphorePermit<'_>, Failure> {
    let turn = tokio::time::timeout(PATIENCE, state.node_bodies.acquire()).await;
    let turn = turn.map_err(|_| Failure::from(StoreError::Busy))?;
    turn.map_err(Failure::internal)
}

/// The text of a body. osquery sends the bytes of a text as Windows gave them.
fn text_of(body: Packed) -> Result<String, Failure> {
    let text = String::from_utf8(body.unpack()?);
    Ok(text.unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned()))
}

fn read<T, E: Into<BodyError>>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    // Members without names would do for the reader of structures.
    if !text.trim_start().starts_with('{') {
        let message = "The body is not what osquery sends: no JSON object.";
        return Err(Failure::new(ErrorCode::InvalidRequestBody, message));
    }
    read(text).map_err(|error| match error.into() {
        // What the reader says repeats what was sent, which may be a secret.
        BodyError::Json(error) => Failure::new(
            ErrorCode::InvalidRequestBody,
            format!(
                "The body is not what osquery sends: wrong at line {}, column {}.",
                error.line(),
                error.column()
            ),
        ),
        too_many @ BodyError::TooMany => Failure::new(
            ErrorCode::PayloadTooLarge,
            format!("The body is not taken: {too_many}. Lower `--logger_tls_max_lines`."),
        ),
    })
}
