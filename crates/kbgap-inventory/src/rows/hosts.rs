//! From rows to hosts: many rows may tell of one.

use std::collections::HashMap;

use kbgap_catalog::{Architecture, InstallationType, KbId};

use super::Read;
use super::fields::{Field, Mapping};
use super::history::{self, History};
use super::missing::{has_failed, is_not_installed};
use crate::native::{installation_type_of, is_guid};
use crate::text::{MAX_NAME, MAX_TEXT, bounded, is_blank, shown};
use crate::unread::Unread;
use crate::{Format, InstalledKb, Part, PartOs, ReportError, package};

/// The hosts of a table or list, as far as they are read.
pub(super) struct Hosts {
    format: Format,
    has_kbs: bool,
    has_software: bool,
    /// Where rows tell what was installed and what was removed.
    history: Option<History>,
    parts: Vec<Part>,
    by_name: HashMap<String, usize>,
    rows: usize,
    others: usize,
    unread: Unread,
    not_installed: usize,
}

/// Words of systems that are not Windows: lists of a whole company have them.
const OTHERS: [&str; 15] = [
    "linux", "ubuntu", "debian", "centos", "red hat", "redhat", "rhel", "suse", "mac os", "macos",
    "os x", "darwin", "android", "esx", "unix",
];

/// What PowerShell writes in place of a list that lies too deep.
const UNWRITTEN: [&str; 3] = [
    "Microsoft.PowerShell.Commands.HotFix",
    "System.Object[]",
    "System.String[]",
];

impl Hosts {
    /// # Errors
    /// [`ReportError::Missing`] where rows with these names tell of nothing that a host has.
    pub(super) fn of(mapping: &Mapping) -> Result<Self, ReportError> {
        if mapping.is_of_missing() {
            return Err(ReportError::Missing);
        }
        let (kbs, software) = (mapping.has_kbs(), mapping.has(Field::Software));
        let format = match (mapping.has_version(), kbs, software) {
            _ if mapping.is_computer_info() => Format::ComputerInfo,
            (false, true, false) => Format::Hotfixes,
            (false, false, true) => Format::SoftwareList,
            _ => Format::Table,
        };
        Ok(Self {
            format,
            has_kbs: kbs,
            has_software: software,
            history: mapping.has(Field::Operation).then(History::default),
            parts: Vec::new(),
            by_name: HashMap::new(),
            rows: 0,
            others: 0,
            unread: Unread::default(),
            not_installed: 0,
        })
    }

    /// The same as [`Hosts::add`] for a row of a table, whose values may have lost their columns:
    /// where its columns of updates are empty, an update that it names elsewhere is told.
    ///
    /// # Errors
    /// Those of [`Hosts::add`].
    pub(super) fn add_row<'v>(
        &mut self,
        line: usize,
        values: impl IntoIterator<Item = (Field, &'v str)>,
        row: impl FnOnce() -> String,
    ) -> Result<(), String> {
        let values: Vec<(Field, &str)> = values.into_iter().collect();
        // The name of a program or package may tell the update that it is, and is read so.
        let mut tells = values.iter().map(|(field, value)| match field {
            Field::Kb => named_kbs(value).next().is_some(),
            Field::Software | Field::Package => !is_blank(value),
            _ => false,
        });
        if self.has_kbs && !tells.any(|tells| tells) {
            self.unread.look(line, &row());
        }
        self.add(&format!("line {line}"), values)
    }

    /// Adds what a row tells, which stands at a place such as `line 7`.
    ///
    /// # Errors
    /// What is wrong in it, or contradicts an earlier row of the same host.
    pub(super) fn add<'v>(
        &mut self,
        place: &str,
        values: impl IntoIterator<Item = (Field, &'v str)>,
    ) -> Result<(), String> {
        self.rows += 1;
        let values: Vec<(Field, &str)> = values.into_iter().collect();
        let platform = values.iter().find(|(field, _)| *field == Field::Platform);
        if platform.is_some_and(|(_, name)| is_other(name)) {
            self.others += 1;
            return Ok(());
        }
        let tells = |field| {
            values
                .iter()
                .any(|(f, value)| *f == field && !is_blank(value))
        };
        let (has_build, has_host) = (tells(Field::Build), tells(Field::Host));
        let mut part = Part::of(self.format);
        let [mut vendor, mut name, mut version] = [""; 3];
        let [mut package, mut package_state] = [""; 2];
        let (mut installed_on, mut time) = (None, None);
        let (mut is_missing, mut is_removal) = (false, false);
        if self.has_kbs {
            part.kbs = Some(Vec::new());
        }
        for (field, value) in values {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match field {
                Field::InstalledOn => {
                    installed_on = value.get(..10).and_then(|d| d.parse().ok());
                    time = history::time(value);
                }
                Field::OsVersion if has_build && is_release(value) => {}
                // Other tools number devices in their own way.
                Field::Id if has_host && is_guid(value.trim_matches(['{', '}'])) => {}
                Field::State => is_missing |= is_not_installed(value),
                Field::Result => is_missing |= has_failed(value),
                Field::Operation => is_removal |= history::is_removal(value),
                Field::Package => package = value,
                Field::PackageState => package_state = value,
                // Of a text that several columns tell, the first counts.
                Field::Software if name.is_empty() => name = value,
                Field::SoftwareVersion if version.is_empty() => version = value,
                Field::Vendor if vendor.is_empty() => vendor = value,
                other => take(&mut part, other, value)?,
            }
        }
        if package::take(&mut part, package, package::State::of(package_state)) {
            self.not_installed += 1;
        }
        if is_missing && part.kbs.as_ref().is_some_and(|kbs| !kbs.is_empty()) {
            self.not_installed += 1;
            part.kbs = Some(Vec::new());
        }
        for kb in part.kbs.iter_mut().flatten() {
            kb.installed_on = installed_on;
        }
        let of_history: Vec<KbId> = match &self.history {
            Some(_) => part.kbs.iter().flatten().map(|kb| kb.id).collect(),
            None => Vec::new(),
        };
        if is_removal && self.has_kbs {
            part.kbs = Some(Vec::new());
        }
        if self.has_software {
            part.software = Some(Vec::new());
            if !is_blank(name) {
                part.add_program(place, [vendor, name, version]);
            }
        }
        let key = match (&part.id, &part.name) {
            (Some(id), _) => id.to_string(),
            (None, Some(name)) => name.to_lowercase(),
            (None, None) => String::new(),
        };
        let host = *self.by_name.entry(key).or_insert(self.parts.len());
        if let Some(history) = &mut self.history {
            for kb in of_history {
                history.add(host, kb, is_removal, time);
            }
        }
        match self.parts.get_mut(host) {
            Some(known) => known.join(part),
            None => {
                self.parts.push(part);
                Ok(())
            }
        }
    }

    /// The hosts that told anything at all.
    pub(super) fn finish(mut self) -> Read {
        if let Some(history) = self.history {
            self.not_installed += history.leave_out_removed(&mut self.parts);
        }
        let tells = |part: &Part| {
            part.os.build.is_some()
                || part.kbs.as_ref().is_some_and(|kbs| !kbs.is_empty())
                || part.rollup.is_some()
                || part.software.as_ref().is_some_and(|s| !s.is_empty())
        };
        let mut parts = self.parts;
        // Rows whose host's name was cut off belong to the only one there is.
        if let [_, _] = parts.as_slice()
            && let Some(unnamed) = parts
                .iter()
                .position(|p| p.name.is_none() && p.id.is_none())
        {
            let unnamed = parts.swap_remove(unnamed);
            if let Some(only) = parts.first_mut()
                && let Err(contradiction) = only.join(unnamed)
            {
                only.warnings.push(contradiction);
            }
        }
        parts.retain(tells);
        Read {
            parts,
            columns: Vec::new(),
            rows: self.rows,
            others: self.others,
            unread: self.unread,
            not_installed: self.not_installed,
        }
    }
}

fn is_other(platform: &str) -> bool {
    let folded = platform.to_lowercase();
    !folded.contains("windows") && OTHERS.iter().any(|word| folded.contains(word))
}

/// Takes a version, which a build in another column must not contradict.
fn take_version(os: &mut PartOs, value: &str) -> Result<(), String> {
    let (revision, build) = (os.revision, os.build);
    os.take_version(value)?;
    os.revision = os.revision.or(revision);
    if build.is_some_and(|build| os.build != Some(build)) {
        return Err(format!(
            "`{}` is not the build that is told beside it",
            shown(value)
        ));
    }
    Ok(())
}

fn take(part: &mut Part, field: Field, value: &str) -> Result<(), String> {
    let os = &mut part.os;
    match field {
        // What is wider than its column is cut, and a cut name is none.
        Field::Host if part.name.is_none() && !is_cut(value) => {
            part.name = Some(bounded(value, MAX_NAME)?);
        }
        Field::Id => part.id = Some(value.parse().map_err(|e| format!("{e}"))?),
        Field::OsVersion => take_version(os, value)?,
        // Some write the whole version.
        Field::Build if value.matches('.').count() >= 2 => take_version(os, value)?,
        Field::Build => {
            // Some write the revision with it.
            let (build, revision) = value.split_once('.').unwrap_or((value, ""));
            let build = number(build, "build", "19045")?;
            if os.build.is_some_and(|known| known != build) {
                return Err(format!(
                    "build {build} is not that of the version beside it"
                ));
            }
            os.build = Some(build);
            if !revision.is_empty() {
                os.revision = Some(number(revision, "revision", "3448")?);
            }
        }
        Field::Revision => os.revision = Some(number(value, "revision", "3448")?),
        Field::Platform => {
            os.platform.get_or_insert(bounded(value, MAX_TEXT)?);
            os.installation_type = os.installation_type.or_else(|| installation_type_of(value));
        }
        Field::Architecture => os.architecture = os.architecture.or_else(|| architecture(value)),
        Field::InstallationType => {
            os.installation_type = Some(value.parse().map_err(|e| format!("{e}"))?);
        }
        Field::ProductType => {
            os.installation_type = os.installation_type.or_else(|| by_role(value));
        }
        Field::Edition => {
            os.edition.get_or_insert(bounded(value, MAX_TEXT)?);
        }
        Field::ServicePack => os.service_pack = value.parse().ok(),
        Field::Kb => kbs(part, value),
        Field::Group => part.group = Some(bounded(value, MAX_NAME)?),
        Field::Tags => {
            for tag in value.split([';', ',']).filter(|tag| !tag.trim().is_empty()) {
                part.tags.push(bounded(tag, MAX_NAME)?);
            }
        }
        Field::SeenAt => part.seen_at = instant(value),
        Field::SecureBoot => part.secure_boot = truth(value),
        _ => {}
    }
    Ok(())
}

/// Whether a version is that of a release for people, such as `22H2`, `10.0` or `Windows 11`,
/// which tells nothing beside a build.
fn is_release(version: &str) -> bool {
    version.matches('.').count() < 2 && !version.contains('(')
}

/// All KBs that a value names. What is none, such as `File 1` of old systems, is told
/// by no number and passed over.
fn kbs(part: &mut Part, value: &str) {
    part.kbs
        .get_or_insert_default()
        .extend(named_kbs(value).map(|id| InstalledKb {
            id,
            installed_on: None,
        }));
    if let Some(kind) = UNWRITTEN.iter().find(|kind| value.contains(*kind)) {
        part.warnings.push(format!(
            "its list of updates is not written out (`{kind}`): give a list of hotfixes with it, or JSON \
             (`ConvertTo-Json -Depth 3`)"
        ));
    }
    if is_cut(value.trim_end_matches('}')) {
        part.warnings.push(
            "its list of updates is cut (`…`): give a list of hotfixes with it, or JSON (`ConvertTo-Json`)"
                .to_owned(),
        );
    }
}

fn named_kbs(value: &str) -> impl Iterator<Item = KbId> + '_ {
    let words = value.split(|c: char| !c.is_ascii_alphanumeric());
    // A count or a year is no update: without "KB" it takes the digits of one.
    let is_kb = |word: &&str| word.len() >= 6 || word.to_ascii_lowercase().starts_with("kb");
    words.filter(is_kb).filter_map(|word| word.parse().ok())
}

fn is_cut(value: &str) -> bool {
    value.ends_with("...") || value.ends_with('…')
}

fn number(value: &str, what: &str, such_as: &str) -> Result<u32, String> {
    let digits = value.trim().trim_end_matches(".0");
    digits.parse().map_err(|_| {
        format!(
            "`{}` is no {what} (expected such as {such_as})",
            shown(value)
        )
    })
}

/// `64-bit`, `x64-based PC`, `ARM 64-bit Processor`, and their translations.
pub(super) fn architecture(value: &str) -> Option<Architecture> {
    let value = value.to_lowercase();
    if value.contains("arm") || value.contains("aarch64") {
        // No Windows that gets updates runs on 32-bit ARM.
        value.contains("64").then_some(Architecture::Arm64)
    } else if value.contains("64") {
        Some(Architecture::X64)
    } else if value.contains("32") || value.contains("86") {
        Some(Architecture::X86)
    } else {
        None
    }
}

/// The role as a word, or the number that stands for it in JSON.
fn by_role(value: &str) -> Option<InstallationType> {
    match value.to_lowercase().as_str() {
        "workstation" | "1" => Some(InstallationType::Client),
        "domaincontroller" | "server" | "2" | "3" => Some(InstallationType::Server),
        _ => None,
    }
}

/// A time with its zone, or one without, which is UTC in exports.
pub(crate) fn instant(value: &str) -> Option<jiff::Timestamp> {
    let civil = || {
        value
            .replace(' ', "T")
            .parse::<jiff::civil::DateTime>()
            .ok()
    };
    value
        .parse()
        .ok()
        .or_else(|| jiff::tz::Offset::UTC.to_timestamp(civil()?).ok())
}

fn truth(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
