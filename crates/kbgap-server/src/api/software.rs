//! `/api/Software`.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use kbgap_catalog::{SoftwareId, is_mapped_software};

use super::missing_kbs::{ACCESS, answer, options};
use crate::http::{Failure, authenticate};
use crate::state::AppState;

/// `GET /api/Software/{id}/getmissingkbs` (api.md, section 5.7).
///
/// A software that neither the mapping nor any inventory of the tenant knows is
/// not found; one that misses nothing has an empty list.
pub(crate) async fn get_missing_kbs(
    state: &AppState,
    parts: &Parts,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let claims = authenticate(state, &parts.headers, ACCESS).await?;
    let not_found = || Failure::not_found("Software", id);
    let software: SoftwareId = id.parse().map_err(|_| not_found())?;
    let now = state.clock.now_ms();
    let rows = state.tenants.read(&claims.tenant, |fleet| {
        let known = fleet.catalog().find_software(software.as_str());
        if known.is_none() && !is_mapped_software(&software) && !fleet.has_installed(&software) {
            return Err(not_found());
        }
        let (options, view) = options(parts)?;
        let rows = known
            .map(|ix| fleet.missing_kbs_of_software(ix, now, view))
            .unwrap_or_default();
        Ok((options, rows))
    });
    let (options, rows) = rows?;
    answer(state, parts, &options, rows, Vec::new())
}
