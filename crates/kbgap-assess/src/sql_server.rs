//! SQL Server: what is read of it, and what that decides (section 5, table of branches).
//!
//! A release is serviced in branches: each service pack apart, with security updates alone
//! (GDR) or on top of cumulative updates (CU). Updates of a branch are cumulative, so the
//! build decides, of whichever cumulative update the fix is.

mod judge;
mod label;
mod tables;

use kbgap_catalog::{Architecture, SqlBuild, SqlEntry, SqlRelease};
use serde::{Deserialize, Serialize};

pub(crate) use judge::SqlServers;

/// The software that every SQL Server counts for.
pub(crate) const SQL_SERVER: &str = "microsoft-_-sql_server";

/// A SQL Server that a machine's software list tells: one for each release, since the
/// names of programs do not tell instances apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SqlServer {
    /// The release.
    pub release: SqlRelease,
    /// The highest build that an entry of it tells: names of programs mostly stay at the
    /// first one, and updates come as entries of their own.
    pub build: Option<SqlBuild>,
    /// 32 or 64 bits, where an entry tells.
    pub bits: Option<Architecture>,
}

impl SqlServer {
    /// The version that is compared, such as `15.0.4430.1`, where one is told.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        Some(self.build?.version(self.release))
    }

    /// What entries of a software list tell together. Setup stays behind where tools alone
    /// are installed, so it counts only beside an engine.
    pub(crate) fn of_entries(entries: &[SqlEntry]) -> Vec<Self> {
        let servers = SqlRelease::all().filter_map(|release| {
            let own = entries.iter().filter(|entry| entry.release == release);
            own.clone().any(|entry| entry.is_engine).then(|| {
                let mut bits = own.clone().filter_map(|entry| entry.bits);
                let first = bits.next();
                Self {
                    release,
                    build: own.filter_map(|entry| entry.build).max(),
                    bits: first.filter(|first| bits.all(|other| other == *first)),
                }
            })
        });
        servers.collect()
    }
}
