//! Programs, each version of each as the piece of JSON that a document has of it.

use super::{dated, rows};
use crate::calendar::{Day, day_of, month};
use jiff::civil::Date;

const SOFTWARE: &str = include_str!("../../data/software.tsv");
const EDGE: &str = include_str!("../../data/edge.tsv");
const OFFICE: &str = include_str!("../../data/office.tsv");

/// Versions of a program that no rule reads.
pub(crate) const VERSIONS: u32 = 8;

const MICROSOFT: &str = "Microsoft Corporation";

/// A program that no rule reads.
#[derive(Debug)]
pub(crate) struct Title {
    pub(crate) on_clients: bool,
    pub(crate) on_servers: bool,
    /// Of a hundred machines.
    pub(crate) share: u32,
    /// Oldest first.
    pub(crate) versions: Vec<Box<[u8]>>,
}

/// A version of what a rule reads, with the day of its release.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) day: Day,
    pub(crate) json: Box<[u8]>,
}

/// An Office by Click-to-Run on one channel.
#[derive(Debug)]
pub(crate) struct Office {
    /// Of a hundred clients.
    pub(crate) share: u32,
    pub(crate) versions: Vec<Version>,
}

/// All programs.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) titles: Vec<Title>,
    pub(crate) edge: Vec<Version>,
    /// The last versions of Edge for Windows before 10.
    pub(crate) old_edge: usize,
    pub(crate) office: Vec<Office>,
    pub(crate) office_2016: Box<[u8]>,
    pub(crate) framework: Box<[u8]>,
    /// Engines of SQL Server.
    pub(crate) sql_server: Vec<Box<[u8]>>,
    pub(crate) exchange: Box<[u8]>,
    pub(crate) sharepoint: Box<[u8]>,
}

impl Programs {
    pub(crate) fn read() -> Self {
        let edge: Vec<(Day, &str)> = rows(EDGE).flat_map(|row| edges(&row)).collect();
        let microsoft = |name: &str, version: &str| json(MICROSOFT, name, version);
        Self {
            titles: rows(SOFTWARE).filter_map(|row| title(&row)).collect(),
            old_edge: edge
                .iter()
                .take_while(|(_, version)| version < &"110" && version.len() == LEN_OF_EDGE)
                .count(),
            edge: edge
                .into_iter()
                .map(|(day, version)| Version {
                    day,
                    json: microsoft("Microsoft Edge", version),
                })
                .collect(),
            office: rows(OFFICE).filter_map(|row| office(&row)).collect(),
            office_2016: microsoft("Microsoft Office Professional Plus 2016", "16.0.4266.1001"),
            framework: microsoft("Microsoft .NET Framework 4.8", "4.8.03761"),
            sql_server: [
                ("Microsoft SQL Server 2016 (64-bit)", "13.3.6300.2"),
                ("Microsoft SQL Server 2017 (64-bit)", "14.0.3456.2"),
                ("Microsoft SQL Server 2019 (64-bit)", "15.0.4430.1"),
                ("Microsoft SQL Server 2022 (64-bit)", "16.0.4195.2"),
            ]
            .map(|(name, version)| microsoft(name, version))
            .into(),
            exchange: microsoft(
                "Microsoft Exchange Server 2019 Cumulative Update 14",
                "15.2.1544.4",
            ),
            sharepoint: microsoft("Microsoft SharePoint Server 2019", "16.0.10337.12109"),
        }
    }
}

/// From `100.0.1185.29` to `109.0.1518.70`.
const LEN_OF_EDGE: usize = 13;

/// `{"vendor":…,"name":…,"version":…}`.
pub(crate) fn json(vendor: &str, name: &str, version: &str) -> Box<[u8]> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    format!(
        r#"{{"vendor":{},"name":{},"version":{}}}"#,
        text(vendor),
        text(name),
        text(version)
    )
    .into_bytes()
    .into()
}

fn title(row: &[&str]) -> Option<Title> {
    let &[share, vendor, name, version, first, step] = row else {
        return None;
    };
    let (place, share) = share.split_once(' ')?;
    let (first, step): (u32, u32) = (first.parse().ok()?, step.parse().ok()?);
    let versions = (0..VERSIONS).map(|index| {
        let number = (first + index * step).to_string();
        json(
            vendor,
            &name.replace("{}", &number),
            &version.replace("{}", &number),
        )
    });
    Some(Title {
        on_clients: matches!(place, "c" | "b"),
        on_servers: matches!(place, "s" | "b"),
        share: share.parse().ok()?,
        versions: versions.collect(),
    })
}

/// The versions of a month: the first came early in it, the second late.
fn edges(row: &[&'static str]) -> Vec<(Day, &'static str)> {
    let &[of, versions] = row else {
        return Vec::new();
    };
    let start = month(of).and_then(|(year, month)| Date::new(year, month, 1).ok());
    start.map_or_else(Vec::new, |start| {
        let days = [4, 19].map(|after| day_of(start) + after);
        days.into_iter().zip(versions.split(' ')).collect()
    })
}

fn office(row: &[&'static str]) -> Option<Office> {
    let &[share, name, branch, updates] = row else {
        return None;
    };
    let versions = updates.split(' ').map(|update| {
        let (day, parts) = dated(update)?;
        let version = match branch {
            "-" => format!("16.0.{parts}"),
            branch => format!("16.0.{branch}.{parts}"),
        };
        Some(Version {
            day,
            json: json(MICROSOFT, name, &version),
        })
    });
    Some(Office {
        share: share.parse().ok()?,
        versions: versions.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kbgap_catalog::{Component, map_installed};

    fn mapped(json: &[u8]) -> Option<Component> {
        let value: serde_json::Value = serde_json::from_slice(json).unwrap();
        let text = |field: &str| value[field].as_str().unwrap().to_owned();
        let (vendor, name, version) = (text("vendor"), text("name"), text("version"));
        map_installed(&vendor, &name, &version).map(|(_, component)| component)
    }

    #[test]
    fn every_row_is_read() {
        let programs = Programs::read();
        assert_eq!(programs.titles.len(), rows(SOFTWARE).count());
        assert_eq!(programs.office.len(), rows(OFFICE).count());
        let words = rows(EDGE).flat_map(|row| row[1].split(' ').collect::<Vec<_>>());
        assert_eq!(programs.edge.len(), words.count());
        assert!(programs.edge.is_sorted_by_key(|version| version.day));
    }

    #[test]
    fn only_what_rules_read_is_mapped() {
        let programs = Programs::read();
        for title in &programs.titles {
            assert_eq!(mapped(&title.versions[0]), None, "{title:?}");
        }
        for edge in &programs.edge {
            assert_eq!(mapped(&edge.json), Some(Component::EdgeChromium));
        }
        for version in programs.office.iter().flat_map(|office| &office.versions) {
            assert_eq!(mapped(&version.json), Some(Component::Office));
        }
        assert_eq!(mapped(&programs.office_2016), Some(Component::Office));
        assert_eq!(
            mapped(&programs.framework),
            Some(Component::DotNetFramework)
        );
        for engine in &programs.sql_server {
            assert_eq!(mapped(engine), Some(Component::SqlServer));
        }
        assert_eq!(mapped(&programs.exchange), Some(Component::Exchange));
        assert_eq!(mapped(&programs.sharepoint), Some(Component::SharePoint));
    }

    #[test]
    fn windows_before_10_keeps_the_last_edge_that_was_made_for_it() {
        let programs = Programs::read();
        let last = &programs.edge[programs.old_edge - 1].json;
        let text = String::from_utf8_lossy(last);
        assert!(text.contains("109.0.1518.70"), "{text}");
    }
}
