//! What both getmissingkbs share.

use kbgap_assess::Urgency;
use kbgap_fleet::{ProductFix, View};
use kbgap_odata::{
    Allowed, ApiError, Collection, ErrorCode, PublicProductFixDto, QueryOptions, SystemOption,
    Time, Value,
};
use serde::Serialize;

use crate::call::Call;
use crate::http::Failure;
use crate::records::catalog_url;

/// What both take.
pub(super) const ALLOWED: Allowed = &[SystemOption::Top, SystemOption::Skip, SystemOption::Count];

/// A row with what is known of attacks on its CVEs.
#[derive(Serialize)]
struct UrgentRow {
    #[serde(flatten)]
    row: PublicProductFixDto,
    #[serde(rename = "@kbgap.urgency")]
    urgency: Value<'static>,
}

/// The options of the request; `view=effective` is an addition of ours.
pub(super) fn options(call: &Call) -> Result<(QueryOptions, View), Failure> {
    let options = QueryOptions::parse(call.query(), ALLOWED)?;
    let view = match options
        .custom("view")?
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("all") => View::All,
        Some("effective") => View::Effective,
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            let message =
                format!("The value '{other}' of the query option 'view' is not all or effective.");
            return Err(ApiError::new(ErrorCode::InvalidInput, message).into());
        }
    };
    Ok((options, view))
}

/// The body of the answer.
pub(super) fn body(
    call: &Call,
    options: &QueryOptions,
    rows: Vec<ProductFix>,
    annotations: Vec<(&'static str, Value<'static>)>,
) -> Result<Vec<u8>, Failure> {
    let count = options.count.then_some(rows.len());
    let is_urgency_asked = is_urgency_asked(options)?;
    let page = options.page(rows);
    let context = call.context(PublicProductFixDto::COLLECTION);
    let body = if is_urgency_asked {
        let value: Vec<_> = page.map(urgent).collect();
        serde_json::to_vec(&Collection {
            context,
            count,
            value: &value,
            annotations,
        })
    } else {
        let value: Vec<_> = page.map(dto).collect();
        serde_json::to_vec(&Collection {
            context,
            count,
            value: &value,
            annotations,
        })
    };
    body.map_err(Failure::internal)
}

/// `urgency=true` is an addition of ours: rows have what is documented and no more, unless
/// somebody asks.
fn is_urgency_asked(options: &QueryOptions) -> Result<bool, Failure> {
    match options.custom("urgency")? {
        None | Some("") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            let message =
                format!("The value '{other}' of the query option 'urgency' is not true or false.");
            Err(ApiError::new(ErrorCode::InvalidInput, message).into())
        }
    }
}

fn urgent(row: ProductFix) -> UrgentRow {
    let Urgency {
        known_exploited,
        ransomware,
        due_date,
        epss,
    } = row.urgency;
    // A day is the instant at which it begins, as elsewhere in the API.
    let due_date = due_date.map(|seconds| Time::from_ms(seconds.saturating_mul(1_000)));
    let fields = vec![
        ("knownExploited", Value::Bool(known_exploited)),
        ("ransomware", Value::Bool(ransomware)),
        ("dueDate", Value::or_null(due_date)),
        (
            "highestEpss",
            epss.map_or(Value::Null, |epss| Value::Double(epss.value())),
        ),
    ];
    UrgentRow {
        urgency: Value::Object(fields).into_owned(),
        row: dto(row),
    }
}

fn dto(row: ProductFix) -> PublicProductFixDto {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    PublicProductFixDto {
        url: catalog_url(row.id),
        id: row.id.to_string(),
        name: row.name,
        os_build: row.os_build.map(i64::from),
        products_names: row.products_names,
        machine_missed_on: count(row.machine_missed_on),
        cve_addressed: count(row.cve_addressed),
    }
}
