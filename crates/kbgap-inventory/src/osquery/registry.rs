//! What rows of the table `registry` tell: what a registry export tells, and the servers
//! that the list of programs may lack.

use kbgap_catalog::SqlRelease;

use super::Row;
use crate::registry::{TableRow, of_table};
use crate::{Part, Program};

/// The keys in which a key stands when the host waits for a restart: `RebootPending` below
/// the first, `RebootRequired` below the second.
const OF_RESTARTS: [&str; 2] = [
    "\\currentversion\\component based servicing",
    "\\windowsupdate\\auto update",
];

/// What the registry tells of a host.
pub(super) struct Registry {
    pub(super) part: Part,
    /// SQL Server and Exchange.
    pub(super) servers: Vec<Program>,
}

/// Reads the rows of all keys.
pub(super) fn read<'r>(rows: impl Iterator<Item = &'r Row>) -> Registry {
    let mut rows: Vec<TableRow<'_>> = rows.filter_map(of_row).collect();
    // Rows come in any order.
    rows.sort_by_key(|row| row.key);
    let servers = rows.chunk_by(|a, b| a.key == b.key);
    let servers = servers.filter_map(|key| sql_server(key).or_else(|| exchange(key)));
    let servers = servers.collect();
    // Where the keys above were read and name no such key, there is none.
    let tells_restarts = rows.iter().any(|row| {
        let key = row.key.to_ascii_lowercase();
        OF_RESTARTS.iter().any(|above| key.ends_with(above))
    });
    let (mut part, warnings) = of_table(rows);
    part.warnings = warnings;
    if tells_restarts {
        part.pending_reboot.get_or_insert(false);
    }
    // .NET is no list of software.
    Registry { part, servers }
}

fn of_row(row: &Row) -> Option<TableRow<'_>> {
    Some(TableRow {
        key: row.get("key")?,
        name: row.get("name")?,
        kind: row.get("type").unwrap_or_default(),
        data: row.get("data").unwrap_or_default(),
    })
}

fn value<'r>(key: &[TableRow<'r>], name: &str) -> Option<&'r str> {
    let found = key.iter().find(|row| row.name.eq_ignore_ascii_case(name))?;
    Some(found.data.trim()).filter(|data| !data.is_empty())
}

fn of_microsoft(name: String, version: &str) -> Program {
    Program {
        vendor: "Microsoft Corporation".to_owned(),
        name,
        version: version.to_owned(),
    }
}

/// `…\Microsoft SQL Server\MSSQL15.MSSQLSERVER\Setup`, whose `PatchLevel` is the version of
/// the engine with its updates.
fn sql_server(key: &[TableRow<'_>]) -> Option<Program> {
    let path = key.first()?.key.to_ascii_lowercase();
    let (above, instance) = path.strip_suffix("\\setup")?.rsplit_once('\\')?;
    above.ends_with("\\microsoft sql server").then_some(())?;
    let (id, _) = instance.strip_prefix("mssql")?.split_once('.')?;
    let release = SqlRelease::of_instance(id)?.name();
    let version = value(key, "PatchLevel").or_else(|| value(key, "Version"))?;
    Some(of_microsoft(
        format!("Microsoft SQL Server {release}"),
        version,
    ))
}

/// `…\Microsoft\ExchangeServer\v15\Setup`: the version of the cumulative update in four values.
fn exchange(key: &[TableRow<'_>]) -> Option<Program> {
    let path = key.first()?.key.to_ascii_lowercase();
    path.ends_with("\\microsoft\\exchangeserver\\v15\\setup")
        .then_some(())?;
    let parts = [
        "MsiProductMajor",
        "MsiProductMinor",
        "MsiBuildMajor",
        "MsiBuildMinor",
    ];
    let parts: Option<Vec<u32>> = parts
        .iter()
        .map(|name| value(key, name)?.parse().ok())
        .collect();
    let parts: Vec<String> = parts?.iter().map(u32::to_string).collect();
    Some(of_microsoft(
        "Microsoft Exchange Server".to_owned(),
        &parts.join("."),
    ))
}
