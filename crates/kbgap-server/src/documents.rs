//! Documents about the API itself. They hold nothing of a tenant, so they need no token.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};

use crate::http::{Failure, base_url, json};
use crate::route::Answered;
use crate::state::AppState;

/// The document at a path, where there is one.
pub(crate) fn find(state: &AppState, parts: &Parts, path: &[&str]) -> Option<Answered> {
    let document: fn(&str) -> Response<Body> = match path {
        [] => |base| json(StatusCode::OK, kbgap_odata::service_document(base)),
        [name] if name.eq_ignore_ascii_case("$metadata") => |_| metadata(),
        _ => return None,
    };
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Some(Err(Failure::method_not_allowed("GET, HEAD")));
    }
    Some(Ok(document(&base_url(&state.config, &parts.headers))))
}

fn metadata() -> Response<Body> {
    let mut response = json(StatusCode::OK, kbgap_odata::metadata().into_bytes());
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/xml; charset=utf-8"),
    );
    response
}
