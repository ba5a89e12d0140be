//! Documents about the API itself. They hold nothing of a tenant, so they need no token.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};

use crate::http::{Failure, base_url, json};
use crate::route::Answered;
use crate::state::AppState;
use crate::{openapi, pages};

/// The document at a path, where there is one.
pub(crate) fn find(state: &AppState, parts: &Parts, path: &[&str]) -> Option<Answered> {
    let is = |name: &str, expected: &str| name.eq_ignore_ascii_case(expected);
    let document: &dyn Fn(&str) -> Option<Response<Body>> = match path {
        [] => &|base| Some(json(StatusCode::OK, kbgap_odata::service_document(base))),
        [name] if is(name, "$metadata") => &|_| Some(metadata()),
        [name] if is(name, "openapi.json") => &|base| Some(open_api(base)),
        [name] if is(name, "docs") => &|_| Some(pages::docs(parts.uri.path().ends_with('/'))),
        [folder, name] if is(folder, "docs") => &|_| pages::docs_file(name),
        _ => return None,
    };
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Some(Err(Failure::method_not_allowed("GET, HEAD")));
    }
    document(&base_url(&state.config, &parts.headers)).map(Ok)
}

fn metadata() -> Response<Body> {
    let document = kbgap_odata::metadata().into_bytes();
    of_kind(document, "application/xml; charset=utf-8")
}

/// Anybody's tools may read it.
fn open_api(base: &str) -> Response<Body> {
    of_kind(openapi::document(base), "application/json; charset=utf-8")
}

fn of_kind(document: Vec<u8>, kind: &'static str) -> Response<Body> {
    let mut response = json(StatusCode::OK, document);
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
