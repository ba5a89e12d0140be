//! Answers and failures.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, Response, StatusCode};
use axum::response::IntoResponse;
use kbgap_odata::{ApiError, ErrorCode};
use kbgap_store::StoreError;

static ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

/// A JSON answer of the API.
pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; odata.metadata=minimal; charset=utf-8"),
    );
    headers.insert(ODATA_VERSION.clone(), HeaderValue::from_static("4.0"));
    response
}

/// A request that failed: an error of the API, with what else the answer needs.
#[derive(Debug)]
pub(crate) struct Failure {
    error: ApiError,
    /// The cause of an error of ours, for the log.
    cause: Option<String>,
    allow: Option<&'static str>,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        ApiError::new(code, message).into()
    }

    pub(crate) const fn status(&self) -> u16 {
        self.error.code.status()
    }

    /// An error of ours: the caller learns nothing but its id.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        let error = ApiError::new(ErrorCode::InternalServerError, "");
        Self {
            error,
            cause: Some(cause.to_string()),
            allow: None,
        }
    }

    /// There is no `what` with this id, which is repeated no longer than a real one.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        let id: String = id.chars().take(120).collect();
        Self::new(
            ErrorCode::ResourceNotFound,
            format!("{what} {id} was not found"),
        )
    }

    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
        let error = ApiError::new(
            ErrorCode::MethodNotAllowed,
            format!("The method is not allowed here; use {allow}."),
        );
        Self {
            error,
            cause: None,
            allow: Some(allow),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            cause: None,
            allow: None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::new(
                ErrorCode::ServiceUnavailable,
                "Too many writes are waiting.",
            ),
            other => Self::internal(other),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        let target = kbgap_auth::random_guid().unwrap_or_default();
        let code = self.error.code;
        match &self.cause {
            Some(cause) => tracing::error!(%target, cause, "request failed"),
            // Escaped, since it may hold the caller's words, and those may hold line breaks.
            None => tracing::debug!(%target, error = ?self.error, "request refused"),
        }
        let status =
            StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json(status, self.error.body(&target));
        let headers = response.headers_mut();
        if code == ErrorCode::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if code == ErrorCode::ServiceUnavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
