//! What is known of one host.

use kbgap_catalog::{Architecture, Edition, InstallationType, KbId};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{MachineId, SoftwareList};

/// As many bytes as a machine with its software usually takes.
const USUAL_BYTES: usize = 6_144;

/// One host as it was reported, whatever format the report had.
///
/// Times are RFC 3339 instants in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// 40 lower-case hex digits.
    pub id: MachineId,
    /// Host name or FQDN.
    pub computer_dns_name: String,
    /// The operating system.
    pub os: OperatingSystem,
    /// KBs that the host says are installed, in ascending order, each once.
    pub installed_kbs: Vec<InstalledKb>,
    /// Installed software, or nothing where the report has no software list.
    pub software: SoftwareList,
    /// Whether the report says what software is installed at all.
    pub software_reported: bool,
    /// Device group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Free tags.
    pub tags: Vec<String>,
    /// Whether the host waits for a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_reboot: Option<bool>,
    /// Whether the host takes hotpatches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hotpatch: Option<bool>,
    /// Whether Secure Boot is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_boot: Option<bool>,
    /// Whether a recovery environment is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub win_re: Option<bool>,
    /// What is told of .NET Framework beside the software list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dot_net: Option<DotNet>,
    /// Its network interfaces' addresses, in order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<IpAddress>,
    /// The address on the local network that was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_ip_address: Option<std::net::IpAddr>,
    /// The address under which the internet saw the host last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_external_ip_address: Option<std::net::IpAddr>,
    /// The Entra device id, a GUID in lower case, where the host is joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aad_device_id: Option<String>,
    /// The version of whatever reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// When the host was seen; absent where the report does not say, and never a part of
    /// what is kept: it has a place of its own there.
    #[serde(default, skip_serializing)]
    pub seen_at: Option<jiff::Timestamp>,
}

/// The operating system of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatingSystem {
    /// Free text such as `Windows10` or `Microsoft Windows Server 2019 Standard`: a hint only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The build, for instance 18363.
    pub build: u32,
    /// The revision (UBR); `None` where the host does not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// Major and minor version, for instance 10.0 or 6.1.
    pub version: (u32, u32),
    /// The architecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture>,
    /// Client, Server or Server Core, where the report says or its OS name or
    /// role text tells (assessment.md, section 4.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation_type: Option<InstallationType>,
    /// Edition, for instance `Enterprise`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// Service pack; `None` where the report does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_pack: Option<u8>,
}

/// What is told of .NET Framework: releases and files, as dotted versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DotNet {
    /// The releases that are installed, such as `3.5` and `4.8`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// The highest version of the files of each runtime, such as `4.8.4718.0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_versions: Vec<String>,
}

impl OperatingSystem {
    /// The edition as far as it decides about support: as it is reported, else as the name
    /// of the system tells.
    #[must_use]
    pub fn edition_of_support(&self) -> Option<Edition> {
        let texts = self.edition.iter().chain(&self.platform);
        texts.filter_map(|text| Edition::parse(text)).next()
    }
}

/// An address of a network interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IpAddress {
    /// The address.
    pub ip_address: std::net::IpAddr,
    /// 12 hex digits in upper case, without separators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
    /// The kind of interface, for instance `Ethernet`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// For instance `Up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operational_status: Option<String>,
}

/// What a host is worth to its owners (api.md, section 6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceValue {
    /// What hosts are worth unless somebody says otherwise.
    #[default]
    Normal,
    /// Less than others.
    Low,
    /// More than others.
    High,
}

impl DeviceValue {
    /// The name in requests and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Low => "Low",
            Self::High => "High",
        }
    }

    /// The value with this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Normal, Self::Low, Self::High]
            .into_iter()
            .find(|value| value.name().eq_ignore_ascii_case(name))
    }
}

/// A KB that a host reports as installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstalledKb {
    /// The KB.
    pub id: KbId,
    /// The date as reported, `yyyy-mm-dd`, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_on: Option<jiff::civil::Date>,
}

impl Machine {
    /// The normal form: KBs ascending and each once, also those that a software's
    /// name carries (`… (KB5001716)`); software and tags in order, each once.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        let named = self.software.iter().filter_map(|s| kb_in_name(s.name));
        self.installed_kbs.extend(named.map(|id| InstalledKb {
            id,
            installed_on: None,
        }));
        // Of one KB with several dates the known and latest stays.
        self.installed_kbs
            .sort_by(|a, b| (a.id, b.installed_on).cmp(&(b.id, a.installed_on)));
        self.installed_kbs.dedup_by_key(|kb| kb.id);
        self.software.normalize();
        self.tags.sort();
        self.tags.dedup();
        self.ip_addresses.sort();
        self.ip_addresses.dedup();
        if let Some(dot_net) = &mut self.dot_net {
            for list in [&mut dot_net.versions, &mut dot_net.file_versions] {
                list.sort();
                list.dedup();
            }
        }
        self
    }

    /// The machine as it is kept: everything that is reported but the time, encoded, and
    /// the SHA-256 of that.
    ///
    /// # Errors
    /// When it cannot be encoded, which no machine can cause in practice.
    pub fn encoded(&self) -> Result<(Vec<u8>, [u8; 32]), serde_json::Error> {
        let mut body = Vec::with_capacity(USUAL_BYTES);
        serde_json::to_writer(&mut body, self)?;
        let hash = Sha256::digest(&body).into();
        Ok((body, hash))
    }
}

/// The KB of a name such as `Update for Windows 10 (KB5001716)`.
fn kb_in_name(name: &str) -> Option<KbId> {
    // Looking for one character is cheaper than for a word, and most names have none.
    let mut opened = name.rmatch_indices('(');
    let rest = opened.find_map(|(at, _)| name[at..].strip_prefix("(KB"))?;
    rest.split_once(')')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::native;

    const DOCUMENT: &str = r#"{"computerDnsName":"pc","os":{"platform":"Windows10",
        "version":"10.0.18363.592","architecture":"x64","installationType":"Client",
        "edition":"Pro","servicePack":1},"tags":["t"],"pendingReboot":true,
        "installedKbs":["4528760"],"software":[{"vendor":"V","name":"N","version":"1"}],
        "group":"G","hotpatch":true,"secureBoot":true,"winRe":true,"dotNet":{"versions":["3.5"]},
        "ipAddresses":[{"ipAddress":"10.0.0.1","macAddress":"8CEC4B897E73","type":"T",
        "operationalStatus":"Up"}],"lastIpAddress":"10.0.0.1",
        "lastExternalIpAddress":"203.0.113.1","agentVersion":"1.0",
        "aadDeviceId":"80fe8ff8-2624-418e-9591-41f0491218f9","seenAt":"2020-03-20T08:00:00Z"}"#;

    fn hash(document: &str) -> [u8; 32] {
        native::machine(document).unwrap().encoded().unwrap().1
    }

    /// By the hash a report is known to say nothing new.
    #[test]
    fn whatever_a_machine_says_but_the_time_makes_another_hash() {
        let changes = [
            (r#""pc""#, r#""pc2""#),
            ("Windows10", "Windows11"),
            ("18363.592", "18363.593"),
            ("18363.592", "18362.592"),
            ("10.0.18363", "6.1.18363"),
            ("x64", "arm64"),
            ("Client", "Server"),
            ("Pro", "Enterprise"),
            (r#""servicePack":1"#, r#""servicePack":2"#),
            (r#"["t"]"#, r#"["u"]"#),
            (r#""pendingReboot":true"#, r#""pendingReboot":false"#),
            ("4528760", "4528761"),
            (r#""4528760""#, r#""4528760","4528761""#),
            (
                r#""4528760""#,
                r#"{"id":"4528760","installedOn":"2020-01-02"}"#,
            ),
            (r#""V""#, r#""W""#),
            (r#""name":"N""#, r#""name":"M""#),
            (r#""name":"N","version":"1""#, r#""name":"N1","version":"""#),
            (
                r#""software":[{"vendor":"V","name":"N","version":"1"}],"#,
                r#""software":[],"#,
            ),
            (
                r#""software":[{"vendor":"V","name":"N","version":"1"}],"#,
                "",
            ),
            (r#""G""#, r#""H""#),
            (r#""hotpatch":true"#, r#""hotpatch":false"#),
            (r#""secureBoot":true"#, r#""secureBoot":false"#),
            (r#""winRe":true"#, r#""winRe":false"#),
            (r#""versions":["3.5"]"#, r#""versions":["4.8"]"#),
            (r#""versions":["3.5"]"#, r#""fileVersions":["3.5"]"#),
            (r#""ipAddress":"10.0.0.1""#, r#""ipAddress":"10.0.0.2""#),
            ("8CEC4B897E73", "8CEC4B897E74"),
            (r#""T""#, r#""U""#),
            (r#""Up""#, r#""Down""#),
            (
                r#""lastIpAddress":"10.0.0.1""#,
                r#""lastIpAddress":"10.0.0.2""#,
            ),
            ("203.0.113.1", "203.0.113.2"),
            (r#""1.0""#, r#""1.1""#),
            ("41f0491218f9", "41f0491218fa"),
        ];
        let changed = changes.map(|(from, to)| {
            let document = DOCUMENT.replace(from, to);
            assert_ne!(document, DOCUMENT, "{from}");
            hash(&document)
        });
        let all: HashSet<[u8; 32]> = changed.into_iter().chain([hash(DOCUMENT)]).collect();
        assert_eq!(all.len(), changes.len() + 1);
        assert_eq!(
            hash(&DOCUMENT.replace("2020-03-20", "2020-03-21")),
            hash(DOCUMENT)
        );
    }
}
