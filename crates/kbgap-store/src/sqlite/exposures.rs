//! The history of exposure, as it is read.
//!
//! The exposures of a machine are a chain: the machine names the newest, and each the one
//! before. So rows are only added at the end of one table, and nothing has to be kept in
//! order for looking them up.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::keys;
use super::machines::machine_id;
use crate::{Detection, Exposure, ExposureChange, FindingSet, Judged, SetHash};

/// How many columns an exposure has where it is read.
const COLUMNS: usize = 11;
/// How many exposures one transaction forgets: those who report wait for no more.
const FORGOTTEN: usize = 2_000;

pub(super) fn last(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(include_str!("../../queries/change_counter/get.sql"))?
        .query_row(["exposure"], |row| row.get(0))
}

pub(super) fn after(
    connection: &Connection,
    sequence: u64,
    limit: usize,
) -> rusqlite::Result<Vec<(u64, String, String)>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/exposure/after.sql"))?;
    let rows = statement.query_map(params![sequence, limited(limit)], |row| {
        Ok((row.get(0)?, row.get(1)?, machine_id(row, 2)?))
    })?;
    rows.collect()
}

pub(super) fn of(
    connection: &Connection,
    tenant: &str,
    ids: &[String],
    until: u64,
) -> rusqlite::Result<Vec<Option<Exposure>>> {
    let mut newest =
        connection.prepare_cached(include_str!("../../queries/exposure/newest.sql"))?;
    let mut previous =
        connection.prepare_cached(include_str!("../../queries/exposure/previous.sql"))?;
    let mut read =
        connection.prepare_cached(include_str!("../../queries/exposure/by_sequence.sql"))?;
    let exposures = ids.iter().map(|id| {
        let newest = newest
            .query_row(params![tenant, keys::machine_key(id)], |row| {
                exposure(row, 0)
            })
            .optional()?;
        let Some(later) = newest.as_ref().filter(|newest| newest.sequence > until) else {
            return Ok(newest);
        };
        let mut place = Some(later.sequence);
        while let Some(later) = place.filter(|place| *place > until) {
            let before: Option<Option<u64>> =
                previous.query_row([later], |row| row.get(0)).optional()?;
            place = before.flatten();
        }
        let Some(place) = place else { return Ok(None) };
        read.query_row([place], |row| exposure(row, 0)).optional()
    });
    exposures.collect()
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
            // The place of the one before.
            let before: Option<u64> = row.get(second + 1)?;
            Ok(ExposureChange {
                now: exposure(row, 0)?,
                group: row.get(COLUMNS)?,
                before: match before {
                    Some(_) => Some((exposure(row, second)?, row.get(second + COLUMNS)?)),
                    None => None,
                },
            })
        },
    )?;
    rows.collect()
}

fn exposure(row: &Row<'_>, from: usize) -> rusqlite::Result<Exposure> {
    Ok(Exposure {
        machine_id: machine_id(row, from)?,
        sequence: row.get(from + 1)?,
        number: row.get(from + 2)?,
        at_ms: row.get(from + 3)?,
        seen_at_ms: row.get(from + 4)?,
        set_hash: row.get(from + 5)?,
        first_seen: row.get(from + 6)?,
        group_id: row.get(from + 7)?,
        judged: Judged {
            fingerprint: row.get(from + 8)?,
            feed: row.get(from + 9)?,
            sequence: row.get(from + 10)?,
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

/// The history of a machine that is removed, from its newest exposure; what was detected
/// stays so.
pub(super) fn remove(transaction: &Transaction<'_>, newest: Option<u64>) -> rusqlite::Result<()> {
    let mut chain = transaction.prepare_cached(include_str!("../../queries/exposure/chain.sql"))?;
    let mut place = newest;
    while let Some(sequence) = place {
        let known: Option<(Option<u64>, i64)> = chain
            .query_row([sequence], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((previous, set)) = known else { break };
        drop_row(transaction, sequence, set)?;
        place = previous;
    }
    Ok(())
}

fn drop_row(transaction: &Transaction<'_>, sequence: u64, set: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(include_str!("../../queries/exposure/remove.sql"))?
        .execute([sequence])?;
    transaction
        .prepare_cached(include_str!("../../queries/finding_set/use.sql"))?
        .execute(params![set, -1])?;
    Ok(())
}

/// Forgets some of what was recorded before a time and has been followed by then. Gives
/// how many exposures that were; `None` once there are no more.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    before_ms: i64,
) -> rusqlite::Result<Option<usize>> {
    let mut old = transaction.prepare_cached(include_str!("../../queries/recording/old.sql"))?;
    let mut followed =
        transaction.prepare_cached(include_str!("../../queries/exposure/forget.sql"))?;
    let mut remove =
        transaction.prepare_cached(include_str!("../../queries/recording/remove.sql"))?;
    let (mut forgotten, mut recordings) = (0, 0);
    while forgotten < FORGOTTEN && recordings < FORGOTTEN {
        let recording: Option<(u64, u64)> = old
            .query_row([before_ms], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((first, last)) = recording else {
            break;
        };
        let rows = followed.query_map(params![first, last, before_ms], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        for (sequence, set) in rows.collect::<Result<Vec<_>, _>>()? {
            drop_row(transaction, sequence, set)?;
            forgotten += 1;
        }
        // It leads to nothing that can be asked for any more.
        remove.execute([first])?;
        recordings += 1;
    }
    if recordings == 0 {
        transaction.execute(
            include_str!("../../queries/finding_set/remove_unused.sql"),
            [],
        )?;
        return Ok(None);
    }
    Ok(Some(forgotten))
}

fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
