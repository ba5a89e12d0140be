//! `/api/machines`.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;

use super::missing_kbs::{ACCESS, answer, options};
use crate::http::{Failure, authenticate};
use crate::state::AppState;

/// `GET /api/machines/{id or name}/getmissingkbs` (api.md, section 6.4).
///
/// A machine that could not be assessed has an empty list with an annotation that
/// says so, since an empty list alone would read as clean.
pub(crate) async fn get_missing_kbs(
    state: &AppState,
    parts: &Parts,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let claims = authenticate(state, &parts.headers, ACCESS).await?;
    let found = state.tenants.read(&claims.tenant, |fleet| {
        let machine = fleet
            .find(id)
            .ok_or_else(|| Failure::not_found("Machine", id))?;
        let (options, view) = options(parts)?;
        Ok::<_, Failure>((options, fleet.missing_kbs_of_machine(machine, view)))
    });
    let (options, rows) = found?;
    let annotations = rows
        .not_assessed
        .map(|reason| ("@kbgap.notAssessed", reason));
    answer(
        state,
        parts,
        &options,
        rows.rows,
        annotations.into_iter().collect(),
    )
}
