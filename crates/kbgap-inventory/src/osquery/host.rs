//! From the tables of a host to a machine.
//!
//! What a table does not tell stays unknown: without the list of programs no software is
//! reported, also not what the registry tells of some.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Query, Row, Table, registry};
use crate::native::{MAX_ADDRESSES, MAX_KBS, MAX_SOFTWARE, installation_type_of};
use crate::text::{MAX_NAME, MAX_TEXT, bounded, shown};
use crate::{Format, InstalledKb, IpAddress, Machine, MachineId, Part, PartOs, Program};

/// By how much the build in the version of the kernel may be less than that of Windows:
/// feature updates that are switched on by a small package leave the kernel's file the
/// version of the release before (19041 in 19045, 22621 in 22631, 26100 in 26200).
const SAME_KERNEL: u32 = 100;

/// What is known of a host beside its tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The id that its machine has already.
    pub id: Option<MachineId>,
    /// A name for it, where no table has its own.
    pub name: Option<String>,
    /// The version of its osquery.
    pub agent_version: Option<String>,
}

/// The machine that tables of a host make, with what people should know of it; `None`
/// where they do not tell its Windows or its name.
#[must_use]
pub fn machine(host: &Host, tables: &BTreeMap<Query, Table>) -> Option<(Machine, Vec<String>)> {
    let rows = |query| tables.get(&query).and_then(Table::rows);
    let latest = |query| tables.get(&query).and_then(Table::latest);
    let read = rows(Query::Registry).map(registry::read);
    let (registry, servers) = read.map_or_else(Default::default, |r| (r.part, r.servers));
    let mut part = Part {
        name: registry.name.clone(),
        os: of_windows(
            (latest(Query::Registry), registry.os.clone()),
            (
                latest(Query::OsVersion),
                rows(Query::OsVersion).into_iter().flatten().next(),
            ),
        ),
        ..registry
    };
    part.format = Format::Osquery;
    if let Some(kernel) = rows(Query::Kernel).into_iter().flatten().next() {
        of_kernel(&mut part.os, kernel);
    }
    if let Some(system) = rows(Query::System).into_iter().flatten().next() {
        let name = system
            .get("hostname")
            .or_else(|| system.get("computer_name"));
        part.name = part.name.or_else(|| name.and_then(name_of));
    }
    part.label = host.name.as_deref().and_then(name_of);
    part.id = host.id.clone();
    part.kbs = rows(Query::Patches).map(|rows| rows.filter_map(of_patch).take(MAX_KBS).collect());
    let of_registry = part.software.take().unwrap_or_default();
    part.software = rows(Query::Programs).map(|rows| {
        let mut software: Vec<Program> = rows.filter_map(of_program).collect();
        let browsers = rows_of_browsers(rows_or_none(tables, Query::Browsers));
        for program in servers.into_iter().chain(browsers) {
            add_lacking(&mut software, program);
        }
        software.extend(of_registry);
        software.truncate(MAX_SOFTWARE);
        software
    });
    if tables.get(&Query::Programs).is_some_and(Table::is_cut) {
        part.warnings.push(format!(
            "has more than {MAX_SOFTWARE} programs; the others are left out"
        ));
    }
    part.ip_addresses = rows(Query::Addresses)
        .into_iter()
        .flatten()
        .filter_map(of_address)
        .take(MAX_ADDRESSES)
        .collect();
    part.agent_version = host.agent_version.as_deref().and_then(name_of);
    let newest = tables.values().filter_map(Table::latest).max();
    part.seen_at = newest.and_then(|at| jiff::Timestamp::from_second(at).ok());
    part.into_machine().ok()
}

/// What the registry and `os_version` tell together. They are asked one after the other, so
/// that an update may be between them: what the newer one says of the revision counts.
fn of_windows(
    (registry_at, registry): (Option<i64>, PartOs),
    (table_at, row): (Option<i64>, Option<&Row>),
) -> PartOs {
    let table = row.map(of_os_version).unwrap_or_default();
    let (mut newer, mut older) = match table_at > registry_at && table.build.is_some() {
        true => (table, registry),
        false => (registry, table),
    };
    if newer.build.is_some() && older.build.is_some() && newer.build != older.build {
        // Of another Windows, all is old but what stays.
        older = PartOs {
            architecture: older.architecture,
            ..PartOs::default()
        };
    }
    if newer.revision.is_some() {
        older.revision = None;
    }
    if newer.architecture.is_some() {
        older.architecture = None;
    }
    let kept = newer.clone();
    // The registry tells more of the kind of installation than a name does.
    if newer.join(older).is_err() {
        return kept;
    }
    newer
}

fn of_os_version(row: &Row) -> PartOs {
    let mut os = PartOs::default();
    if let Some(version) = row.get("version") {
        // A version that is none leaves the build unknown.
        let _ = os.take_version(version);
    }
    os.build = os.build.or_else(|| row.number("build"));
    os.revision = os.revision.or_else(|| row.number("revision"));
    os.platform = row
        .get("name")
        .and_then(|name| bounded(name, MAX_TEXT).ok());
    os.installation_type = os.platform.as_deref().and_then(installation_type_of);
    let arch = row
        .get("arch")
        .map(str::to_ascii_lowercase)
        .unwrap_or_default();
    os.architecture = match arch.starts_with("arm") {
        true => "arm64".parse().ok(),
        false => arch.parse().ok(),
    };
    os
}

fn of_kernel(os: &mut PartOs, row: &Row) {
    let mut kernel = PartOs::default();
    let version = row
        .get("version")
        .map(|version| kernel.take_version(version));
    if version.is_none_or(|taken| taken.is_err()) || os.revision.is_some() {
        return;
    }
    let is_same =
        |(own, kernel): (u32, u32)| own.checked_sub(kernel).is_some_and(|n| n <= SAME_KERNEL);
    if os.build.zip(kernel.build).is_some_and(is_same) {
        os.revision = kernel.revision;
    }
}

fn of_patch(row: &Row) -> Option<InstalledKb> {
    Some(InstalledKb {
        // Some updates of Windows itself have no number (`File 1`).
        id: row.get("hotfix_id")?.parse().ok()?,
        // Written in the language of the host.
        installed_on: None,
    })
}

fn of_program(row: &Row) -> Option<Program> {
    let text = |column| {
        row.get(column)
            .map(|text| bounded(text, MAX_TEXT).unwrap_or_else(|_| shown(text)))
    };
    Some(Program {
        vendor: text("publisher").unwrap_or_default(),
        name: text("name")?,
        version: text("version").unwrap_or_default(),
    })
}

fn rows_or_none(tables: &BTreeMap<Query, Table>, query: Query) -> impl Iterator<Item = &Row> {
    tables
        .get(&query)
        .and_then(Table::rows)
        .into_iter()
        .flatten()
}

/// Browsers by the files that are run.
fn rows_of_browsers<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<Program> {
    let known = [
        ("msedge.exe", "Microsoft Corporation", "Microsoft Edge"),
        ("chrome.exe", "Google LLC", "Google Chrome"),
    ];
    let program = |row: &Row| {
        let file = row.get("path")?.rsplit('\\').next()?.to_ascii_lowercase();
        let (_, vendor, name) = known.iter().find(|(of, ..)| *of == file)?;
        let version = row
            .get("product_version")
            .or_else(|| row.get("file_version"))?;
        Some(Program {
            vendor: (*vendor).to_owned(),
            name: (*name).to_owned(),
            version: bounded(version, MAX_TEXT).ok()?,
        })
    };
    rows.filter_map(program).collect()
}

/// Adds a program that no entry of the list tells of in this or another version: entries of
/// a server with a year and an edition in their name are the same server.
fn add_lacking(software: &mut Vec<Program>, program: Program) {
    let is_sql_server = program.name.contains("SQL Server");
    let begins_so = |known: &Program| {
        let known = known.name.get(..program.name.len());
        known.is_some_and(|known| known.eq_ignore_ascii_case(&program.name))
    };
    let is_known = match program.name.as_str() {
        // "Microsoft Edge Update" is no browser.
        "Microsoft Edge" | "Google Chrome" => software
            .iter()
            .any(|known| known.name.eq_ignore_ascii_case(&program.name)),
        // What the list tells of an engine stays as it was installed; the highest counts.
        _ if is_sql_server => software.contains(&program),
        _ => software.iter().any(begins_so),
    };
    if !is_known {
        software.push(program);
    }
}

fn of_address(row: &Row) -> Option<IpAddress> {
    // Addresses of one link have the name of the interface behind them.
    let ip_address: IpAddr = row.get("address")?.split('%').next()?.parse().ok()?;
    (!ip_address.is_loopback()).then_some(IpAddress {
        ip_address,
        mac_address: None,
        kind: None,
        operational_status: None,
    })
}

fn name_of(text: &str) -> Option<String> {
    bounded(text, MAX_NAME).ok().filter(|name| !name.is_empty())
}
