//! Rows of the export of changes (api.md, section 10.5).

use std::sync::Arc;

use kbgap_fleet::FleetMachine;
use kbgap_odata::edm::Record;
use kbgap_odata::{Time, Value};

use super::catalog_url;
use super::export::{export_time, of_machine};
use crate::history::change::Status;
use crate::history::set::FindingSet;

/// What became of a vulnerability on a machine.
pub(crate) struct ChangeRecord {
    pub(crate) event: Arc<ChangeEvent>,
    pub(crate) status: Status,
    /// The list in which the finding stands, and its position.
    pub(crate) set: Arc<FindingSet>,
    pub(crate) position: usize,
    /// When the machine was first seen with it, in milliseconds since 1970.
    pub(crate) first_seen: i64,
    /// The device group that the machine was in with it.
    pub(crate) group: Group,
}

/// What all rows of one change of a machine have in common.
pub(crate) struct ChangeEvent {
    /// The machine as it is now.
    pub(crate) machine: Arc<FleetMachine>,
    /// When the change was recorded, in milliseconds since 1970.
    pub(crate) at: i64,
    /// When the machine had been seen last then.
    pub(crate) seen_at: i64,
}

/// A device group.
#[derive(Clone)]
pub(crate) struct Group {
    /// 0 for none.
    pub(crate) id: i32,
    pub(crate) name: Option<Arc<str>>,
}

impl Record for ChangeRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        let machine = &*self.event.machine;
        let Some(finding) = self.set.findings.get(self.position) else {
            return Value::Null;
        };
        let software = self.set.software(finding);
        let update = self.set.update(finding);
        let (id, version) = software.map_or(("", ""), |s| (s.id.as_str(), s.version.as_str()));
        let (vendor, name) = id.split_once("-_-").unwrap_or(("", id));
        match property {
            "id" => Value::owned(format!(
                "{}_{name}_{version}_{}_",
                machine.id(),
                finding.cve
            )),
            "rbacGroupId" => Value::Int(self.group.id.into()),
            "rbacGroupName" => Value::text(self.group.name.as_deref().unwrap_or("Unassigned")),
            "softwareVendor" => Value::text(vendor),
            "softwareName" => Value::text(name),
            "softwareVersion" => Value::text(version),
            "cveId" => Value::text(&finding.cve),
            "vulnerabilitySeverityLevel" => Value::text(finding.severity()),
            "cvssScore" => Value::Double(finding.cvss()),
            "recommendedSecurityUpdate" => Value::or_null(update.map(|u| u.title.as_str())),
            "recommendedSecurityUpdateId" => Value::or_null(update.map(|u| u.kb.to_string())),
            "recommendedSecurityUpdateUrl" => Value::or_null(update.map(|u| catalog_url(u.kb))),
            "firstSeenTimestamp" => export_time(self.first_seen),
            "lastSeenTimestamp" => export_time(self.event.seen_at),
            "exploitabilityLevel" => Value::text(if finding.is_exploited {
                "ExploitIsVerified"
            } else {
                "NoExploit"
            }),
            "recommendationReference" => Value::owned(format!("va-_-{id}")),
            "securityUpdateAvailable" | "isOnboarded" => Value::Bool(true),
            "status" => Value::text(self.status.name()),
            "eventTimestamp" => Time::from_ms(self.event.at).into(),
            _ => of_machine(machine, property).unwrap_or(Value::Null),
        }
    }
}
