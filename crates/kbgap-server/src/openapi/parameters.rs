//! Keys of paths and query options.

use axum::http::Method;
use kbgap_odata::SystemOption;
use kbgap_odata::edm::StructuredType;
use serde_json::{Map, Value, json};

use crate::list::WHOLE;
use crate::route::{Returns, Route};

/// The parameters of routes: what they hold, and whether they must be given.
const KNOWN: [(&str, &str, bool); 13] = [
    ("ip", "string", true),
    ("timestamp", "date-time", true),
    ("tag", "string", true),
    ("useStartsWithFilter", "boolean", false),
    ("view", "string", false),
    ("urgency", "boolean", false),
    ("support", "string", false),
    ("rbacGroupName", "string", false),
    ("rbacGroupId", "integer", false),
    ("pageSize", "integer", false),
    ("sasValidHours", "integer", false),
    ("sinceTime", "date-time", true),
    ("id", "string", true),
];

/// What the parameter of this name holds, and whether it must be given.
pub(super) fn known(name: &str) -> Option<(&'static str, bool)> {
    KNOWN
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|&(_, kind, required)| (kind, required))
}

pub(super) fn of(route: &Route) -> Value {
    let mut all = Vec::new();
    if route.path.contains("{id}") {
        all.push(key(route.path));
    }
    let place = if route.path.ends_with("(…)") {
        "path"
    } else {
        "query"
    };
    all.extend(
        route
            .parameters
            .iter()
            .map(|(name, about)| own(name, about, place)),
    );
    // A change of a thing takes what shows it afterwards; nobody looks for it there.
    if route.method == Method::GET {
        let (Returns::One(of) | Returns::List(of) | Returns::Rows(of)) = route.returns;
        let options = route.options.iter();
        all.extend(options.filter_map(|&option| system(option, of, route.page)));
    }
    Value::from(all)
}

/// The key of the path, which is always called `id`.
fn key(path: &str) -> Value {
    let (about, example) = match path.split('/').next() {
        Some("Software") => ("vendor and name of a software", Some("microsoft-_-edge")),
        Some("machines") => ("id or name of a machine", None),
        Some("vulnerabilities") => ("a CVE", Some("CVE-2020-0684")),
        Some("recommendations") => ("a recommendation", Some("va-_-microsoft-_-edge")),
        _ => ("id", None),
    };
    let mut key = own("id", about, "path");
    if let Some(example) = example {
        key["example"] = Value::from(example);
    }
    key
}

fn own(name: &str, about: &str, place: &str) -> Value {
    let (kind, required) = known(name).unwrap_or(("string", false));
    let schema = match kind {
        "date-time" => json!({"type": "string", "format": "date-time"}),
        kind => json!({"type": kind}),
    };
    json!({
        "name": name,
        "in": place,
        "description": about,
        "required": required,
        "schema": schema,
    })
}

/// A system option; `None` where it leads nowhere.
fn system(option: SystemOption, of: &StructuredType, page: usize) -> Option<Value> {
    if option == SystemOption::Expand && of.all_navigation().next().is_none() {
        return None;
    }
    if option == SystemOption::Top && page != WHOLE {
        return Some(top(Some(page)));
    }
    let name = option.name().trim_start_matches('$');
    Some(json!({"$ref": format!("#/components/parameters/{name}")}))
}

/// The example keeps a page that shows answers from asking for all there is.
fn top(most: Option<usize>) -> Value {
    let mut schema = json!({"type": "integer", "minimum": 0});
    if let Some(most) = most {
        schema["maximum"] = Value::from(most);
    }
    json!({
        "name": "$top",
        "in": "query",
        "description": "At most so many; there is no link to further ones then",
        "schema": schema,
        "example": 10,
    })
}

/// The system options that many routes take.
pub(super) fn shared() -> Value {
    let mut shared = Map::new();
    for option in SystemOption::ALL {
        let (about, schema) = match option {
            SystemOption::Top => {
                shared.insert("top".to_owned(), top(None));
                continue;
            }
            // Everybody may say it and it changes nothing.
            SystemOption::Format => continue,
            SystemOption::Skip => (
                "Leave out so many",
                json!({"type": "integer", "minimum": 0}),
            ),
            SystemOption::Count => (
                "Whether `@odata.count` tells the number of all",
                json!({"type": "boolean"}),
            ),
            SystemOption::Filter => (
                "Only those that pass, such as `startswith(id,'a') or not (name eq 'b')`: eq, ne, gt, ge, lt, le, in, and, or, not, contains, startswith, endswith, tolower, any, all; of vulnerabilities also `@kbgap.knownExploited/dueDate lt 2026-12-01`, of machinesVulnerabilities `@kbgap.epss ge 0.5` and `@kbgap.publicExploit eq true`",
                json!({"type": "string"}),
            ),
            SystemOption::OrderBy => ("In this order: `name desc,id`", json!({"type": "string"})),
            SystemOption::Select => (
                "Only these properties: `id,name`",
                json!({"type": "string"}),
            ),
            SystemOption::Expand => (
                "With related records: `vulnerabilities($select=id)`",
                json!({"type": "string"}),
            ),
            SystemOption::SkipToken => (
                "Where the page before has ended; part of `@odata.nextLink`",
                json!({"type": "string"}),
            ),
        };
        let name = option.name();
        shared.insert(
            name.trim_start_matches('$').to_owned(),
            json!({"name": name, "in": "query", "description": about, "schema": schema}),
        );
    }
    Value::from(shared)
}
