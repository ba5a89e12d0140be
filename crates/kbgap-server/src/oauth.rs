//! The token endpoint, and the key behind it.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kbgap_auth::endpoint::{Registration, TokenRefusal, TokenRequest, Version};
use kbgap_auth::{AuthError, Issuer, SigningKey};
use kbgap_odata::decode_form;
use kbgap_store::Store;

use crate::clock::Clock;
use crate::http::{Failure, Packed, read_body};
use crate::state::{AppState, Shared};

const MAX_FORM: usize = 64 << 10;

/// `POST /{tenant}/oauth2/token` and `/{tenant}/oauth2/v2.0/token` (api.md, section 2).
pub(crate) async fn token(
    version: Version,
    State(state): State<Shared>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response<Body> {
    answer(&state, version, &tenant, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    state: &AppState,
    version: Version,
    tenant: &str,
    request: Request,
) -> Result<Response<Body>, Failure> {
    if request.method() != Method::POST {
        return Err(Failure::method_not_allowed("POST"));
    }
    let (parts, body) = request.into_parts();
    // Whatever is wrong with the body, clients read it in the shape of the issuer's refusals.
    let body = read_body(&parts.headers, body, MAX_FORM).await;
    let form = match body.and_then(Packed::unpack) {
        Ok(body) => std::str::from_utf8(&body).ok().and_then(decode_form),
        Err(failure) => return Ok(refused(&TokenRefusal::unreadable(failure.status()))),
    };
    let Some(form) = form else {
        return Ok(refused(&TokenRefusal::unreadable(400)));
    };
    let request = match TokenRequest::parse(version, &form, basic(&parts.headers)) {
        Ok(request) => request,
        Err(refusal) => return Ok(refused(&refusal)),
    };
    let registration = state
        .store
        .app(&request.client_id)
        .await?
        .map(|app| Registration {
            tenant: app.tenant,
            secret_sha256: app.secret_sha256,
            roles: app.roles,
        });
    let issuer = issuer(state).await?;
    let answer = request
        .answer(issuer, registration.as_ref(), tenant, Clock::real_seconds())
        .map_err(Failure::internal)?;
    Ok(match answer {
        Ok(answer) => plain_json(200, &answer),
        Err(refusal) => refused(&refusal),
    })
}

/// Client id and secret of a Basic header.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .trim()
        .split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn refused(refusal: &TokenRefusal) -> Response<Body> {
    plain_json(refusal.status, refusal)
}

pub(crate) fn plain_json(status: u16, body: &impl serde::Serialize) -> Response<Body> {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The issuer, once the key is there. The first start makes it in the background.
pub(crate) async fn issuer(state: &AppState) -> Result<&Issuer, Failure> {
    state
        .issuer
        .get_or_try_init(|| async {
            let pkcs8 = signing_key(state.store.as_ref())
                .await
                .map_err(Failure::internal)?;
            let key = SigningKey::from_pkcs8(&pkcs8).map_err(Failure::internal)?;
            Ok(Issuer::new(key, &state.config.audiences))
        })
        .await
}

/// The stored signing key as PKCS#8; made and stored where there is none.
///
/// # Errors
/// When the store fails or the system has no randomness.
pub async fn signing_key(
    store: &dyn Store,
) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    if let Some(pkcs8) = store.signing_key().await? {
        return Ok(pkcs8);
    }
    let made = tokio::task::spawn_blocking(SigningKey::generate)
        .await
        .map_err(|_| AuthError::Random)??;
    Ok(store.signing_key_or(made).await?)
}
