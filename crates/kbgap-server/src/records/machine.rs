//! Machines, and references to them.

use std::sync::Arc;

use kbgap_catalog::{Architecture, InstallationType, KbId, Release, SoftwareId};
use kbgap_fleet::{ExposureLevel, FleetMachine, Summary};
use kbgap_inventory::IpAddress;
use kbgap_odata::edm::{EnumType, Record};
use kbgap_odata::types::enums::{INTERFACE_TYPE, OPERATIONAL_STATUS};
use kbgap_odata::{Expansion, Time, Value, object};

use super::{RecommendationRecord, SoftwareRecord, VulnerabilityRecord, os_platform};

/// A machine that was not seen for so long is inactive, in milliseconds (api.md, section 12.4).
const ACTIVE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// A machine (api.md, section 6.1).
#[derive(Clone)]
pub(crate) struct MachineRecord {
    pub(crate) machine: Arc<FleetMachine>,
    /// The server's time, in milliseconds since 1970.
    pub(crate) now: i64,
    /// The numbers of the fleet, where something is to be expanded.
    pub(crate) summary: Option<Arc<Summary>>,
}

impl MachineRecord {
    pub(crate) fn expand(&self, expansion: &Expansion) -> Value<'static> {
        let Some(summary) = &self.summary else {
            return Value::Null;
        };
        match expansion.navigation.name {
            "vulnerabilities" => {
                VulnerabilityRecord::expanded(&self.machine.cves(), summary, expansion)
            }
            "software" => objects(&self.software(summary), expansion),
            _ => objects(&self.recommendations(summary), expansion),
        }
    }

    /// Its software, with the numbers of the whole fleet (api.md, section 6.5).
    pub(crate) fn software(&self, summary: &Arc<Summary>) -> Vec<SoftwareRecord> {
        let installed = self.machine.software().into_iter();
        let mut ids: Vec<SoftwareId> = installed.map(|s| s.id).collect();
        ids.dedup();
        let known = ids.into_iter().filter_map(|id| {
            let own = summary.software(&id)?;
            Some(SoftwareRecord::new(id, own, summary))
        });
        known.collect()
    }

    /// What one should do for it, with the numbers of the whole fleet.
    pub(crate) fn recommendations(&self, summary: &Arc<Summary>) -> Vec<RecommendationRecord> {
        let machine = &self.machine;
        let mut records: Vec<RecommendationRecord> = machine
            .vulnerable_software()
            .filter_map(|ix| {
                let id: SoftwareId = summary.catalog().software_id(ix).parse().ok()?;
                let kbs: Vec<KbId> = machine.kbs_to_install(ix).collect();
                RecommendationRecord::new(&id, summary, &kbs)
            })
            .collect();
        records.sort_by(|a, b| a.software().cmp(b.software()));
        records
    }
}

fn objects<R: Record>(records: &[R], expansion: &Expansion) -> Value<'static> {
    let objects = records
        .iter()
        .map(|record| object(record, expansion).into_owned());
    Value::List(objects.collect())
}

impl Record for MachineRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        let machine = &*self.machine;
        let reported = &machine.reported;
        match property {
            "id" => Value::text(machine.id().as_str()),
            "computerDnsName" => Value::text(machine.name()),
            "firstSeen" => Time::from_ms(machine.first_seen).into(),
            "lastSeen" => Time::from_ms(machine.seen_at).into(),
            "osPlatform" => Value::or_null(os_platform(machine)),
            "osProcessor" => Value::or_null(machine.architecture().map(|a| a.to_string())),
            "osArchitecture" => Value::or_null(machine.architecture().map(bits)),
            "version" => Value::or_null(release(machine).and_then(Release::display_version)),
            "osBuild" => Value::from(machine.build()),
            "lastIpAddress" => Value::or_null(last_address(machine)),
            "lastExternalIpAddress" => {
                Value::or_null(reported.last_external_ip_address.map(|a| a.to_string()))
            }
            "agentVersion" => Value::or_null(reported.agent_version.as_deref()),
            "healthStatus" => Value::text(if self.now - machine.seen_at > ACTIVE_MS {
                "Inactive"
            } else {
                "Active"
            }),
            "onboardingStatus" => Value::text("Onboarded"),
            "deviceValue" => Value::text(machine.value.name()),
            "rbacGroupId" => Value::Int(machine.group_id.into()),
            "rbacGroupName" => Value::or_null(machine.group()),
            "exposureLevel" => Value::or_null(machine.exposure_level().map(ExposureLevel::name)),
            "isAadJoined" => Value::or_null(reported.aad_device_id.as_ref().map(|_| true)),
            "aadDeviceId" => Value::or_null(reported.aad_device_id.as_deref()),
            "machineTags" => Value::texts(machine.tags.iter().map(String::as_str)),
            "ipAddresses" => Value::List(reported.ip_addresses.iter().map(address).collect()),
            "isPotentialDuplication" | "isExcluded" => Value::Bool(false),
            "managedBy" | "managedByStatus" => Value::text("Unknown"),
            // Nothing is known of merges and of alerts, from which the risk score comes.
            _ => Value::Null,
        }
    }

    fn unknown(&self) -> Option<String> {
        self.machine.not_assessed()
    }
}

/// The address that was used last: the reported one, else the first of its interfaces.
fn last_address(machine: &FleetMachine) -> Option<String> {
    let first = machine.reported.ip_addresses.first();
    let last = machine.reported.last_ip_address;
    last.or_else(|| first.map(|a| a.ip_address))
        .map(|a| a.to_string())
}

fn address(address: &IpAddress) -> Value<'_> {
    Value::Object(vec![
        ("ipAddress", Value::owned(address.ip_address.to_string())),
        ("macAddress", Value::or_null(address.mac_address.as_deref())),
        ("type", member(&INTERFACE_TYPE, address.kind.as_deref())),
        (
            "operationalStatus",
            member(&OPERATIONAL_STATUS, address.operational_status.as_deref()),
        ),
    ])
}

/// What was reported in whatever words, as a member of the declared enumeration.
fn member(of: &EnumType, reported: Option<&str>) -> Value<'static> {
    Value::or_null(reported.map(|text| {
        let known = of.members.iter().find(|m| m.eq_ignore_ascii_case(text));
        known.copied().unwrap_or("Unknown")
    }))
}

const fn bits(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86 => "32-bit",
        Architecture::X64 | Architecture::Arm64 => "64-bit",
    }
}

/// The Windows release that a machine runs: as it was assessed, else by its build
/// where the report says client or server, or only one of the two has that build.
pub(super) fn release(machine: &FleetMachine) -> Option<&'static Release> {
    let assessed = machine.os().map(|os| os.product.contains("Server"));
    let reported = machine.installation_type().map(InstallationType::is_server);
    let of = |server| Release::of_build(machine.build(), server);
    match assessed.or(reported) {
        Some(server) => of(server),
        None => match (of(false), of(true)) {
            (Some(release), None) | (None, Some(release)) => Some(release),
            _ => None,
        },
    }
}

/// A machine, named by an answer about something else (api.md, section 5.5).
pub(crate) struct ReferenceRecord(pub(crate) Arc<FleetMachine>);

impl Record for ReferenceRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        let machine = &*self.0;
        match property {
            "id" => Value::text(machine.id().as_str()),
            "computerDnsName" => Value::text(machine.name()),
            "osPlatform" => Value::or_null(os_platform(machine)),
            "rbacGroupName" => Value::or_null(machine.group()),
            "rbacGroupId" => Value::Int(machine.group_id.into()),
            "tags" => Value::texts(machine.tags.iter().map(String::as_str)),
            // How critical an asset is is nobody's to say but its owner's.
            _ => Value::Null,
        }
    }
}
