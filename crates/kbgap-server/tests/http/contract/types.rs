//! The documented fields and their types.

use serde_json::Value;

/// The type that a field has in JSON.
#[derive(Clone, Copy, Debug)]
pub enum Json {
    Text,
    Whole,
    Number,
    Truth,
    /// ISO 8601 with `Z` and at most 7 digits of a second.
    Time,
    /// A time as exports write it.
    ExportTime,
    Texts,
    /// A list of objects of another type.
    Objects(Fields),
    OneOf(&'static [&'static str]),
    /// The same, or null.
    Null(&'static Json),
}

use Json::{ExportTime, Null, Number, Objects, OneOf, Text, Texts, Time, Truth, Whole};

pub type Fields = &'static [(&'static str, Json)];

const TEXT: Json = Null(&Text);
const SEVERITY: Json = OneOf(&["Low", "Medium", "High", "Critical"]);
const LEVEL: Json = Null(&OneOf(&["None", "Low", "Medium", "High"]));

pub const SOFTWARE: Fields = &[
    ("id", Text),
    ("name", Text),
    ("vendor", Text),
    ("weaknesses", Whole),
    ("publicExploit", Truth),
    ("activeAlert", Truth),
    ("exposedMachines", Whole),
    ("installedMachines", Whole),
    ("impactScore", Number),
    ("isNormalized", Truth),
    ("category", Text),
];

pub const DISTRIBUTION: Fields = &[
    ("version", Text),
    ("installations", Whole),
    ("vulnerabilities", Whole),
];

pub const MACHINE_REFERENCE: Fields = &[
    ("id", Text),
    ("computerDnsName", Text),
    ("osPlatform", TEXT),
    ("rbacGroupName", TEXT),
];

/// Without `osBuild`, which is there only where all machines share it.
pub const PRODUCT_FIX: Fields = &[
    ("id", Text),
    ("name", Text),
    ("productsNames", Texts),
    ("url", Text),
    ("machineMissedOn", Whole),
    ("cveAddressed", Whole),
];

const ADDRESS: Fields = &[
    ("ipAddress", Text),
    ("macAddress", TEXT),
    (
        "type",
        Null(&OneOf(&["Unknown", "Other", "Ethernet", "Tunnel", "PPP"])),
    ),
    (
        "operationalStatus",
        Null(&OneOf(&["Up", "Down", "Testing", "Unknown", "Dormant"])),
    ),
];

pub const MACHINE: Fields = &[
    ("id", Text),
    ("mergedIntoMachineId", TEXT),
    ("isPotentialDuplication", Truth),
    ("isExcluded", Truth),
    ("exclusionReason", TEXT),
    ("computerDnsName", Text),
    ("firstSeen", Time),
    ("lastSeen", Time),
    ("osPlatform", TEXT),
    ("osProcessor", TEXT),
    ("version", TEXT),
    ("lastIpAddress", TEXT),
    ("lastExternalIpAddress", TEXT),
    ("agentVersion", TEXT),
    ("osBuild", Whole),
    (
        "healthStatus",
        OneOf(&["Active", "Inactive", "ImpairedCommunication", "Unknown"]),
    ),
    ("deviceValue", OneOf(&["Normal", "Low", "High"])),
    ("rbacGroupId", Whole),
    ("rbacGroupName", TEXT),
    ("ipAddresses", Objects(ADDRESS)),
    ("riskScore", LEVEL),
    ("exposureLevel", LEVEL),
    ("isAadJoined", Null(&Truth)),
    ("aadDeviceId", TEXT),
    ("machineTags", Texts),
    ("onboardingStatus", OneOf(&["Onboarded"])),
    ("osArchitecture", Null(&OneOf(&["32-bit", "64-bit"]))),
    ("managedBy", Text),
    ("managedByStatus", Text),
];

pub const VULNERABILITY: Fields = &[
    ("id", Text),
    ("name", Text),
    ("description", Text),
    ("severity", SEVERITY),
    ("cvssV3", Number),
    ("cvssVector", TEXT),
    ("exposedMachines", Whole),
    ("publishedOn", Time),
    ("updatedOn", Time),
    ("firstDetected", Null(&Time)),
    ("publicExploit", Truth),
    ("exploitVerified", Truth),
    ("exploitInKit", Truth),
    ("exploitTypes", Texts),
    ("exploitUris", Texts),
    ("cveSupportability", Text),
    ("tags", Texts),
    ("epss", Number),
];

pub const ASSET_VULNERABILITY: Fields = &[
    ("id", Text),
    ("cveId", Text),
    ("machineId", Text),
    ("fixingKbId", TEXT),
    ("productName", Text),
    ("productVendor", Text),
    ("productVersion", Text),
    ("severity", SEVERITY),
];

pub const RECOMMENDATION: Fields = &[
    ("id", Text),
    ("productName", Text),
    ("recommendationName", Text),
    ("weaknesses", Whole),
    ("vendor", Text),
    ("recommendedVersion", Text),
    ("recommendedVendor", Text),
    ("recommendedProgram", Text),
    (
        "recommendationCategory",
        OneOf(&["Accounts", "Application", "Network", "OS"]),
    ),
    ("subCategory", Text),
    ("severityScore", Number),
    ("publicExploit", Truth),
    ("activeAlert", Truth),
    ("associatedThreats", Texts),
    (
        "remediationType",
        OneOf(&["ConfigurationChange", "Update", "Upgrade", "Uninstall"]),
    ),
    ("status", OneOf(&["Active", "Exception"])),
    ("configScoreImpact", Number),
    ("exposureImpact", Number),
    ("totalMachineCount", Whole),
    ("exposedMachinesCount", Whole),
    ("nonProductivityImpactedAssets", Whole),
    ("relatedComponent", Text),
    ("hasUnpatchableCve", Truth),
    ("tags", Texts),
    ("exposedCriticalDevices", Whole),
];

pub const SCORE: Fields = &[("time", Time), ("score", Number)];

pub const GROUP_SCORE: Fields = &[("time", Time), ("score", Number), ("rbacGroupName", Text)];

pub const EXPORT_FILES: Fields = &[("exportFiles", Texts), ("generatedTime", Time)];

pub const EXPORTED_SOFTWARE: Fields = &[
    ("deviceId", Text),
    ("rbacGroupId", Whole),
    ("rbacGroupName", Text),
    ("deviceName", Text),
    ("osPlatform", TEXT),
    ("softwareVendor", Text),
    ("softwareName", Text),
    ("softwareVersion", Text),
    ("numberOfWeaknesses", Whole),
    ("diskPaths", Texts),
    ("registryPaths", Texts),
    ("softwareFirstSeenTimestamp", ExportTime),
    ("endOfSupportStatus", TEXT),
    ("endOfSupportDate", TEXT),
];

pub const EXPORTED_OTHER_SOFTWARE: Fields = &[
    ("deviceId", Text),
    ("rbacGroupId", Whole),
    ("rbacGroupName", Text),
    ("deviceName", Text),
    ("osPlatform", TEXT),
    ("softwareVendor", Text),
    ("softwareName", Text),
    ("softwareVersion", Text),
    ("softwareLastSeenTimestamp", ExportTime),
    ("registryPath", TEXT),
];

pub const EXPORTED_VULNERABILITY: Fields = &[
    ("id", Text),
    ("deviceId", Text),
    ("rbacGroupId", Whole),
    ("rbacGroupName", Text),
    ("deviceName", Text),
    ("osPlatform", TEXT),
    ("osVersion", Text),
    ("osArchitecture", TEXT),
    ("softwareVendor", Text),
    ("softwareName", Text),
    ("softwareVersion", Text),
    ("cveId", TEXT),
    ("vulnerabilitySeverityLevel", Null(&SEVERITY)),
    ("recommendedSecurityUpdate", TEXT),
    ("recommendedSecurityUpdateId", TEXT),
    ("recommendedSecurityUpdateUrl", TEXT),
    ("diskPaths", Texts),
    ("registryPaths", Texts),
    ("lastSeenTimestamp", ExportTime),
    ("firstSeenTimestamp", ExportTime),
    ("endOfSupportStatus", TEXT),
    ("endOfSupportDate", TEXT),
    (
        "exploitabilityLevel",
        OneOf(&["NoExploit", "ExploitIsPublic", "ExploitIsVerified"]),
    ),
    ("recommendationReference", Text),
    ("cvssScore", Number),
    ("securityUpdateAvailable", Truth),
    ("cveMitigationStatus", TEXT),
];

pub const REMEDIATION_TASK: Fields = &[
    ("id", Text),
    ("title", Text),
    ("createdOn", Time),
    ("requesterId", Text),
    ("requesterEmail", TEXT),
    ("status", OneOf(&["Active", "Completed"])),
    ("statusLastModifiedOn", Time),
    ("description", Text),
    ("relatedComponent", Text),
    ("targetDevices", Whole),
    ("rbacGroupNames", Texts),
    ("fixedDevices", Whole),
    ("requesterNotes", TEXT),
    ("dueOn", Null(&Time)),
    ("category", OneOf(&["Software", "SecurityConfiguration"])),
    ("productivityImpactRemediationType", TEXT),
    ("priority", OneOf(&["None", "Low", "Medium", "High"])),
    ("completionMethod", Null(&OneOf(&["Manual", "Automatic"]))),
    ("completerId", TEXT),
    ("completerEmail", TEXT),
    ("scid", TEXT),
    ("type", OneOf(&["Update", "Uninstall", "Upgrade"])),
    ("productId", Text),
    ("vendorId", Text),
    ("nameId", Text),
    ("recommendedVersion", TEXT),
    ("recommendedVendor", TEXT),
    ("recommendedProgram", TEXT),
    ("recommendationReference", Text),
];

impl Json {
    fn holds(self, value: &Value) -> bool {
        match self {
            Text => value.is_string(),
            Whole => value.is_i64() || value.is_u64(),
            Number => value.is_number(),
            Truth => value.is_boolean(),
            Time => value.as_str().is_some_and(is_time),
            ExportTime => value.as_str().is_some_and(is_export_time),
            Texts => list(value, Value::is_string),
            Objects(fields) => list(value, |object| mistake(object, fields, &[]).is_none()),
            OneOf(words) => value.as_str().is_some_and(|text| words.contains(&text)),
            Null(inner) => value.is_null() || inner.holds(value),
        }
    }
}

fn list(value: &Value, each: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(each))
}

/// What is wrong with an object that should have just these fields, `extra` aside.
pub fn mistake(object: &Value, fields: Fields, extra: &[&str]) -> Option<String> {
    let Some(members) = object.as_object() else {
        return Some(format!("no object: {object}"));
    };
    for (name, json) in fields {
        match members.get(*name) {
            None => return Some(format!("{name} is missing")),
            Some(value) if !json.holds(value) => {
                return Some(format!("{name} is no {json:?}: {value}"));
            }
            Some(_) => {}
        }
    }
    let known =
        |name: &str| extra.contains(&name) || fields.iter().any(|(known, _)| *known == name);
    let other = members.keys().find(|name| !known(name));
    other.map(|name| format!("{name} is not documented"))
}

fn is_time(text: &str) -> bool {
    let Some((seconds, fraction)) = text
        .strip_suffix('Z')
        .map(|t| t.split_once('.').unwrap_or((t, "1")))
    else {
        return false;
    };
    has_shape(seconds, "0000-00-00T00:00:00") && fraction.len() <= 7 && !fraction.ends_with('0')
}

fn is_export_time(text: &str) -> bool {
    let seconds = text.split('.').next().unwrap_or_default();
    has_shape(seconds, "0000-00-00 00:00:00")
}

/// Digits where the shape has them, else the same characters.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.chars().zip(shape.chars()).all(|(c, s)| match s {
            '0' => c.is_ascii_digit(),
            other => c == other,
        })
}
