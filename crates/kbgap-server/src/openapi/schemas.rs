//! Declared types as JSON schemas. Those that are named are collected with all that
//! they name in turn.

use kbgap_assess::SupportStatus;
use kbgap_odata::edm::{ANALYTICS, EdmType, EnumType, Property, StructuredType};
use kbgap_odata::types::machine::MACHINE;
use serde_json::{Map, Value, json};

#[derive(Default)]
pub(super) struct Schemas(Map<String, Value>);

impl Schemas {
    /// The list of these in its envelope.
    pub(super) fn list(&mut self, of: &'static StructuredType) -> Value {
        let name = format!("{}List", name(of));
        if !self.0.contains_key(&name) {
            let item = self.structured(of);
            let schema = json!({
                "type": "object",
                "required": ["@odata.context", "value"],
                "properties": {
                    "@odata.context": context(),
                    "@odata.count": {"type": "integer", "format": "int64", "description": "Only with $count=true"},
                    "value": {"type": "array", "items": item},
                    "@odata.nextLink": {"type": "string", "format": "uri", "description": "The next page, where there is one"},
                },
            });
            self.0.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// One of these beside its context.
    pub(super) fn entity(&mut self, of: &'static StructuredType) -> Value {
        let own = self.structured(of);
        let mut beside = json!({
            "type": "object",
            "required": ["@odata.context"],
            "properties": {"@odata.context": context()},
        });
        if std::ptr::eq(of, &MACHINE) {
            beside["properties"]["@kbgap.support"] = support();
        }
        json!({"allOf": [beside, own]})
    }

    /// A body of a request, in which what is not nullable must be given.
    pub(super) fn body(&mut self, of: &'static StructuredType) -> Value {
        let body = self.structured(of);
        let required: Vec<&str> = of
            .all_properties()
            .filter(|p| !p.nullable)
            .map(|p| p.name)
            .collect();
        if let Some(schema) = self.0.get_mut(&name(of))
            && !required.is_empty()
        {
            schema["required"] = Value::from(required);
        }
        body
    }

    /// What is written by hand, with everything that was collected.
    pub(super) fn finish(mut self) -> Value {
        self.0.append(&mut super::other::schemas());
        Value::from(self.0)
    }

    /// Properties of answers are not required: `$select` may leave out any of them.
    fn structured(&mut self, of: &'static StructuredType) -> Value {
        let name = name(of);
        if !self.0.contains_key(&name) {
            // Taken before its properties are looked at: types may name one another.
            self.0.insert(name.clone(), Value::Null);
            let mut properties = Map::new();
            for property in of.all_properties() {
                properties.insert(property.name.to_owned(), self.property(property));
            }
            for annotation in of.annotations {
                properties.insert(annotation.name.to_owned(), self.annotation(annotation));
            }
            for navigation in of.all_navigation() {
                let target = self.structured(navigation.target);
                let schema = if navigation.many {
                    json!({"type": "array", "items": target, "description": "Only with $expand"})
                } else {
                    json!({"allOf": [target], "description": "Only with $expand"})
                };
                properties.insert(navigation.name.to_owned(), schema);
            }
            let schema = json!({"type": "object", "properties": properties});
            self.0.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// Never null: what says nothing is not there.
    fn annotation(&mut self, annotation: &'static Property) -> Value {
        let mut schema = self.kind(&annotation.kind);
        if schema.get("$ref").is_some() {
            schema = json!({"allOf": [schema]});
        }
        schema["description"] = Value::from("An addition of kbgap, absent where it says nothing");
        schema
    }

    fn property(&mut self, property: &'static Property) -> Value {
        let mut schema = self.kind(&property.kind);
        if property.nullable {
            schema = match schema.get("type") {
                // Lists are never null; what may be null is said of their elements.
                Some(kind) if kind == "array" => schema,
                Some(kind) => {
                    let either = json!([kind, "null"]);
                    schema["type"] = either;
                    schema
                }
                None => json!({"anyOf": [schema, {"type": "null"}]}),
            };
        }
        if property.on_demand && schema.get("$ref").is_none() {
            schema["description"] = Value::from("Only with $select");
        }
        schema
    }

    fn kind(&mut self, kind: &EdmType) -> Value {
        match kind {
            EdmType::String => json!({"type": "string"}),
            EdmType::Boolean => json!({"type": "boolean"}),
            EdmType::Int32 => json!({"type": "integer", "format": "int32"}),
            EdmType::Int64 => json!({"type": "integer", "format": "int64"}),
            EdmType::Single => json!({"type": "number", "format": "float"}),
            EdmType::Double => json!({"type": "number", "format": "double"}),
            EdmType::DateTimeOffset => json!({"type": "string", "format": "date-time"}),
            EdmType::Guid => json!({"type": "string", "format": "uuid"}),
            EdmType::Enum(of) => self.enumeration(of),
            EdmType::Complex(of) => self.structured(of),
            EdmType::Collection(element) => {
                json!({"type": "array", "items": self.kind(element)})
            }
        }
    }

    fn enumeration(&mut self, of: &'static EnumType) -> Value {
        let schema = json!({"type": "string", "enum": of.members});
        self.0.entry(of.name).or_insert(schema);
        reference(of.name)
    }
}

fn context() -> Value {
    json!({"type": "string", "format": "uri"})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Two types of the second namespace are called as two of the first.
fn name(of: &StructuredType) -> String {
    if of.namespace == ANALYTICS {
        format!("Analytics{}", of.name)
    } else {
        of.name.to_owned()
    }
}

/// The annotation of a machine that says whether its Windows is supported.
fn support() -> Value {
    let day = || json!({"type": ["string", "null"], "format": "date"});
    let lifecycle = || {
        json!({
            "status": {"type": "string", "enum": SupportStatus::ALL.map(SupportStatus::name)},
            "endOfSupport": day(),
            "esuEnds": day(),
        })
    };
    let mut of_editions = lifecycle();
    of_editions["editions"] = json!({"type": "array", "items": {"type": "string"}});
    let mut properties = lifecycle();
    properties["lacking"] =
        json!({"type": "string", "description": "What the report does not tell"});
    properties["editions"] = json!({
        "type": "array",
        "items": {"type": "object", "properties": of_editions},
    });
    json!({
        "type": "object",
        "description": "Whether its Windows is supported: an addition of kbgap, not with $select",
        "properties": properties,
    })
}
