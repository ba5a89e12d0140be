//! What one report tells of a host, which may be less than a [`Machine`] needs.

mod agreement;

use kbgap_catalog::{Architecture, BuildRevision, InstallationType, KbId, Version};

use self::agreement::{agree, differ, extend, fill, fullest};
use crate::text::{MAX_TEXT, bounded, shown};
use crate::{
    DotNet, Format, InstalledKb, IpAddress, Machine, MachineId, OperatingSystem, Software, package,
};

/// What is said of a program that is not taken, and how often for one host: nobody reads more.
const LEFT_OUT: &str = ": the program is left out: ";
const MAX_LEFT_OUT: usize = 20;

/// A software that a report lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Program {
    /// Publisher as reported; empty where unknown.
    pub vendor: String,
    /// Display name as reported.
    pub name: String,
    /// Version as reported; empty where unknown.
    pub version: String,
}

impl Program {
    /// A program with these texts, each trimmed and without control characters.
    ///
    /// # Errors
    /// Which of them is too long.
    pub(crate) fn of(vendor: &str, name: &str, version: &str) -> Result<Self, String> {
        Ok(Self {
            vendor: bounded(vendor, MAX_TEXT)?,
            name: bounded(name, MAX_TEXT)?,
            version: bounded(version, MAX_TEXT)?,
        })
    }

    /// As machines have it.
    fn software(&self) -> Software<'_> {
        Software {
            vendor: &self.vendor,
            name: &self.name,
            version: &self.version,
        }
    }
}

impl From<Software<'_>> for Program {
    fn from(software: Software<'_>) -> Self {
        Self {
            vendor: software.vendor.to_owned(),
            name: software.name.to_owned(),
            version: software.version.to_owned(),
        }
    }
}

/// What a report tells of one host. Several of one host make a [`Machine`]
/// ([`merge`](crate::merge)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The form in which it was reported.
    pub format: Format,
    /// The host's name.
    pub name: Option<String>,
    /// A name that somebody gave the host, such as the one in a scanner's configuration;
    /// it stands where no report tells the host's own.
    pub label: Option<String>,
    /// The host's id.
    pub id: Option<MachineId>,
    /// What is told of its Windows.
    pub os: PartOs,
    /// Installed updates, where the report lists them.
    pub kbs: Option<Vec<InstalledKb>>,
    /// What the newest cumulative update that is installed brings, by its package.
    pub rollup: Option<BuildRevision>,
    /// Installed software, where the report lists it.
    pub software: Option<Vec<Program>>,
    /// Device group.
    pub group: Option<String>,
    /// Free tags.
    pub tags: Vec<String>,
    /// Whether the host waits for a restart.
    pub pending_reboot: Option<bool>,
    /// Whether the host takes hotpatches.
    pub hotpatch: Option<bool>,
    /// Whether Secure Boot is on.
    pub secure_boot: Option<bool>,
    /// Whether a recovery environment is enabled.
    pub win_re: Option<bool>,
    /// What is told of .NET Framework beside the software list.
    pub dot_net: Option<DotNet>,
    /// Addresses of its network interfaces.
    pub ip_addresses: Vec<IpAddress>,
    /// The address on the local network that was used last.
    pub last_ip_address: Option<std::net::IpAddr>,
    /// The address under which the internet saw the host last.
    pub last_external_ip_address: Option<std::net::IpAddr>,
    /// The Entra device id.
    pub aad_device_id: Option<String>,
    /// The version of whatever reports.
    pub agent_version: Option<String>,
    /// When the host was seen.
    pub seen_at: Option<jiff::Timestamp>,
    /// What people should know of the report.
    pub warnings: Vec<String>,
}

/// What is told of a host's Windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartOs {
    /// Its name.
    pub platform: Option<String>,
    /// Major and minor version.
    pub version: Option<(u32, u32)>,
    /// The build, for instance 18363.
    pub build: Option<u32>,
    /// The revision (UBR).
    pub revision: Option<u32>,
    /// The architecture.
    pub architecture: Option<Architecture>,
    /// Client, Server or Server Core.
    pub installation_type: Option<InstallationType>,
    /// Edition.
    pub edition: Option<String>,
    /// Service pack.
    pub service_pack: Option<u8>,
}

impl PartOs {
    /// Takes build and revision of `10.0.18363.592`, `10.0.18363`, or `10.0 (18363)` as
    /// directories write it.
    ///
    /// # Errors
    /// What is wrong and what was expected.
    pub(crate) fn take_version(&mut self, text: &str) -> Result<(), String> {
        let plain = text.replace(" (", ".").replace(')', "");
        match Version::parse(&plain).as_ref().map(Version::parts) {
            Some(&[major, minor, build]) => {
                (self.version, self.build) = (Some((major, minor)), Some(build));
                Ok(())
            }
            Some(&[major, minor, build, revision]) => {
                (self.version, self.build) = (Some((major, minor)), Some(build));
                self.revision = Some(revision);
                Ok(())
            }
            _ => Err(format!(
                "`{}` is no Windows version (expected such as 10.0.18363.592)",
                shown(text)
            )),
        }
    }

    /// Takes what is here where this tells nothing.
    pub(crate) fn join(&mut self, other: Self) -> Result<(), String> {
        agree("build", self.build, other.build)?;
        agree("revision", self.revision, other.revision)?;
        agree("architecture", self.architecture, other.architecture)?;
        // One that says no more than "server" leaves open whether it is a core.
        match (self.installation_type, other.installation_type) {
            (Some(InstallationType::Server), Some(InstallationType::ServerCore)) => {
                self.installation_type = other.installation_type;
            }
            (Some(one), Some(two)) if one.is_server() != two.is_server() => {
                return Err(differ("installation type", one, two));
            }
            (None, other) => self.installation_type = other,
            _ => {}
        }
        fill(&mut self.platform, other.platform);
        fill(&mut self.version, other.version);
        fill(&mut self.build, other.build);
        fill(&mut self.revision, other.revision);
        fill(&mut self.architecture, other.architecture);
        fill(&mut self.edition, other.edition);
        fill(&mut self.service_pack, other.service_pack);
        Ok(())
    }
}

impl Part {
    /// Of this format, with nothing told yet.
    #[must_use]
    pub(crate) fn of(format: Format) -> Self {
        Self {
            format,
            ..Self::default()
        }
    }

    /// The name by which the host is known, its own or one that was given to it.
    #[must_use]
    pub fn known_as(&self) -> Option<&str> {
        self.name.as_deref().or(self.label.as_deref())
    }

    /// Adds an update without a date.
    pub(crate) fn add_kb(&mut self, id: KbId) {
        self.kbs.get_or_insert_default().push(InstalledKb {
            id,
            installed_on: None,
        });
    }

    /// Adds what a report lists as a program. One with a text that is too long is left out and
    /// told, by its place in the report: the others are as good as without it.
    pub(crate) fn add_program(&mut self, place: &str, [vendor, name, version]: [&str; 3]) {
        match Program::of(vendor, name, version) {
            Ok(program) => self.software.get_or_insert_default().push(program),
            Err(wrong) => self.leave_out(place, &wrong),
        }
    }

    /// Says that a program is left out.
    pub(crate) fn leave_out(&mut self, place: &str, wrong: &str) {
        self.warnings.push(format!("{place}{LEFT_OUT}{wrong}"));
    }

    /// Counts the programs that are left out where they are too many to name.
    fn shorten_warnings(&mut self) {
        let mut left_out = 0_usize;
        self.warnings.retain(|warning| {
            left_out += usize::from(warning.contains(LEFT_OUT));
            left_out <= MAX_LEFT_OUT || !warning.contains(LEFT_OUT)
        });
        if left_out > MAX_LEFT_OUT {
            let more = left_out - MAX_LEFT_OUT;
            self.warnings
                .push(format!("{more} more programs are left out"));
        }
    }

    /// Takes what another report tells of the same host: lists grow, what is not known is
    /// filled in.
    ///
    /// # Errors
    /// What the two say differently, where they cannot both be true.
    pub(crate) fn join(&mut self, other: Self) -> Result<(), String> {
        agree("device id", self.id.as_ref(), other.id.as_ref())?;
        self.os.join(other.os)?;
        fullest(&mut self.name, other.name);
        fullest(&mut self.label, other.label);
        fill(&mut self.id, other.id);
        extend(&mut self.kbs, other.kbs);
        self.rollup = self.rollup.max(other.rollup);
        extend(&mut self.software, other.software);
        fill(&mut self.group, other.group);
        self.tags.extend(other.tags);
        fill(&mut self.pending_reboot, other.pending_reboot);
        fill(&mut self.hotpatch, other.hotpatch);
        fill(&mut self.secure_boot, other.secure_boot);
        fill(&mut self.win_re, other.win_re);
        if let Some(other) = other.dot_net {
            let dot_net = self.dot_net.get_or_insert_default();
            dot_net.versions.extend(other.versions);
            dot_net.file_versions.extend(other.file_versions);
        }
        self.ip_addresses.extend(other.ip_addresses);
        fill(&mut self.last_ip_address, other.last_ip_address);
        fill(
            &mut self.last_external_ip_address,
            other.last_external_ip_address,
        );
        fill(&mut self.aad_device_id, other.aad_device_id);
        fill(&mut self.agent_version, other.agent_version);
        self.seen_at = self.seen_at.max(other.seen_at);
        self.warnings.extend(other.warnings);
        Ok(())
    }

    /// The machine with what people should know of it.
    ///
    /// # Errors
    /// The part itself, where its name, its Windows version, or the list of updates that every
    /// `systeminfo` has is missing.
    pub(crate) fn into_machine(mut self) -> Result<(Machine, Vec<String>), Box<Self>> {
        let (Some(name), Some(build)) = (self.known_as().map(str::to_owned), self.os.build) else {
            return Err(Box::new(self));
        };
        if self.kbs.is_none() && self.format == Format::Systeminfo {
            return Err(Box::new(self));
        }
        let by_package = || package::revision_of(build, self.rollup?);
        self.os.revision = self.os.revision.or_else(by_package);
        if self.os.revision.is_none() && self.kbs.is_none() {
            self.warnings.push(
                "tells neither the revision (UBR) nor the installed updates: all updates of its \
                 Windows count as missing; give a list of hotfixes with it"
                    .to_owned(),
            );
        }
        self.shorten_warnings();
        let software_reported = self.software.is_some();
        let software = self.software.unwrap_or_default();
        let machine = Machine {
            id: self.id.unwrap_or_else(|| MachineId::from_name(&name)),
            computer_dns_name: name,
            os: OperatingSystem {
                platform: self.os.platform,
                build,
                revision: self.os.revision,
                version: self.os.version.unwrap_or_else(|| version_of(build)),
                architecture: self.os.architecture,
                installation_type: self.os.installation_type,
                edition: self.os.edition,
                service_pack: self.os.service_pack,
            },
            installed_kbs: self.kbs.unwrap_or_default(),
            software: software.iter().map(Program::software).collect(),
            software_reported,
            group: self.group,
            tags: self.tags,
            pending_reboot: self.pending_reboot,
            hotpatch: self.hotpatch,
            secure_boot: self.secure_boot,
            win_re: self.win_re,
            dot_net: self.dot_net,
            ip_addresses: self.ip_addresses,
            last_ip_address: self.last_ip_address,
            last_external_ip_address: self.last_external_ip_address,
            aad_device_id: self.aad_device_id,
            agent_version: self.agent_version,
            seen_at: self.seen_at,
        };
        Ok((machine.normalized(), self.warnings))
    }
}

impl From<Machine> for Part {
    fn from(machine: Machine) -> Self {
        let os = machine.os;
        Self {
            format: Format::Native,
            // An id that follows from the name is none that was reported.
            id: (machine.id != MachineId::from_name(&machine.computer_dns_name))
                .then_some(machine.id),
            name: Some(machine.computer_dns_name),
            label: None,
            os: PartOs {
                platform: os.platform,
                version: Some(os.version),
                build: Some(os.build),
                revision: os.revision,
                architecture: os.architecture,
                installation_type: os.installation_type,
                edition: os.edition,
                service_pack: os.service_pack,
            },
            kbs: Some(machine.installed_kbs),
            rollup: None,
            software: machine
                .software_reported
                .then(|| machine.software.iter().map(Program::from).collect()),
            group: machine.group,
            tags: machine.tags,
            pending_reboot: machine.pending_reboot,
            hotpatch: machine.hotpatch,
            secure_boot: machine.secure_boot,
            win_re: machine.win_re,
            dot_net: machine.dot_net,
            ip_addresses: machine.ip_addresses,
            last_ip_address: machine.last_ip_address,
            last_external_ip_address: machine.last_external_ip_address,
            aad_device_id: machine.aad_device_id,
            agent_version: machine.agent_version,
            seen_at: machine.seen_at,
            warnings: Vec::new(),
        }
    }
}

/// The version of a build where only the build is told.
const fn version_of(build: u32) -> (u32, u32) {
    match build {
        0..7_600 => (6, 0),
        7_600..9_200 => (6, 1),
        9_200..9_600 => (6, 2),
        9_600..10_240 => (6, 3),
        _ => (10, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_version(text: &str) -> Result<PartOs, String> {
        let mut os = PartOs::default();
        os.take_version(text).map(|()| os)
    }

    #[test]
    fn versions_are_read_as_consoles_and_directories_write_them() {
        for (text, build, revision) in [
            ("10.0.18363.592", 18_363, Some(592)),
            ("10.0.18363", 18_363, None),
            ("10.0 (19045)", 19_045, None),
            ("6.1 (7601)", 7_601, None),
        ] {
            let os = of_version(text).unwrap();
            assert_eq!((os.build, os.revision), (Some(build), revision), "{text}");
        }
        for text in ["", "10", "1909", "10.0", "99999999999.0.1", "Windows 10"] {
            assert!(of_version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_build_alone_tells_its_version() {
        for (build, version) in [
            (6_003, (6, 0)),
            (7_601, (6, 1)),
            (9_200, (6, 2)),
            (9_600, (6, 3)),
            (10_240, (10, 0)),
            (26_100, (10, 0)),
        ] {
            assert_eq!(version_of(build), version);
        }
    }

    #[test]
    fn what_cannot_both_be_true_is_told() {
        let mut one = Part::default();
        one.os.take_version("10.0.19045.3448").unwrap();
        one.os.installation_type = Some(InstallationType::Server);
        let mut same = Part::default();
        same.os.take_version("10.0.19045").unwrap();
        same.os.installation_type = Some(InstallationType::ServerCore);
        one.join(same).unwrap();
        assert_eq!(one.os.revision, Some(3_448));
        assert_eq!(one.os.installation_type, Some(InstallationType::ServerCore));
        let mut other = Part::default();
        other.os.build = Some(22_631);
        assert!(one.join(other).unwrap_err().contains("build 22631"));
    }
}
