//! The whole model: types, entity sets and what is bound to them. `$metadata` and the
//! service document are written from it.

use std::fmt::Write as _;

use crate::edm::{ANALYTICS, EdmType, EnumType, NAMESPACE, Property, StructuredType};
use crate::types::{
    enums, export, machine, recommendation, remediation, request, score, software, vulnerability,
};

/// A set of entities, reachable by its name.
#[derive(Debug)]
pub struct EntitySet {
    /// The name in paths.
    pub name: &'static str,
    /// What it holds.
    pub of: &'static StructuredType,
}

/// Something bound to an entity or to a set.
struct Operation {
    name: &'static str,
    /// Whether it changes something.
    action: bool,
    on: Binding,
    parameters: &'static [Property],
    returns: Returns,
}

enum Binding {
    One(&'static StructuredType),
    Many(&'static StructuredType),
}

enum Returns {
    One(&'static StructuredType),
    Many(&'static StructuredType),
}

/// All sets.
pub static SETS: &[EntitySet] = &[
    EntitySet {
        name: "Machines",
        of: &machine::MACHINE,
    },
    EntitySet {
        name: "Software",
        of: &software::SOFTWARE,
    },
    EntitySet {
        name: "Vulnerabilities",
        of: &vulnerability::VULNERABILITY,
    },
    EntitySet {
        name: "Recommendations",
        of: &recommendation::RECOMMENDATION,
    },
    EntitySet {
        name: "RemediationTasks",
        of: &remediation::REMEDIATION_TASK,
    },
    EntitySet {
        name: "ExposureScore",
        of: &score::CONFIGURATION_SCORE,
    },
    EntitySet {
        name: "ConfigurationScore",
        of: &score::CONFIGURATION_SCORE,
    },
];

static TYPES: &[&StructuredType] = &[
    &software::PUBLIC_PRODUCT,
    &software::SOFTWARE,
    &software::DISTRIBUTION,
    &software::PRODUCT_FIX,
    &vulnerability::PUBLIC_VULNERABILITY,
    &vulnerability::VULNERABILITY,
    &vulnerability::ASSET_VULNERABILITY_REFERENCE,
    &machine::MACHINE,
    &machine::IP_ADDRESS,
    &machine::MACHINE_REFERENCE,
    &recommendation::RECOMMENDATION,
    &score::CONFIGURATION_SCORE,
    &remediation::REMEDIATION_TASK,
    &export::ASSET_SOFTWARE,
    &export::ASSET_NON_CPE_SOFTWARE,
    &export::ASSET_VULNERABILITY,
    &export::DELTA_ASSET_VULNERABILITY,
    &export::EXPORT_FILES,
];

static ANALYTICS_TYPES: &[&StructuredType] = &[
    &software::ANALYTICS_PRODUCT,
    &vulnerability::ANALYTICS_VULNERABILITY,
];

static ENUMS: &[&EnumType] = &[
    &enums::MANAGED_BY,
    &enums::MANAGED_BY_STATUS,
    &enums::DEVICE_VALUE,
    &enums::EXCLUSION_REASON,
    &enums::EXPOSURE_LEVEL,
    &enums::INTERFACE_TYPE,
    &enums::OPERATIONAL_STATUS,
    &enums::HEALTH_STATUS,
    &enums::ONBOARDING_STATUS,
    &enums::RECOMMENDATION_EXCEPTION,
    &enums::VULNERABILITY_EXCEPTION,
    &enums::RISK_SCORE,
    &enums::TASK_CATEGORY,
    &enums::TASK_COMPLETION_METHOD,
    &enums::TASK_PRIORITY,
    &enums::TASK_PRODUCTIVITY_IMPACT,
    &enums::TASK_STATE,
    &enums::TASK_TYPE,
];

const fn function(name: &'static str, on: Binding, returns: Returns) -> Operation {
    Operation {
        name,
        action: false,
        on,
        parameters: &[],
        returns,
    }
}

/// The software of a machine and of a recommendation are no functions here but
/// navigation properties alone: a schema must not have a type and a function of one name.
static OPERATIONS: &[Operation] = &[
    function(
        "Distributions",
        Binding::One(&software::SOFTWARE),
        Returns::Many(&software::DISTRIBUTION),
    ),
    function(
        "GetMissingKbs",
        Binding::One(&software::SOFTWARE),
        Returns::Many(&software::PRODUCT_FIX),
    ),
    function(
        "MachineReferences",
        Binding::One(&software::SOFTWARE),
        Returns::Many(&machine::MACHINE_REFERENCE),
    ),
    function(
        "Vulnerabilities",
        Binding::One(&software::SOFTWARE),
        Returns::Many(&vulnerability::ANALYTICS_VULNERABILITY),
    ),
    function(
        "GetMissingKbs",
        Binding::One(&machine::MACHINE),
        Returns::Many(&software::PRODUCT_FIX),
    ),
    function(
        "Vulnerabilities",
        Binding::One(&machine::MACHINE),
        Returns::Many(&vulnerability::ANALYTICS_VULNERABILITY),
    ),
    function(
        "Recommendations",
        Binding::One(&machine::MACHINE),
        Returns::Many(&recommendation::RECOMMENDATION),
    ),
    Operation {
        name: "Tags",
        action: true,
        on: Binding::One(&machine::MACHINE),
        parameters: request::TAG_CHANGE.properties,
        returns: Returns::One(&machine::MACHINE),
    },
    Operation {
        name: "SetDeviceValue",
        action: true,
        on: Binding::One(&machine::MACHINE),
        parameters: request::DEVICE_VALUE_CHANGE.properties,
        returns: Returns::One(&machine::MACHINE),
    },
    Operation {
        name: "AddOrRemoveTagForMultipleMachines",
        action: true,
        on: Binding::Many(&machine::MACHINE),
        parameters: request::TAG_CHANGE_OF_MANY.properties,
        returns: Returns::Many(&machine::MACHINE),
    },
    function(
        "FindByTag",
        Binding::Many(&machine::MACHINE),
        Returns::Many(&machine::MACHINE),
    ),
    Operation {
        name: "FindByIp",
        action: false,
        on: Binding::Many(&machine::MACHINE),
        parameters: &[
            Property::new("ip", EdmType::String),
            Property::new("timestamp", EdmType::DateTimeOffset),
        ],
        returns: Returns::Many(&machine::MACHINE),
    },
    function(
        "SoftwareInventoryByMachine",
        Binding::Many(&machine::MACHINE),
        Returns::Many(&export::ASSET_SOFTWARE),
    ),
    function(
        "SoftwareInventoryExport",
        Binding::Many(&machine::MACHINE),
        Returns::One(&export::EXPORT_FILES),
    ),
    function(
        "SoftwareInventoryNoProductCodeByMachine",
        Binding::Many(&machine::MACHINE),
        Returns::Many(&export::ASSET_NON_CPE_SOFTWARE),
    ),
    function(
        "SoftwareInventoryNonCpeExport",
        Binding::Many(&machine::MACHINE),
        Returns::One(&export::EXPORT_FILES),
    ),
    function(
        "SoftwareVulnerabilitiesByMachine",
        Binding::Many(&machine::MACHINE),
        Returns::Many(&export::ASSET_VULNERABILITY),
    ),
    function(
        "SoftwareVulnerabilitiesExport",
        Binding::Many(&machine::MACHINE),
        Returns::One(&export::EXPORT_FILES),
    ),
    function(
        "SoftwareVulnerabilityChangesByMachine",
        Binding::Many(&machine::MACHINE),
        Returns::Many(&export::DELTA_ASSET_VULNERABILITY),
    ),
    function(
        "MachinesVulnerabilities",
        Binding::Many(&vulnerability::VULNERABILITY),
        Returns::Many(&vulnerability::ASSET_VULNERABILITY_REFERENCE),
    ),
    function(
        "MachineReferences",
        Binding::One(&vulnerability::VULNERABILITY),
        Returns::Many(&machine::MACHINE_REFERENCE),
    ),
    function(
        "MachineReferences",
        Binding::One(&recommendation::RECOMMENDATION),
        Returns::Many(&machine::MACHINE_REFERENCE),
    ),
    function(
        "Vulnerabilities",
        Binding::One(&recommendation::RECOMMENDATION),
        Returns::Many(&vulnerability::ANALYTICS_VULNERABILITY),
    ),
    function(
        "MachineReferences",
        Binding::One(&remediation::REMEDIATION_TASK),
        Returns::Many(&machine::MACHINE_REFERENCE),
    ),
    function(
        "ByMachineGroups",
        Binding::Many(&score::CONFIGURATION_SCORE),
        Returns::Many(&score::CONFIGURATION_SCORE),
    ),
];

/// The `$metadata` document: CSDL 4.0 as XML.
#[must_use]
pub fn metadata() -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\
         <edmx:DataServices>",
    );
    let _ = schemas(&mut xml);
    xml.push_str("</edmx:DataServices></edmx:Edmx>\n");
    xml
}

/// Every name is one of the tables above: none needs escaping.
fn schemas(xml: &mut String) -> std::fmt::Result {
    const SCHEMA: &str = "http://docs.oasis-open.org/odata/ns/edm";
    write!(xml, "<Schema Namespace=\"{NAMESPACE}\" xmlns=\"{SCHEMA}\">")?;
    for of in ENUMS {
        write!(xml, "<EnumType Name=\"{}\">", of.name)?;
        for (member, value) in of.members.iter().zip(0..) {
            write!(xml, "<Member Name=\"{member}\" Value=\"{value}\" />")?;
        }
        xml.push_str("</EnumType>");
    }
    for of in TYPES {
        structured(xml, of)?;
    }
    for operation in OPERATIONS {
        bound(xml, operation)?;
    }
    container(xml)?;
    xml.push_str("</Schema>");
    write!(xml, "<Schema Namespace=\"{ANALYTICS}\" xmlns=\"{SCHEMA}\">")?;
    for of in ANALYTICS_TYPES {
        structured(xml, of)?;
    }
    xml.push_str("</Schema>");
    Ok(())
}

fn structured(xml: &mut String, of: &StructuredType) -> std::fmt::Result {
    let element = if of.is_entity {
        "EntityType"
    } else {
        "ComplexType"
    };
    write!(xml, "<{element} Name=\"{}\"", of.name)?;
    if let Some(base) = of.base {
        write!(xml, " BaseType=\"{}\"", base.full_name())?;
    }
    xml.push('>');
    if of.is_entity && of.base.is_none() {
        // A score of the organisation has no id: its time is its key.
        let key = if of.property("id").is_some() {
            "id"
        } else {
            "time"
        };
        write!(xml, "<Key><PropertyRef Name=\"{key}\" /></Key>")?;
    }
    for property in of.properties {
        write!(
            xml,
            "<Property Name=\"{}\" Type=\"{}\"",
            property.name, property.kind
        )?;
        if !property.nullable {
            xml.push_str(" Nullable=\"false\"");
        }
        xml.push_str(" />");
    }
    for navigation in of.navigation {
        let target = navigation.target.full_name();
        let target = if navigation.many {
            format!("Collection({target})")
        } else {
            target
        };
        write!(
            xml,
            "<NavigationProperty Name=\"{}\" Type=\"{target}\" />",
            navigation.name
        )?;
    }
    write!(xml, "</{element}>")
}

fn bound(xml: &mut String, operation: &Operation) -> std::fmt::Result {
    let element = if operation.action {
        "Action"
    } else {
        "Function"
    };
    let (on, is_set) = match operation.on {
        Binding::One(of) => (of.full_name(), false),
        Binding::Many(of) => (of.collection(), true),
    };
    let returns = match operation.returns {
        Returns::One(of) => of.full_name(),
        Returns::Many(of) => of.collection(),
    };
    write!(
        xml,
        "<{element} Name=\"{}\" IsBound=\"true\">",
        operation.name
    )?;
    let parameter = if is_set { "bindingParameter" } else { "this" };
    write!(xml, "<Parameter Name=\"{parameter}\" Type=\"{on}\" />")?;
    for Property { name, kind, .. } in operation.parameters {
        write!(xml, "<Parameter Name=\"{name}\" Type=\"{kind}\" />")?;
    }
    write!(xml, "<ReturnType Type=\"{returns}\" /></{element}>")
}

fn container(xml: &mut String) -> std::fmt::Result {
    xml.push_str("<EntityContainer Name=\"Container\">");
    for set in SETS {
        write!(
            xml,
            "<EntitySet Name=\"{}\" EntityType=\"{}\">",
            set.name,
            set.of.full_name()
        )?;
        for navigation in set.of.all_navigation() {
            let is = |of: &StructuredType, name: &str| of.name == name;
            let target = SETS.iter().find(|s| {
                let targets = [Some(s.of), s.of.base];
                targets
                    .into_iter()
                    .flatten()
                    .any(|of| is(of, navigation.target.name))
            });
            if let Some(target) = target {
                write!(
                    xml,
                    "<NavigationPropertyBinding Path=\"{}\" Target=\"{}\" />",
                    navigation.name, target.name
                )?;
            }
        }
        xml.push_str("</EntitySet>");
    }
    xml.push_str("</EntityContainer>");
    Ok(())
}

/// The service document: the sets by name.
#[must_use]
pub fn service_document(base: &str) -> Vec<u8> {
    let sets: Vec<_> = SETS
        .iter()
        .map(|set| serde_json::json!({"name": set.name, "kind": "EntitySet", "url": set.name}))
        .collect();
    let context = format!("{}/api/$metadata", base.trim_end_matches('/'));
    let document = serde_json::json!({"@odata.context": context, "value": sets});
    serde_json::to_vec(&document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_document() {
        insta::assert_snapshot!(metadata().replace("><", ">\n<"));
    }
}
