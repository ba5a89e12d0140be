//! The text of `systeminfo`, in any language.
//!
//! The labels are translated, the order of the lines is not: the host's name, the
//! OS's name, its version, the manufacturer, the configuration. So the version is
//! found by its form and the others by their place; updates by `[01]: KB…`.

mod table;
mod updates;

use kbgap_catalog::{Architecture, InstallationType, Version};

use self::updates::Updates;
use crate::native::installation_type_of;
use crate::text::{MAX_NAME, MAX_TEXT, cut, shown};
use crate::{InstalledKb, Machine, MachineId, OperatingSystem, SoftwareList};

/// A host read from `systeminfo`.
pub(crate) struct Reading {
    pub(crate) machine: Machine,
    /// Whether the report has its list of updates, be it empty; else it is a part alone.
    pub(crate) lists_updates: bool,
    /// What people should know of it.
    pub(crate) warnings: Vec<String>,
}

/// A line that begins a field, or a cell of the form for spreadsheets.
struct Field {
    /// Whether its label is that of the updates in English and some other languages.
    is_updates: bool,
    value: String,
    /// The lines below it that are indented.
    entries: Vec<String>,
}

/// Where things stand, counted from the line of the version.
const CONFIGURATION: usize = 2;
const SYSTEM_MANUFACTURER: usize = 9;
const SYSTEM_TYPE: usize = 11;

/// Reads the hosts of a text, which may hold the reports of several; none where it
/// is no `systeminfo`.
///
/// # Errors
/// Which host's report is not whole, and why.
pub(crate) fn read(text: &str) -> Result<Vec<Reading>, String> {
    let mut found = hosts(&fields(text))?;
    if found.is_empty() {
        for row in table::rows(text) {
            found.extend(hosts(&row)?);
        }
    }
    Ok(found)
}

/// Each version tells a host, whose name and OS name stand above it, so a version
/// elsewhere is none of ours. What follows is the same host's up to the next.
fn hosts(fields: &[Field]) -> Result<Vec<Reading>, String> {
    let versions: Vec<(usize, OsVersion)> = fields
        .iter()
        .enumerate()
        .skip(2)
        .filter_map(|(i, field)| Some((i, OsVersion::parse(&field.value)?)))
        .collect();
    let ends = versions
        .iter()
        .skip(1)
        .map(|(next, _)| next - 2)
        .chain([fields.len()]);
    versions
        .iter()
        .zip(ends)
        .filter_map(|((at, version), end)| {
            host(
                &fields[at - 2].value,
                &fields[at - 1].value,
                version,
                fields.get(*at..end)?,
            )
        })
        .collect()
}

fn host(
    host: &str,
    name: &str,
    version: &OsVersion,
    fields: &[Field],
) -> Option<Result<Reading, String>> {
    if host.is_empty() {
        return None;
    }
    if !is_host_name(host) {
        let host = shown(host);
        return Some(Err(format!(
            "`{host}` is no name of a host, so the report is damaged or made of two: run systeminfo again"
        )));
    }
    let name = &cut(name, MAX_TEXT);
    let configuration = fields.get(CONFIGURATION).map_or("", |f| &f.value);
    // Where lines are missing, the type is not where it belongs; the owner's and the
    // host's names could look like one, and stand before the manufacturer.
    let architecture = fields
        .get(SYSTEM_TYPE)
        .into_iter()
        .chain(fields.iter().skip(SYSTEM_MANUFACTURER))
        .find_map(|field| architecture(&field.value));
    let updates = match updates::read(fields) {
        Ok(updates) => updates,
        Err(what) => {
            return Some(Err(format!(
                "the report of `{}` {what}: run systeminfo again",
                shown(host)
            )));
        }
    };
    let lists_updates = updates.is_some();
    let Updates { kbs, warnings } = updates.unwrap_or_default();
    let installed_on = None;
    let installed_kbs = kbs.into_iter().map(|id| InstalledKb { id, installed_on });
    let machine = Machine {
        id: MachineId::from_name(host),
        computer_dns_name: host.to_owned(),
        os: OperatingSystem {
            platform: Some(name.to_owned()),
            build: version.build,
            // systeminfo does not tell it.
            revision: None,
            version: version.version,
            architecture,
            installation_type: installation_type(name, configuration),
            edition: edition(name),
            service_pack: version.service_pack,
        },
        installed_kbs: installed_kbs.collect(),
        software: SoftwareList::default(),
        software_reported: false,
        group: None,
        tags: Vec::new(),
        pending_reboot: None,
        hotpatch: None,
        secure_boot: None,
        win_re: None,
        dot_net: None,
        ip_addresses: Vec::new(),
        last_ip_address: None,
        last_external_ip_address: None,
        aad_device_id: None,
        agent_version: None,
        seen_at: None,
    };
    Some(Ok(Reading {
        machine: machine.normalized(),
        lists_updates,
        warnings,
    }))
}

/// Windows lets no name of a computer have these.
fn is_host_name(host: &str) -> bool {
    let is_forbidden = |c: char| c.is_whitespace() || c.is_control() || r#"\/:*?"<>|;"#.contains(c);
    !host.contains(is_forbidden) && host.chars().count() <= MAX_NAME
}

fn fields(text: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for line in text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        if line.starts_with([' ', '\t', '\u{a0}', '\u{3000}']) {
            if let Some(field) = fields.last_mut() {
                field.entries.push(line.trim_start().to_owned());
            }
        } else if let Some((label, value)) = line.split_once([':', '：']) {
            fields.push(Field {
                is_updates: label.to_ascii_lowercase().starts_with("hotfix"),
                value: value.trim().to_owned(),
                entries: Vec::new(),
            });
        }
    }
    fields
}

struct OsVersion {
    version: (u32, u32),
    build: u32,
    service_pack: Option<u8>,
}

impl OsVersion {
    /// Reads `10.0.17763 N/A Build 17763` and `6.1.7601 Service Pack 1 Build 7601`,
    /// whose words differ by language: the build stands at both ends.
    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_whitespace();
        let version = Version::parse(words.next()?)?;
        let &[major, minor, build] = version.parts() else {
            return None;
        };
        let words: Vec<&str> = words.collect();
        let last: u32 = words.last()?.parse().ok()?;
        if last != build {
            return None;
        }
        let number_before_build = words[..words.len() - 1]
            .iter()
            .find_map(|word| word.parse().ok());
        Some(Self {
            version: (major, minor),
            build,
            service_pack: Some(number_before_build.unwrap_or(0)),
        })
    }
}

/// `x64-based PC` and its translations.
fn architecture(value: &str) -> Option<Architecture> {
    if value.chars().count() > 40 {
        return None;
    }
    value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find_map(|word| match word.to_ascii_lowercase().as_str() {
            "x64" => Some(Architecture::X64),
            "x86" => Some(Architecture::X86),
            "arm64" => Some(Architecture::Arm64),
            _ => None,
        })
}

/// By the OS's name, which keeps `Server` in every language, else by its role.
fn installation_type(name: &str, configuration: &str) -> Option<InstallationType> {
    let role = configuration.to_lowercase();
    let server = [
        "server",
        "servidor",
        "serveur",
        "controller",
        "controlador",
        "contrôleur",
        "kontroler",
        "контроллер",
        "сервер",
        "服务器",
        "伺服器",
        "サーバー",
        "서버",
        "域控制",
        "網域控制",
        "コントローラ",
        "컨트롤러",
    ];
    let client = [
        "workstation",
        "station",
        "arbeitsstation",
        "estación",
        "estação",
        "рабочая",
        "工作站",
        "ワークステーション",
        "워크스테이션",
    ];
    let by_role = || {
        if server.iter().any(|word| role.contains(word)) {
            Some(InstallationType::Server)
        } else if client.iter().any(|word| role.contains(word)) {
            Some(InstallationType::Client)
        } else {
            None
        }
    };
    installation_type_of(name).or_else(by_role)
}

fn edition(name: &str) -> Option<String> {
    let (_, edition) = name.split_once("Windows ")?;
    let words: Vec<&str> = edition
        .split_whitespace()
        .filter(|w| !w.eq_ignore_ascii_case("server") && !w.eq_ignore_ascii_case("r2"))
        .filter(|w| !w.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}
