//! The history of exposure.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{
    Detection, Exposure, ExposureBatch, ExposureChange, ExposureStep, FindingSet, Judged, Recorded,
    SetHash, StepOutcome,
};

/// How many columns an exposure has where it is read.
const COLUMNS: usize = 10;

pub(super) fn record(
    transaction: &Transaction<'_>,
    tenant: &str,
    batch: &ExposureBatch,
) -> rusqlite::Result<Recorded> {
    let before = last(transaction)?;
    let mut sequence = before;
    let mut outcomes = Vec::with_capacity(batch.steps.len());
    for step in &batch.steps {
        outcomes.push(take(transaction, tenant, step, &mut sequence)?);
    }
    let mut put = transaction.prepare_cached(include_str!("../../queries/finding_set/put.sql"))?;
    for set in &batch.sets {
        put.execute(params![tenant, set.hash, set.body])?;
    }
    let mut detect = transaction.prepare_cached(include_str!("../../queries/detection/put.sql"))?;
    for (cve, at_ms) in &batch.detected {
        detect.execute(params![tenant, cve, at_ms])?;
    }
    transaction.execute(
        include_str!("../../queries/change_counter/bump.sql"),
        params!["exposure", sequence - before],
    )?;
    Ok(Recorded {
        outcomes,
        before,
        after: sequence,
    })
}

pub(super) fn last(connection: &Connection) -> rusqlite::Result<u64> {
    let counter = include_str!("../../queries/change_counter/get.sql");
    connection.query_row(counter, ["exposure"], |row| row.get(0))
}

pub(super) fn after(
    connection: &Connection,
    sequence: u64,
    limit: usize,
) -> rusqlite::Result<Vec<(u64, String, Exposure)>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/exposure/after.sql"))?;
    let rows = statement.query_map(params![sequence, limited(limit)], |row| {
        Ok((row.get(COLUMNS + 1)?, row.get(COLUMNS)?, exposure(row, 0)?))
    })?;
    rows.collect()
}

fn take(
    transaction: &Transaction<'_>,
    tenant: &str,
    step: &ExposureStep,
    sequence: &mut u64,
) -> rusqlite::Result<StepOutcome> {
    let (machine_id, expected) = match step {
        ExposureStep::Append(next) => (&next.machine_id, next.number.checked_sub(1)),
        ExposureStep::Confirm {
            machine_id, number, ..
        } => (machine_id, Some(*number)),
    };
    let mut state = transaction.prepare_cached(include_str!("../../queries/machine/state.sql"))?;
    let content: Option<Option<SetHash>> = state
        .query_row(params![tenant, machine_id], |row| row.get(1))
        .optional()?;
    if content.flatten().is_none() {
        return Ok(StepOutcome::Gone);
    }
    let newest = newest(transaction, tenant, machine_id)?;
    if Some(newest.as_ref().map_or(0, |newest| newest.number)) != expected {
        return Ok(StepOutcome::Overtaken(newest));
    }
    match step {
        ExposureStep::Append(next) => {
            *sequence += 1;
            let append = include_str!("../../queries/exposure/append.sql");
            transaction.prepare_cached(append)?.execute(params![
                tenant,
                next.machine_id,
                next.number,
                *sequence,
                next.at_ms,
                next.seen_at_ms,
                next.set_hash,
                next.first_seen,
                next.group_id,
                next.judged.fingerprint,
                next.judged.feed,
                next.judged.sequence
            ])?;
        }
        ExposureStep::Confirm {
            machine_id,
            number,
            judged,
        } => {
            let confirm = include_str!("../../queries/exposure/confirm.sql");
            transaction.prepare_cached(confirm)?.execute(params![
                tenant,
                machine_id,
                number,
                judged.fingerprint,
                judged.feed,
                judged.sequence
            ])?;
        }
    }
    Ok(StepOutcome::Taken)
}

fn newest(
    connection: &Connection,
    tenant: &str,
    machine_id: &str,
) -> rusqlite::Result<Option<Exposure>> {
    connection
        .prepare_cached(include_str!("../../queries/exposure/newest.sql"))?
        .query_row(params![tenant, machine_id], |row| exposure(row, 0))
        .optional()
}

pub(super) fn newest_of_all(
    connection: &Connection,
    (tenant, machine_id): (&str, &str),
    limit: usize,
) -> rusqlite::Result<Vec<(String, Exposure)>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/exposure/newest_of_all.sql"))?;
    let rows = statement.query_map(params![tenant, machine_id, limited(limit)], |row| {
        Ok((row.get(COLUMNS)?, exposure(row, 0)?))
    })?;
    rows.collect()
}

pub(super) fn window(
    connection: &Connection,
    tenant: &str,
    since_ms: i64,
) -> rusqlite::Result<Option<RangeInclusive<u64>>> {
    connection.query_row(
        include_str!("../../queries/exposure/window.sql"),
        params![tenant, since_ms],
        |row| {
            let (first, last): (Option<u64>, Option<u64>) = (row.get(0)?, row.get(1)?);
            Ok(first.zip(last).map(|(first, last)| first..=last))
        },
    )
}

pub(super) fn changes(
    connection: &Connection,
    tenant: &str,
    since_ms: i64,
    window: &RangeInclusive<u64>,
    limit: usize,
) -> rusqlite::Result<Vec<ExposureChange>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/exposure/changes.sql"))?;
    let limit = limited(limit);
    let rows = statement.query_map(
        params![tenant, window.start(), window.end(), since_ms, limit],
        |row| {
            let second = COLUMNS + 1;
            let before: Option<String> = row.get(second)?;
            Ok(ExposureChange {
                now: exposure(row, 0)?,
                group: row.get(COLUMNS)?,
                before: match before {
                    Some(_) => Some((exposure(row, second)?, row.get(second + COLUMNS)?)),
                    None => None,
                },
                sequence: row.get(second + COLUMNS + 1)?,
            })
        },
    )?;
    rows.collect()
}

fn exposure(row: &Row<'_>, from: usize) -> rusqlite::Result<Exposure> {
    Ok(Exposure {
        machine_id: row.get(from)?,
        number: row.get(from + 1)?,
        at_ms: row.get(from + 2)?,
        seen_at_ms: row.get(from + 3)?,
        set_hash: row.get(from + 4)?,
        first_seen: row.get(from + 5)?,
        group_id: row.get(from + 6)?,
        judged: Judged {
            fingerprint: row.get(from + 7)?,
            feed: row.get(from + 8)?,
            sequence: row.get(from + 9)?,
        },
    })
}

pub(super) fn sets(
    connection: &Connection,
    tenant: &str,
    hashes: &[SetHash],
) -> rusqlite::Result<Vec<FindingSet>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/finding_set/by_hash.sql"))?;
    let mut sets = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let set = statement.query_row(params![tenant, hash], |row| {
            Ok(FindingSet {
                hash: row.get(0)?,
                body: row.get(1)?,
            })
        });
        sets.extend(set.optional()?);
    }
    Ok(sets)
}

pub(super) fn detections(connection: &Connection) -> rusqlite::Result<Vec<Detection>> {
    let mut statement = connection.prepare(include_str!("../../queries/detection/all.sql"))?;
    let rows = statement.query_map([], |row| {
        Ok(Detection {
            tenant: row.get(0)?,
            cve: row.get(1)?,
            at_ms: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// The history of a machine that is removed; what was detected stays so.
pub(super) fn remove(
    transaction: &Transaction<'_>,
    tenant: &str,
    machine_id: &str,
) -> rusqlite::Result<()> {
    transaction.execute(
        include_str!("../../queries/exposure/remove.sql"),
        params![tenant, machine_id],
    )?;
    Ok(())
}

pub(super) fn forget(transaction: &Transaction<'_>, before_ms: i64) -> rusqlite::Result<usize> {
    let forgotten = transaction.execute(
        include_str!("../../queries/exposure/forget.sql"),
        [before_ms],
    )?;
    transaction.execute(
        include_str!("../../queries/finding_set/remove_orphans.sql"),
        [],
    )?;
    Ok(forgotten)
}

fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
