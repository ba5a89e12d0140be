//! What both getmissingkbs share.

use kbgap_assess::Urgency;
use kbgap_fleet::{ProductFix, View};
use kbgap_odata::{
    Allowed, ApiError, Collection, Context, ErrorCode, PublicProductFixDto, QueryOptions,
    SystemOption, Value,
};
use serde::Serialize;

use crate::call::Call;
use crate::http::Failure;
use crate::records::{catalog_url, day};

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
    // An addition of ours: rows have what is documented and no more, unless somebody asks.
    let is_urgent = options.flag("urgency")?;
    let page = options.page(rows);
    let context = call.context(PublicProductFixDto::COLLECTION);
    if is_urgent {
        let value: Vec<_> = page.map(urgent).collect();
        written(context, count, &value, annotations)
    } else {
        let value: Vec<_> = page.map(dto).collect();
        written(context, count, &value, annotations)
    }
}

fn written<T: Serialize>(
    context: Context,
    count: Option<usize>,
    value: &[T],
    annotations: Vec<(&'static str, Value<'static>)>,
) -> Result<Vec<u8>, Failure> {
    let list = Collection {
        context,
        count,
        value,
        annotations,
    };
    serde_json::to_vec(&list).map_err(Failure::internal)
}

fn urgent(row: ProductFix) -> UrgentRow {
    let Urgency {
        known_exploited,
        ransomware,
        due_date,
        epss,
    } = row.urgency;
    let fields = vec![
        ("knownExploited", Value::Bool(known_exploited)),
        ("ransomware", Value::Bool(ransomware)),
        ("dueDate", day(due_date)),
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
