//! What keys and values mean.

use kbgap_catalog::{Architecture, KbId};

use super::syntax::Value;
use crate::native::{MAX_SOFTWARE, installation_type_of};
use crate::text::{MAX_NAME, MAX_TEXT, bounded, cut, is_blank, shown};
use crate::{Format, Part, package};

/// The state of a package that is installed.
const INSTALLED: u64 = 0x70;

/// The lowest `Release` of each .NET Framework 4, as its documentation lists them.
const FRAMEWORKS: [(u64, &str); 11] = [
    (533_320, "4.8.1"),
    (528_040, "4.8"),
    (461_808, "4.7.2"),
    (461_308, "4.7.1"),
    (460_798, "4.7"),
    (394_802, "4.6.2"),
    (394_254, "4.6.1"),
    (393_295, "4.6"),
    (379_893, "4.5.2"),
    (378_675, "4.5.1"),
    (378_389, "4.5"),
];

/// What a key tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Key {
    /// Of the version of Windows.
    CurrentVersion,
    /// Of one program.
    Program,
    /// Of a package, which may be that of an update.
    Package(Option<KbId>),
    /// Of .NET Framework 4, or 3.5.
    Framework4,
    Framework35,
    ComputerName,
    Network,
    Environment,
    SecureBoot,
    #[default]
    Other,
}

#[derive(Default)]
pub(super) struct Reader {
    part: Part,
    key: Key,
    /// The program whose key is read: the key's name, and vendor, name and version.
    program: (String, [String; 3]),
    is_package_installed: bool,
    major_minor: (Option<u64>, Option<u64>),
    old_version: Option<String>,
    host: Option<String>,
    domain: Option<String>,
    framework: (Option<u64>, String),
}

impl Reader {
    /// Enters a key; that before it is complete.
    pub(super) fn key(&mut self, path: &str) -> Result<(), String> {
        self.end_of_key()?;
        // A key that is deleted tells nothing.
        self.key = match path.starts_with('-') {
            true => Key::Other,
            false => self.meaning(&path.to_ascii_lowercase()),
        };
        Ok(())
    }

    fn meaning(&mut self, path: &str) -> Key {
        let (parent, name) = path.rsplit_once('\\').unwrap_or(("", path));
        let is_of_old_programs = path.contains("\\wow6432node\\");
        if parent.ends_with("\\microsoft\\windows\\currentversion\\uninstall") {
            self.program.0 = shown(name);
            return Key::Program;
        }
        if path.ends_with("\\microsoft\\windows\\currentversion\\uninstall") {
            self.part.software.get_or_insert_default();
        }
        if parent.ends_with("\\component based servicing\\packages") {
            self.part.kbs.get_or_insert_default();
            return Key::Package(package::kb_of(name));
        }
        if path.ends_with("\\component based servicing\\rebootpending")
            || path.ends_with("\\windowsupdate\\auto update\\rebootrequired")
        {
            self.part.pending_reboot = Some(true);
        }
        match path {
            _ if path.ends_with("\\microsoft\\windows nt\\currentversion")
                && !is_of_old_programs =>
            {
                Key::CurrentVersion
            }
            _ if path.ends_with("\\net framework setup\\ndp\\v4\\full") && !is_of_old_programs => {
                Key::Framework4
            }
            _ if path.ends_with("\\net framework setup\\ndp\\v3.5") && !is_of_old_programs => {
                Key::Framework35
            }
            _ if path.ends_with("\\control\\computername\\computername") => Key::ComputerName,
            _ if path.ends_with("\\services\\tcpip\\parameters") => Key::Network,
            _ if path.ends_with("\\control\\session manager\\environment") => Key::Environment,
            _ if path.ends_with("\\control\\secureboot\\state") => Key::SecureBoot,
            _ => Key::Other,
        }
    }

    /// Takes a value of the key; one that nobody asks for is not even decoded.
    pub(super) fn take(
        &mut self,
        name: &str,
        decode: impl FnOnce() -> Result<Value, String>,
    ) -> Result<(), String> {
        match self.wants(name) {
            true => self.value(name, decode()?),
            false => Ok(()),
        }
    }

    fn wants(&self, name: &str) -> bool {
        let names: &[&str] = match self.key {
            Key::CurrentVersion => &[
                "currentbuild",
                "currentbuildnumber",
                "ubr",
                "productname",
                "editionid",
                "installationtype",
                "currentmajorversionnumber",
                "currentminorversionnumber",
                "currentversion",
                "csdversion",
                "buildlabex",
            ],
            Key::Program => &["displayname", "displayversion", "publisher"],
            Key::Package(Some(_)) => &["currentstate"],
            Key::Framework4 => &["release", "version"],
            Key::Framework35 => &["install", "version"],
            Key::ComputerName => &["computername"],
            Key::Network => &["hostname", "nv hostname", "domain"],
            Key::Environment => &["processor_architecture"],
            Key::SecureBoot => &["uefisecurebootenabled"],
            Key::Package(None) | Key::Other => &[],
        };
        names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
    }

    fn value(&mut self, name: &str, value: Value) -> Result<(), String> {
        let name = name.to_ascii_lowercase();
        match (&self.key, name.as_str(), value) {
            (Key::CurrentVersion, name, value) => return self.of_windows(name, value),
            (Key::Program, "displayname", Value::Text(text)) => {
                self.program.1[1] = text;
            }
            (Key::Program, "displayversion", Value::Text(text)) => {
                self.program.1[2] = text;
            }
            (Key::Program, "publisher", Value::Text(text)) => {
                self.program.1[0] = text;
            }
            (Key::Package(_), _, Value::Number(state)) => {
                self.is_package_installed = state == INSTALLED;
            }
            (Key::Framework4, "release", Value::Number(release)) => {
                self.framework.0 = Some(release);
            }
            (Key::Framework35, "install", Value::Number(install)) => {
                self.framework.0 = (install == 1).then_some(1);
            }
            (Key::Framework4 | Key::Framework35, "version", Value::Text(text)) => {
                self.framework.1 = text;
            }
            (Key::ComputerName, _, Value::Text(text)) => {
                self.host.get_or_insert(bounded(&text, MAX_NAME)?);
            }
            (Key::Network, "domain", Value::Text(text)) if !text.trim().is_empty() => {
                self.domain = Some(bounded(&text, MAX_NAME)?);
            }
            // It has the case and the length that the host's name really has.
            (Key::Network, "hostname" | "nv hostname", Value::Text(text)) => {
                self.host = Some(bounded(&text, MAX_NAME)?).filter(|name| !name.is_empty());
            }
            (Key::Environment, _, Value::Text(text)) => {
                self.part.os.architecture = text.parse().ok().or(self.part.os.architecture);
            }
            (Key::SecureBoot, _, Value::Number(is_on)) => {
                self.part.secure_boot = Some(is_on == 1);
            }
            _ => {}
        }
        Ok(())
    }

    fn of_windows(&mut self, name: &str, value: Value) -> Result<(), String> {
        let os = &mut self.part.os;
        match (name, value) {
            ("currentbuild" | "currentbuildnumber", Value::Text(text)) => {
                let build = text.trim().parse().map_err(|_| {
                    let shown = shown(&text);
                    format!("`{shown}` is no build (expected such as 19045)")
                })?;
                if os.build.is_some_and(|known| known != build) {
                    return Err(format!("build {build} is not the one that stands above it"));
                }
                os.build = Some(build);
            }
            ("ubr", Value::Number(revision)) => {
                os.revision = Some(u32::try_from(revision).map_err(|_| "is no revision")?);
            }
            ("productname", Value::Text(text)) => os.platform = Some(cut(&text, MAX_TEXT)),
            ("editionid", Value::Text(text)) => os.edition = Some(cut(&text, MAX_TEXT)),
            ("installationtype", Value::Text(text)) => {
                // Others exist, such as that of the Nano Server, and are none of ours.
                os.installation_type = text.parse().ok();
            }
            ("currentmajorversionnumber", Value::Number(major)) => self.major_minor.0 = Some(major),
            ("currentminorversionnumber", Value::Number(minor)) => self.major_minor.1 = Some(minor),
            ("currentversion", Value::Text(text)) => self.old_version = Some(text),
            ("csdversion", Value::Text(text)) => {
                os.service_pack = text.rsplit(' ').next().and_then(|n| n.parse().ok());
            }
            ("buildlabex", Value::Text(text)) => {
                os.architecture = os.architecture.or_else(|| architecture(&text));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes what the key that ends here told.
    fn end_of_key(&mut self) -> Result<(), String> {
        match std::mem::take(&mut self.key) {
            Key::Program => {
                let (key, [vendor, name, version]) = std::mem::take(&mut self.program);
                let software = self.part.software.get_or_insert_default();
                if software.len() == MAX_SOFTWARE {
                    return Err(format!(
                        "comes after {MAX_SOFTWARE} programs, the most that a host may have"
                    ));
                }
                // Parts of programs have no name to show.
                if !is_blank(&name) {
                    let place = format!("key `{key}`");
                    self.part.add_program(&place, [&vendor, &name, &version]);
                }
            }
            Key::Package(Some(kb)) if std::mem::take(&mut self.is_package_installed) => {
                self.part.add_kb(kb);
            }
            Key::Framework4 => {
                let (release, version) = std::mem::take(&mut self.framework);
                let known = FRAMEWORKS
                    .iter()
                    .find(|(from, _)| release.is_some_and(|r| r >= *from));
                self.framework(known.map(|(_, name)| *name), &version);
            }
            Key::Framework35 => {
                let (installed, version) = std::mem::take(&mut self.framework);
                self.framework(installed.map(|_| "3.5"), &version);
            }
            _ => {}
        }
        Ok(())
    }

    fn framework(&mut self, name: Option<&str>, version: &str) {
        if let Some(name) = name {
            let name = format!("Microsoft .NET Framework {name}");
            let texts = ["Microsoft Corporation", &name, version];
            self.part.add_program("key of .NET Framework", texts);
        }
    }

    pub(super) fn finish(mut self) -> Part {
        // The last key has nothing after it that could be wrong.
        let _ = self.end_of_key();
        let mut part = self.part;
        part.format = Format::Registry;
        part.name = match (self.host, self.domain) {
            (Some(host), Some(domain)) if !host.contains('.') => Some(format!("{host}.{domain}")),
            (host, _) => host,
        };
        let major_minor = self.major_minor.0.zip(self.major_minor.1);
        let newer = major_minor.and_then(|(a, b)| Some((a.try_into().ok()?, b.try_into().ok()?)));
        // Since Windows 10 it says 6.3 for programs that know no later one.
        let older = || {
            let (major, minor) = self.old_version.as_deref()?.trim().split_once('.')?;
            let build = part.os.build?;
            (build < 10_240).then_some(())?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        part.os.version = newer.or_else(older);
        if part.os.installation_type.is_none() {
            part.os.installation_type = part.os.platform.as_deref().and_then(installation_type_of);
        }
        if part.os.build.is_some() && part.os.service_pack.is_none() {
            part.os.service_pack = Some(0);
        }
        part
    }
}

/// `19041.1.amd64fre.vb_release.191206-1406`
fn architecture(build_lab: &str) -> Option<Architecture> {
    build_lab.split('.').find_map(|word| match word {
        _ if word.starts_with("amd64") => Some(Architecture::X64),
        _ if word.starts_with("arm64") => Some(Architecture::Arm64),
        _ if word.starts_with("x86") => Some(Architecture::X86),
        _ => None,
    })
}
