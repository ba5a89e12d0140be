//! What both getmissingkbs share.

use kbgap_fleet::{ProductFix, View};
use kbgap_odata::{
    Allowed, ApiError, Collection, ErrorCode, PublicProductFixDto, QueryOptions, SystemOption,
    Value,
};

use crate::call::Call;
use crate::http::Failure;
use crate::records::catalog_url;

/// What both take.
pub(super) const ALLOWED: Allowed = &[SystemOption::Top, SystemOption::Skip, SystemOption::Count];

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
    let value: Vec<_> = options.page(rows).map(dto).collect();
    let list = Collection {
        context: call.context(PublicProductFixDto::COLLECTION),
        count,
        value: &value,
        annotations,
    };
    serde_json::to_vec(&list).map_err(Failure::internal)
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
