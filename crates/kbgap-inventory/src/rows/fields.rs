//! What names of columns and properties mean.

use std::collections::HashMap;

use super::missing::{is_answer, names_vulnerabilities};

/// What a value tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Field {
    Host,
    Id,
    OsVersion,
    Build,
    Revision,
    Platform,
    Architecture,
    InstallationType,
    ProductType,
    Edition,
    ServicePack,
    Kb,
    InstalledOn,
    /// Whether the update is installed.
    State,
    /// What became of installing it.
    Result,
    /// Whether it was installed or removed.
    Operation,
    /// A package of the servicing stack, which may be that of an update.
    Package,
    PackageState,
    Software,
    SoftwareVersion,
    Vendor,
    Group,
    Tags,
    SeenAt,
    SecureBoot,
}

/// Names without blanks, signs and capitals. Of what is told twice the first counts.
const NAMES: [(Field, &[&str]); 23] = [
    (
        Field::Host,
        &[
            "computerdnsname",
            "dnshostname",
            "csdnshostname",
            "csname",
            "fqdn",
            "hostname",
            "host",
            "computername",
            "computer",
            "devicename",
            "device",
            "machinename",
            "machine",
            "servername",
            "server",
            "pscomputername",
            "node",
            "assetname",
            "netbiosname",
            "systemname",
            "source",
        ],
    ),
    (Field::Id, &["deviceid", "machineid"]),
    (Field::OsVersion, &["osversion", "operatingsystemversion"]),
    (
        Field::Build,
        &[
            "osbuild",
            "osbuildnumber",
            "buildnumber",
            "build",
            "currentbuild",
            "currentbuildnumber",
        ],
    ),
    (
        Field::Revision,
        &["ubr", "windowsubr", "osrevision", "revision"],
    ),
    (
        Field::Platform,
        &[
            "osname",
            "osplatform",
            "os",
            "operatingsystem",
            "oscaption",
            "caption",
            "windowsproductname",
        ],
    ),
    (
        Field::Architecture,
        &[
            "osarchitecture",
            "architecture",
            "arch",
            "osprocessor",
            "cssystemtype",
            "systemtype",
        ],
    ),
    (
        Field::InstallationType,
        &["installationtype", "windowsinstallationtype"],
    ),
    (Field::ProductType, &["osproducttype", "producttype"]),
    (
        Field::Edition,
        &["edition", "osedition", "editionid", "windowseditionid"],
    ),
    (
        Field::ServicePack,
        &[
            "servicepack",
            "osservicepackmajorversion",
            "servicepackmajorversion",
        ],
    ),
    (
        Field::Kb,
        &[
            "hotfixid",
            "kb",
            "kbs",
            "kbid",
            "kbnumber",
            "kbarticle",
            "article",
            "articleid",
            "installedkb",
            "installedkbs",
            "oshotfixes",
            "hotfix",
            "hotfixes",
            "updates",
            "installedupdates",
        ],
    ),
    (Field::InstalledOn, &["installedon"]),
    (
        Field::State,
        &[
            "isinstalled",
            "installed",
            "installstate",
            "installstatus",
            "installationstate",
            "installationstatus",
            "updatestate",
            "updatestatus",
            "state",
            "status",
        ],
    ),
    (Field::Result, &["result", "resultcode"]),
    (Field::Operation, &["operation", "operationname"]),
    (
        Field::Software,
        &[
            "software",
            "softwarename",
            "displayname",
            "application",
            "applicationname",
            "program",
            "programname",
            "package",
            "packagename",
        ],
    ),
    (
        Field::SoftwareVersion,
        &[
            "softwareversion",
            "displayversion",
            "applicationversion",
            "programversion",
            "packageversion",
            "productversion",
        ],
    ),
    (
        Field::Vendor,
        &["vendor", "softwarevendor", "publisher", "manufacturer"],
    ),
    (
        Field::Group,
        &["group", "devicegroup", "rbacgroupname", "machinegroup"],
    ),
    (Field::Tags, &["tags", "machinetags", "tag"]),
    (Field::SeenAt, &["seenat", "lastseen", "lastseenat"]),
    (Field::SecureBoot, &["secureboot"]),
];

impl Field {
    /// The name for people, which is that of the native document where it has one.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Host => "computerDnsName",
            Self::Id => "id",
            Self::OsVersion => "os.version",
            Self::Build => "os.version (build)",
            Self::Revision => "os.version (revision)",
            Self::Platform => "os.platform",
            Self::Architecture => "os.architecture",
            Self::InstallationType => "os.installationType",
            Self::ProductType => "os.installationType (by role)",
            Self::Edition => "os.edition",
            Self::ServicePack => "os.servicePack",
            Self::Kb => "installedKbs",
            Self::InstalledOn => "installedKbs (date)",
            Self::State | Self::Result => "installedKbs (whether installed)",
            Self::Operation => "installedKbs (whether removed)",
            Self::Package => "installedKbs (by package)",
            Self::PackageState => "installedKbs (whether the package is installed)",
            Self::Software => "software.name",
            Self::SoftwareVersion => "software.version",
            Self::Vendor => "software.vendor",
            Self::Group => "group",
            Self::Tags => "tags",
            Self::SeenAt => "seenAt",
            Self::SecureBoot => "secureBoot",
        }
    }

    fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, names)| names.contains(&name))
            .map(|(field, _)| *field)
    }

    /// Whether it tells what Windows there is.
    const fn is_of_windows(self) -> bool {
        matches!(
            self,
            Self::OsVersion | Self::Build | Self::Revision | Self::Platform
        )
    }
}

/// Which of the names of one table or list mean what.
pub(crate) struct Mapping {
    fields: HashMap<String, Field>,
    /// Whether the rows tell what a host misses, and nothing that is read.
    is_of_missing: bool,
}

impl Mapping {
    /// By the names that stand together: `Version` is that of a program where programs
    /// are named, and else that of Windows.
    pub(crate) fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let plain: Vec<String> = names.into_iter().map(plain).collect();
        let mut fields: HashMap<String, Field> = plain
            .iter()
            .filter_map(|name| Some((name.clone(), Field::named(name)?)))
            .collect();
        let has = |fields: &HashMap<String, Field>, field| fields.values().any(|f| *f == field);
        let is_there = |name: &str| plain.iter().any(|n| n == name);
        let names_vulnerabilities = names_vulnerabilities(&plain);
        if names_vulnerabilities {
            fields.retain(|_, field| *field != Field::Kb);
        }
        // Of anything else it is not known what is in which state.
        if !has(&fields, Field::Kb) {
            fields.retain(|_, field| {
                !matches!(field, Field::State | Field::Result | Field::Operation)
            });
        }
        if has(&fields, Field::Operation) && is_there("date") {
            fields.insert("date".to_owned(), Field::InstalledOn);
        }
        // Packages of the servicing stack are updates and parts of Windows, and no programs.
        if is_there("packagename") && is_there("packagestate") {
            for (name, field) in [
                ("packagename", Field::Package),
                ("packagestate", Field::PackageState),
                ("installtime", Field::InstalledOn),
            ] {
                fields.insert(name.to_owned(), field);
            }
        }
        // The list of hotfixes has a page of the vendor under this name, that of programs
        // the program again.
        if [Field::Kb, Field::Software, Field::Vendor]
            .iter()
            .any(|f| has(&fields, *f))
        {
            fields.remove("caption");
        }
        // Of an update it is the host, of a program the place that it came from.
        if !has(&fields, Field::Kb) {
            fields.remove("source");
        }
        if is_there("name") {
            let of_windows = fields.values().any(|f| f.is_of_windows());
            let is_host = !has(&fields, Field::Host) && (of_windows || has(&fields, Field::Kb));
            if is_host {
                fields.insert("name".to_owned(), Field::Host);
            } else if !has(&fields, Field::Software)
                && !has(&fields, Field::Kb)
                // Scanners name their checks.
                && (!names_vulnerabilities || is_there("version") || has(&fields, Field::SoftwareVersion))
                // Where a host is told, a name without a version may be the same again.
                && (!of_windows || has(&fields, Field::SoftwareVersion) || has(&fields, Field::Vendor))
            {
                fields.insert("name".to_owned(), Field::Software);
            }
        }
        if is_there("product") && !has(&fields, Field::Software) {
            fields.insert("product".to_owned(), Field::Software);
        }
        if is_there("version") {
            if has(&fields, Field::Software) {
                if !has(&fields, Field::SoftwareVersion) {
                    fields.insert("version".to_owned(), Field::SoftwareVersion);
                }
            } else if !has(&fields, Field::OsVersion) {
                fields.insert("version".to_owned(), Field::OsVersion);
            }
        }
        let mut mapping = Self {
            fields,
            is_of_missing: false,
        };
        mapping.is_of_missing =
            is_answer(&plain) || (names_vulnerabilities && !mapping.is_useful());
        mapping
    }

    /// What a value of this name tells.
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        self.fields.get(&plain(name)).copied()
    }

    /// Whether anything is told that a host could need, or must not be taken for that.
    pub(crate) fn is_useful(&self) -> bool {
        self.is_of_missing || self.has_kbs() || self.has(Field::Software) || self.has_version()
    }

    /// Whether the rows tell what a host misses, and nothing that may be read.
    pub(super) fn is_of_missing(&self) -> bool {
        self.is_of_missing
    }

    pub(crate) fn has(&self, field: Field) -> bool {
        self.fields.values().any(|f| *f == field)
    }

    /// Whether installed updates are told, by their numbers or their packages.
    pub(crate) fn has_kbs(&self) -> bool {
        self.has(Field::Kb) || self.has(Field::Package)
    }

    /// Whether the version of Windows is told.
    pub(crate) fn has_version(&self) -> bool {
        self.has(Field::OsVersion) || self.has(Field::Build)
    }

    /// How many names are known.
    pub(crate) fn known(&self) -> usize {
        self.fields.len()
    }

    /// Whether they are properties of `Get-ComputerInfo`.
    pub(crate) fn is_computer_info(&self) -> bool {
        [
            "windowsproductname",
            "windowseditionid",
            "osbuildnumber",
            "windowsinstallationtype",
            "oshotfixes",
        ]
        .iter()
        .any(|name| self.fields.contains_key(*name))
    }
}

fn plain(name: &str) -> String {
    let mut plain: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(60)
        .flat_map(char::to_lowercase)
        .collect();
    // Views of Configuration Manager have `Name0`, `HotFixID0` and so on.
    let is_of_view = |name: &str| name.ends_with(char::is_alphabetic);
    if plain.strip_suffix('0').is_some_and(is_of_view) {
        plain.pop();
    }
    plain
}

#[cfg(test)]
mod tests;
