//! `POST /ingest/v1/machines`: what machines report.
//!
//! The body is one native document, an array of them, or NDJSON, plain or packed
//! with gzip or zstd. The answer tells for each record what became of it; it is
//! sent after the commit, so that what was accepted is durable.
//!
//! A document, and whatever is small, is stored in one commit and shows at once: all of it
//! or nothing. Larger NDJSON is read [while it comes](lines): what was read is stored and
//! shows, portion by portion, while more is on the way, and a client that sends faster than
//! that waits. Whatever is large is read on threads of its own, a few at a time.
//!
//! Nothing is answered before it shows. Where too many requests wait the answer is 503: of
//! what that one brought nothing is stored.

mod lines;
mod turns;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::IntoResponse;
use kbgap_auth::Permission;
use kbgap_inventory::{Machine, native, native::Record, unpatched};
use kbgap_odata::ErrorCode;
use kbgap_store::{MachineReport, PackedBody, PutOutcome, StoreError};
use serde::Serialize;
use tokio::sync::oneshot::error::RecvError;

use crate::http::{Failure, Packed, authenticate, discard, json, off_the_runtime, read_body};
use crate::state::{AppState, Shared};
use crate::tenants::{NotStored, Outcomes, Report};

pub(crate) use self::lines::STREAMS;
pub(crate) use self::turns::Turns;

/// What a report demands.
pub(crate) const PERMISSION: Permission = Permission {
    roles: &["Inventory.Write.All"],
    scopes: &[],
};

/// A body up to so many bytes is read at once: it takes less time than handing it over.
const SMALL: usize = 64 << 10;

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
    /// What people should know of a report that was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

#[derive(Serialize)]
struct RecordErrorAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    message: String,
}

pub(crate) async fn machines(State(state): State<Shared>, request: Request) -> Response<Body> {
    let response = answer(&state, request)
        .await
        .unwrap_or_else(IntoResponse::into_response);
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        state.metrics.ingest.busy();
    }
    response
}

async fn answer(state: &Shared, request: Request) -> Result<Response<Body>, Failure> {
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
    if is_ndjson(&parts.headers) {
        return lines::answer(state, claims.tenant.clone(), &parts.headers, body).await;
    }
    let body = read_body(&parts.headers, body, state.config.max_body_mb << 20).await?;
    whole(state, &claims.tenant, body, records_of_document).await
}

/// Reads a body at once, stores what it has in one commit, and answers.
async fn whole(
    state: &Shared,
    tenant: &str,
    body: Packed,
    records: impl FnOnce(&[u8]) -> Result<Vec<Record>, Failure> + Send + 'static,
) -> Result<Response<Body>, Failure> {
    let now = state.clock.now_ms();
    let is_small = body.plain_len().is_some_and(|length| length <= SMALL);
    let read = move || {
        let records = records(&body.unpack()?)?;
        // A machine that reports by itself mostly says what it said before.
        let packing = if is_small {
            Packing::Later
        } else {
            Packing::Now
        };
        Understood::of(records, now, packing)
    };
    let understood = match is_small {
        true => read()?,
        false => off_the_runtime(state, read).await?,
    };
    let Understood { mut answers, taken } = understood;
    if !taken.reports.is_empty() {
        let outcomes = state.intake.hand_in(tenant, taken.reports)?;
        tell(&mut answers, &taken.positions, outcomes.await)?;
    }
    respond(state, answers)
}

/// What each record came to.
struct Understood {
    answers: Vec<RecordAnswer>,
    taken: Taken,
}

/// The machines of some records, with the positions of their answers.
#[derive(Default)]
struct Taken {
    positions: Vec<usize>,
    reports: Vec<Report>,
}

/// When reports are packed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Packing {
    /// By whoever reads them.
    Now,
    /// By the store, where they have to be stored.
    Later,
}

impl Understood {
    fn of(records: Vec<Record>, now: i64, packing: Packing) -> Result<Self, Failure> {
        let mut answers = Vec::with_capacity(records.len());
        let mut taken = Taken::default();
        for record in records {
            answers.push(taken.take_packing(record, now, answers.len(), packing)?);
        }
        Ok(Self { answers, taken })
    }
}

impl Taken {
    /// Takes a record, whose answer will be at a position.
    fn take(&mut self, record: Record, now: i64, position: usize) -> Result<RecordAnswer, Failure> {
        self.take_packing(record, now, position, Packing::Now)
    }

    fn take_packing(
        &mut self,
        record: Record,
        now: i64,
        position: usize,
        packing: Packing,
    ) -> Result<RecordAnswer, Failure> {
        let mut answer = RecordAnswer {
            index: record.index,
            line: record.line,
            id: None,
            computer_dns_name: None,
            outcome: "refused",
            error: None,
            warnings: Vec::new(),
        };
        match record.machine {
            Ok(machine) => {
                answer.id = Some(machine.id.to_string());
                answer.computer_dns_name = Some(machine.computer_dns_name.clone());
                answer.warnings.extend(unpatched(&machine));
                self.positions.push(position);
                self.reports.push(Report {
                    stored: report(&machine, now, packing).map_err(Failure::internal)?,
                    machine,
                });
            }
            Err(error) => {
                answer.error = Some(RecordErrorAnswer {
                    path: error.path,
                    message: error.message,
                });
            }
        }
        Ok(answer)
    }
}

/// What became of reports, or why they were not stored.
pub(crate) fn became(
    became: Result<Result<Vec<PutOutcome>, NotStored>, RecvError>,
) -> Result<Vec<PutOutcome>, Failure> {
    let outcomes = became.map_err(Failure::internal)?;
    outcomes.map_err(|not_stored| match not_stored {
        NotStored::Busy => Failure::from(StoreError::Busy),
        NotStored::Failed => Failure::internal("reports were not stored"),
    })
}

/// Tells what became of reports, by the positions of their answers.
fn tell(
    answers: &mut [RecordAnswer],
    positions: &[usize],
    became: Result<Result<Vec<PutOutcome>, NotStored>, RecvError>,
) -> Result<(), Failure> {
    let outcomes = self::became(became)?;
    for (&position, outcome) in positions.iter().zip(outcomes) {
        if let Some(answer) = answers.get_mut(position) {
            answer.outcome = outcome_name(outcome);
        }
    }
    Ok(())
}

fn respond(state: &AppState, records: Vec<RecordAnswer>) -> Result<Response<Body>, Failure> {
    let answer = Answer::of(state, records);
    let status = match (answer.accepted, answer.refused) {
        (0, 1..) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let body = serde_json::to_vec(&answer).map_err(Failure::internal)?;
    Ok(json(status, body))
}

/// The answer to a body that could not be read to its end: the error, and beside it what
/// became of the records before.
fn respond_failed(
    state: &AppState,
    records: Vec<RecordAnswer>,
    failure: Failure,
) -> Result<Response<Body>, Failure> {
    if records.is_empty() {
        return Err(failure);
    }
    let answer = serde_json::to_vec(&Answer::of(state, records)).map_err(Failure::internal)?;
    Err(failure.beside(answer))
}

impl Answer {
    /// The answer to a request, of which each is counted once.
    fn of(state: &AppState, records: Vec<RecordAnswer>) -> Self {
        for record in &records {
            state.metrics.ingest.record(record.outcome);
        }
        let refused = records.iter().filter(|r| r.error.is_some()).count();
        Self {
            accepted: records.len() - refused,
            refused,
            records,
        }
    }
}

fn is_ndjson(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|h| h.to_str().ok());
    let kind = value.and_then(|v| v.split(';').next()).unwrap_or("").trim();
    kind.eq_ignore_ascii_case("application/x-ndjson")
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

/// What an answer calls it.
pub(crate) const fn outcome_name(outcome: PutOutcome) -> &'static str {
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
    report(machine, now, Packing::Now)
}

/// The same, packed now or later.
pub(crate) fn report(
    machine: &Machine,
    now: i64,
    packing: Packing,
) -> Result<MachineReport, EncodeError> {
    let seen_at_ms = machine.seen_at.map_or(now, |t| t.as_millisecond().min(now));
    let (body, content_hash) = machine.encoded()?;
    Ok(MachineReport {
        id: machine.id.to_string(),
        computer_dns_name: machine.computer_dns_name.clone(),
        seen_at_ms,
        content_hash,
        body: match packing {
            Packing::Now => PackedBody::pack(&body)?,
            Packing::Later => PackedBody::later(body)?,
        },
        group: machine.group.clone(),
        addresses: machine
            .ip_addresses
            .iter()
            .map(|a| a.ip_address)
            .chain(machine.last_ip_address)
            .collect(),
    })
}
