//! `$metadata` by the rules of CSDL 4.0, read as a client reads it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.unwrap();
            (
                attribute.key.as_ref().to_owned(),
                attribute.value.into_owned(),
            )
        });
        Self {
            name: start.local_name().as_ref().to_owned(),
            attributes: attributes.collect(),
            children: Vec::new(),
        }
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    fn named(&self) -> &str {
        self.get("Name")
            .unwrap_or_else(|| panic!("{self:?} has no name"))
    }

    fn is_operation(&self) -> bool {
        matches!(self.name.as_str(), "Function" | "Action")
    }

    fn is_structured(&self) -> bool {
        matches!(self.name.as_str(), "EntityType" | "ComplexType")
    }
}

/// The root of the document; ends that do not match are errors of the reader.
fn document() -> Element {
    let xml = kbgap_odata::metadata();
    let mut reader = Reader::from_str(&xml);
    reader.config_mut().trim_text(true);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(Element::of(&start)),
            Event::Empty(start) => open.last_mut().unwrap().children.push(Element::of(&start)),
            Event::End(_) => {
                let ended = open.pop().unwrap();
                open.last_mut().unwrap().children.push(ended);
            }
            Event::Text(text) => panic!("{text:?} between elements"),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open.len(), 1);
    open.remove(0).children.remove(0)
}

struct Model {
    schemas: Vec<Element>,
}

impl Model {
    fn read() -> Self {
        let mut root = document();
        assert_eq!(
            (root.name.as_str(), root.get("Version")),
            ("Edmx", Some("4.0"))
        );
        let services = root.children.remove(0);
        assert_eq!(services.name, "DataServices");
        Self {
            schemas: services.children,
        }
    }

    /// A declared type by its qualified name.
    fn find(&self, qualified: &str) -> Option<&Element> {
        let (namespace, name) = qualified.rsplit_once('.')?;
        let schema = self
            .schemas
            .iter()
            .find(|s| s.get("Namespace") == Some(namespace))?;
        let is_type = |child: &Element| child.is_structured() || child.name == "EnumType";
        schema
            .children
            .iter()
            .find(|child| is_type(child) && child.named() == name)
    }

    /// A structured type with its bases, itself first.
    fn lineage<'m>(&'m self, of: &'m Element) -> Vec<&'m Element> {
        let mut lineage = vec![of];
        while let Some(base) = lineage.last().unwrap().get("BaseType") {
            assert!(lineage.len() < 10, "{of:?}");
            lineage.push(self.find(base).unwrap());
        }
        lineage
    }

    fn structured(&self) -> impl Iterator<Item = &Element> {
        let all = self.schemas.iter().flat_map(|schema| &schema.children);
        all.filter(|child| child.is_structured())
    }

    /// The sets of the one container.
    fn sets(&self) -> BTreeMap<&str, &Element> {
        let containers = self.schemas.iter().flat_map(|s| s.all("EntityContainer"));
        let containers: Vec<&Element> = containers.collect();
        assert_eq!(containers.len(), 1);
        let sets = containers[0].all("EntitySet");
        sets.map(|set| (set.named(), set)).collect()
    }
}

fn element_type(name: &str) -> &str {
    name.strip_prefix("Collection(")
        .map_or(name, |rest| rest.strip_suffix(')').unwrap())
}

#[test]
fn names_are_identifiers_and_unique() {
    let identifier = |name: &str| {
        name.len() <= 128
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    for schema in &Model::read().schemas {
        let (mut types, mut overloads) = (BTreeSet::new(), BTreeSet::new());
        for child in &schema.children {
            let name = child.named();
            assert!(identifier(name), "{name}");
            if child.is_operation() {
                // Overloads differ by what they are bound to.
                let binding = child.all("Parameter").next().unwrap().get("Type").unwrap();
                assert!(
                    overloads.insert((name, binding)),
                    "{name} twice on {binding}"
                );
            } else {
                assert!(types.insert(name), "{name} twice");
            }
            let mut members = BTreeSet::new();
            for member in child.children.iter().filter(|c| c.get("Name").is_some()) {
                assert!(identifier(member.named()), "{member:?}");
                assert!(members.insert(member.named()), "{member:?} twice in {name}");
            }
        }
        let both: Vec<_> = overloads
            .iter()
            .filter(|(name, _)| types.contains(name))
            .collect();
        assert!(both.is_empty(), "type and operation: {both:?}");
    }
}

#[test]
fn every_type_that_is_named_is_declared() {
    fn named<'e>(element: &'e Element, names: &mut BTreeSet<&'e str>) {
        for attribute in ["Type", "BaseType", "EntityType"] {
            names.extend(element.get(attribute).map(element_type));
        }
        element
            .children
            .iter()
            .for_each(|child| named(child, names));
    }
    const PRIMITIVE: [&str; 8] = [
        "String",
        "Boolean",
        "Int32",
        "Int64",
        "Single",
        "Double",
        "DateTimeOffset",
        "Guid",
    ];
    let model = Model::read();
    let mut names = BTreeSet::new();
    model
        .schemas
        .iter()
        .for_each(|schema| named(schema, &mut names));
    for name in names {
        let primitive = name
            .strip_prefix("Edm.")
            .is_some_and(|name| PRIMITIVE.contains(&name));
        assert!(primitive || model.find(name).is_some(), "{name}");
    }
}

#[test]
fn every_entity_has_one_key_of_a_property_that_is_never_null() {
    let model = Model::read();
    for of in model.structured() {
        let lineage = model.lineage(of);
        let kinds: BTreeSet<&str> = lineage.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(kinds.len(), 1, "{} extends another kind", of.named());
        let mut names = BTreeSet::new();
        let children = lineage.iter().flat_map(|t| &t.children);
        for property in children.filter(|c| c.name.ends_with("Property")) {
            assert!(
                names.insert(property.named()),
                "{property:?} twice in {}",
                of.named()
            );
        }
        let keys: Vec<&Element> = lineage.iter().flat_map(|t| t.all("Key")).collect();
        if of.name == "ComplexType" {
            assert!(keys.is_empty(), "{}", of.named());
            continue;
        }
        assert_eq!(keys.len(), 1, "{}", of.named());
        for part in keys[0].all("PropertyRef") {
            let mut all = lineage.iter().flat_map(|t| t.all("Property"));
            let key = all.find(|p| p.named() == part.named()).unwrap();
            assert_eq!(key.get("Nullable"), Some("false"), "{}", of.named());
        }
    }
}

#[test]
fn navigation_leads_to_entities_and_is_bound_to_sets_that_hold_them() {
    let model = Model::read();
    let sets = model.sets();
    for navigation in model.structured().flat_map(|t| t.all("NavigationProperty")) {
        let target = model
            .find(element_type(navigation.get("Type").unwrap()))
            .unwrap();
        assert_eq!(target.name, "EntityType", "{navigation:?}");
    }
    for (name, set) in &sets {
        let of = model.find(set.get("EntityType").unwrap()).unwrap();
        assert_eq!(of.name, "EntityType", "{name}");
        for binding in set.all("NavigationPropertyBinding") {
            let lineage = model.lineage(of);
            let mut all = lineage.iter().flat_map(|t| t.all("NavigationProperty"));
            let navigation = all
                .find(|n| Some(n.named()) == binding.get("Path"))
                .unwrap();
            let wanted = model
                .find(element_type(navigation.get("Type").unwrap()))
                .unwrap();
            let target = sets[binding.get("Target").unwrap()];
            let held = model.find(target.get("EntityType").unwrap()).unwrap();
            // What the set holds is what is wanted, or extends it.
            let fits = model.lineage(held).iter().any(|t| std::ptr::eq(*t, wanted));
            assert!(fits, "{name} {binding:?}");
        }
    }
}

#[test]
fn operations_are_bound_to_what_sets_hold_and_return_something() {
    let model = Model::read();
    let sets = model.sets();
    let held: Vec<&str> = sets
        .values()
        .map(|set| set.get("EntityType").unwrap())
        .collect();
    let all = model.schemas.iter().flat_map(|schema| &schema.children);
    for operation in all.filter(|child| child.is_operation()) {
        assert_eq!(operation.get("IsBound"), Some("true"));
        let bound = operation.all("Parameter").next().unwrap();
        assert!(
            held.contains(&element_type(bound.get("Type").unwrap())),
            "{bound:?}"
        );
        assert_eq!(
            operation.all("ReturnType").count(),
            1,
            "{}",
            operation.named()
        );
    }
}

/// The contexts of the documentation. `Distributions` and `MachineReferences` name no
/// declared set, there as here: what they hold is no entity.
#[test]
fn contexts_name_what_is_declared() {
    const OWN: &str = "microsoft.windowsDefenderATP.api";
    const ANALYTICS: &str = "Analytics.Contracts.PublicAPI";
    let model = Model::read();
    let sets = model.sets();
    for set in [
        "Software",
        "Machines",
        "Vulnerabilities",
        "Recommendations",
        "ExposureScore",
        "ConfigurationScore",
        "RemediationTasks",
    ] {
        assert!(sets.contains_key(set), "{set}");
    }
    for (namespace, name) in [
        (OWN, "Machine"),
        (OWN, "PublicProductFixDto"),
        (OWN, "PublicDistributionDto"),
        (OWN, "PublicAssetDto"),
        (OWN, "PublicAssetVulnerabilityDto"),
        (OWN, "AssetVulnerability"),
        (OWN, "DeltaAssetVulnerability"),
        (OWN, "AssetSoftware"),
        (OWN, "AssetNonCpeSoftware"),
        (OWN, "ExportFilesResponse"),
        (ANALYTICS, "PublicVulnerabilityDto"),
        (ANALYTICS, "PublicProductDto"),
    ] {
        assert!(
            model.find(&format!("{namespace}.{name}")).is_some(),
            "{name}"
        );
    }
}
