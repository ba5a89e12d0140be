//! Tenants: their numbers, and how many machines they have.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::Census;

/// A tenant in a transaction, with what is counted of its machines.
pub(super) struct Tenant {
    pub(super) number: i64,
    machines: u64,
    sequence_sum: u64,
}

impl Tenant {
    /// The tenant with this id; `None` where nothing is kept of it.
    pub(super) fn find(transaction: &Connection, id: &str) -> rusqlite::Result<Option<Self>> {
        transaction
            .prepare_cached(include_str!("../../queries/tenant/by_id.sql"))?
            .query_row([id], |row| {
                Ok(Self {
                    number: row.get(0)?,
                    machines: row.get(1)?,
                    sequence_sum: row.get::<_, i64>(2)?.cast_unsigned(),
                })
            })
            .optional()
    }

    /// The tenant with this id, which gets a number where it has none.
    pub(super) fn of(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Self> {
        if let Some(known) = Self::find(transaction, id)? {
            return Ok(known);
        }
        transaction.execute(include_str!("../../queries/tenant/put.sql"), [id])?;
        Ok(Self {
            number: transaction.last_insert_rowid(),
            machines: 0,
            sequence_sum: 0,
        })
    }

    /// Counts that a machine goes from one place in the order of changes to another;
    /// `None` where it was not there, or is not any more.
    pub(super) const fn moved(&mut self, from: Option<u64>, to: Option<u64>) {
        if let Some(from) = from {
            self.machines = self.machines.saturating_sub(1);
            self.sequence_sum = self.sequence_sum.wrapping_sub(from);
        }
        if let Some(to) = to {
            self.machines += 1;
            self.sequence_sum = self.sequence_sum.wrapping_add(to);
        }
    }

    /// Writes what was counted.
    pub(super) fn save(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(include_str!("../../queries/tenant/count.sql"))?
            .execute(params![
                self.number,
                self.machines,
                self.sequence_sum.cast_signed()
            ])?;
        Ok(())
    }
}

pub(super) fn census(connection: &Connection) -> rusqlite::Result<Vec<Census>> {
    let mut statement =
        connection.prepare_cached(include_str!("../../queries/tenant/census.sql"))?;
    let rows = statement.query_map([], |row| {
        Ok(Census {
            tenant: row.get(0)?,
            machines: row.get(1)?,
            sequence_sum: row.get::<_, i64>(2)?.cast_unsigned(),
        })
    })?;
    rows.collect()
}

/// The random name that the store got when it was made.
pub(super) fn identity(connection: &Connection) -> rusqlite::Result<String> {
    let sql = include_str!("../../queries/meta/get.sql");
    connection.query_row(sql, ["identity"], |row| row.get(0))
}

/// Notes that the newest exposures of all machines hold under a feed.
pub(super) fn judged(transaction: &Transaction<'_>, id: &str, feed: u64) -> rusqlite::Result<()> {
    if let Some(tenant) = Tenant::find(transaction, id)? {
        transaction.execute(
            include_str!("../../queries/tenant/judged.sql"),
            params![tenant.number, feed],
        )?;
    }
    Ok(())
}
