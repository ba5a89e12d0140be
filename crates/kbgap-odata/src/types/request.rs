//! Bodies of requests (api.md, sections 6.8 and 11). Their names are in PascalCase and
//! their case matters, as in the original.

use super::enums;
use crate::edm::{EdmType, NAMESPACE, Property, StructuredType};

/// Adds a tag to a machine or removes it.
pub static TAG_CHANGE: StructuredType = body(
    "TagChange",
    &[
        Property::new("Value", EdmType::String),
        Property::new("Action", EdmType::String),
    ],
);

/// Adds a tag to several machines or removes it.
pub static TAG_CHANGE_OF_MANY: StructuredType = body(
    "TagChangeOfMany",
    &[
        Property::new("Value", EdmType::String),
        Property::new("Action", EdmType::String),
        Property::new("MachineIds", EdmType::Collection(&EdmType::String)),
    ],
);

/// Says what a machine is worth.
pub static DEVICE_VALUE_CHANGE: StructuredType = body(
    "DeviceValueChange",
    &[Property::new(
        "DeviceValue",
        EdmType::Enum(&enums::DEVICE_VALUE),
    )],
);

/// A remediation task to be made. Without `MachineIds` it is for all exposed machines;
/// one of `ProductId` and `RecommendationId` names the software.
pub static NEW_TASK: StructuredType = body(
    "NewRemediationTask",
    &[
        Property::nullable("ProductId", EdmType::String),
        Property::nullable("RecommendationId", EdmType::String),
        Property::nullable("Title", EdmType::String),
        Property::nullable("Description", EdmType::String),
        Property::nullable("RequesterNotes", EdmType::String),
        Property::nullable("Priority", EdmType::Enum(&enums::TASK_PRIORITY)),
        Property::nullable("DueOn", EdmType::DateTimeOffset),
        Property::nullable("MachineIds", EdmType::Collection(&EdmType::String)),
    ],
);

/// What is to be changed of a remediation task; what is absent stays.
pub static TASK_CHANGE: StructuredType = body(
    "RemediationTaskChange",
    &[
        Property::nullable("Status", EdmType::Enum(&enums::TASK_STATE)),
        Property::nullable("Title", EdmType::String),
        Property::nullable("Description", EdmType::String),
        Property::nullable("RequesterNotes", EdmType::String),
        Property::nullable("Priority", EdmType::Enum(&enums::TASK_PRIORITY)),
        Property::nullable("DueOn", EdmType::DateTimeOffset),
    ],
);

const fn body(name: &'static str, properties: &'static [Property]) -> StructuredType {
    StructuredType {
        name,
        namespace: NAMESPACE,
        is_entity: false,
        base: None,
        properties,
        navigation: &[],
        annotations: &[],
    }
}
