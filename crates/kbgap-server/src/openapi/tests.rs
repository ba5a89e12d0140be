//! The document by itself; `tests/http/openapi.rs` compares it with what is served.

use std::collections::BTreeSet;

use super::*;
use crate::openapi::parameters::known;

#[test]
fn the_document() {
    let document: Value = serde_json::from_slice(&document("https://kbgap.example")).unwrap();
    insta::assert_json_snapshot!(document);
}

#[test]
fn every_route_is_in_it_under_a_name_of_its_own() {
    let document = build();
    let mut names = BTreeSet::new();
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][operations::path(route)][&method];
        let name = operation["operationId"].as_str();
        let name = name.unwrap_or_else(|| panic!("{method} {} is missing", route.path));
        assert!(names.insert(name.to_owned()), "{name} twice");
        // Keys in the path are those that are declared.
        let path = operations::path(route);
        let keys = path
            .split('{')
            .skip(1)
            .map(|key| key.split('}').next().unwrap());
        let declared = operation["parameters"].as_array().unwrap().iter();
        let declared = declared
            .filter(|p| p["in"] == "path")
            .map(|p| p["name"].as_str().unwrap());
        assert_eq!(
            keys.collect::<Vec<_>>(),
            declared.collect::<Vec<_>>(),
            "{path}"
        );
    }
}

#[test]
fn parameters_of_routes_are_known_and_examples_are_what_their_types_say() {
    for route in routes() {
        for (name, _) in route.parameters {
            assert!(known(name).is_some(), "{name} of {}", route.path);
        }
        if let Some((body, example)) = route.body {
            let example: Value = serde_json::from_str(example).unwrap();
            for (name, _) in example.as_object().unwrap() {
                let declared = body.all_properties().any(|p| p.name == name);
                assert!(declared, "{name} of {}", route.path);
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn follow(value: &Value, document: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(target)) = fields.get("$ref") {
                    let pointer = target.strip_prefix('#').unwrap();
                    assert!(
                        document.pointer(pointer).is_some_and(Value::is_object),
                        "{target}"
                    );
                }
                fields.values().for_each(|value| follow(value, document));
            }
            Value::Array(values) => values.iter().for_each(|value| follow(value, document)),
            _ => {}
        }
    }
    let document = build();
    follow(&document, &document);
}

#[test]
fn the_url_is_the_servers_and_cannot_break_out() {
    let text = String::from_utf8(document(r#"https://a"b"#)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["servers"][0]["url"], r#"https://a"b"#);
    assert!(!text.contains("kbgap.invalid"));
}
