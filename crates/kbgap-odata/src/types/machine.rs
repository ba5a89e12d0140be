//! Machines (api.md, section 6).

use super::enums;
use super::recommendation::RECOMMENDATION;
use super::software::SOFTWARE;
use super::vulnerability::PUBLIC_VULNERABILITY;
use crate::edm::{EdmType, NAMESPACE, Navigation, Property, StructuredType};

/// A machine.
pub static MACHINE: StructuredType = StructuredType {
    name: "Machine",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("id", EdmType::String).folded(),
        Property::nullable("mergedIntoMachineId", EdmType::String).folded(),
        Property::new("isPotentialDuplication", EdmType::Boolean),
        Property::new("isExcluded", EdmType::Boolean),
        Property::nullable("exclusionReason", EdmType::Enum(&enums::EXCLUSION_REASON)),
        Property::nullable("computerDnsName", EdmType::String).folded(),
        Property::nullable("firstSeen", EdmType::DateTimeOffset),
        Property::nullable("lastSeen", EdmType::DateTimeOffset),
        Property::nullable("osPlatform", EdmType::String).folded(),
        Property::nullable("osProcessor", EdmType::String).folded(),
        Property::nullable("version", EdmType::String).folded(),
        Property::nullable("lastIpAddress", EdmType::String).folded(),
        Property::nullable("lastExternalIpAddress", EdmType::String).folded(),
        Property::nullable("agentVersion", EdmType::String),
        Property::nullable("osBuild", EdmType::Int64),
        Property::new("healthStatus", EdmType::Enum(&enums::HEALTH_STATUS)),
        Property::new("deviceValue", EdmType::Enum(&enums::DEVICE_VALUE)),
        Property::new("rbacGroupId", EdmType::Int32),
        Property::nullable("rbacGroupName", EdmType::String).folded(),
        Property::nullable(
            "ipAddresses",
            EdmType::Collection(&EdmType::Complex(&IP_ADDRESS)),
        ),
        Property::nullable("riskScore", EdmType::Enum(&enums::RISK_SCORE)),
        Property::nullable("exposureLevel", EdmType::Enum(&enums::EXPOSURE_LEVEL)),
        Property::nullable("isAadJoined", EdmType::Boolean),
        Property::nullable("aadDeviceId", EdmType::Guid),
        Property::nullable("machineTags", EdmType::Collection(&EdmType::String)),
        Property::new("onboardingStatus", EdmType::Enum(&enums::ONBOARDING_STATUS)),
        Property::nullable("osArchitecture", EdmType::String).folded(),
        Property::new("managedBy", EdmType::Enum(&enums::MANAGED_BY)),
        Property::new("managedByStatus", EdmType::Enum(&enums::MANAGED_BY_STATUS)),
    ],
    navigation: &[
        Navigation {
            name: "vulnerabilities",
            target: &PUBLIC_VULNERABILITY,
            many: true,
        },
        Navigation {
            name: "recommendations",
            target: &RECOMMENDATION,
            many: true,
        },
        Navigation {
            name: "software",
            target: &SOFTWARE,
            many: true,
        },
    ],
    annotations: &[],
};

/// An address of a machine.
pub static IP_ADDRESS: StructuredType = StructuredType {
    name: "MachineIpAddress",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("ipAddress", EdmType::String).folded(),
        Property::nullable("macAddress", EdmType::String).folded(),
        Property::nullable("type", EdmType::Enum(&enums::INTERFACE_TYPE)),
        Property::nullable(
            "operationalStatus",
            EdmType::Enum(&enums::OPERATIONAL_STATUS),
        ),
    ],
    navigation: &[],
    annotations: &[],
};

/// A machine, named by an answer about something else.
pub static MACHINE_REFERENCE: StructuredType = StructuredType {
    name: "PublicAssetDto",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("id", EdmType::String).folded(),
        Property::nullable("computerDnsName", EdmType::String).folded(),
        Property::nullable("osPlatform", EdmType::String).folded(),
        Property::nullable("assetCriticalityLevel", EdmType::String).on_demand(),
        Property::nullable("tags", EdmType::Collection(&EdmType::String)).on_demand(),
        Property::nullable("rbacGroupName", EdmType::String).folded(),
        Property::nullable("rbacGroupId", EdmType::Int64).on_demand(),
    ],
    navigation: &[],
    annotations: &[],
};
