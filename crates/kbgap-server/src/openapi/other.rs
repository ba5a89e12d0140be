//! What is no route of the API's table: tokens, reports of machines, files of exports,
//! documents, health.

use serde_json::{Map, Value, json};

use super::operations::security;
use super::responses::reference;
use crate::ingest;

/// Paths, methods and operations.
pub(super) fn operations() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("/ingest/v1/machines", "post", report()),
        ("/{tenant}/oauth2/v2.0/token", "post", token("scope", "V2")),
        ("/{tenant}/oauth2/token", "post", token("resource", "V1")),
        ("/exports/{kind}/{snapshot}/{file}", "get", download()),
        (
            "/api/$metadata",
            "get",
            plain("getMetadata", "The types as CSDL", "application/xml"),
        ),
        (
            "/healthz",
            "get",
            plain("getHealth", "Whether the server runs", "text/plain"),
        ),
        (
            "/readyz",
            "get",
            plain(
                "getReadiness",
                "Whether the server answers requests",
                "text/plain",
            ),
        ),
    ]
}

fn report() -> Value {
    let machine = json!({"$ref": "#/components/schemas/ReportedMachine"});
    let answer =
        json!({"application/json": {"schema": {"$ref": "#/components/schemas/ReportAnswer"}}});
    let failed = |about: &str| {
        json!({"description": about, "content": {"application/json": {"schema": {"anyOf": [
            {"$ref": "#/components/schemas/ReportAnswer"},
            {"$ref": "#/components/schemas/Error"},
        ]}}}})
    };
    json!({
        "operationId": "reportMachines",
        "summary": "Report machines",
        "description": "One document, an array of them or one a line; plain, gzip or Zstandard. What the answer calls accepted is stored and shows. One a line may be of any number: beyond 64 kB they are stored while they come, and where the body ends badly the answer has the error and the records before it. Application permission: `Inventory.Write.All`.",
        "tags": ["Server"],
        "requestBody": {
            "required": true,
            "content": {
                "application/json": {
                    "schema": {"anyOf": [machine, {"type": "array", "items": machine}]},
                    "example": {
                        "computerDnsName": "pc-017.contoso.com",
                        "os": {"version": "10.0.18363.592", "architecture": "x64", "installationType": "Client"},
                        "installedKbs": ["4528760"],
                        "software": [{"vendor": "Microsoft Corporation", "name": "Microsoft Edge", "version": "80.0.361.66"}],
                    },
                },
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        "responses": {
            "200": {"description": "Some were accepted, or none was given.", "content": answer},
            "400": failed("All were refused, or the body is no JSON, or it ends badly."),
            "413": failed("The body is larger than the server takes."),
            "503": failed("Too many reports wait, or another process writes; `Retry-After` tells when to send them again."),
            "401": reference("Unauthorized"),
            "403": reference("Forbidden"),
            "429": reference("TooManyRequests"),
        },
        "security": security(ingest::PERMISSION),
    })
}

/// The two forms differ by how they name what the token is for.
fn token(audience: &str, version: &str) -> Value {
    let default = match audience {
        "scope" => super::operations::SCOPE,
        _ => "https://api.securitycenter.microsoft.com",
    };
    let refused = |about: &str| {
        json!({
            "description": about,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRefusal"}}},
        })
    };
    json!({
        "operationId": format!("getToken{version}"),
        "summary": "A token for an application",
        "description": "Id and secret may also come in a Basic header.",
        "tags": ["Server"],
        "parameters": [{
            "name": "tenant",
            "in": "path",
            "required": true,
            "description": "The tenant's id, one of its names, or `organizations`",
            "schema": {"type": "string"},
            "example": "organizations",
        }],
        "requestBody": {
            "required": true,
            "content": {"application/x-www-form-urlencoded": {"schema": {
                "type": "object",
                "required": ["grant_type", audience],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "client_id": {"type": "string"},
                    "client_secret": {"type": "string", "format": "password"},
                    audience: {"type": "string", "default": default},
                },
            }}},
        },
        "responses": {
            "200": {
                "description": "The token.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"}}},
            },
            "400": refused("The request is at fault, or the application is none of the tenant."),
            "401": refused("The secret is wrong."),
        },
        "security": [],
    })
}

fn download() -> Value {
    let key = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    let signed = |name: &str, kind: &str| json!({"name": name, "in": "query", "required": true, "schema": {"type": kind}});
    json!({
        "operationId": "getExportFile",
        "summary": "A file of an export",
        "description": "The link of an export's answer is all that it takes.",
        "tags": ["Exports"],
        "parameters": [key("kind"), key("snapshot"), key("file"), signed("se", "integer"), signed("sig", "string")],
        "responses": {
            "200": {
                "description": "One record a line, gzip.",
                "content": {"application/gzip": {"schema": {"type": "string", "contentMediaType": "application/gzip"}}},
            },
            "403": reference("Forbidden"),
            "404": reference("NotFound"),
        },
        "security": [],
    })
}

fn plain(id: &str, about: &str, content: &str) -> Value {
    json!({
        "operationId": id,
        "summary": about,
        "tags": ["Server"],
        "responses": {"200": {
            "description": "The answer.",
            "content": {content: {"schema": {"type": "string"}}},
        }},
        "security": [],
    })
}

pub(super) fn schemas() -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let count = || json!({"type": "integer", "minimum": 0});
    let whole = |properties: Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required});
    let schemas = [
        (
            "Error",
            whole(
                json!({"error": {"$ref": "#/components/schemas/ErrorBody"}}),
                &["error"],
            ),
        ),
        (
            "ErrorBody",
            whole(
                json!({
                    "code": {"type": "string", "description": "Stable", "examples": ["ResourceNotFound"]},
                    "message": {"type": "string", "description": "For people; may change"},
                    "target": {"type": "string", "description": "Names the request in the server's log"},
                }),
                &["code", "message", "target"],
            ),
        ),
        (
            "Token",
            whole(
                json!({
                    "token_type": {"type": "string", "const": "Bearer"},
                    "expires_in": {"type": ["integer", "string"], "description": "Seconds; text at the endpoint of version 1"},
                    "ext_expires_in": {"type": ["integer", "string"]},
                    "expires_on": text(),
                    "not_before": text(),
                    "resource": text(),
                    "access_token": text(),
                }),
                &["token_type", "expires_in", "access_token"],
            ),
        ),
        (
            "TokenRefusal",
            whole(
                json!({
                    "error": text(),
                    "error_description": text(),
                    "error_codes": {"type": "array", "items": {"type": "integer"}},
                    "correlation_id": text(),
                }),
                &["error", "error_description"],
            ),
        ),
        (
            "ReportedMachine",
            whole(
                json!({
                    "id": {"type": "string", "description": "40 hex digits; made from the name where it is absent"},
                    "computerDnsName": text(),
                    "os": {
                        "type": "object",
                        "required": ["version"],
                        "properties": {
                            "platform": text(),
                            "version": {"type": "string", "examples": ["10.0.18363.592"]},
                            "architecture": {"type": "string", "examples": ["x64", "x86", "arm64"]},
                            "installationType": {"type": "string", "examples": ["Client", "Server", "Server Core"]},
                            "edition": text(),
                        },
                    },
                    "installedKbs": {"type": "array", "items": {"type": ["string", "object"]}},
                    "software": {"type": "array", "items": {
                        "type": "object",
                        "properties": {"vendor": text(), "name": text(), "version": text()},
                    }},
                    "group": text(),
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "seenAt": {"type": "string", "format": "date-time"},
                }),
                &["computerDnsName", "os"],
            ),
        ),
        (
            "ReportAnswer",
            whole(
                json!({
                    "accepted": count(),
                    "refused": count(),
                    "error": {"$ref": "#/components/schemas/ErrorBody"},
                    "records": {"type": "array", "items": {"$ref": "#/components/schemas/ReportedRecord"}},
                }),
                &["accepted", "refused", "records"],
            ),
        ),
        (
            "ReportedRecord",
            whole(
                json!({
                    "index": count(),
                    "line": count(),
                    "id": text(),
                    "computerDnsName": text(),
                    "outcome": {"type": "string", "enum": ["created", "changed", "unchanged", "stale", "refused", "failed"]},
                    "error": {"type": "object", "properties": {"path": text(), "message": text()}},
                    "warnings": {"type": "array", "items": text(), "description": "What to know of a report that was taken"},
                }),
                &["index", "outcome"],
            ),
        ),
    ];
    schemas
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect()
}
