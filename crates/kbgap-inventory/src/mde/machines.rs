//! Machines as `GET /api/machines` lists them.

use kbgap_catalog::Release;
use serde::Deserialize;

use super::{group, is_windows, machine_id};
use crate::loose::Loose;
use crate::native::installation_type_of;
use crate::text::{MAX_NAME, MAX_TEXT, bounded};
use crate::{Format, IpAddress, Part, Report, ReportError, json_rows};

const MAX_LIST: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Row {
    id: Loose,
    computer_dns_name: Loose,
    os_platform: Loose,
    os_version: Loose,
    os_build: Loose,
    os_architecture: Loose,
    os_processor: Loose,
    rbac_group_name: Loose,
    machine_tags: Option<Vec<Loose>>,
    aad_device_id: Loose,
    agent_version: Loose,
    ip_addresses: Option<Vec<Address>>,
    last_ip_address: Loose,
    last_external_ip_address: Loose,
    last_seen: Loose,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Address {
    ip_address: Loose,
    mac_address: Loose,
    #[serde(rename = "type")]
    kind: Loose,
    operational_status: Loose,
}

/// Reads the machines of a text. They tell no revision, which another export has.
///
/// # Errors
/// What is wrong, with its place.
pub(crate) fn read(text: &str) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    let mut reports = Vec::new();
    let mut others = 0_usize;
    json_rows::each(text, |row: Row| {
        if is_windows(&row.os_platform.0) {
            reports.push(Ok(Report::Part(Box::new(part(&row)?))));
        } else {
            others += 1;
        }
        Ok(())
    })
    .map_err(|message| ReportError::Place {
        format: Format::MdeMachines,
        message,
    })?;
    if others > 0 {
        let note = format!("{others} of its devices do not run Windows and are left out");
        reports.push(Ok(Report::Note(note)));
    }
    Ok(reports)
}

fn part(row: &Row) -> Result<Part, String> {
    let mut part = Part::of(Format::MdeMachines);
    part.id = row.id.some().and_then(machine_id);
    let name = row.computer_dns_name.some().or(row.id.some());
    let name = name.ok_or("`computerDnsName` is missing")?;
    part.name = Some(bounded(name, MAX_NAME)?);
    if let Some(version) = row.os_version.some() {
        part.os
            .take_version(version)
            .map_err(|e| format!("`osVersion`: {e}"))?;
    }
    if let Some(build) = row.os_build.some() {
        let number = build.parse().map_err(|_| {
            let shown = crate::text::shown(build);
            format!("`osBuild`: `{shown}` is no build (expected such as 18363)")
        })?;
        if part.os.build.is_some_and(|of_version| of_version != number) {
            return Err(format!("`osBuild`: {number} is not that of `osVersion`"));
        }
        part.os.build = Some(number);
    }
    if let Some(platform) = row.os_platform.some() {
        part.os.installation_type = installation_type_of(platform);
        part.os.platform = Some(bounded(platform, MAX_TEXT)?);
    }
    let architecture = row.os_architecture.some().or(row.os_processor.some());
    part.os.architecture = architecture.and_then(|text| text.parse().ok());
    // A server that exists as Server Core alone reports itself as a server.
    part.os.installation_type = part.os.installation_type.or_else(|| {
        let build = part.os.build?;
        (Release::of_build(build, true).is_none())
            .then_some(kbgap_catalog::InstallationType::Client)
    });
    part.group = group(row.rbac_group_name.some())?;
    for tag in row.machine_tags.iter().flatten().take(MAX_LIST) {
        part.tags.push(bounded(&tag.0, MAX_NAME)?);
    }
    let guid =
        |text: &str| text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    part.aad_device_id = row
        .aad_device_id
        .some()
        .filter(|id| guid(id))
        .map(str::to_lowercase);
    part.agent_version = row
        .agent_version
        .some()
        .map(|v| bounded(v, MAX_NAME))
        .transpose()?;
    part.last_ip_address = row.last_ip_address.some().and_then(|a| a.parse().ok());
    part.last_external_ip_address = row
        .last_external_ip_address
        .some()
        .and_then(|a| a.parse().ok());
    let addresses = row.ip_addresses.iter().flatten().take(MAX_LIST);
    part.ip_addresses = addresses.filter_map(address).collect();
    part.seen_at = row.last_seen.some().and_then(|time| time.parse().ok());
    Ok(part)
}

fn address(address: &Address) -> Option<IpAddress> {
    let mac = |text: &str| {
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
        (digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .then(|| digits.to_ascii_uppercase())
    };
    let word = |text: &Loose| text.some().and_then(|t| bounded(t, MAX_NAME).ok());
    Some(IpAddress {
        ip_address: address.ip_address.0.parse().ok()?,
        mac_address: address.mac_address.some().and_then(mac),
        kind: word(&address.kind),
        operational_status: word(&address.operational_status),
    })
}
