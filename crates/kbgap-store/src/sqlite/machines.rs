//! Machines and their reports.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::put::State;
use super::tenants::Tenant;
use super::{exposures, keys, sightings};
use crate::{MachineChange, MachineMeta, MachineReport, MachineRow, PackedBody, TagEdits};

pub(super) fn remove(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: &str,
) -> rusqlite::Result<bool> {
    let Some(mut tenant) = Tenant::find(transaction, tenant)? else {
        return Ok(false);
    };
    let state = State::read(&mut State::statement(transaction)?, &tenant, id)?;
    let Some(state) = state.filter(|state| state.content_hash.is_some()) else {
        return Ok(false);
    };
    let sequence = last_sequence(transaction)? + 1;
    transaction.execute(
        include_str!("../../queries/machine/remove.sql"),
        params![state.number, sequence],
    )?;
    transaction.execute(
        include_str!("../../queries/inventory/remove.sql"),
        [state.number],
    )?;
    let seen = (state.seen_at_ms, &state.addresses[..]);
    sightings::end(transaction, &tenant, state.number, seen)?;
    exposures::remove(transaction, state.exposure)?;
    tenant.moved(Some(state.sequence), None);
    tenant.save(transaction)?;
    advance(transaction, 1)?;
    Ok(true)
}

pub(super) fn last_sequence(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    transaction
        .prepare_cached(include_str!("../../queries/change_counter/get.sql"))?
        .query_row(["machine"], |row| row.get(0))
}

pub(super) fn advance(transaction: &Transaction<'_>, by: u64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(include_str!("../../queries/change_counter/bump.sql"))?
        .execute(params!["machine", by])?;
    Ok(())
}

pub(super) fn by_id(
    connection: &Connection,
    tenant: &str,
    id: &str,
) -> rusqlite::Result<Option<MachineRow>> {
    connection
        .query_row(
            include_str!("../../queries/machine/by_id.sql"),
            params![tenant, keys::machine_key(id)],
            machine,
        )
        .optional()
}

/// Names are looked through: people ask for them now and then, and an index of them
/// would have to be written for every machine.
pub(super) fn by_name(
    connection: &Connection,
    tenant: &str,
    name: &str,
) -> rusqlite::Result<Vec<MachineRow>> {
    let folded = name.to_lowercase();
    let mut statement = connection.prepare(include_str!("../../queries/machine/names.sql"))?;
    let mut rows = statement.query([tenant])?;
    let mut numbers: Vec<i64> = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get_ref(1)?.as_str()?.to_lowercase() == folded {
            numbers.push(row.get(0)?);
        }
    }
    let mut statement = connection.prepare(include_str!("../../queries/machine/by_number.sql"))?;
    let machines = numbers
        .iter()
        .map(|number| statement.query_row([number], machine));
    let mut machines = machines.collect::<Result<Vec<_>, _>>()?;
    machines.sort_by(|a, b| {
        let seen = b.report.seen_at_ms.cmp(&a.report.seen_at_ms);
        seen.then_with(|| a.report.id.cmp(&b.report.id))
    });
    Ok(machines)
}

fn machine(row: &Row<'_>) -> rusqlite::Result<MachineRow> {
    Ok(MachineRow {
        report: MachineReport {
            id: machine_id(row, 0)?,
            computer_dns_name: row.get(1)?,
            seen_at_ms: row.get(2)?,
            content_hash: row.get(3)?,
            body: PackedBody::stored(row.get(4)?),
            group: None,
            addresses: Vec::new(),
        },
        meta: MachineMeta {
            sequence: row.get(5)?,
            first_seen_ms: row.get(6)?,
            group_id: row.get(7)?,
            device_value: row.get(8)?,
            tags: TagEdits::decode(row.get_ref(9)?.as_str()?),
        },
    })
}

/// The id in a column that holds a machine's key.
pub(super) fn machine_id(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(keys::machine_id(row.get_ref(column)?.as_blob()?))
}

pub(super) fn changes_after(
    connection: &Connection,
    sequence: u64,
    limit: usize,
) -> rusqlite::Result<Vec<MachineChange>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/machine/changes_after.sql"))?;
    let rows = statement.query_map(params![sequence, limit], |row| {
        let tenant = row.get(10)?;
        Ok(match row.get_ref(4)? {
            rusqlite::types::ValueRef::Null => MachineChange::Removed {
                tenant,
                id: machine_id(row, 0)?,
                sequence: row.get(5)?,
            },
            _ => MachineChange::Put {
                tenant,
                machine: Box::new(machine(row)?),
            },
        })
    })?;
    rows.collect()
}
