//! Enumerations.

use crate::edm::EnumType;

/// What manages a machine.
pub static MANAGED_BY: EnumType = EnumType {
    name: "DeviceManagedBy",
    members: &[
        "Unknown",
        "Intune",
        "SystemCenterConfigurationManager",
        "MicrosoftDefenderForEndpoint",
    ],
};

/// How its management stands.
pub static MANAGED_BY_STATUS: EnumType = EnumType {
    name: "DeviceManagedByStatus",
    members: &["Unknown", "Success", "Error"],
};

/// What a machine is worth to the organisation.
pub static DEVICE_VALUE: EnumType = EnumType {
    name: "DeviceValue",
    members: &["Normal", "Low", "High"],
};

/// Why a machine is left out.
pub static EXCLUSION_REASON: EnumType = EnumType {
    name: "ExclusionReason",
    members: &[
        "Other",
        "InactiveDevice",
        "DuplicateDevice",
        "DeviceDoesNotExist",
        "DeviceOutOfScope",
    ],
};

/// How exposed a machine is.
pub static EXPOSURE_LEVEL: EnumType = EnumType {
    name: "ExposureLevel",
    members: &["None", "Low", "Medium", "High"],
};

/// The kind of a network interface.
pub static INTERFACE_TYPE: EnumType = EnumType {
    name: "InterfaceType",
    members: &[
        "Unknown",
        "Other",
        "Ethernet",
        "TokenRing",
        "PPP",
        "SoftwareLoopback",
        "ATM",
        "IEEE80211",
        "Tunnel",
        "IEEE1394",
    ],
};

/// Whether a network interface works.
pub static OPERATIONAL_STATUS: EnumType = EnumType {
    name: "IpInterfaceOperationalStatus",
    members: &[
        "Up",
        "Down",
        "Testing",
        "Unknown",
        "Dormant",
        "Present",
        "LowerLayerDown",
    ],
};

/// Whether a machine reports.
pub static HEALTH_STATUS: EnumType = EnumType {
    name: "MachineHealthStatus",
    members: &[
        "Active",
        "Inactive",
        "ImpairedCommunication",
        "NoSensorData",
        "NoSensorDataImpairedCommunication",
        "Unknown",
    ],
};

/// Whether a machine is taken in.
pub static ONBOARDING_STATUS: EnumType = EnumType {
    name: "OnboardingStatus",
    members: &[
        "InsufficientInfo",
        "Onboarded",
        "CanBeOnboarded",
        "Unsupported",
    ],
};

/// Whether a recommendation is set aside.
pub static RECOMMENDATION_EXCEPTION: EnumType = EnumType {
    name: "PublicRecommendationExceptionStatus",
    members: &["Active", "Exception", "PartialException"],
};

/// Whether a vulnerability is set aside.
pub static VULNERABILITY_EXCEPTION: EnumType = EnumType {
    name: "PublicVulnerabilityExceptionStatusDto",
    members: &[
        "RemediationRequired",
        "NoActionRequired",
        "UnderException",
        "PartialException",
    ],
};

/// The risk that alerts tell.
pub static RISK_SCORE: EnumType = EnumType {
    name: "RiskScore",
    members: &["None", "Informational", "Low", "Medium", "High"],
};

/// What a task is about.
pub static TASK_CATEGORY: EnumType = EnumType {
    name: "TaskCategoryDto",
    members: &["Software", "SecurityConfiguration"],
};

/// How a task was completed.
pub static TASK_COMPLETION_METHOD: EnumType = EnumType {
    name: "TaskCompletionMethod",
    members: &["Manual", "Automatic"],
};

/// How urgent a task is.
pub static TASK_PRIORITY: EnumType = EnumType {
    name: "TaskPriorityDto",
    members: &["None", "Low", "Medium", "High"],
};

/// Which machines a task is for.
pub static TASK_PRODUCTIVITY_IMPACT: EnumType = EnumType {
    name: "TaskProductivityImpactTypeDto",
    members: &["AllExposedAssets", "NonImpactedAssets"],
};

/// Whether a task is done.
pub static TASK_STATE: EnumType = EnumType {
    name: "TaskStateValueTypeDto",
    members: &["Active", "Completed"],
};

/// What a task asks for.
pub static TASK_TYPE: EnumType = EnumType {
    name: "TaskTypeDto",
    members: &[
        "Update",
        "Uninstall",
        "ConfigurationChange",
        "AttentionRequired",
        "Upgrade",
        "FirmwareUpdate",
    ],
};
