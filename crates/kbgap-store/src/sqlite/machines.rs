//! Machines and their inventories. Inventories are kept once for all machines
//! that report the same.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{exposures, sightings};
use crate::{MachineChange, MachineReport, MachineRow, PutOutcome, TagEdits};

/// Stores reports in the order given, each with the next sequence number.
pub(super) fn put(
    transaction: &Transaction<'_>,
    tenant: &str,
    machines: &[MachineReport],
) -> rusqlite::Result<Vec<PutOutcome>> {
    let mut sequence = last_sequence(transaction)?;
    let before = sequence;
    let mut state = transaction.prepare_cached(include_str!("../../queries/machine/state.sql"))?;
    let mut put = transaction.prepare_cached(include_str!("../../queries/machine/put.sql"))?;
    let mut put_inventory =
        transaction.prepare_cached(include_str!("../../queries/inventory/put.sql"))?;
    let mut remove_orphan =
        transaction.prepare_cached(include_str!("../../queries/inventory/remove_orphan.sql"))?;
    let mut groups = HashMap::new();
    let mut outcomes = Vec::with_capacity(machines.len());
    for machine in machines {
        let known: Option<(i64, Option<[u8; 32]>)> = state
            .query_row(params![tenant, machine.id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let outcome = match known {
            None | Some((_, None)) => PutOutcome::Created,
            Some((seen_at_ms, _)) if machine.seen_at_ms < seen_at_ms => PutOutcome::Stale,
            Some((_, Some(hash))) if hash == machine.content_hash => PutOutcome::Unchanged,
            Some(_) => PutOutcome::Changed,
        };
        outcomes.push(outcome);
        if outcome == PutOutcome::Stale {
            continue;
        }
        sequence += 1;
        if outcome != PutOutcome::Unchanged {
            put_inventory.execute(params![tenant, machine.content_hash, machine.body])?;
        }
        put.execute(params![
            tenant,
            machine.id,
            machine.computer_dns_name,
            machine.computer_dns_name.to_lowercase(),
            machine.seen_at_ms,
            machine.content_hash,
            sequence,
            group_id(transaction, tenant, machine.group.as_deref(), &mut groups)?
        ])?;
        sightings::note(transaction, tenant, machine)?;
        if let (PutOutcome::Changed, Some((_, Some(old)))) = (outcome, known) {
            remove_orphan.execute(params![tenant, old])?;
        }
    }
    sightings::forget(transaction, machines)?;
    advance(transaction, sequence - before)?;
    Ok(outcomes)
}

/// The number of a group, which it gets when it is first named; 0 for none.
fn group_id<'a>(
    transaction: &Transaction<'_>,
    tenant: &str,
    group: Option<&'a str>,
    known: &mut HashMap<&'a str, i32>,
) -> rusqlite::Result<i32> {
    let Some(name) = group else { return Ok(0) };
    if let Some(&id) = known.get(name) {
        return Ok(id);
    }
    let find = include_str!("../../queries/device_group/id.sql");
    let stored: Option<i32> = transaction
        .query_row(find, params![tenant, name], |row| row.get(0))
        .optional()?;
    let id = match stored {
        Some(id) => id,
        None => {
            transaction.execute(
                include_str!("../../queries/device_group/put.sql"),
                params![tenant, name],
            )?;
            transaction.query_row(find, params![tenant, name], |row| row.get(0))?
        }
    };
    known.insert(name, id);
    Ok(id)
}

pub(super) fn remove(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: &str,
) -> rusqlite::Result<bool> {
    let state = transaction
        .query_row(
            include_str!("../../queries/machine/state.sql"),
            params![tenant, id],
            |row| row.get::<_, Option<[u8; 32]>>(1),
        )
        .optional()?;
    let Some(Some(hash)) = state else {
        return Ok(false);
    };
    let sequence = last_sequence(transaction)? + 1;
    transaction.execute(
        include_str!("../../queries/machine/remove.sql"),
        params![tenant, id, sequence],
    )?;
    transaction.execute(
        include_str!("../../queries/inventory/remove_orphan.sql"),
        params![tenant, hash],
    )?;
    exposures::remove(transaction, tenant, id)?;
    advance(transaction, 1)?;
    Ok(true)
}

pub(super) fn last_sequence(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    transaction.query_row(
        include_str!("../../queries/change_counter/get.sql"),
        ["machine"],
        |row| row.get(0),
    )
}

pub(super) fn advance(transaction: &Transaction<'_>, by: u64) -> rusqlite::Result<()> {
    transaction.execute(
        include_str!("../../queries/change_counter/bump.sql"),
        params!["machine", by],
    )?;
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
            params![tenant, id],
            machine,
        )
        .optional()
}

pub(super) fn by_name(
    connection: &Connection,
    tenant: &str,
    name: &str,
) -> rusqlite::Result<Vec<MachineRow>> {
    let mut statement = connection.prepare(include_str!("../../queries/machine/by_name.sql"))?;
    let rows = statement.query_map(params![tenant, name.to_lowercase()], machine)?;
    rows.collect()
}

fn machine(row: &Row<'_>) -> rusqlite::Result<MachineRow> {
    let tags: String = row.get(9)?;
    Ok(MachineRow {
        report: MachineReport {
            id: row.get(0)?,
            computer_dns_name: row.get(1)?,
            seen_at_ms: row.get(2)?,
            content_hash: row.get(3)?,
            body: row.get(4)?,
            group: None,
            addresses: Vec::new(),
        },
        sequence: row.get(5)?,
        first_seen_ms: row.get(6)?,
        group_id: row.get(7)?,
        device_value: row.get(8)?,
        tags: TagEdits::decode(&tags),
    })
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
        let body: Option<Vec<u8>> = row.get(4)?;
        Ok(match body {
            Some(_) => MachineChange::Put {
                tenant,
                machine: Box::new(machine(row)?),
            },
            None => MachineChange::Removed {
                tenant,
                id: row.get(0)?,
                sequence: row.get(5)?,
            },
        })
    })?;
    rows.collect()
}
