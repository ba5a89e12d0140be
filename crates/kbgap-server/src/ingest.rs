//! `POST /ingest/v1/machines`: what machines report.
//!
//! The body is one native document, an array of them, or NDJSON, plain or packed
//! with gzip or zstd. The answer tells for each record what became of it; it is
//! sent after the commit, so that what was accepted is durable.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::IntoResponse;
use kbgap_auth::Permission;
use kbgap_inventory::{Machine, native, native::Record};
use kbgap_odata::ErrorCode;
use kbgap_store::{MachineReport, PackedBody, PutOutcome, StoreError};
use serde::Serialize;

use crate::http::{Failure, authenticate, discard, json, read_body};
use crate::state::{AppState, Shared};

/// What a report demands.
pub(crate) const PERMISSION: Permission = Permission {
    roles: &["Inventory.Write.All"],
    scopes: &[],
};

#[derive(Serialize)]
struct Answer {
    accepted: usize,
    refused: usize,
    records: Vec<RecordAnswer>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordAnswer {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    computer_dns_name: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RecordErrorAnswer>,
}

#[derive(Serialize)]
struct RecordErrorAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    message: String,
}

pub(crate) async fn machines(State(state): State<Shared>, request: Request) -> Response<Body> {
    answer(&state, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn answer(state: &AppState, request: Request) -> Result<Response<Body>, Failure> {
    if request.method() != Method::POST {
        return Err(Failure::method_not_allowed("POST"));
    }
    let (parts, body) = request.into_parts();
    let claims = match authenticate(state, &parts.headers, PERMISSION).await {
        Ok(claims) => claims,
        Err(failure) => {
            discard(&parts.headers, body).await;
            return Err(failure);
        }
    };
    let body = read_body(&parts.headers, body, state.config.max_body_mb << 20).await?;
    let now = state.clock.now_ms();
    let records = match is_ndjson(&parts.headers) {
        true => records_of_lines,
        false => records_of_document,
    };
    let read = move || understand(records(&body.unpack()?)?, now);
    let (mut answers, accepted) = off_the_runtime(state, read).await?;
    let (positions, machines): (Vec<usize>, Vec<MachineReport>) = accepted.into_iter().unzip();
    let put = state.store.put_machines(&claims.tenant, machines).await?;
    for (position, outcome) in positions.iter().zip(put.outcomes()) {
        answers[*position].outcome = outcome_name(outcome);
    }
    state.tenants.follow().await?;

    let refused = answers.len() - positions.len();
    let status = if positions.is_empty() && refused > 0 {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let answer = Answer {
        accepted: positions.len(),
        refused,
        records: answers,
    };
    Ok(json(
        status,
        serde_json::to_vec(&answer).map_err(Failure::internal)?,
    ))
}

/// What each record came to, and the machines with the positions of their answers.
type Understood = (Vec<RecordAnswer>, Vec<(usize, MachineReport)>);

/// A large body takes seconds to read and many times its size in memory, so only as many
/// are read at once as there are cores to do it.
async fn off_the_runtime(
    state: &AppState,
    read: impl FnOnce() -> Result<Understood, Failure> + Send + 'static,
) -> Result<Understood, Failure> {
    let _permit = state.readers.acquire().await.map_err(Failure::internal)?;
    tokio::task::spawn_blocking(read)
        .await
        .map_err(Failure::internal)?
}

fn is_ndjson(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|h| h.to_str().ok());
    let kind = value.and_then(|v| v.split(';').next()).unwrap_or("").trim();
    kind.eq_ignore_ascii_case("application/x-ndjson")
}

fn records_of_lines(bytes: &[u8]) -> Result<Vec<Record>, Failure> {
    Ok(native::read_lines(bytes))
}

fn records_of_document(bytes: &[u8]) -> Result<Vec<Record>, Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Failure::new(ErrorCode::InvalidRequestBody, "The body is not UTF-8."))?;
    native::read(text).map_err(|e| {
        Failure::new(
            ErrorCode::InvalidRequestBody,
            format!("The body is no JSON document: {e}"),
        )
    })
}

fn understand(records: Vec<Record>, now: i64) -> Result<Understood, Failure> {
    let mut answers = Vec::with_capacity(records.len());
    let mut accepted = Vec::new();
    for record in records {
        let mut answer = RecordAnswer {
            index: record.index,
            line: record.line,
            id: None,
            computer_dns_name: None,
            outcome: "refused",
            error: None,
        };
        match record.machine {
            Ok(machine) => {
                answer.id = Some(machine.id.to_string());
                answer.computer_dns_name = Some(machine.computer_dns_name.clone());
                accepted.push((
                    answers.len(),
                    new_machine(&machine, now).map_err(Failure::internal)?,
                ));
            }
            Err(error) => {
                answer.error = Some(RecordErrorAnswer {
                    path: error.path,
                    message: error.message,
                });
            }
        }
        answers.push(answer);
    }
    Ok((answers, accepted))
}

const fn outcome_name(outcome: PutOutcome) -> &'static str {
    match outcome {
        PutOutcome::Created => "created",
        PutOutcome::Changed => "changed",
        PutOutcome::Unchanged => "unchanged",
        PutOutcome::Stale => "stale",
    }
}

/// Why a machine cannot be brought into the form that the store keeps, or read from it.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// It is no machine.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It cannot be packed or unpacked.
    #[error(transparent)]
    Body(#[from] StoreError),
}

/// A machine as the store takes it, at the server's time `now` in milliseconds
/// since 1970. A report from the future is as of now: a clock that runs ahead must
/// not shut out the reports that come after.
///
/// # Errors
/// When the machine cannot be encoded, which no machine can cause in practice.
pub fn new_machine(machine: &Machine, now: i64) -> Result<MachineReport, EncodeError> {
    let seen_at_ms = machine.seen_at.map_or(now, |t| t.as_millisecond().min(now));
    Ok(MachineReport {
        id: machine.id.to_string(),
        computer_dns_name: machine.computer_dns_name.clone(),
        seen_at_ms,
        content_hash: machine.content_hash(),
        body: PackedBody::pack(&encode_machine(machine)?)?,
        group: machine.group.clone(),
        addresses: machine
            .ip_addresses
            .iter()
            .map(|a| a.ip_address)
            .chain(machine.last_ip_address)
            .collect(),
    })
}

/// A machine as the store keeps it: without the time, which has a column.
///
/// # Errors
/// When it cannot be encoded, which no machine can cause in practice.
pub fn encode_machine(machine: &Machine) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Machine {
        seen_at: None,
        ..machine.clone()
    })
}
