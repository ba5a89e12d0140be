//! Pages for people: `/`, and `/api/docs` to try the API, which is Swagger UI with the
//! API's own document. Neither needs a token, and nothing is loaded from elsewhere.
//!
//! What a person types there stays in the page: no cookie, no storage.

mod archive;

use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Response, StatusCode};

use archive::Stored;

const HOME: &str = include_str!("pages/home.html");
const DOCS: &str = include_str!("pages/docs.html");
const START: &str = include_str!("pages/start.js");
const STYLE: &str = include_str!("pages/style.css");

/// Swagger UI sets styles of elements as it goes; scripts run only from files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /`: what this is, and where to go on.
pub(crate) async fn home() -> Response<Body> {
    page(&HOME.replace("{version}", env!("CARGO_PKG_VERSION")))
}

/// `GET /api/docs`. Its links are relative, so it has to be asked for without a slash
/// at the end.
pub(crate) fn docs(slash: bool) -> Response<Body> {
    if !slash {
        return page(DOCS);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    set(&mut response, LOCATION, "../docs");
    response
}

/// `GET /api/docs/{name}`: what the page is made of.
pub(crate) fn docs_file(name: &str) -> Option<Response<Body>> {
    let (path, kind) = match name {
        "start.js" => return Some(file(Bytes::from(START), "text/javascript; charset=utf-8")),
        "style.css" => return Some(file(Bytes::from(STYLE), "text/css; charset=utf-8")),
        "swagger-ui-bundle.js" => (
            "dist/swagger-ui-bundle.js",
            "text/javascript; charset=utf-8",
        ),
        "swagger-ui.css" => ("dist/swagger-ui.css", "text/css; charset=utf-8"),
        "favicon-32x32.png" => ("dist/favicon-32x32.png", "image/png"),
        // Its licence asks for both to go with it.
        "LICENSE" | "NOTICE" => (name, "text/plain; charset=utf-8"),
        _ => return None,
    };
    Some(match archive::find(path)? {
        Stored::Plain(bytes) => file(Bytes::from_static(bytes), kind),
        Stored::Deflated(entry) => {
            let mut response = file(Bytes::from(entry.gzip()), kind);
            set(&mut response, CONTENT_ENCODING, "gzip");
            response
        }
    })
}

fn page(html: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(html.to_owned()));
    set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
    set(&mut response, CONTENT_SECURITY_POLICY, POLICY);
    set(&mut response, REFERRER_POLICY, "no-referrer");
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn file(bytes: Bytes, kind: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    set(&mut response, CONTENT_TYPE, kind);
    set(&mut response, CACHE_CONTROL, "max-age=3600");
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
}
