//! What both getmissingkbs share.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use kbgap_auth::Permission;
use kbgap_fleet::{ProductFix, View};
use kbgap_odata::{
    Allowed, ApiError, Collection, Context, ErrorCode, PublicProductFixDto, QueryOptions,
    SystemOption,
};

use crate::http::{Class, Failure, base_url, json};
use crate::state::AppState;

pub(super) const ACCESS: (Permission, Class) = (
    Permission {
        roles: &["Software.Read.All"],
        scopes: &["Software.Read"],
    },
    Class::Other,
);

const ALLOWED: Allowed = &[SystemOption::Top, SystemOption::Skip, SystemOption::Count];

/// The options of the request; `view=effective` is an addition of ours.
pub(super) fn options(parts: &Parts) -> Result<(QueryOptions, View), Failure> {
    let options = QueryOptions::parse(parts.uri.query().unwrap_or(""), ALLOWED)?;
    let view = match options
        .custom("view")
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

pub(super) fn answer(
    state: &AppState,
    parts: &Parts,
    options: &QueryOptions,
    rows: Vec<ProductFix>,
    annotations: Vec<(&'static str, String)>,
) -> Result<Response<Body>, Failure> {
    let count = options.count.then_some(rows.len());
    let value: Vec<_> = options.page(rows).map(dto).collect();
    let base = base_url(&state.config, &parts.headers);
    let list = Collection {
        context: Context::new(&base, PublicProductFixDto::COLLECTION),
        count,
        value: &value,
        annotations,
    };
    let body = serde_json::to_vec(&list).map_err(Failure::internal)?;
    Ok(json(StatusCode::OK, body))
}

fn dto(row: ProductFix) -> PublicProductFixDto {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    PublicProductFixDto {
        url: format!(
            "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB{}",
            row.id
        ),
        id: row.id.to_string(),
        name: row.name,
        os_build: row.os_build.map(i64::from),
        products_names: row.products_names,
        machine_missed_on: count(row.machine_missed_on),
        cve_addressed: count(row.cve_addressed),
    }
}
