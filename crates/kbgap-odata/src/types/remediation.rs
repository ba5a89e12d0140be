//! Remediation tasks (api.md, section 11).

use super::enums;
use crate::edm::{EdmType, NAMESPACE, Property, StructuredType};

/// A remediation task.
pub static REMEDIATION_TASK: StructuredType = StructuredType {
    name: "RemediationTask",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("id", EdmType::String).folded(),
        Property::nullable("title", EdmType::String),
        Property::nullable("createdOn", EdmType::DateTimeOffset),
        Property::nullable("requesterId", EdmType::String).folded(),
        Property::nullable("requesterEmail", EdmType::String).folded(),
        Property::nullable("status", EdmType::Enum(&enums::TASK_STATE)),
        Property::new("statusLastModifiedOn", EdmType::DateTimeOffset),
        Property::nullable("description", EdmType::String),
        Property::nullable("relatedComponent", EdmType::String),
        Property::nullable("targetDevices", EdmType::Int32),
        Property::nullable("rbacGroupNames", EdmType::Collection(&EdmType::String)),
        Property::nullable("fixedDevices", EdmType::Int32),
        Property::nullable("requesterNotes", EdmType::String),
        Property::nullable("dueOn", EdmType::DateTimeOffset),
        Property::nullable("category", EdmType::Enum(&enums::TASK_CATEGORY)),
        Property::nullable(
            "productivityImpactRemediationType",
            EdmType::Enum(&enums::TASK_PRODUCTIVITY_IMPACT),
        ),
        Property::nullable("priority", EdmType::Enum(&enums::TASK_PRIORITY)),
        Property::nullable(
            "completionMethod",
            EdmType::Enum(&enums::TASK_COMPLETION_METHOD),
        ),
        Property::nullable("completerId", EdmType::String).folded(),
        Property::nullable("completerEmail", EdmType::String).folded(),
        Property::nullable("scid", EdmType::String).folded(),
        Property::nullable("type", EdmType::Enum(&enums::TASK_TYPE)),
        Property::nullable("productId", EdmType::String).folded(),
        Property::nullable("vendorId", EdmType::String).folded(),
        Property::nullable("nameId", EdmType::String).folded(),
        Property::nullable("recommendedVersion", EdmType::String),
        Property::nullable("recommendedVendor", EdmType::String).folded(),
        Property::nullable("recommendedProgram", EdmType::String).folded(),
        Property::nullable("recommendationReference", EdmType::String).folded(),
    ],
    navigation: &[],
    annotations: &[],
};
