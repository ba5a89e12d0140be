//! The errors of the API (api.md, section 3).
//!
//! Which one to use:
//!
//! - The request is at fault in its **query options**: [`ErrorCode::OdataError`], naming the option
//!   and what was expected. In its **body**: [`ErrorCode::InvalidRequestBody`], or
//!   [`ErrorCode::MissingRequiredParameter`] where a name is absent. In anything else:
//!   [`ErrorCode::InvalidInput`], naming it, or [`ErrorCode::BadRequest`].
//! - The **token** is absent or does not hold: [`ErrorCode::Unauthorized`], the same text for every
//!   cause, since the cause helps only an attacker. It holds but **lacks a permission**:
//!   [`ErrorCode::Forbidden`], naming the permission, because clients show it to their users.
//!   It holds, and its application has **called too often**: [`ErrorCode::TooManyRequests`].
//! - What is asked for **is not there**: [`ErrorCode::ResourceNotFound`], naming it. The **path** is
//!   none of ours: [`ErrorCode::NotFound`].
//! - It is **our** fault: [`ErrorCode::InternalServerError`], with no text at all; the log has the
//!   cause under the same target.
//!
//! Where several hold, the order is 401, 403, 429, 404, 400: a caller who may not see a thing does not
//! learn whether it exists. Codes are stable; messages are for people and may change.

use serde::Serialize;

/// A stable error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the codes are the API's; the module says which to use when"
)]
pub enum ErrorCode {
    BadRequest,
    OdataError,
    InvalidInput,
    InvalidRequestBody,
    InvalidIpAddress,
    MaximumBatchSizeExceeded,
    MissingRequiredParameter,
    Unauthorized,
    Forbidden,
    DisabledFeature,
    NotFound,
    ResourceNotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    InternalServerError,
    ServiceUnavailable,
}

impl ErrorCode {
    /// The code as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::OdataError => "ODataError",
            Self::InvalidInput => "InvalidInput",
            Self::InvalidRequestBody => "InvalidRequestBody",
            Self::InvalidIpAddress => "InvalidIpAddress",
            Self::MaximumBatchSizeExceeded => "MaximumBatchSizeExceeded",
            Self::MissingRequiredParameter => "MissingRequiredParameter",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::DisabledFeature => "DisabledFeature",
            Self::NotFound => "NotFound",
            Self::ResourceNotFound => "ResourceNotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::PayloadTooLarge => "PayloadTooLarge",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::TooManyRequests => "TooManyRequests",
            Self::InternalServerError => "InternalServerError",
            Self::ServiceUnavailable => "ServiceUnavailable",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest
            | Self::OdataError
            | Self::InvalidInput
            | Self::InvalidRequestBody
            | Self::InvalidIpAddress
            | Self::MaximumBatchSizeExceeded
            | Self::MissingRequiredParameter => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::DisabledFeature => 403,
            Self::NotFound | Self::ResourceNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::InternalServerError => 500,
            Self::ServiceUnavailable => 503,
        }
    }
}

/// An error of the API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct ApiError {
    /// The code.
    pub code: ErrorCode,
    /// The text for people.
    pub message: String,
}

impl ApiError {
    /// An error with a text.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The body, with an id that the log has too.
    #[must_use]
    pub fn body(&self, target: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            error: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            code: &'a str,
            message: &'a str,
            target: &'a str,
        }
        let inner = Inner {
            code: self.code.name(),
            message: &self.message,
            target,
        };
        serde_json::to_vec(&Body { error: inner }).unwrap_or_default()
    }

    /// The body for clients that take an error only as one text, with the same in it.
    #[must_use]
    pub fn text_body(&self, target: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body {
            error: String,
        }
        let (code, message) = (self.code.name(), &self.message);
        let error = format!("{code}: {message} ({target})");
        serde_json::to_vec(&Body { error }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_the_one_that_clients_read() {
        let error = ApiError::new(ErrorCode::ResourceNotFound, "Machine \"x\" was not found");
        insta::assert_snapshot!(
            String::from_utf8(error.body("43f4cb08")).unwrap(),
            @r#"{"error":{"code":"ResourceNotFound","message":"Machine \"x\" was not found","target":"43f4cb08"}}"#
        );
        insta::assert_snapshot!(
            String::from_utf8(error.text_body("43f4cb08")).unwrap(),
            @r#"{"error":"ResourceNotFound: Machine \"x\" was not found (43f4cb08)"}"#
        );
    }
}
