//! Exports of Microsoft Defender: machines, and software or vulnerabilities by machine
//! (api.md, sections 6.1, 10.2 to 10.4).

mod machines;
mod software;

pub(crate) use machines::read as machines;
pub(crate) use software::read as software;

use crate::MachineId;
use crate::text::{MAX_NAME, bounded};

/// The id of a device, where it has the form of one; some exports are made anonymous.
fn machine_id(text: &str) -> Option<MachineId> {
    text.parse().ok()
}

/// The device group, but for the names that say that there is none.
fn group(name: Option<&str>) -> Result<Option<String>, String> {
    const NONE: [&str; 3] = ["unassigned", "none", "unassignedgroup"];
    name.filter(|name| !NONE.contains(&name.to_lowercase().as_str()))
        .map(|name| bounded(name, MAX_NAME))
        .transpose()
}

/// Whether a platform such as `Windows10` or `macOS` is one whose updates are known.
fn is_windows(platform: &str) -> bool {
    platform.is_empty() || platform.to_lowercase().starts_with("windows")
}
