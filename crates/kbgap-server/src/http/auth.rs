//! From a request to claims that have the permission.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use kbgap_auth::{Claims, Permission, bearer};
use kbgap_odata::ErrorCode;

use crate::clock::Clock;
use crate::http::{Class, Failure};
use crate::oauth::issuer;
use crate::state::AppState;

/// What an endpoint demands, and among which it is counted. A permission alone
/// is of [`Class::Other`]; a pair names the class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    permission: Permission,
    class: Class,
}

impl From<Permission> for Access {
    fn from(permission: Permission) -> Self {
        (permission, Class::Other).into()
    }
}

impl From<(Permission, Class)> for Access {
    fn from((permission, class): (Permission, Class)) -> Self {
        Self { permission, class }
    }
}

/// The claims of the request's token: 401 where it has none that holds, 403
/// where it lacks the permission, 429 where its application calls too often.
pub(crate) async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    access: impl Into<Access>,
) -> Result<Arc<Claims>, Failure> {
    let Access { permission, class } = access.into();
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
    state.limits.check(&claims, class)?;
    Ok(claims)
}
