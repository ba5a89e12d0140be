//! Recommendations (api.md, section 8).

use super::enums;
use super::software::PUBLIC_PRODUCT;
use super::vulnerability::PUBLIC_VULNERABILITY;
use crate::edm::{EdmType, NAMESPACE, Navigation, Property, StructuredType};

/// Something that one should do.
pub static RECOMMENDATION: StructuredType = StructuredType {
    name: "Recommendation",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("id", EdmType::String).folded(),
        Property::nullable("productName", EdmType::String).folded(),
        Property::nullable("recommendationName", EdmType::String),
        Property::new("weaknesses", EdmType::Int64),
        Property::nullable("vendor", EdmType::String).folded(),
        Property::nullable("recommendedVersion", EdmType::String),
        Property::nullable("recommendedVendor", EdmType::String).folded(),
        Property::nullable("recommendedProgram", EdmType::String).folded(),
        Property::nullable("recommendationCategory", EdmType::String).folded(),
        Property::nullable("subCategory", EdmType::String).folded(),
        Property::new("severityScore", EdmType::Double),
        Property::new("publicExploit", EdmType::Boolean),
        Property::new("activeAlert", EdmType::Boolean),
        Property::nullable("associatedThreats", EdmType::Collection(&EdmType::String)),
        Property::nullable("remediationType", EdmType::String).folded(),
        Property::new("status", EdmType::Enum(&enums::RECOMMENDATION_EXCEPTION)),
        Property::new("configScoreImpact", EdmType::Double),
        Property::new("exposureImpact", EdmType::Double),
        Property::new("totalMachineCount", EdmType::Int64),
        Property::new("exposedMachinesCount", EdmType::Int64),
        Property::new("nonProductivityImpactedAssets", EdmType::Int64),
        Property::nullable("relatedComponent", EdmType::String),
        Property::new("hasUnpatchableCve", EdmType::Boolean),
        Property::nullable("tags", EdmType::Collection(&EdmType::String)),
        Property::new("exposedCriticalDevices", EdmType::Int64),
    ],
    navigation: &[
        Navigation {
            name: "software",
            target: &PUBLIC_PRODUCT,
            many: false,
        },
        Navigation {
            name: "vulnerabilities",
            target: &PUBLIC_VULNERABILITY,
            many: true,
        },
    ],
    annotations: &[],
};
