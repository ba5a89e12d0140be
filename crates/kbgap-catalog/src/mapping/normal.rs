//! From the names that uninstall lists show to the software that the API calls them:
//! every program that is known, also those that no rule asks for.
//!
//! A name is taken apart into words; architecture, language, version and year are set
//! aside, and what is left is looked up in a reviewed table (`data/installed.tsv`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::installed::map_installed;
use super::words::Words;
use super::{Component, component_of};
use crate::fold::fold;
use crate::platform::Architecture;
use crate::software::SoftwareId;
use crate::sql_server::{SqlBranch, SqlBuild, SqlTrack};
use crate::table::rows;
use crate::version::Version;

/// What an installed program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// A software of the API.
    Software(Box<InstalledSoftware>),
    /// A part of another program, which stands in the list itself.
    Part,
}

/// What the name of an installed program tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledSoftware {
    /// The API's software.
    pub software: SoftwareId,
    /// The family of rules that decides about it.
    pub component: Component,
    /// The release that its name tells, such as `2019` or `2015-2022`.
    pub release: Option<String>,
    /// The edition, such as `Professional Plus`.
    pub edition: Option<&'static str>,
    /// The architecture that its name tells.
    pub architecture: Option<Architecture>,
    /// The line of updates that it is on.
    pub branch: Option<Branch>,
}

/// A line of updates: fixes of one say nothing of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Branch {
    /// Office that updates itself.
    ClickToRun,
    /// Office that is installed by Windows Installer and updated by KBs.
    Msi,
    /// SQL Server with security fixes alone.
    Gdr,
    /// SQL Server with cumulative updates.
    Cu,
    /// SQL Server on the last service pack of an old release, whatever was installed on it.
    Qfe,
    /// SQL Server 2016 with the Azure Connect pack.
    AzureConnect,
}

impl Branch {
    /// The name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClickToRun => "click-to-run",
            Self::Msi => "msi",
            Self::Gdr => "gdr",
            Self::Cu => "cu",
            Self::Qfe => "qfe",
            Self::AzureConnect => "azure-connect",
        }
    }
}

/// What an installed program is; `None` where neither the rules nor the table know it.
/// Publisher and version may be empty, where they are not reported.
///
/// Names that are software of the API already, as in exports of Microsoft Defender,
/// are what they say.
#[must_use]
pub fn recognise(publisher: &str, name: &str, version: &str) -> Option<Recognised> {
    let words = Words::of(name);
    let of_family = map_installed(publisher, name, version);
    let row = TABLE.find(&words.base, &fold(publisher));
    let as_it_is = || {
        let id = SoftwareId::from_names(publisher, name)?;
        TABLE.software.contains(&id).then_some(id)
    };
    let (software, component) = match (of_family, &row) {
        (Some(family), _) => family,
        (
            None,
            Some(Row {
                software: Some(id), ..
            }),
        ) => (id.clone(), component_of(id)),
        (None, Some(_)) => return Some(Recognised::Part),
        (None, None) => {
            let id = as_it_is()?;
            let component = component_of(&id);
            (id, component)
        }
    };
    let branch = match component {
        Component::Office => office_branch(&words),
        Component::SqlServer => sql_server_branch(version),
        _ => None,
    };
    Some(Recognised::Software(Box::new(InstalledSoftware {
        software,
        component,
        edition: row.and_then(|row| row.edition),
        architecture: words.architecture,
        branch,
        release: words.release,
    })))
}

/// The software that the table alone names an installed program, for whoever has asked
/// [`map_installed`] already.
#[must_use]
pub fn named_in_table(publisher: &str, name: &str) -> Option<SoftwareId> {
    TABLE
        .find(&Words::of(name).base, &fold(publisher))?
        .software
}

/// Click-to-Run names its language, and is all that there is since 2019.
fn office_branch(words: &Words) -> Option<Branch> {
    let year = words
        .release
        .as_deref()
        .and_then(|release| release.parse::<u32>().ok());
    let is_newer = year.is_some_and(|year| (2_019..=2_100).contains(&year));
    if words.has_language || is_newer || words.base.contains("365") {
        Some(Branch::ClickToRun)
    } else {
        year.map(|_| Branch::Msi)
    }
}

/// By its build, which tells the branch.
fn sql_server_branch(version: &str) -> Option<Branch> {
    let (release, build) = SqlBuild::of_version(&Version::parse(version)?)?;
    Some(match SqlBranch::of(release, build)?.track {
        SqlTrack::Gdr => Branch::Gdr,
        SqlTrack::Cu => Branch::Cu,
        SqlTrack::Qfe => Branch::Qfe,
        SqlTrack::AzureConnect => Branch::AzureConnect,
    })
}

const INSTALLED_TABLE: &str = include_str!("../../data/installed.tsv");

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows: HashMap<&'static str, Row> = rows(INSTALLED_TABLE).filter_map(Row::parse).collect();
    let software = rows.values().filter_map(|row| row.software.clone());
    let software = software.chain(super::TABLE.rows.values().map(|row| row.software.clone()));
    Table {
        software: software.collect(),
        rows,
    }
});

struct Table {
    /// By the name as it is written in the table, also with its `*`.
    rows: HashMap<&'static str, Row>,
    /// All software that a row, of either table, leads to.
    software: HashSet<SoftwareId>,
}

#[derive(Clone)]
struct Row {
    publishers: &'static str,
    software: Option<SoftwareId>,
    edition: Option<&'static str>,
}

impl Row {
    fn parse(line: &'static str) -> Option<(&'static str, Self)> {
        let mut columns = line.split('\t');
        let name = columns.next()?;
        let publishers = columns.next()?;
        let software = match columns.next()? {
            "-" => None,
            id => Some(id.parse().ok()?),
        };
        Some((
            name,
            Self {
                publishers,
                software,
                edition: columns.next(),
            },
        ))
    }

    fn fits(&self, publisher: &str) -> bool {
        publisher.is_empty() || self.publishers.split('|').any(|p| publisher.starts_with(p))
    }
}

impl Table {
    /// The row of a whole name, else that of its longest beginning.
    fn find(&self, name: &str, publisher: &str) -> Option<Row> {
        let row = |key: &str| {
            self.rows
                .get(key)
                .filter(|row| row.fits(publisher))
                .cloned()
        };
        if let Some(row) = row(name).or_else(|| row(&format!("{name} *"))) {
            return Some(row);
        }
        name.char_indices()
            .rev()
            .find_map(|(at, letter)| match letter {
                ' ' => row(&format!("{} *", &name[..at])),
                '.' | '_' => row(&format!("{}*", &name[..=at])),
                _ => None,
            })
    }
}

#[cfg(test)]
mod tests;
