//! The whole surface of the server.
//!
//! | method | path | permission |
//! | --- | --- | --- |
//! | GET | `/api/Software/{id}/getmissingkbs` | `Software.Read.All`, `Software.Read` |
//! | GET | `/api/machines/{id}/getmissingkbs` | `Software.Read.All`, `Software.Read` |
//! | POST | `/ingest/v1/machines` | `Inventory.Write.All` |
//! | POST | `/{tenant}/oauth2/token`, `/{tenant}/oauth2/v2.0/token` | - |
//! | GET | `/{tenant}[/v2.0]/.well-known/openid-configuration` | - |
//! | GET | `/{tenant}/discovery[/v2.0]/keys`, `/common/discovery/instance` | - |
//! | GET | `/healthz`, `/readyz` | - |
//!
//! Paths below `/api` are matched by hand: their case does not matter, `v1.0` may
//! stand before them, and keys come in two forms (api.md, section 13).

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use kbgap_auth::endpoint::Version;
use kbgap_odata::{ErrorCode, ResourcePath};

use crate::http::Failure;
use crate::state::Shared;
use crate::{api, discovery, ingest, oauth};

pub(crate) fn router(state: Shared) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        // The listener opens when everything is loaded, so to answer is to be ready.
        .route("/readyz", get(|| async { "ready" }))
        .route("/ingest/v1/machines", any(ingest::machines))
        .route(
            "/{tenant}/oauth2/token",
            any(|s, p, r| oauth::token(Version::V1, s, p, r)),
        )
        .route(
            "/{tenant}/oauth2/v2.0/token",
            any(|s, p, r| oauth::token(Version::V2, s, p, r)),
        )
        .merge(discovery_routes())
        .fallback(api_request)
        .with_state(state)
}

/// What sign-in libraries ask before they ask for a token.
fn discovery_routes() -> Router<Shared> {
    let keys = || get(discovery::keys).fallback(discovery::only_get);
    let configuration = |version| {
        get(move |s, p, h| discovery::configuration(version, s, p, h)).fallback(discovery::only_get)
    };
    Router::new()
        .route(
            "/{tenant}/.well-known/openid-configuration",
            configuration(Version::V1),
        )
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            configuration(Version::V2),
        )
        .route("/{tenant}/discovery/keys", keys())
        .route("/{tenant}/discovery/v2.0/keys", keys())
        .route(
            "/common/discovery/instance",
            get(discovery::instance).fallback(discovery::only_get),
        )
}

async fn api_request(State(state): State<Shared>, request: Request) -> Response<Body> {
    let head = request.method() == Method::HEAD;
    let response = dispatch(&state, request)
        .await
        .unwrap_or_else(IntoResponse::into_response);
    if head {
        without_body(response)
    } else {
        response
    }
}

async fn dispatch(state: &Shared, request: Request) -> Result<Response<Body>, Failure> {
    let (parts, _ignored_body) = request.into_parts();
    let not_found = || Failure::new(ErrorCode::NotFound, "There is no such resource.");
    let path = match ResourcePath::parse(parts.uri.path()) {
        Ok(Some(path)) => path,
        Ok(None) => return Err(not_found()),
        Err(error) => return Err(Failure::new(ErrorCode::BadRequest, error.to_string())),
    };
    let flat = path.flat();
    let names: Vec<String> = flat.iter().map(|s| s.to_ascii_lowercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match (&names[..], &flat[..]) {
        (["software", _, "getmissingkbs"], [_, id, _]) => {
            only_get(&parts.method)?;
            api::software::get_missing_kbs(state, &parts, id).await
        }
        (["machines", _, "getmissingkbs"], [_, id, _]) => {
            only_get(&parts.method)?;
            api::machines::get_missing_kbs(state, &parts, id).await
        }
        _ => Err(not_found()),
    }
}

fn only_get(method: &Method) -> Result<(), Failure> {
    if *method == Method::GET || *method == Method::HEAD {
        Ok(())
    } else {
        Err(Failure::method_not_allowed("GET, HEAD"))
    }
}

/// The answer to HEAD: the same headers, with the length that the body has.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = axum::body::HttpBody::size_hint(&body).exact() {
        parts
            .headers
            .insert(axum::http::header::CONTENT_LENGTH, length.into());
    }
    Response::from_parts(parts, Body::empty())
}
