//! A request that has found its route and may be answered.

use std::sync::Arc;

use axum::http::request::Parts;
use kbgap_auth::Claims;
use kbgap_fleet::Fleet;
use kbgap_odata::{Context, ErrorCode};
use serde::de::DeserializeOwned;

use crate::http::{Access, BaseUrl, Failure};
use crate::state::Shared;

/// The most characters of a reason that an answer gives.
const MAX_REASON: usize = 200;

/// A request whose token holds and has the permission.
pub(crate) struct Call {
    pub(crate) state: Shared,
    pub(crate) claims: Arc<Claims>,
    /// What it demanded of the token.
    pub(crate) access: Access,
    /// The path of its route, as the table of routes writes it.
    pub(crate) route: &'static str,
    pub(crate) parts: Parts,
    /// The keys of the path, decoded, in order.
    pub(crate) keys: Vec<String>,
    /// Whether only the number of records is asked for (`/$count`).
    pub(crate) count_only: bool,
    /// The body; empty for GET.
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// A key of the path by its position; the route sees to it that there is one.
    pub(crate) fn key(&self, position: usize) -> &str {
        self.keys.get(position).map_or("", String::as_str)
    }

    pub(crate) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or("")
    }

    pub(crate) fn base_url(&self) -> String {
        BaseUrl::of(&self.state.config, &self.parts.headers).to_string()
    }

    pub(crate) fn context(&self, fragment: &str) -> Context {
        Context::new(&self.base_url(), fragment)
    }

    /// Milliseconds since 1970 by the server's clock.
    pub(crate) fn now(&self) -> i64 {
        self.state.clock.now_ms()
    }

    /// The fleet of the caller's tenant.
    pub(crate) fn tenant_fleet(&self) -> Arc<Fleet> {
        self.state.tenants.fleet(&self.claims.tenant)
    }

    /// Reads the fleet of the caller's tenant.
    pub(crate) fn fleet<T>(&self, read: impl FnOnce(&Fleet) -> T) -> T {
        read(&self.tenant_fleet())
    }

    /// The body as JSON: wrong syntax and wrong types are `InvalidRequestBody`, an
    /// absent member is `MissingRequiredParameter` and names it.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        // Members without names would do for the reader of structures.
        if !self.body.trim_ascii_start().starts_with(b"{") {
            let message = "Request body is incorrect: expected a JSON object.";
            return Err(Failure::new(ErrorCode::InvalidRequestBody, message));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            // It repeats what was sent, which may be long.
            let text: String = error.to_string().chars().take(MAX_REASON).collect();
            match text.strip_prefix("missing field `") {
                Some(rest) => {
                    let name = rest.split('`').next().unwrap_or_default();
                    Failure::new(
                        ErrorCode::MissingRequiredParameter,
                        format!("The required parameter '{name}' is missing from the body."),
                    )
                }
                None => Failure::new(
                    ErrorCode::InvalidRequestBody,
                    format!("Request body is incorrect: {text}"),
                ),
            }
        })
    }
}
