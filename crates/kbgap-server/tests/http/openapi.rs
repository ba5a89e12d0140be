//! The OpenAPI document beside what is served: every GET of it is sent, and every
//! answer is compared with its schema.

use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

const ROLES: &[&str] = &[
    "Software.Read.All",
    "Vulnerability.Read.All",
    "Machine.ReadWrite.All",
    "SecurityRecommendation.Read.All",
    "Score.Read.All",
    "RemediationTasks.ReadWrite.All",
];

/// A server with machines and a remediation task, its document, and keys for its paths.
struct Setting {
    server: TestServer,
    document: Value,
    machine: String,
    task: String,
}

impl Setting {
    fn new() -> Self {
        let server = TestServer::start();
        server.fleet(12, "10.0.18363.592");
        let document = server.send("GET", "/api/openapi.json", &[], b"").json();
        let mut setting = Self {
            server,
            document,
            machine: String::new(),
            task: String::new(),
        };
        setting.machine = setting.get("/api/machines?$top=1").ids().remove(0);
        let task = setting.send("POST", "/api/remediationTasks", "/api/remediationTasks");
        assert_eq!(task.status, 201, "{}", task.body);
        setting.conforms("/api/remediationTasks", "post", &task);
        setting.task = task.json()["id"].as_str().unwrap().to_owned();
        setting
    }

    fn get(&self, path: &str) -> Answer {
        self.server.get_as(path, &self.server.token(ROLES, &[]))
    }

    /// Sends the example of the document to a path of it.
    fn send(&self, method: &str, template: &str, path: &str) -> Answer {
        let operation = &self.document["paths"][template][method.to_lowercase()];
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let mut example = example.clone();
        if let Some(ids) = example.get_mut("MachineIds") {
            *ids = json!([self.machine]);
        }
        let bearer = format!("Bearer {}", self.server.token(ROLES, &[]));
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        self.server
            .send(method, path, &headers, example.to_string().as_bytes())
    }

    /// A path with keys that lead somewhere.
    fn filled(&self, template: &str) -> String {
        let id = match template.split('/').nth(2) {
            Some("Software") => "microsoft-_-edge",
            Some("machines") => &self.machine,
            Some("vulnerabilities") => "CVE-2020-0816",
            Some("recommendations") => "va-_-microsoft-_-edge",
            Some("remediationTasks") => &self.task,
            _ => "x",
        };
        template
            .replace("{id}", id)
            .replace("{ip}", "10.0.0.1")
            .replace("{timestamp}", "2020-03-24T08:00:00Z")
    }

    /// Whether an answer is what the document says.
    fn conforms(&self, template: &str, method: &str, answer: &Answer) {
        let documented = &self.document["paths"][template][method]["responses"];
        let response = &documented[answer.status.to_string()];
        assert!(
            response.is_object(),
            "{template}: {} {}",
            answer.status,
            answer.body
        );
        let schema = &self.resolved(response)["content"]["application/json"]["schema"];
        self.check(schema, &answer.json(), template);
        // Nothing is served that the document does not name.
        let names = self.names(schema);
        for name in answer.json().as_object().unwrap().keys() {
            assert!(names.contains(name), "{template}: {name} is not documented");
        }
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(target) => self.document.pointer(&target[1..]).unwrap(),
            None => value,
        }
    }

    /// The properties of a schema, through `allOf`.
    fn names(&self, schema: &Value) -> Vec<String> {
        let schema = self.resolved(schema);
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let mut names: Vec<String> = parts.flat_map(|part| self.names(part)).collect();
        let own = schema["properties"].as_object().into_iter().flatten();
        names.extend(own.map(|(name, _)| name.clone()));
        names
    }

    fn check(&self, schema: &Value, value: &Value, at: &str) {
        let schema = self.resolved(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check(part, value, at);
        }
        if let Some(parts) = schema["anyOf"].as_array() {
            // Only `null` stands beside a reference.
            if !value.is_null() {
                self.check(&parts[0], value, at);
            }
        }
        let kinds = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(n) if n.is_i64() => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let whole = kind == "integer" && kinds.contains(&"number");
        assert!(
            kinds.contains(&kind) || whole,
            "{at}: {kind}, not {kinds:?}"
        );
        if let Some(members) = schema["enum"].as_array() {
            assert!(members.contains(value), "{at}: {value}");
        }
        for item in value.as_array().into_iter().flatten() {
            self.check(&schema["items"], item, at);
            let names = self.names(&schema["items"]);
            for name in item.as_object().into_iter().flat_map(|o| o.keys()) {
                assert!(names.contains(name), "{at}: {name} is not documented");
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = value.get(name) {
                self.check(property, value, &format!("{at} {name}"));
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(
                value.get(name.as_str().unwrap()).is_some(),
                "{at}: no {name}"
            );
        }
    }
}

fn with(path: &str, query: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}{query}")
}

#[test]
fn answers_are_what_the_document_says() {
    let setting = Setting::new();
    let paths = setting.document["paths"].as_object().unwrap();
    let mut sent = 0;
    for (template, item) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
        let Some(operation) = item.get("get").filter(|_| template != "/api/$metadata") else {
            continue;
        };
        let required = operation["parameters"].as_array().unwrap().iter();
        let required = required.filter(|p| p["in"] == "query" && p["required"] == true);
        let mut path = setting.filled(template);
        for parameter in required {
            let value = match parameter["schema"]["format"].as_str() {
                Some("date-time") => "2020-03-24T00:00:00Z",
                _ => "x",
            };
            path = with(
                &path,
                &format!("{}={value}", parameter["name"].as_str().unwrap()),
            );
        }
        let answer = setting.get(&path);
        let expected = if operation["responses"].get("200").is_some() {
            200
        } else {
            403
        };
        assert_eq!(answer.status, expected, "{path}: {}", answer.body);
        setting.conforms(template, "get", &answer);
        options(&setting, template, &path, operation);
        sent += 1;
    }
    assert!(sent > 35, "{sent}");
}

/// Options that are documented are taken, others are refused.
fn options(setting: &Setting, template: &str, path: &str, operation: &Value) {
    let documented: Vec<&Value> = operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| setting.resolved(parameter))
        .collect();
    let find = |name: &str| documented.iter().find(|p| p["name"] == name);
    if operation["responses"].get("200").is_none() {
        return;
    }
    for option in [
        "$top=1",
        "$skip=1",
        "$count=true",
        "$orderby=",
        "$select=",
        "$filter=",
        "$expand=",
    ] {
        let name = option.split('=').next().unwrap();
        let answer = setting.get(&with(path, option));
        let refused = answer.status == 400 && answer.body.contains("is not supported here");
        // An expansion is taken wherever a record is, and leads nowhere.
        let known = find(name).is_some() || (name == "$expand" && find("$select").is_some());
        assert_eq!(known, !refused, "{template} {option}: {}", answer.body);
    }
    let Some(top) = find("$top") else { return };
    let most = top["schema"]["maximum"].as_u64();
    let over = setting.get(&with(
        path,
        &format!("$top={}", most.unwrap_or(1 << 40) + 1),
    ));
    assert_eq!(
        over.status,
        if most.is_some() { 400 } else { 200 },
        "{template}"
    );
    if let Some(most) = most {
        assert_eq!(
            setting.get(&with(path, &format!("$top={most}"))).status,
            200,
            "{template}"
        );
    }
}

#[test]
fn examples_of_bodies_are_taken_and_what_is_required_is() {
    let setting = Setting::new();
    let paths = setting.document["paths"].as_object().unwrap();
    for (template, item) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
        for (method, operation) in item.as_object().unwrap() {
            let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema")
            else {
                continue;
            };
            let upper = method.to_uppercase();
            let path = setting.filled(template);
            let answer = setting.send(&upper, template, &path);
            assert!(answer.status < 300, "{path}: {}", answer.body);
            setting.conforms(template, method, &answer);
            let bearer = format!("Bearer {}", setting.server.token(ROLES, &[]));
            let empty = setting
                .server
                .send(&upper, &path, &[("Authorization", &bearer)], b"{}");
            match setting.resolved(schema)["required"].as_array() {
                Some(required) => {
                    let named = required
                        .iter()
                        .any(|name| empty.body.contains(name.as_str().unwrap()));
                    assert!(
                        empty.code() == "MissingRequiredParameter" && named,
                        "{}",
                        empty.body
                    );
                }
                None => assert!(matches!(empty.status, 200 | 400), "{}", empty.body),
            }
        }
    }
}

#[test]
fn the_document_and_the_pages_need_no_token() {
    let server = TestServer::start();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/api/docs", "text/html; charset=utf-8"),
        ("/API/v1.0/Docs", "text/html; charset=utf-8"),
        ("/api/docs/start.js", "text/javascript; charset=utf-8"),
        ("/api/docs/LICENSE", "text/plain; charset=utf-8"),
        ("/api/openapi.json", "application/json; charset=utf-8"),
    ] {
        let answer = server.send("GET", path, &[], b"");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(kind)),
            "{path}"
        );
        if kind.starts_with("text/html") {
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"));
            assert!(!answer.body.contains("<script>"), "{path}");
        }
    }
    assert_eq!(
        server.send("GET", "/api/docs/other.js", &[], b"").status,
        404
    );
    assert_eq!(server.send("POST", "/api/docs", &[], b"").status, 405);
    let document = server.send("GET", "/api/openapi.json", &[], b"").json();
    assert_eq!(document["servers"][0]["url"], server.url);
}
