//! Makes the JSON form of a document's XML form, as the vendor does: lists are arrays,
//! most texts stand in a `Value`, words of enumerations are numbers.

use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Self>,
}

impl Node {
    fn of(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().flatten().map(|a| {
            let value = a.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            (a.key.0.to_owned(), value.unwrap().into_owned())
        });
        Self {
            name: start.local_name().as_ref().to_owned(),
            attributes: attributes.collect(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn tree(xml: &str) -> Node {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open: Vec<Node> = Vec::new();
    loop {
        let closed = match reader.read_event().unwrap() {
            Event::Start(start) => {
                open.push(Node::of(&start));
                continue;
            }
            Event::Empty(start) => Node::of(&start),
            Event::End(_) => open.pop().unwrap(),
            Event::Text(text) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&text.xml10_content());
                }
                continue;
            }
            Event::CData(text) => {
                open.last_mut()
                    .unwrap()
                    .text
                    .push_str(&text.xml10_content());
                continue;
            }
            Event::GeneralRef(reference) => {
                let character = match &*reference {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "apos" => '\'',
                    "quot" => '"',
                    _ => reference.resolve_char_ref().unwrap().unwrap(),
                };
                open.last_mut().unwrap().text.push(character);
                continue;
            }
            Event::Eof => panic!("no root"),
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => return closed,
        }
    }
}

/// The JSON form of an XML document.
pub(crate) fn json_of(xml: &str) -> String {
    object(&tree(xml)).to_string()
}

fn object(node: &Node) -> Value {
    let mut members = Map::new();
    for child in &node.children {
        let name = child.name.as_str();
        match name {
            "Vulnerability" | "ProductID" => {
                let list = members.entry(name).or_insert_with(|| json!([]));
                list.as_array_mut().unwrap().push(value(child));
            }
            "Branch" | "FullProductName" => {
                let in_branch = node.name == "Branch";
                let name = if in_branch { "Items" } else { name };
                let list = members.entry(name).or_insert_with(|| json!([]));
                list.as_array_mut().unwrap().push(object(child));
            }
            "Threats" | "Remediations" | "RevisionHistory" | "CVSSScoreSets" | "Notes" => {
                members.insert(name.to_owned(), child.children.iter().map(object).collect());
            }
            _ => {
                members.insert(name.to_owned(), value(child));
            }
        }
    }
    for name in ["ProductID", "Name"] {
        if let Some(text) = node.attribute(name) {
            members.insert(name.to_owned(), text.into());
        }
    }
    if let Some(kind) = node.attribute("Type") {
        members.insert("Type".to_owned(), number_of(&node.name, kind));
    }
    if node.children.is_empty() {
        members.insert("Value".to_owned(), node.text.as_str().into());
    }
    Value::Object(members)
}

fn value(node: &Node) -> Value {
    match node.name.as_str() {
        "BaseScore" => serde_json::from_str(node.text.trim()).unwrap_or(Value::Null),
        "CVE" | "ProductID" | "Vector" | "Number" | "Date" | "SubType" | "FixedBuild"
        | "Supercedence" | "InitialReleaseDate" | "CurrentReleaseDate" => node.text.as_str().into(),
        _ => object(node),
    }
}

fn number_of(element: &str, kind: &str) -> Value {
    let number = match (element, kind) {
        ("Threat", "Impact") | ("Remediation", "Workaround") => 0,
        ("Threat", "Exploit Status") | ("Remediation", "Mitigation") => 1,
        ("Remediation", "Vendor Fix") => 2,
        ("Threat", "Severity") => 3,
        ("Remediation", "Known Issue") => 5,
        _ => 9,
    };
    number.into()
}
