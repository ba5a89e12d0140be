//! Scores (api.md, section 9).

use crate::edm::{EdmType, NAMESPACE, Property, StructuredType};

/// A score, of the organisation or of one device group.
pub static CONFIGURATION_SCORE: StructuredType = StructuredType {
    name: "ConfigurationScore",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("time", EdmType::DateTimeOffset),
        Property::new("score", EdmType::Double),
        Property::nullable("rbacGroupName", EdmType::String).folded(),
        Property::nullable("rbacGroupId", EdmType::Int64).on_demand(),
    ],
    navigation: &[],
    annotations: &[],
};
