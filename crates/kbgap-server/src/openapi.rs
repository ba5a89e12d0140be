//! `GET /api/openapi.json`: the API as an OpenAPI 3.1 document, for the page to try it
//! and for generators of clients.
//!
//! It is written from the table of routes and the declarations of types that answer
//! requests, so that it cannot differ from them. Only what lies outside the table is
//! described by hand: [`other`]; the routes of osquery have a table of their own.

mod operations;
mod osquery;
mod other;
mod parameters;
mod responses;
mod schemas;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::api::routes;
use schemas::Schemas;

/// Stands for the server's own URL in the document that is kept.
const BASE: &str = "https://kbgap.invalid";

/// The document of a server that is reached under this URL.
pub(crate) fn document(base: &str) -> Vec<u8> {
    static KEPT: LazyLock<String> = LazyLock::new(|| build().to_string());
    // As JSON writes it, without the quotes around it.
    let base = Value::from(base).to_string();
    KEPT.replace(BASE, base.trim_matches('"')).into_bytes()
}

fn build() -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = operations::operation(route, &mut schemas);
        add(&mut paths, &operations::path(route), &method, operation);
    }
    let others = other::operations().into_iter().chain(osquery::operations());
    for (path, method, operation) in others {
        add(&mut paths, path, method, operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "kbgap",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Missing Microsoft security updates, over the TVM part of the Defender for Endpoint API",
            "description": INTRODUCTION,
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": BASE}],
        "tags": operations::tags(),
        "paths": paths,
        "components": {
            "schemas": schemas.finish(),
            "parameters": parameters::shared(),
            "responses": responses::shared(),
            "securitySchemes": security_schemes(),
        },
    })
}

const INTRODUCTION: &str = "\
Requests carry a token, which the token endpoint gives for a client id and secret. \
Paths are compared without regard to case, and `/api/v1.0/…` is the same as `/api/…`. \
Lists come in an envelope; below each list, `/$count` gives the number of its records as text. \
Without `$top` a list of many records comes in pages, each with the link to the next in `@odata.nextLink`. \
Names in bodies of requests are in PascalCase and their case matters.";

fn add(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    let item = paths.entry(path).or_insert_with(|| json!({}));
    item[method] = operation;
}

/// A token in the header; or an application, for which a client gets the token itself.
fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of the token endpoint, or one that `kbgap token` prints.",
        },
        "application": {
            "type": "oauth2",
            "description": "A client id and secret that `kbgap app create` prints.",
            "flows": {"clientCredentials": {
                "tokenUrl": format!("{BASE}/organizations/oauth2/v2.0/token"),
                "scopes": {operations::SCOPE: "What the application may do"},
            }},
        },
    })
}

#[cfg(test)]
mod tests;
