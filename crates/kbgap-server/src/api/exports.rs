//! Export assessments (api.md, section 10): rows of all machines, in pages over one
//! snapshot or in files.

mod changes;
mod files;
mod rows;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kbgap_odata::edm::{Record, StructuredType};
use kbgap_odata::{Allowed, ErrorCode, QueryOptions, SystemOption};
use kbgap_store::StoreError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) use changes::vulnerability_changes;
pub(crate) use files::{download, non_cpe_files, software_files, vulnerability_files};
use rows::{MachineRows, RowsOf};

use crate::call::Call;
use crate::exports::ExportSnapshot;
use crate::history::History;
use crate::http::Failure;
use crate::list::{RowWriter, rows_between};
use crate::route::{Answered, Answering};

/// What the exports in pages take.
pub(super) const ALLOWED: Allowed = &[SystemOption::Top, SystemOption::SkipToken];
/// Rows of a page where `pageSize` does not say, and the most that it may say.
const PAGE: usize = 50_000;
const MAX_PAGE: usize = 200_000;

/// `GET /api/machines/SoftwareInventoryByMachine`.
pub(crate) fn software_inventory(call: &Call) -> Answering<'_> {
    Box::pin(page::<rows::SoftwareRows>(call))
}

/// `GET /api/machines/SoftwareInventoryNoProductCodeByMachine`.
pub(crate) fn non_cpe_inventory(call: &Call) -> Answering<'_> {
    Box::pin(page::<rows::OtherSoftwareRows>(call))
}

/// `GET /api/machines/SoftwareVulnerabilitiesByMachine`.
pub(crate) fn software_vulnerabilities(call: &Call) -> Answering<'_> {
    Box::pin(page::<rows::VulnerabilityRows>(call))
}

/// Where a page has ended.
#[derive(Serialize, Deserialize)]
struct Place {
    /// The snapshot.
    #[serde(rename = "s")]
    snapshot: String,
    /// The position of the machine in it.
    #[serde(rename = "m")]
    machine: usize,
    /// How many of the machine's rows were given.
    #[serde(rename = "r")]
    row: usize,
}

/// The place where a page has ended, as a `$skiptoken`.
fn token(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place that a `$skiptoken` holds.
fn place<P: DeserializeOwned>(token: &str) -> Result<P, Failure> {
    let bytes = URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| invalid("The '$skiptoken' is not one of this server."))
}

async fn page<R: RowsOf>(call: &Call) -> Answered {
    let options = QueryOptions::parse(call.query(), ALLOWED)?;
    let size = page_size(&options)?;
    let (snapshot, place) = begin(call, &options).await?;
    let limit = options.top.unwrap_or(size);
    let permit = call
        .state
        .pages
        .acquire()
        .await
        .map_err(Failure::internal)?;
    let history = Arc::clone(&call.state.history);
    let fill = move || fill::<R>((&snapshot, &history), place, limit);
    let filled = tokio::task::spawn_blocking(fill).await;
    drop(permit);
    let (records, next) = filled.map_err(Failure::internal)??;
    // With `$top` there is no next link (api.md, section 10.1).
    let next = next.filter(|_| options.top.is_none()).map(|place| {
        format!(
            "{}{}?pagesize={size}&$skiptoken={}",
            call.base_url(),
            call.parts.uri.path(),
            token(&place)
        )
    });
    write(call, R::KIND.of(), records, next)
}

/// The rows of a page, and where the next one begins, unless this is the last. Waits for
/// the history on its thread.
fn fill<R: RowsOf>(
    (snapshot, history): (&ExportSnapshot, &History),
    mut place: Place,
    limit: usize,
) -> Result<(Vec<R::Row>, Option<Place>), StoreError> {
    let mut machine_rows = MachineRows::new(snapshot, history);
    let mut records: Vec<R::Row> = Vec::new();
    while place.machine < snapshot.len() {
        let mut rows = R::of(place.machine, &mut machine_rows)?;
        let wanted = limit - records.len();
        let left = rows.len().saturating_sub(place.row);
        if left > wanted {
            place.row += wanted;
            records.extend(rows.drain(place.row - wanted..place.row));
            return Ok((records, Some(place)));
        }
        records.extend(rows.drain(place.row.min(rows.len())..));
        (place.machine, place.row) = (place.machine + 1, 0);
    }
    Ok((records, None))
}

/// The snapshot of a link, or a new one.
async fn begin(
    call: &Call,
    options: &QueryOptions,
) -> Result<(Arc<ExportSnapshot>, Place), Failure> {
    let exports = &call.state.exports;
    let Some(skip_token) = &options.skip_token else {
        let snapshot = take(call).await?;
        let place = Place {
            snapshot: snapshot.id.clone(),
            machine: 0,
            row: 0,
        };
        return Ok((snapshot, place));
    };
    let place: Place = place(skip_token)?;
    let snapshot = exports
        .find(&place.snapshot, call.now())
        .filter(|snapshot| snapshot.tenant == call.claims.tenant)
        .ok_or_else(|| {
            invalid("The export of this link is no longer kept. Begin again without '$skiptoken'.")
        })?;
    Ok((snapshot, place))
}

async fn take(call: &Call) -> Result<Arc<ExportSnapshot>, Failure> {
    let place = call.state.history.place().await?;
    let id = kbgap_auth::random_guid().map_err(Failure::internal)?;
    let (exports, fleet) = (&call.state.exports, call.tenant_fleet());
    Ok(exports.take(&call.claims.tenant, fleet, (id, place), call.now()))
}

/// A larger size than the most is the most: the next link leads on all the same.
fn page_size(options: &QueryOptions) -> Result<usize, Failure> {
    match options.custom("pagesize")?.filter(|text| !text.is_empty()) {
        None => Ok(PAGE),
        Some(text) => match text.parse::<usize>() {
            Ok(0) | Err(_) => {
                let text: String = text.chars().take(40).collect();
                Err(invalid(&format!(
                    "The value '{text}' of 'pageSize' is not a whole number from 1 to {MAX_PAGE}."
                )))
            }
            Ok(size) => Ok(size.min(MAX_PAGE)),
        },
    }
}

fn write<R: Record + Send + 'static>(
    call: &Call,
    of: &'static StructuredType,
    records: Vec<R>,
    next: Option<String>,
) -> Answered {
    let context = call.context(&of.collection());
    let head = format!("{{\"@odata.context\":\"{}\",\"value\":[", context.as_str());
    let tail = match next {
        Some(link) => format!("],\"@odata.nextLink\":\"{link}\"}}"),
        None => "]}".to_owned(),
    };
    let write = RowWriter::shown(of);
    Ok(rows_between(
        head.into_bytes(),
        records,
        write,
        tail.into_bytes(),
    ))
}

fn invalid(message: &str) -> Failure {
    Failure::new(ErrorCode::InvalidInput, message)
}
