//! Software (api.md, section 5).

use super::vulnerability::PUBLIC_VULNERABILITY;
use crate::edm::{ANALYTICS, EdmType, NAMESPACE, Navigation, Property, StructuredType};

/// What all answers about a software have.
pub static PUBLIC_PRODUCT: StructuredType = StructuredType {
    name: "PublicProductDto",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("id", EdmType::String).folded(),
        Property::nullable("name", EdmType::String).folded(),
        Property::nullable("vendor", EdmType::String).folded(),
        Property::new("weaknesses", EdmType::Int64),
        Property::new("publicExploit", EdmType::Boolean),
        Property::new("activeAlert", EdmType::Boolean),
        Property::new("exposedMachines", EdmType::Int64),
        Property::new("installedMachines", EdmType::Int64),
        Property::new("impactScore", EdmType::Single),
        Property::new("isNormalized", EdmType::Boolean),
        Property::nullable("category", EdmType::String),
    ],
    navigation: &[],
    annotations: &[],
};

/// A software.
pub static SOFTWARE: StructuredType = StructuredType {
    name: "Software",
    namespace: NAMESPACE,
    is_entity: true,
    base: Some(&PUBLIC_PRODUCT),
    properties: &[Property::nullable(
        "distributions",
        EdmType::Collection(&EdmType::Complex(&DISTRIBUTION)),
    )
    .on_demand()],
    navigation: &[Navigation {
        name: "vulnerabilities",
        target: &PUBLIC_VULNERABILITY,
        many: true,
    }],
    annotations: &[],
};

/// The software of a recommendation, under the name that its context has.
pub static ANALYTICS_PRODUCT: StructuredType = StructuredType {
    name: "PublicProductDto",
    namespace: ANALYTICS,
    is_entity: true,
    base: Some(&PUBLIC_PRODUCT),
    properties: &[],
    navigation: &[],
    annotations: &[],
};

/// An installed version of a software.
pub static DISTRIBUTION: StructuredType = StructuredType {
    name: "PublicDistributionDto",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("version", EdmType::String),
        Property::new("installations", EdmType::Int64),
        Property::new("vulnerabilities", EdmType::Int64),
    ],
    navigation: &[],
    annotations: &[],
};

/// A missing KB.
pub static PRODUCT_FIX: StructuredType = StructuredType {
    name: "PublicProductFixDto",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("id", EdmType::String).folded(),
        Property::nullable("name", EdmType::String),
        Property::nullable("osBuild", EdmType::Int64),
        Property::nullable("productsNames", EdmType::Collection(&EdmType::String)),
        Property::nullable("url", EdmType::String),
        Property::new("machineMissedOn", EdmType::Int64),
        Property::new("cveAddressed", EdmType::Int64),
    ],
    navigation: &[],
    annotations: &[],
};
