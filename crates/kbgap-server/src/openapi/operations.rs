//! Routes of the table as operations.

use axum::http::Method;
use kbgap_auth::Permission;
use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use super::{parameters, responses};
use crate::http::Class;
use crate::route::{Answer, Returns, Route};

/// The scope that an application asks for: all that it may do.
pub(super) const SCOPE: &str = "https://api.securitycenter.microsoft.com/.default";

/// Groups of operations, in the order in which they are shown.
const TAGS: [(&str, &str); 9] = [
    ("Software", "Software, its versions, CVEs and missing KBs"),
    ("Machines", "Machines, their tags and what they miss"),
    ("Vulnerabilities", "CVEs and the machines that have them"),
    ("Recommendations", "What one should do"),
    ("Scores", "The exposure score"),
    (
        "Exports",
        "Everything, in pages over one snapshot or in files",
    ),
    ("Remediation", "Remediation tasks"),
    ("Server", "Tokens, reports of machines, documents, health"),
    (
        "Without data",
        "What the original service has and this one has no data for: always 403",
    ),
];

pub(super) fn tags() -> Value {
    let tags = TAGS.map(|(name, about)| json!({"name": name, "description": about}));
    Value::from(tags.to_vec())
}

fn tag(route: &Route) -> &'static str {
    if matches!(route.answer, Answer::NoData(_)) {
        return "Without data";
    }
    if matches!(route.class, Class::ExportJson | Class::ExportFiles) {
        return "Exports";
    }
    match route.path.split('/').next() {
        Some("Software") => "Software",
        Some("machines") => "Machines",
        Some("vulnerabilities") => "Vulnerabilities",
        Some("recommendations") => "Recommendations",
        Some("exposureScore") => "Scores",
        _ => "Remediation",
    }
}

/// The path with its keys: `findbyip(…)` has its parameters by name.
pub(super) fn path(route: &Route) -> String {
    let Some(function) = route.path.strip_suffix("(…)") else {
        return format!("/api/{}", route.path);
    };
    let parameters = route.parameters.iter();
    let parameters: Vec<String> = parameters
        .map(|(name, _)| match *name {
            "ip" => "ip='{ip}'".to_owned(),
            name => format!("{name}={{{name}}}"),
        })
        .collect();
    format!("/api/{function}({})", parameters.join(","))
}

/// A name for generators of clients: `getSoftwareByIdVulnerabilities`.
fn id(route: &Route) -> String {
    let mut id = route.method.as_str().to_ascii_lowercase();
    for segment in route.path.split('/') {
        match segment.strip_prefix('{') {
            Some(key) => {
                id.push_str("By");
                capitalized(key.trim_end_matches('}'), &mut id);
            }
            None => capitalized(segment.trim_end_matches("(…)"), &mut id),
        }
    }
    id
}

fn capitalized(word: &str, into: &mut String) {
    let mut letters = word.chars();
    into.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    into.push_str(letters.as_str());
}

pub(super) fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": id(route),
        "summary": route.about,
        "description": permission_in_words(route.permission),
        "tags": [tag(route)],
        "parameters": parameters::of(route),
        "responses": responses_of(route, schemas),
        "security": security(route.permission),
    });
    if let Some((body, example)) = route.body {
        let example: Value = serde_json::from_str(example).unwrap_or_default();
        operation["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": schemas.body(body), "example": example}},
        });
    }
    operation
}

fn responses_of(route: &Route, schemas: &mut Schemas) -> Value {
    let mut all = Map::new();
    let mut error = |status: &str, name| {
        all.insert(status.to_owned(), responses::reference(name));
    };
    let has_data = !matches!(route.answer, Answer::NoData(_));
    if has_data {
        error("400", "BadRequest");
    }
    error("401", "Unauthorized");
    error("403", "Forbidden");
    // A tenant without machines has no list of them (api.md, section 3.3).
    if has_data && (route.path.contains('{') || route.path == "machines" || route.body.is_some()) {
        error("404", "NotFound");
    }
    error("429", "TooManyRequests");
    if has_data {
        let status = if route.creates { "201" } else { "200" };
        all.shift_insert(0, status.to_owned(), success(route, schemas));
    }
    if matches!(route.answer, Answer::Prepared(_)) {
        let about = "The client has it: `If-None-Match` names the `ETag` that it came with.";
        all.shift_insert(1, "304".to_owned(), json!({"description": about}));
    }
    Value::from(all)
}

/// Whether an answer may have to say that something was not assessed.
fn may_be_unassessed(route: &Route) -> bool {
    let of_software = [
        "Software/{id}/getmissingkbs",
        "Software/{id}/vulnerabilities",
    ];
    route.method == Method::GET
        && (route.path.starts_with("machines/{id}/") || of_software.contains(&route.path))
}

fn success(route: &Route, schemas: &mut Schemas) -> Value {
    let schema = match route.returns {
        Returns::One(of) => schemas.entity(of),
        Returns::List(of) | Returns::Rows(of) => schemas.list(of),
    };
    let schema = if may_be_unassessed(route) {
        json!({"allOf": [schema, {"type": "object", "properties": {crate::list::NOT_ASSESSED: {
            "type": "string",
            "description": "What could not be assessed; an empty list is then no clean one",
        }}}]})
    } else {
        schema
    };
    let mut success = json!({
        "description": if route.creates { "It is made." } else { "The answer." },
        "content": {"application/json": {"schema": schema}},
    });
    if route.creates {
        success["headers"] = json!({"Location": {
            "description": "Where it is",
            "schema": {"type": "string", "format": "uri"},
        }});
    }
    success
}

fn permission_in_words(permission: Permission) -> String {
    let names = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(" or ")
    };
    match (permission.roles, permission.scopes) {
        ([], []) => "Any valid token will do.".to_owned(),
        (roles, []) => format!("Application permission: {}.", names(roles)),
        (roles, scopes) => format!(
            "Application permission: {}. Delegated permission: {}.",
            names(roles),
            names(scopes)
        ),
    }
}

/// Each role and each scope is enough by itself.
pub(super) fn security(permission: Permission) -> Value {
    let names = permission.roles.iter().chain(permission.scopes);
    let mut ways: Vec<Value> = names.map(|name| json!({"token": [name]})).collect();
    if ways.is_empty() {
        ways.push(json!({"token": []}));
    }
    ways.push(json!({"application": [SCOPE]}));
    Value::from(ways)
}
