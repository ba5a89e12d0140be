//! Which machine had which address when.

use rusqlite::{Connection, Transaction, params};

use crate::MachineReport;

/// How long sightings are kept, in milliseconds: the API answers for 30 days, and
/// clocks may differ by a day.
const KEPT_MS: i64 = 31 * 24 * 60 * 60 * 1_000;

pub(super) fn note(
    transaction: &Transaction<'_>,
    tenant: &str,
    machine: &MachineReport,
) -> rusqlite::Result<()> {
    let mut put = transaction.prepare_cached(include_str!("../../queries/sighting/put.sql"))?;
    for address in &machine.addresses {
        put.execute(params![tenant, address, machine.seen_at_ms, machine.id])?;
    }
    Ok(())
}

/// Forgets what is too old, as seen from the newest of these reports.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    machines: &[MachineReport],
) -> rusqlite::Result<()> {
    if let Some(newest) = machines.iter().map(|m| m.seen_at_ms).max() {
        transaction
            .prepare_cached(include_str!("../../queries/sighting/forget.sql"))?
            .execute([newest.saturating_sub(KEPT_MS)])?;
    }
    Ok(())
}

pub(super) fn between(
    connection: &Connection,
    tenant: &str,
    address: &str,
    from_ms: i64,
    to_ms: i64,
) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(include_str!("../../queries/sighting/between.sql"))?;
    let rows = statement.query_map(params![tenant, address, from_ms, to_ms], |row| row.get(0))?;
    rows.collect()
}
