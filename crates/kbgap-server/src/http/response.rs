//! Answers and failures.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, Response, StatusCode};
use axum::response::IntoResponse;
use kbgap_odata::{ApiError, ErrorCode};
use kbgap_store::StoreError;

pub(crate) static ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

/// A JSON answer of the API.
pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    json_body(status, Body::from(body))
}

/// A JSON answer of the API whose body is already made, or is made while it is sent.
pub(crate) fn json_body(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = json_headers();
    response
}

/// What every such answer has.
pub(crate) fn json_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; odata.metadata=minimal; charset=utf-8"),
    );
    headers.insert(ODATA_VERSION.clone(), HeaderValue::from_static("4.0"));
    headers
}

/// A request that failed: an error of the API, with what else the answer needs.
#[derive(Debug)]
pub(crate) struct Failure {
    error: ApiError,
    /// The cause of an error of ours, for the log.
    cause: Option<String>,
    allow: Option<String>,
    /// When to ask again.
    retry_after: Option<Duration>,
    /// A JSON object whose members the answer has beside the error.
    beside: Option<Vec<u8>>,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        ApiError::new(code, message).into()
    }

    /// The same with the members of a JSON object that is not empty beside the error.
    pub(crate) fn beside(self, object: Vec<u8>) -> Self {
        Self {
            beside: Some(object),
            ..self
        }
    }

    pub(crate) const fn status(&self) -> u16 {
        self.error.code.status()
    }

    /// An error of ours: the caller learns nothing but its id.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        Self {
            cause: Some(cause.to_string()),
            ..Self::new(ErrorCode::InternalServerError, "")
        }
    }

    /// A parameter, or a member of a body, that is not what it has to be.
    pub(crate) fn invalid_value(name: &str, value: &str, expected: &str) -> Self {
        let value: String = value.chars().take(60).collect();
        Self::new(
            ErrorCode::InvalidInput,
            format!("The value '{value}' of '{name}' is not {expected}."),
        )
    }

    /// There is no `what` with this id, which is repeated no longer than a real one.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        let id: String = id.chars().take(120).collect();
        Self::new(
            ErrorCode::ResourceNotFound,
            format!("{what} {id} was not found"),
        )
    }

    pub(crate) fn method_not_allowed(allow: impl Into<String>) -> Self {
        let allow = allow.into();
        let message = format!("The method is not allowed here; use {allow}.");
        Self {
            allow: Some(allow),
            ..Self::new(ErrorCode::MethodNotAllowed, message)
        }
    }

    pub(crate) fn too_many_requests(message: impl Into<String>, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(ErrorCode::TooManyRequests, message)
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            cause: None,
            allow: None,
            retry_after: None,
            beside: None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            busy if busy.is_busy() => Self {
                retry_after: Some(Duration::from_secs(1)),
                ..Self::new(
                    ErrorCode::ServiceUnavailable,
                    "Too many writes are waiting.",
                )
            },
            other => Self::internal(other),
        }
    }
}

impl Failure {
    /// The answer, for clients that take an error only as one text: osquery writes `<unknown>`
    /// to the host's log where it is anything else.
    pub(crate) fn into_text_response(self) -> Response<Body> {
        self.respond(ApiError::text_body)
    }

    fn respond(self, body: fn(&ApiError, &str) -> Vec<u8>) -> Response<Body> {
        let target = kbgap_auth::random_guid().unwrap_or_default();
        let code = self.error.code;
        match &self.cause {
            Some(cause) => tracing::error!(%target, cause, "request failed"),
            // Escaped, since it may hold the caller's words, and those may hold line breaks.
            None => tracing::debug!(%target, error = ?self.error, "request refused"),
        }
        let status =
            StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = body(&self.error, &target);
        if let Some(members) = self.beside.as_deref().and_then(|b| b.strip_prefix(b"{")) {
            body.pop();
            body.push(b',');
            body.extend_from_slice(members);
        }
        let mut response = json(status, body);
        let headers = response.headers_mut();
        if code == ErrorCode::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, whole_seconds(wait).into());
        }
        if let Some(allow) = self.allow.and_then(|a| HeaderValue::try_from(a).ok()) {
            headers.insert(ALLOW, allow);
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        self.respond(ApiError::body)
    }
}

/// Rounded up: who comes back after that many seconds has waited long enough.
const fn whole_seconds(wait: Duration) -> u64 {
    let seconds = wait
        .as_secs()
        .saturating_add((wait.subsec_nanos() > 0) as u64);
    if seconds == 0 { 1 } else { seconds }
}
