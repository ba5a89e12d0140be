//! The document as it is written, and its checks.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::str::FromStr;

use kbgap_catalog::{Architecture, InstallationType, KbId, Version};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::RecordError;
use super::dot_net::DotNetVersions;
use super::network::{Address, Guid};
use super::object::{Described, Object};
use super::software::Programs;
use super::text::read;
use crate::text::{MAX_NAME, MAX_TEXT, shown};
use crate::{DotNet, InstalledKb, Machine, MachineId, OperatingSystem};

/// The most updates that a host may have, in whatever form they are reported.
pub(crate) const MAX_KBS: usize = 10_000;
/// The most programs that a host may have, in whatever form they are reported.
pub(crate) const MAX_SOFTWARE: usize = 20_000;
const MAX_TAGS: usize = 200;
/// The most addresses that a host may have.
pub(crate) const MAX_ADDRESSES: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    computer_dns_name: Text<MAX_NAME>,
    #[serde(default)]
    id: Option<Parsed<MachineId>>,
    os: Object<Os>,
    #[serde(default)]
    installed_kbs: Option<List<Kb, MAX_KBS>>,
    #[serde(default)]
    software: Option<Programs<MAX_SOFTWARE>>,
    #[serde(default)]
    group: Option<Text<MAX_NAME>>,
    #[serde(default)]
    tags: Option<List<Text<MAX_NAME>, MAX_TAGS>>,
    #[serde(default)]
    pending_reboot: Option<bool>,
    #[serde(default)]
    hotpatch: Option<bool>,
    #[serde(default)]
    secure_boot: Option<bool>,
    #[serde(default)]
    win_re: Option<bool>,
    #[serde(default)]
    dot_net: Option<Object<DotNetVersions>>,
    #[serde(default)]
    ip_addresses: Option<List<Address, MAX_ADDRESSES>>,
    #[serde(default)]
    last_ip_address: Option<Parsed<IpAddr>>,
    #[serde(default)]
    last_external_ip_address: Option<Parsed<IpAddr>>,
    #[serde(default)]
    aad_device_id: Option<Parsed<Guid>>,
    #[serde(default)]
    agent_version: Option<Text<MAX_NAME>>,
    #[serde(default)]
    seen_at: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Os {
    version: OsVersion,
    #[serde(default)]
    platform: Option<Text<MAX_TEXT>>,
    #[serde(default)]
    architecture: Option<Parsed<Architecture>>,
    #[serde(default)]
    installation_type: Option<Parsed<InstallationType>>,
    #[serde(default)]
    edition: Option<Text<MAX_TEXT>>,
    #[serde(default)]
    service_pack: Option<u8>,
}

impl Described for Document {
    const WHAT: &'static str = "a machine document (an object with `computerDnsName` and `os`)";
}

impl Described for Os {
    const WHAT: &'static str = "an object with `version`";
}

impl Document {
    pub(super) fn into_machine(self) -> Result<Machine, RecordError> {
        let computer_dns_name = self.computer_dns_name.0;
        if computer_dns_name.is_empty() {
            let message = "is empty: expected the host's name".to_owned();
            return Err(RecordError {
                path: Some("computerDnsName".to_owned()),
                message,
            });
        }
        let software_reported = self.software.is_some();
        let software = self.software.map(|list| list.0).unwrap_or_default();
        let installed_kbs = self.installed_kbs.map(|list| list.0).unwrap_or_default();
        let Object(os) = self.os;
        let platform = os.platform.map(|p| p.0);
        let installation_type = os
            .installation_type
            .map(|t| t.0)
            .or_else(|| platform.as_deref().and_then(installation_type_of));
        let machine = Machine {
            id: self
                .id
                .map_or_else(|| MachineId::from_name(&computer_dns_name), |id| id.0),
            computer_dns_name,
            os: OperatingSystem {
                platform,
                build: os.version.build,
                revision: os.version.revision,
                version: os.version.version,
                architecture: os.architecture.map(|a| a.0),
                installation_type,
                edition: os.edition.map(|e| e.0),
                service_pack: os.service_pack,
            },
            installed_kbs: installed_kbs.into_iter().map(|kb| kb.0).collect(),
            software,
            software_reported,
            group: self.group.map(|g| g.0).filter(|g| !g.is_empty()),
            tags: self
                .tags
                .map(|t| t.0.into_iter().map(|t| t.0).collect())
                .unwrap_or_default(),
            pending_reboot: self.pending_reboot,
            hotpatch: self.hotpatch,
            secure_boot: self.secure_boot,
            win_re: self.win_re,
            dot_net: self.dot_net.map(DotNet::from),
            ip_addresses: self
                .ip_addresses
                .map(|list| list.0.into_iter().map(|a| a.0).collect())
                .unwrap_or_default(),
            last_ip_address: self.last_ip_address.map(|a| a.0),
            last_external_ip_address: self.last_external_ip_address.map(|a| a.0),
            aad_device_id: self.aad_device_id.map(|id| id.0.0),
            agent_version: self.agent_version.map(|v| v.0).filter(|v| !v.is_empty()),
            seen_at: self.seen_at.map(|s| s.0),
        };
        Ok(machine.normalized())
    }
}

/// Client or server by the words of an OS name, where they tell (assessment.md,
/// section 4.3). Servers without Core information are full.
pub(crate) fn installation_type_of(os_name: &str) -> Option<InstallationType> {
    let folded: String = os_name.to_lowercase().split_whitespace().collect();
    if folded.contains("server") {
        return Some(InstallationType::Server);
    }
    let client = [
        "windows10",
        "windows11",
        "windows7",
        "windows8",
        "windowsvista",
        "windowsxp",
        "workstation",
        "client",
    ];
    client
        .iter()
        .any(|word| folded.contains(word))
        .then_some(InstallationType::Client)
}

/// A text of limited length, trimmed, without control characters.
pub(super) struct Text<const MAX: usize>(pub(super) String);

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, |text| {
            checked::<MAX>(text).map(|text| Self(text.to_owned()))
        })
    }
}

/// A text without the space around it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn checked<const MAX: usize>(text: &str) -> Result<&str, String> {
    let trimmed = text.trim();
    // Bytes are no fewer than characters, and faster to count.
    if trimmed.len() > MAX && trimmed.chars().count() > MAX {
        return Err(format!("is longer than {MAX} characters"));
    }
    if has_control(trimmed) {
        return Err("holds control characters".to_owned());
    }
    Ok(trimmed)
}

fn has_control(text: &str) -> bool {
    // Control characters are 0 to 31 and 127 to 159, and all of the latter but the first
    // begin with this byte.
    let suspicious = |b: u8| b < 0x20 || b == 0x7f || b == 0xc2;
    text.bytes().any(suspicious) && text.chars().any(char::is_control)
}

/// A value that is read from a text.
pub(super) struct Parsed<T>(pub(super) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, |text| text.trim().parse().map(Self))
    }
}

/// A time with its zone.
struct Instant(jiff::Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, |text| {
            text.trim().parse().map(Self).map_err(|_| {
                let shown = shown(text);
                format!("`{shown}` is no time with zone (expected such as 2020-03-20T08:00:00Z)")
            })
        })
    }
}

/// A list of limited length; `null` is refused where a list is given.
pub(super) struct List<T, const MAX: usize>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const MAX: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Items<T, MAX> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MAX} entries")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = sequence.next_element()? {
                    if items.len() == MAX {
                        return Err(too_many::<_, MAX>());
                    }
                    items.push(item);
                }
                Ok(items)
            }
        }
        deserializer
            .deserialize_seq(Items::<T, MAX>(PhantomData))
            .map(Self)
    }
}

pub(super) fn too_many<E: de::Error, const MAX: usize>() -> E {
    E::custom(format_args!("has more than {MAX} entries"))
}

/// A KB as a text, a number, or an object with a date.
struct Kb(InstalledKb);

impl<'de> Deserialize<'de> for Kb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KbVisitor;
        impl<'de> Visitor<'de> for KbVisitor {
            type Value = Kb;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a KB number, or an object with `id`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Kb, E> {
                let id = text.parse().map_err(E::custom)?;
                Ok(Kb(InstalledKb {
                    id,
                    installed_on: None,
                }))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Kb, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Kb, A::Error> {
                #[derive(Deserialize)]
                #[serde(rename_all = "camelCase")]
                struct Object {
                    id: KbNumber,
                    #[serde(default)]
                    installed_on: Option<String>,
                }
                let object = Object::deserialize(de::value::MapAccessDeserializer::new(map))?;
                // The date is told in every form of the world and decides nothing.
                let installed_on = object
                    .installed_on
                    .and_then(|date| date.trim().get(..10)?.parse().ok());
                Ok(Kb(InstalledKb {
                    id: object.id.0,
                    installed_on,
                }))
            }
        }
        deserializer.deserialize_any(KbVisitor)
    }
}

struct KbNumber(KbId);

impl<'de> Deserialize<'de> for KbNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = KbNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a KB number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<KbNumber, E> {
                text.parse().map(KbNumber).map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<KbNumber, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(NumberVisitor)
    }
}

/// `10.0.18363.592`, `10.0.18363` or `6.1.7601`.
struct OsVersion {
    version: (u32, u32),
    build: u32,
    revision: Option<u32>,
}

impl<'de> Deserialize<'de> for OsVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, |text| {
            let version = Version::parse(text);
            match version.as_ref().map(Version::parts) {
                Some(&[major, minor, build]) => Ok(Self {
                    version: (major, minor),
                    build,
                    revision: None,
                }),
                Some(&[major, minor, build, revision]) => Ok(Self {
                    version: (major, minor),
                    build,
                    revision: Some(revision),
                }),
                _ => {
                    let shown = shown(text);
                    Err(format!(
                        "`{shown}` is no Windows version (expected such as 10.0.18363.592)"
                    ))
                }
            }
        })
    }
}
