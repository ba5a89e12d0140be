//! From a request to claims that have the permission.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use kbgap_auth::{Claims, Permission, bearer};
use kbgap_odata::ErrorCode;

use crate::clock::Clock;
use crate::http::Failure;
use crate::oauth::issuer;
use crate::state::AppState;

/// The claims of the request's token: 401 where it has none that holds, 403
/// where it lacks the permission.
pub(crate) async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    permission: Permission,
) -> Result<Claims, Failure> {
    let header = headers.get(AUTHORIZATION).and_then(|h| h.to_str().ok());
    let issuer = issuer(state).await?;
    let claims = bearer(header)
        .and_then(|token| state.tokens.validate(issuer, token, Clock::real_seconds()))
        .map_err(|reason| {
            tracing::debug!(?reason, "token refused");
            Failure::new(
                ErrorCode::Unauthorized,
                "The Authorization header has no valid bearer token.",
            )
        })?;
    permission
        .check(&claims)
        .map_err(|missing| Failure::new(ErrorCode::Forbidden, missing.to_string()))?;
    Ok(claims)
}
