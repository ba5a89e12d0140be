//! Rows of the export assessments (api.md, section 10).

use std::sync::Arc;

use kbgap_fleet::{FleetMachine, Installed};
use kbgap_odata::edm::Record;
use kbgap_odata::types::vulnerability::{EPSS_NAME, KNOWN_EXPLOITED_NAME};
use kbgap_odata::{Time, Value};

use super::finding::{FindingRecord, of_cve};
use super::support::EndOfSupport;
use super::{catalog_url, cvss, group_or_unassigned, os_platform, severity};

/// What all rows say of their machine.
pub(super) fn of_machine<'a>(machine: &'a FleetMachine, property: &str) -> Option<Value<'a>> {
    Some(match property {
        "deviceId" => Value::text(machine.id().as_str()),
        "rbacGroupId" => Value::Int(machine.group_id.into()),
        "rbacGroupName" => Value::text(group_or_unassigned(machine)),
        "deviceName" => Value::text(machine.name()),
        "osPlatform" => Value::or_null(os_platform(machine)),
        "osVersion" => Value::owned(machine.os_version()),
        "osArchitecture" => Value::or_null(machine.architecture().map(|a| a.to_string())),
        "diskPaths" | "registryPaths" => Value::List(Vec::new()),
        _ => return None,
    })
}

/// What a row says of a version of a software.
fn of_installed<'a>(installed: &'a Installed, property: &str) -> Option<Value<'a>> {
    Some(match property {
        "softwareVendor" => Value::text(installed.id.vendor()),
        "softwareName" => Value::text(installed.id.name()),
        "softwareVersion" => Value::text(&installed.version),
        _ => return None,
    })
}

pub(super) fn export_time(ms: i64) -> Value<'static> {
    Value::owned(Time::from_ms(ms).for_export())
}

/// A version of a software that the reviewed tables know (section 10.2).
pub(crate) struct ExportedSoftware {
    pub(crate) machine: Arc<FleetMachine>,
    pub(crate) installed: Installed,
    pub(crate) weaknesses: usize,
    pub(crate) end_of_support: EndOfSupport,
}

impl Record for ExportedSoftware {
    fn get(&self, property: &'static str) -> Value<'_> {
        match property {
            "numberOfWeaknesses" => Value::count(self.weaknesses),
            "softwareFirstSeenTimestamp" => export_time(self.machine.first_seen),
            "endOfSupportStatus" => Value::or_null(self.end_of_support.status),
            "endOfSupportDate" => {
                Value::or_null(self.end_of_support.date.map(|date| date.to_string()))
            }
            _ => of_installed(&self.installed, property)
                .or_else(|| of_machine(&self.machine, property))
                .unwrap_or(Value::Null),
        }
    }
}

/// A version of any other software (section 10.3).
pub(crate) struct ExportedOtherSoftware {
    pub(crate) machine: Arc<FleetMachine>,
    pub(crate) installed: Installed,
}

impl Record for ExportedOtherSoftware {
    fn get(&self, property: &'static str) -> Value<'_> {
        match property {
            "softwareLastSeenTimestamp" => export_time(self.machine.seen_at),
            // The key of the uninstall list is not part of a report.
            "registryPath" => Value::Null,
            _ => of_installed(&self.installed, property)
                .or_else(|| of_machine(&self.machine, property))
                .unwrap_or(Value::Null),
        }
    }
}

/// A vulnerability of a version of a software, or a software without any (section 10.4).
pub(crate) enum ExportedFinding {
    /// A vulnerability.
    Vulnerable {
        finding: FindingRecord,
        /// When the machine was first seen with it, in milliseconds since 1970.
        first_seen: i64,
    },
    /// A version of a software without vulnerabilities.
    Clean {
        machine: Arc<FleetMachine>,
        installed: Installed,
    },
}

impl Record for ExportedFinding {
    fn get(&self, property: &'static str) -> Value<'_> {
        match self {
            Self::Vulnerable {
                finding,
                first_seen,
            } => vulnerable(finding, *first_seen, property),
            Self::Clean { machine, installed } => clean(machine, installed, property),
        }
    }
}

fn vulnerable<'a>(
    finding: &'a FindingRecord,
    first_seen: i64,
    property: &'static str,
) -> Value<'a> {
    let machine = &*finding.machine;
    let kb = finding.weakness.fixing_kb;
    let vulnerability = finding.vulnerability();
    let (vendor, name) = finding
        .software()
        .split_once("-_-")
        .unwrap_or(("", finding.software()));
    match property {
        "id" => Value::owned(format!(
            "{}_{name}_{}_{}_",
            machine.id(),
            finding.version(),
            finding.cve()
        )),
        "softwareVendor" => Value::text(vendor),
        "softwareName" => Value::text(name),
        "softwareVersion" => Value::owned(finding.version().to_string()),
        "cveId" => Value::text(finding.cve()),
        "vulnerabilitySeverityLevel" => Value::or_null(vulnerability.map(severity)),
        "cvssScore" => Value::Double(vulnerability.map_or(0.0, cvss)),
        "recommendedSecurityUpdate" => {
            let title = kb
                .and_then(|kb| finding.catalog.kb(kb))
                .map(|kb| kb.title());
            Value::or_null(title)
        }
        "recommendedSecurityUpdateId" => Value::or_null(kb.map(|kb| kb.to_string())),
        "recommendedSecurityUpdateUrl" => Value::or_null(kb.map(catalog_url)),
        "firstSeenTimestamp" => export_time(first_seen),
        "lastSeenTimestamp" => export_time(machine.seen_at),
        "exploitabilityLevel" => {
            let exploited = vulnerability.is_some_and(|v| v.is_exploited());
            Value::text(if exploited {
                "ExploitIsVerified"
            } else {
                "NoExploit"
            })
        }
        "recommendationReference" => Value::owned(format!("va-_-{}", finding.software())),
        "securityUpdateAvailable" => Value::Bool(true),
        KNOWN_EXPLOITED_NAME | EPSS_NAME => {
            vulnerability.map_or(Value::Null, |v| of_cve(v, property))
        }
        _ => of_machine(machine, property).unwrap_or(Value::Null),
    }
}

fn clean<'a>(
    machine: &'a FleetMachine,
    installed: &'a Installed,
    property: &'static str,
) -> Value<'a> {
    match property {
        "id" => Value::owned(format!(
            "{}_{}_{}__",
            machine.id(),
            installed.id.name(),
            installed.version
        )),
        "firstSeenTimestamp" => export_time(machine.first_seen),
        "lastSeenTimestamp" => export_time(machine.seen_at),
        "exploitabilityLevel" => Value::text("NoExploit"),
        "recommendationReference" => Value::owned(format!("va-_-{}", installed.id)),
        "securityUpdateAvailable" => Value::Bool(false),
        "cvssScore" => Value::Double(0.0),
        _ => of_installed(installed, property)
            .or_else(|| of_machine(machine, property))
            .unwrap_or(Value::Null),
    }
}

/// The files of an export (api.md, section 10.1).
pub(crate) struct ExportFilesRecord {
    pub(crate) files: Vec<String>,
    /// In milliseconds since 1970.
    pub(crate) generated_at: i64,
}

impl Record for ExportFilesRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        match property {
            "exportFiles" => Value::texts(self.files.iter().map(String::as_str)),
            "generatedTime" => Time::from_ms(self.generated_at).into(),
            _ => Value::Null,
        }
    }
}
