//! Software, or vulnerabilities of it, by machine: a row for each software of each
//! device. Windows itself is one of them, and its version has the revision.

use std::collections::{BTreeSet, HashMap};

use kbgap_catalog::{Release, Version};
use serde::Deserialize;

use super::{group, is_windows, machine_id};
use crate::loose::Loose;
use crate::native::{MAX_SOFTWARE, installation_type_of};
use crate::rows::hosts::instant;
use crate::text::{MAX_NAME, MAX_TEXT, bounded};
use crate::{Format, Part, Program, Report, ReportError, json_rows};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Row {
    device_id: Loose,
    device_name: Loose,
    rbac_group_name: Loose,
    os_platform: Loose,
    os_version: Loose,
    os_architecture: Loose,
    software_vendor: Loose,
    software_name: Loose,
    software_version: Loose,
    last_seen_timestamp: Loose,
    software_last_seen_timestamp: Loose,
}

/// A device and what was read of it.
struct Device {
    part: Part,
    /// A row for each vulnerability repeats them.
    software: BTreeSet<Program>,
}

/// Reads the devices of a text.
///
/// # Errors
/// What is wrong, with its place.
pub(crate) fn read(text: &str) -> Result<Vec<Result<Report, ReportError>>, ReportError> {
    let mut devices: Vec<Device> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut others: BTreeSet<String> = BTreeSet::new();
    let mut position = 0_usize;
    json_rows::each(text, |row: Row| {
        position += 1;
        let key = row.device_id.some().or(row.device_name.some());
        let key = key.ok_or("`deviceId` is missing")?;
        if !is_windows(&row.os_platform.0) {
            others.insert(key.to_owned());
            return Ok(());
        }
        let index = match by_id.get(key) {
            Some(&index) => index,
            None => {
                by_id.insert(key.to_owned(), devices.len());
                devices.push(device(&row)?);
                devices.len() - 1
            }
        };
        match devices.get_mut(index) {
            Some(device) => device.take(position, &row),
            None => Ok(()),
        }
    })
    .map_err(|message| ReportError::Place {
        format: Format::MdeSoftware,
        message,
    })?;
    let mut reports: Vec<Result<Report, ReportError>> = devices
        .into_iter()
        .map(|device| Ok(Report::Part(Box::new(device.finish()))))
        .collect();
    if !others.is_empty() {
        let note = format!(
            "{} of its devices do not run Windows and are left out",
            others.len()
        );
        reports.push(Ok(Report::Note(note)));
    }
    Ok(reports)
}

fn device(row: &Row) -> Result<Device, String> {
    let mut part = Part::of(Format::MdeSoftware);
    part.id = row.device_id.some().and_then(machine_id);
    part.name = row
        .device_name
        .some()
        .map(|name| bounded(name, MAX_NAME))
        .transpose()?;
    // A device without a name is known by its id.
    part.label = row
        .device_id
        .some()
        .map(|id| bounded(id, MAX_NAME))
        .transpose()?;
    part.group = group(row.rbac_group_name.some())?;
    part.os.architecture = row
        .os_architecture
        .some()
        .and_then(|text| text.parse().ok());
    if let Some(platform) = row.os_platform.some() {
        part.os.installation_type = installation_type_of(platform);
        part.os.platform = Some(bounded(platform, MAX_TEXT)?);
    }
    Ok(Device {
        part,
        software: BTreeSet::new(),
    })
}

impl Device {
    fn take(&mut self, position: usize, row: &Row) -> Result<(), String> {
        if let Some(version) = row.os_version.some() {
            let mut of_row = crate::PartOs::default();
            of_row
                .take_version(version)
                .map_err(|e| format!("`osVersion`: {e}"))?;
            self.take_windows(&of_row)?;
        }
        let seen = row
            .last_seen_timestamp
            .some()
            .or(row.software_last_seen_timestamp.some());
        self.part.seen_at = self.part.seen_at.max(seen.and_then(instant));
        let Some(name) = row.software_name.some() else {
            return Ok(());
        };
        let version = row.software_version.some().unwrap_or_default();
        if let Some(os) = windows(row.software_vendor.some(), name, version) {
            return self.take_windows(&os);
        }
        let vendor = row.software_vendor.some().unwrap_or_default();
        let software = match Program::of(vendor, name, version) {
            Ok(software) => software,
            Err(wrong) => {
                self.part.leave_out(&format!("row {position}"), &wrong);
                return Ok(());
            }
        };
        if self.software.len() == MAX_SOFTWARE && !self.software.contains(&software) {
            return Err(format!(
                "is of a device with more than {MAX_SOFTWARE} programs"
            ));
        }
        self.software.insert(software);
        Ok(())
    }

    /// Rows of one export are of several days: a newer one may have a higher revision.
    fn take_windows(&mut self, told: &crate::PartOs) -> Result<(), String> {
        let os = &mut self.part.os;
        if let (Some(known), Some(build)) = (os.build, told.build)
            && known != build
        {
            return Err(format!(
                "tells build {build} of a device that has build {known} in an earlier row"
            ));
        }
        (os.version, os.build) = (told.version, told.build);
        os.revision = os.revision.max(told.revision);
        Ok(())
    }

    fn finish(mut self) -> Part {
        self.part.software = Some(self.software.into_iter().collect());
        self.part
    }
}

/// Windows, where this software is it: `windows_10` in version `10.0.19045.3448`.
fn windows(vendor: Option<&str>, name: &str, version: &str) -> Option<crate::PartOs> {
    let is_windows = vendor.is_some_and(|v| v.eq_ignore_ascii_case("microsoft"))
        && name.to_ascii_lowercase().starts_with("windows_");
    let build = *Version::parse(version)?.parts().get(2)?;
    let mut os = crate::PartOs::default();
    (is_windows && Release::knows_build(build) && os.take_version(version).is_ok()).then_some(os)
}
