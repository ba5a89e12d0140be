//! Exports as files: gzip, one JSON record a line, behind links that live for some
//! hours. A file is written while it is downloaded, from the snapshot of its export.

use std::io::{Error, Write};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use flate2::Compression;
use flate2::write::GzEncoder;
use kbgap_odata::types::export::EXPORT_FILES;
use kbgap_odata::{ErrorCode, QueryOptions, Value};
use serde::Deserialize;

use super::rows::{Kind, MachineRows, OtherSoftwareRows, RowsOf, SoftwareRows, VulnerabilityRows};
use super::{invalid, take};
use crate::call::Call;
use crate::exports::ExportSnapshot;
use crate::history::History;
use crate::http::{Failure, piped};
use crate::list::{self, RowWriter};
use crate::oauth;
use crate::records::ExportFilesRecord;
use crate::route::{Answered, Answering};
use crate::state::{AppState, Shared};

/// Machines of one file.
const PART: usize = 5_000;

/// `GET /api/machines/SoftwareInventoryExport`.
pub(crate) fn software_files(call: &Call) -> Answering<'_> {
    Box::pin(files(call, Kind::SoftwareInventory))
}

/// `GET /api/machines/SoftwareInventoryNonCpeExport`.
pub(crate) fn non_cpe_files(call: &Call) -> Answering<'_> {
    Box::pin(files(call, Kind::NonCpeSoftwareInventory))
}

/// `GET /api/machines/SoftwareVulnerabilitiesExport`.
pub(crate) fn vulnerability_files(call: &Call) -> Answering<'_> {
    Box::pin(files(call, Kind::Vulnerabilities))
}

async fn files(call: &Call, kind: Kind) -> Answered {
    let options = QueryOptions::parse(call.query(), &[])?;
    let hours = valid_hours(&options)?;
    let snapshot = take(call).await?;
    // Links live by the real time, like tokens.
    let ends = crate::clock::Clock::real_seconds() + hours * 3_600;
    let issuer = oauth::issuer(&call.state).await?;
    // A file without a line reads as one that is not ready yet: there is none.
    let parts = snapshot.places.chunks(PART).enumerate();
    let has_rows = |place: &u32| {
        let machine = snapshot.fleet.machine_at(*place);
        machine.is_some_and(|machine| kind.has_rows(&machine))
    };
    let parts = parts.filter(|(_, places)| places.iter().any(has_rows));
    let links = parts.map(|(part, _)| {
        let path = format!(
            "/exports/{}/{}/part-{part:05}.json.gz",
            kind.folder(),
            snapshot.id
        );
        let signature = issuer.sign_link(&signed(&path, ends));
        format!("{}{path}?se={ends}&sig={signature}", call.base_url())
    });
    let record = ExportFilesRecord {
        files: links.collect(),
        generated_at: snapshot.taken_at,
    };
    let fragment = EXPORT_FILES.full_name();
    list::one(call, &EXPORT_FILES, &fragment, &record, &[], |_| {
        Value::Null
    })
}

fn signed(path: &str, ends: i64) -> String {
    format!("{path}?se={ends}")
}

/// `sasValidHours`: 1 to 6, 1 where it is absent.
fn valid_hours(options: &QueryOptions) -> Result<i64, Failure> {
    match options
        .custom("sasvalidhours")?
        .filter(|text| !text.is_empty())
    {
        None => Ok(1),
        Some(text) => text
            .parse()
            .ok()
            .filter(|hours| (1..=6).contains(hours))
            .ok_or_else(|| {
                let text: String = text.chars().take(40).collect();
                invalid(&format!(
                    "The value '{text}' of 'sasValidHours' is not a whole number from 1 to 6."
                ))
            }),
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    se: i64,
    #[serde(default)]
    sig: String,
}

/// `GET /exports/{kind}/{snapshot}/{file}`: a link is all that it takes.
pub(crate) async fn download(
    State(state): State<Shared>,
    Path((folder, id, file)): Path<(String, String, String)>,
    link: Result<Query<Link>, QueryRejection>,
) -> Response<Body> {
    // A link that cannot be read does not hold either.
    let link = link.map_or_else(|_| Link::default(), |Query(link)| link);
    file_of(&state, &folder, &id, &file, &link)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn file_of(state: &AppState, folder: &str, id: &str, file: &str, link: &Link) -> Answered {
    let path = format!("/exports/{folder}/{id}/{file}");
    let issuer = oauth::issuer(state).await?;
    let now = crate::clock::Clock::real_seconds();
    if !issuer.verify_link(&signed(&path, link.se), &link.sig) || now > link.se {
        let message = "The link is not valid, or no longer. Ask for the export again.";
        return Err(Failure::new(ErrorCode::Forbidden, message));
    }
    let gone = || Failure::not_found("Export", id);
    let kind = Kind::ALL.into_iter().find(|kind| kind.folder() == folder);
    let part = file
        .strip_prefix("part-")
        .and_then(|rest| rest.strip_suffix(".json.gz"))
        .and_then(|number| number.parse::<usize>().ok());
    let (kind, part) = kind.zip(part).ok_or_else(gone)?;
    let snapshot = state
        .exports
        .find(id, state.clock.now_ms())
        .ok_or_else(gone)?;
    // Each download has a thread of its own: many slow ones must not take them all.
    let permit = Arc::clone(&state.downloads)
        .try_acquire_owned()
        .map_err(|_| Failure::new(ErrorCode::ServiceUnavailable, "Too many downloads at once."))?;
    let history = Arc::clone(&state.history);
    let body = piped(move |out| {
        let _permit = permit;
        write_file((&snapshot, &history), kind, part, out)
    });
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    Ok(response)
}

fn write_file(
    snapshot: (&ExportSnapshot, &History),
    kind: Kind,
    part: usize,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    match kind {
        Kind::SoftwareInventory => write_rows::<SoftwareRows>(snapshot, part, out),
        Kind::NonCpeSoftwareInventory => write_rows::<OtherSoftwareRows>(snapshot, part, out),
        Kind::Vulnerabilities => write_rows::<VulnerabilityRows>(snapshot, part, out),
    }
}

fn write_rows<R: RowsOf>(
    (snapshot, history): (&ExportSnapshot, &History),
    part: usize,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let mut out = GzEncoder::new(out, Compression::fast());
    let write = RowWriter::shown(R::KIND.of());
    let mut machine_rows = MachineRows::new(snapshot, history);
    let mut line = Vec::new();
    let first = part.saturating_mul(PART);
    let end = first.saturating_add(PART).min(snapshot.len());
    for position in first..end {
        for row in R::of(position, &mut machine_rows).map_err(Error::other)? {
            line.clear();
            write.write_row(&row, &mut line);
            line.push(b'\n');
            out.write_all(&line)?;
        }
    }
    out.finish()?.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_live_from_one_to_six_hours() {
        for (query, expected) in [
            ("", Some(1)),
            ("sasValidHours=6", Some(6)),
            ("SASVALIDHOURS=3", Some(3)),
            ("sasValidHours=0", None),
            ("sasValidHours=7", None),
            ("sasValidHours=x", None),
            ("sasValidHours=1&sasValidHours=2", None),
        ] {
            let options = QueryOptions::parse(query, &[]).unwrap();
            assert_eq!(valid_hours(&options).ok(), expected, "{query}");
        }
    }
}
