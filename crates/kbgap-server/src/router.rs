//! The whole surface of the server.
//!
//! | method | path | permission |
//! | --- | --- | --- |
//! | GET, POST, PATCH | below `/api`: `api/routes.rs` | of each route |
//! | GET | `/api`, `/api/$metadata`, `/api/openapi.json`: `documents.rs` | - |
//! | GET | `/`, `/api/docs`: `pages.rs` | - |
//! | GET | `/exports/{kind}/{snapshot}/{file}` | a signed link |
//! | POST | `/ingest/v1/machines` | `Inventory.Write.All` |
//! | POST | below `/osquery/v1`: `osquery.rs` | the enroll secret or the node key in the body |
//! | POST | `/{tenant}/oauth2/token`, `/{tenant}/oauth2/v2.0/token` | - |
//! | GET | `/{tenant}[/v2.0]/.well-known/openid-configuration` | - |
//! | GET | `/{tenant}/discovery[/v2.0]/keys`, `/common/discovery/instance` | - |
//! | GET | `/healthz`, `/readyz` | - |
//!
//! Paths below `/api` are matched by hand: their case does not matter, `v1.0` may
//! stand before them, and keys come in two forms (api.md, section 13).

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, Response};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use kbgap_auth::Claims;
use kbgap_auth::endpoint::Version;
use kbgap_odata::{ErrorCode, ResourcePath};

use crate::api::exports;
use crate::call::Call;
use crate::http::{Access, Failure, authenticate, read_body, streamed};
use crate::route::{Answer, Answered, Returns};
use crate::state::Shared;
use crate::{api, discovery, documents, ingest, metrics, oauth, osquery, pages, route};

/// The largest body of a request below `/api`, in bytes: a list of 500 machines fits.
const MAX_BODY: usize = 1 << 20;

pub(crate) fn router(state: Shared) -> Router {
    let is_counted = state.config.metrics.is_some();
    let metrics = Arc::clone(&state.metrics);
    let router = routes(state);
    match is_counted {
        true => router.layer(from_fn_with_state(metrics, metrics::count)),
        false => router,
    }
}

fn routes(state: Shared) -> Router {
    Router::new()
        .route("/", get(pages::home))
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
        .route("/exports/{kind}/{snapshot}/{file}", get(exports::download))
        .merge(discovery_routes())
        .merge(osquery_routes())
        .fallback(api_request)
        .with_state(state)
}

/// What hosts with osquery ask and tell.
fn osquery_routes() -> Router<Shared> {
    osquery::ROUTES.iter().fold(Router::new(), |router, route| {
        let answer = move |State(state): State<Shared>, request: Request| {
            osquery::answer(route, state, request)
        };
        router.route(route.path, any(answer))
    })
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
    let (parts, body) = request.into_parts();
    // A question with a kept answer needs no look at the table of routes, but the same token.
    let Some(question) = state.prepared.question(&parts) else {
        return routed(state, parts, body, None).await;
    };
    metrics::name_route(&parts.extensions, question.route);
    let claims = authenticate(state, &parts.headers, question.access).await?;
    match question.answer(state, &parts, &claims) {
        Some(response) => Ok(response),
        None => routed(state, parts, body, Some(claims)).await,
    }
}

/// Finds the route of a request and answers. Claims that are given hold for the route, and
/// the call is counted.
async fn routed(
    state: &Shared,
    parts: Parts,
    body: Body,
    claims: Option<Arc<Claims>>,
) -> Result<Response<Body>, Failure> {
    // Read before anything is refused, so that a client who is still sending hears the
    // answer; what is wrong with it counts only when all else is right.
    let body = match parts.method {
        Method::GET | Method::HEAD => None,
        _ => Some(read_body(&parts.headers, body, MAX_BODY).await),
    };
    let not_found = || Failure::new(ErrorCode::NotFound, "There is no such resource.");
    let path = match ResourcePath::parse(parts.uri.path()) {
        Ok(Some(path)) => path,
        Ok(None) => return Err(not_found()),
        Err(error) => return Err(Failure::new(ErrorCode::BadRequest, error.to_string())),
    };
    let mut path = path.flat();
    if let Some(document) = documents::find(state, &parts, &path) {
        metrics::name_route(&parts.extensions, metrics::DOCUMENTS);
        return document;
    }
    let count_only = path
        .last()
        .is_some_and(|s| s.eq_ignore_ascii_case("$count"));
    if count_only {
        path.pop();
    }
    let found = route::find(api::routes(), &path).ok_or_else(not_found)?;
    // HEAD is a GET whose body is left out.
    let method = match &parts.method {
        &Method::HEAD => &Method::GET,
        method => method,
    };
    let Some(route) = found.routes.iter().find(|route| route.method == *method) else {
        return Err(Failure::method_not_allowed(found.allow()));
    };
    let countable =
        matches!(route.returns, Returns::List(_)) || matches!(route.answer, Answer::NoData(_));
    if count_only && !countable {
        return Err(not_found());
    }
    metrics::name_route(&parts.extensions, route.path);
    let access = Access::from((route.permission, route.class));
    let claims = match claims {
        Some(claims) => claims,
        None => authenticate(state, &parts.headers, access).await?,
    };
    let body = match body {
        Some(body) => body?.unpack()?,
        None => Vec::new(),
    };
    let call = Call {
        state: Arc::clone(state),
        claims,
        access,
        route: route.path,
        parts,
        keys: found.keys,
        count_only,
        body,
    };
    match route.answer {
        Answer::Prepared(answer) | Answer::Computed(answer) => computed(call, answer).await,
        Answer::Stored(answer) => answer(&call).await,
        Answer::NoData(what) => Err(Failure::new(
            ErrorCode::DisabledFeature,
            format!("This server has no data on {what}."),
        )),
    }
}

/// Answers on a thread for such work.
async fn computed(call: Call, answer: fn(&Call) -> Answered) -> Answered {
    let answered = tokio::task::spawn_blocking(move || answer(&call));
    answered.await.map_err(Failure::internal)?
}

/// The answer to HEAD: the same headers, with the length that the body has. One that is
/// written while it is sent has none yet, and an empty body would claim 0.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let body = match axum::body::HttpBody::size_hint(&body).exact() {
        Some(length) => {
            let name = axum::http::header::CONTENT_LENGTH;
            parts.headers.insert(name, length.into());
            Body::empty()
        }
        None => streamed(std::iter::empty::<fn(&mut Vec<u8>)>()),
    };
    Response::from_parts(parts, body)
}
