//! Export assessments (api.md, section 10).

use super::vulnerability;
use crate::edm::{EdmType, NAMESPACE, Property, StructuredType};

/// A version of a software on a machine.
pub static ASSET_SOFTWARE: StructuredType = StructuredType {
    name: "AssetSoftware",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("deviceId", EdmType::String),
        Property::new("rbacGroupId", EdmType::Int64),
        Property::nullable("rbacGroupName", EdmType::String),
        Property::nullable("deviceName", EdmType::String),
        Property::nullable("osPlatform", EdmType::String),
        Property::nullable("softwareVendor", EdmType::String),
        Property::nullable("softwareName", EdmType::String),
        Property::nullable("softwareVersion", EdmType::String),
        Property::new("numberOfWeaknesses", EdmType::Int32),
        Property::nullable("diskPaths", EdmType::Collection(&EdmType::String)),
        Property::nullable("registryPaths", EdmType::Collection(&EdmType::String)),
        Property::nullable("softwareFirstSeenTimestamp", EdmType::String),
        Property::nullable("endOfSupportStatus", EdmType::String),
        Property::nullable("endOfSupportDate", EdmType::String),
    ],
    navigation: &[],
    annotations: &[],
};

/// A software on a machine that no product code names.
pub static ASSET_NON_CPE_SOFTWARE: StructuredType = StructuredType {
    name: "AssetNonCpeSoftware",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("deviceId", EdmType::String),
        Property::new("rbacGroupId", EdmType::Int64),
        Property::nullable("rbacGroupName", EdmType::String),
        Property::nullable("deviceName", EdmType::String),
        Property::nullable("osPlatform", EdmType::String),
        Property::nullable("softwareVendor", EdmType::String),
        Property::nullable("softwareName", EdmType::String),
        Property::nullable("softwareVersion", EdmType::String),
        Property::nullable("softwareLastSeenTimestamp", EdmType::String),
        Property::nullable("registryPath", EdmType::String),
    ],
    navigation: &[],
    annotations: &[],
};

/// A vulnerability of a version of a software on a machine.
pub static ASSET_VULNERABILITY: StructuredType = StructuredType {
    name: "AssetVulnerability",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("id", EdmType::String),
        Property::nullable("deviceId", EdmType::String),
        Property::new("rbacGroupId", EdmType::Int64),
        Property::nullable("rbacGroupName", EdmType::String),
        Property::nullable("deviceName", EdmType::String),
        Property::nullable("osPlatform", EdmType::String),
        Property::nullable("osVersion", EdmType::String),
        Property::nullable("osArchitecture", EdmType::String),
        Property::nullable("softwareVendor", EdmType::String),
        Property::nullable("softwareName", EdmType::String),
        Property::nullable("softwareVersion", EdmType::String),
        Property::nullable("cveId", EdmType::String),
        Property::nullable("vulnerabilitySeverityLevel", EdmType::String),
        Property::nullable("recommendedSecurityUpdate", EdmType::String),
        Property::nullable("recommendedSecurityUpdateId", EdmType::String),
        Property::nullable("recommendedSecurityUpdateUrl", EdmType::String),
        Property::nullable("diskPaths", EdmType::Collection(&EdmType::String)),
        Property::nullable("registryPaths", EdmType::Collection(&EdmType::String)),
        Property::nullable("lastSeenTimestamp", EdmType::String),
        Property::nullable("firstSeenTimestamp", EdmType::String),
        Property::nullable("endOfSupportStatus", EdmType::String),
        Property::nullable("endOfSupportDate", EdmType::String),
        Property::nullable("exploitabilityLevel", EdmType::String),
        Property::nullable("recommendationReference", EdmType::String),
        Property::new("cvssScore", EdmType::Double),
        Property::new("securityUpdateAvailable", EdmType::Boolean),
        Property::nullable("cveMitigationStatus", EdmType::String),
    ],
    navigation: &[],
    annotations: vulnerability::ANNOTATIONS_OF_EXPORTS,
};

/// What became of a vulnerability on a machine.
pub static DELTA_ASSET_VULNERABILITY: StructuredType = StructuredType {
    name: "DeltaAssetVulnerability",
    namespace: NAMESPACE,
    is_entity: false,
    base: Some(&ASSET_VULNERABILITY),
    properties: &[
        Property::nullable("status", EdmType::String),
        Property::new("eventTimestamp", EdmType::DateTimeOffset),
        Property::new("isOnboarded", EdmType::Boolean),
    ],
    navigation: &[],
    annotations: &[],
};

/// The files of an export.
pub static EXPORT_FILES: StructuredType = StructuredType {
    name: "ExportFilesResponse",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("exportFiles", EdmType::Collection(&EdmType::String)),
        Property::nullable("generatedTime", EdmType::DateTimeOffset),
    ],
    navigation: &[],
    annotations: &[],
};
