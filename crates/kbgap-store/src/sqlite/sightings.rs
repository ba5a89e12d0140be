//! Which machine had which address when.
//!
//! A machine that reports the address that it reported before has had it in between:
//! as long as it does, its row says from when, and its last report says until when, so
//! that an ordinary check-in writes nothing here. What is told are all machines that
//! reported the address in the time that is asked for, and those that reported it before
//! and after it, less than a day apart and no other address meanwhile. That is closer to
//! who had it than reports alone are, since the API asks for half an hour, and machines
//! report a few times a day.

use std::net::IpAddr;

use rusqlite::{Connection, Transaction, params};

use super::keys;
use super::tenants::Tenant;

/// How long a machine may be silent and still have had its addresses all the time, in
/// milliseconds: that of one which reports once a day, at some hour.
const SILENT_MS: i64 = 25 * 60 * 60 * 1_000;

/// How many sightings one transaction forgets: those who report wait for no more.
const FORGOTTEN: i64 = 2_000;

/// The sightings that begin and end with a group of reports.
pub(super) struct Sightings {
    tenant: i64,
    events: Vec<Event>,
}

/// In the order of the table, and of what becomes of one address of a machine in the
/// order of its reports.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    address: Vec<u8>,
    machine: i64,
    order: usize,
    what: What,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Begins { from_ms: i64 },
    Ends { until_ms: i64 },
}

impl Sightings {
    pub(super) const fn of(tenant: &Tenant) -> Self {
        Self {
            tenant: tenant.number,
            events: Vec::new(),
        }
    }

    fn note(&mut self, machine: i64, address: &[u8], what: What) {
        self.events.push(Event {
            address: address.to_vec(),
            machine,
            order: self.events.len(),
            what,
        });
    }

    /// A machine, last seen with these addresses, is seen with those.
    pub(super) fn moved(
        &mut self,
        machine: i64,
        (last_seen_ms, before): (i64, &[u8]),
        (seen_at_ms, now): (i64, &[u8]),
    ) {
        let is_gap = seen_at_ms.saturating_sub(last_seen_ms) > SILENT_MS;
        if before == now && !is_gap {
            return;
        }
        let stays =
            |address: &[u8], other| !is_gap && keys::unpack(other).any(|other| other == address);
        for address in keys::unpack(before).filter(|address| !stays(address, now)) {
            let until_ms = last_seen_ms;
            self.note(machine, address, What::Ends { until_ms });
        }
        for address in keys::unpack(now).filter(|address| !stays(address, before)) {
            let from_ms = seen_at_ms;
            self.note(machine, address, What::Begins { from_ms });
        }
    }

    /// Writes them, neighbours together: a large group touches most pages of the table,
    /// and each should be looked for once.
    pub(super) fn write(mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        self.events.sort_unstable();
        let mut begin =
            transaction.prepare_cached(include_str!("../../queries/sighting/begin.sql"))?;
        let mut end = transaction.prepare_cached(include_str!("../../queries/sighting/end.sql"))?;
        for event in &self.events {
            let (address, machine) = (&event.address, event.machine);
            match event.what {
                What::Begins { from_ms } => {
                    begin.execute(params![self.tenant, address, machine, from_ms])?;
                }
                What::Ends { until_ms } => {
                    end.execute(params![self.tenant, address, machine, until_ms])?;
                }
            }
        }
        Ok(())
    }
}

/// Ends what a machine that is removed still has.
pub(super) fn end(
    transaction: &Transaction<'_>,
    tenant: &Tenant,
    machine: i64,
    (seen_at_ms, addresses): (i64, &[u8]),
) -> rusqlite::Result<()> {
    let mut sightings = Sightings::of(tenant);
    sightings.moved(machine, (seen_at_ms, addresses), (seen_at_ms, &[]));
    sightings.write(transaction)
}

/// A sighting by its key: tenant, address, machine, from when.
pub(super) type Key = (i64, Vec<u8>, i64, i64);

/// The next sightings after a key that ended before a time.
pub(super) fn old(
    connection: &Connection,
    (tenant, address, machine, from_ms): &Key,
    before_ms: i64,
) -> rusqlite::Result<Vec<Key>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/sighting/old.sql"))?;
    let rows = statement.query_map(
        params![tenant, address, machine, from_ms, before_ms, FORGOTTEN],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    rows.collect()
}

pub(super) fn remove(transaction: &Transaction<'_>, keys: &[Key]) -> rusqlite::Result<()> {
    let mut remove =
        transaction.prepare_cached(include_str!("../../queries/sighting/remove.sql"))?;
    for (tenant, address, machine, from_ms) in keys {
        remove.execute(params![tenant, address, machine, from_ms])?;
    }
    Ok(())
}

pub(super) fn between(
    connection: &Connection,
    tenant: &str,
    address: IpAddr,
    from_ms: i64,
    to_ms: i64,
) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/sighting/between.sql"))?;
    let address = keys::address_key(address);
    let rows = statement.query_map(params![tenant, address, from_ms, to_ms], |row| {
        row.get::<_, Vec<u8>>(0)
    })?;
    let mut keys = rows.collect::<Result<Vec<_>, _>>()?;
    keys.sort_unstable();
    keys.dedup();
    Ok(keys.iter().map(|key| keys::machine_id(key)).collect())
}
