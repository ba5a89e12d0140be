//! The routes of osquery, from the table that answers them.

use serde_json::{Value, json};

use crate::osquery::{Credential, NodeRoute, ROUTES};

/// Paths, methods and operations.
pub(super) fn operations() -> impl Iterator<Item = (&'static str, &'static str, Value)> {
    ROUTES
        .iter()
        .map(|route| (route.path, "post", operation(route)))
}

fn operation(route: &NodeRoute) -> Value {
    let (credential, demanded) = match route.credential {
        Credential::EnrollSecret => (
            "enroll_secret",
            "No token: `enroll_secret` is a secret that `kbgap osquery secret create` prints.",
        ),
        Credential::NodeKey => (
            "node_key",
            "No token: `node_key` is what enrolling gave, and reaches nothing but its node.",
        ),
    };
    let mut properties = json!({credential: {"type": "string", "format": "password"}});
    for (name, schema) in of_body(route.operation) {
        properties[name] = schema;
    }
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.about,
        "description": format!("{demanded} A host whose secret or key is none is answered 200 with `node_invalid`, which is where osquery looks."),
        "tags": ["Server"],
        "requestBody": {
            "required": true,
            "content": {"application/json": {"schema": {
                "type": "object",
                "required": [credential],
                "properties": properties,
            }}},
        },
        "responses": {
            "200": {
                "description": "What was asked for, or that what was sent is stored and shows; or `node_invalid`.",
                "content": {"application/json": {"schema": {
                    "type": "object",
                    "properties": answer(route.operation),
                }}},
            },
            "400": error("The request is at fault; the message names what."),
        },
        "security": [],
    });
    if route.credential == Credential::NodeKey {
        operation["responses"]["429"] =
            error("Too many requests; `Retry-After` tells when to send the same again.");
    } else {
        operation["responses"]["403"] = error("The tenant has as many hosts as this server takes.");
    }
    if route.takes_rows {
        operation["responses"]["413"] = error("The body is larger than the server takes.");
        operation["responses"]["503"] =
            error("Too many reports wait; `Retry-After` tells when to send the same again.");
    }
    operation
}

/// An error as one text, which is what osquery writes to the host's log.
fn error(about: &str) -> Value {
    json!({"description": about, "content": {"application/json": {"schema": {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}},
    }}}})
}

/// What a body has beside the credential.
fn of_body(operation: &str) -> Vec<(&'static str, Value)> {
    let object = || json!({"type": "object"});
    match operation {
        "enrollNode" => vec![
            ("host_identifier", json!({"type": "string"})),
            ("platform_type", json!({"type": "string"})),
            ("host_details", object()),
        ],
        "logNodeResults" => vec![
            (
                "log_type",
                json!({"type": "string", "enum": ["result", "status"]}),
            ),
            ("data", json!({"type": "array", "items": object()})),
        ],
        "answerNodeQueries" => vec![
            ("queries", object()),
            ("statuses", object()),
            ("messages", object()),
            ("stats", object()),
        ],
        _ => Vec::new(),
    }
}

fn answer(operation: &str) -> Value {
    let mut answer = json!({
        "node_invalid": {"type": "boolean"},
        "error": {"type": "string", "description": "For the host's log, beside `node_invalid`"},
    });
    let own = match operation {
        "enrollNode" => ["node_key"].as_slice(),
        "getNodeConfig" => &["schedule", "packs"],
        "getNodeQueries" => &["queries"],
        _ => &[],
    };
    for name in own {
        let kind = if *name == "node_key" {
            "string"
        } else {
            "object"
        };
        answer[*name] = json!({"type": kind});
    }
    answer
}
