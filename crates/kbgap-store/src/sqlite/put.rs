//! Storing reports.

use std::collections::HashMap;

use rusqlite::{CachedStatement, OptionalExtension, Transaction, params};

use super::keys;
use super::machines::{advance, last_sequence};
use super::sightings::Sightings;
use super::tenants::Tenant;
use crate::{MachineMeta, MachineReport, Put, PutOutcome, StoreError, Stored, TagEdits};

/// What is kept of a machine, but for its report.
pub(super) struct State {
    pub(super) number: i64,
    pub(super) sequence: u64,
    pub(super) seen_at_ms: i64,
    first_seen_ms: i64,
    group_id: i32,
    /// The place of its newest exposure.
    pub(super) exposure: Option<u64>,
    /// `None` once it was removed.
    pub(super) content_hash: Option<[u8; 32]>,
    pub(super) addresses: Vec<u8>,
    pub(super) device_value: String,
    pub(super) tag_edits: String,
}

impl State {
    pub(super) fn statement<'t>(
        transaction: &'t Transaction<'_>,
    ) -> rusqlite::Result<CachedStatement<'t>> {
        transaction.prepare_cached(include_str!("../../queries/machine/state.sql"))
    }

    /// Of the machine with this id, by the statement.
    pub(super) fn read(
        statement: &mut CachedStatement<'_>,
        tenant: &Tenant,
        id: &str,
    ) -> rusqlite::Result<Option<Self>> {
        let key = keys::machine_key(id);
        statement
            .query_row(params![tenant.number, key], |row| {
                Ok(Self {
                    number: row.get(0)?,
                    sequence: row.get(1)?,
                    seen_at_ms: row.get(2)?,
                    first_seen_ms: row.get(3)?,
                    group_id: row.get(4)?,
                    exposure: row.get(5)?,
                    content_hash: row.get(6)?,
                    addresses: row.get(7)?,
                    device_value: row.get(8)?,
                    tag_edits: row.get(9)?,
                })
            })
            .optional()
    }

    /// What becomes of a report.
    fn outcome(&self, report: &MachineReport) -> PutOutcome {
        match self.content_hash {
            None => PutOutcome::Created,
            Some(_) if report.seen_at_ms < self.seen_at_ms => PutOutcome::Stale,
            Some(hash) if hash == report.content_hash => PutOutcome::Unchanged,
            Some(_) => PutOutcome::Changed,
        }
    }

    fn stored(&self, outcome: PutOutcome) -> Stored {
        Stored {
            outcome,
            meta: MachineMeta {
                sequence: self.sequence,
                first_seen_ms: self.first_seen_ms,
                group_id: self.group_id,
                device_value: self.device_value.clone(),
                tags: TagEdits::decode(&self.tag_edits),
            },
        }
    }
}

/// Stores reports in the order given, each with the next sequence number.
pub(super) fn put(
    transaction: &Transaction<'_>,
    tenant: &str,
    reports: &[MachineReport],
) -> rusqlite::Result<Put> {
    let mut tenant = Tenant::of(transaction, tenant)?;
    let before = last_sequence(transaction)?;
    let mut after = before;
    let mut statements = Statements::prepare(transaction)?;
    let mut groups = HashMap::new();
    let mut sightings = Sightings::of(&tenant);
    let mut machines = Vec::with_capacity(reports.len());
    for report in reports {
        let known = State::read(&mut statements.state, &tenant, &report.id)?;
        let outcome = known
            .as_ref()
            .map_or(PutOutcome::Created, |known| known.outcome(report));
        if let (PutOutcome::Stale, Some(known)) = (outcome, &known) {
            machines.push(known.stored(outcome));
            continue;
        }
        after += 1;
        let is_there = known.as_ref().is_some_and(|k| k.content_hash.is_some());
        tenant.moved(
            known.as_ref().filter(|_| is_there).map(|k| k.sequence),
            Some(after),
        );
        let group_id = group_id(transaction, &tenant, report.group.as_deref(), &mut groups)?;
        let addresses = keys::pack(&report.addresses);
        let state = match known {
            None => {
                let key = keys::machine_key(&report.id);
                statements.create.execute(params![
                    tenant.number,
                    key,
                    after,
                    report.seen_at_ms,
                    group_id,
                    report.content_hash,
                    addresses,
                    report.computer_dns_name
                ])?;
                let number = transaction.last_insert_rowid();
                let seen_at_ms = report.seen_at_ms;
                sightings.moved(number, (seen_at_ms, &[]), (seen_at_ms, &addresses));
                State::new(number, after, group_id, report)
            }
            Some(known) => {
                sightings.moved(
                    known.number,
                    (known.seen_at_ms, &known.addresses),
                    (report.seen_at_ms, &addresses),
                );
                let state = match is_there {
                    true => State {
                        sequence: after,
                        group_id,
                        ..known
                    },
                    // A machine that comes back after it was removed is a new one.
                    false => State::new(known.number, after, group_id, report),
                };
                statements.put.execute(params![
                    state.number,
                    state.sequence,
                    report.seen_at_ms,
                    state.first_seen_ms,
                    state.group_id,
                    report.content_hash,
                    addresses,
                    report.computer_dns_name,
                    state.device_value,
                    state.tag_edits
                ])?;
                state
            }
        };
        if outcome != PutOutcome::Unchanged {
            let body = report.body.to_store().map_err(unpackable)?;
            let body: &[u8] = &body;
            let inventory = params![state.number, tenant.number, body];
            statements.put_inventory.execute(inventory)?;
        }
        machines.push(state.stored(outcome));
    }
    sightings.write(transaction)?;
    tenant.save(transaction)?;
    advance(transaction, after - before)?;
    Ok(Put {
        before,
        after,
        machines,
    })
}

impl State {
    /// Of a machine that is new by this report.
    const fn new(number: i64, sequence: u64, group_id: i32, report: &MachineReport) -> Self {
        Self {
            number,
            sequence,
            seen_at_ms: report.seen_at_ms,
            first_seen_ms: report.seen_at_ms,
            group_id,
            exposure: None,
            content_hash: Some(report.content_hash),
            addresses: Vec::new(),
            device_value: String::new(),
            tag_edits: String::new(),
        }
    }
}

fn unpackable(error: StoreError) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

struct Statements<'t> {
    state: CachedStatement<'t>,
    create: CachedStatement<'t>,
    put: CachedStatement<'t>,
    put_inventory: CachedStatement<'t>,
}

impl<'t> Statements<'t> {
    fn prepare(transaction: &'t Transaction<'_>) -> rusqlite::Result<Self> {
        let prepare = |sql| transaction.prepare_cached(sql);
        Ok(Self {
            state: State::statement(transaction)?,
            create: prepare(include_str!("../../queries/machine/create.sql"))?,
            put: prepare(include_str!("../../queries/machine/put.sql"))?,
            put_inventory: prepare(include_str!("../../queries/inventory/put.sql"))?,
        })
    }
}

/// The number of a group, which it gets when it is first named; 0 for none.
fn group_id<'a>(
    transaction: &Transaction<'_>,
    tenant: &Tenant,
    group: Option<&'a str>,
    known: &mut HashMap<&'a str, i32>,
) -> rusqlite::Result<i32> {
    let Some(name) = group else { return Ok(0) };
    if let Some(&id) = known.get(name) {
        return Ok(id);
    }
    let find = include_str!("../../queries/device_group/id.sql");
    let find = || -> rusqlite::Result<Option<i32>> {
        let mut find = transaction.prepare_cached(find)?;
        find.query_row(params![tenant.number, name], |row| row.get(0))
            .optional()
    };
    let id = match find()? {
        Some(id) => id,
        None => {
            transaction.execute(
                include_str!("../../queries/device_group/put.sql"),
                params![tenant.number, name],
            )?;
            find()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?
        }
    };
    known.insert(name, id);
    Ok(id)
}
