//! Remediation tasks.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::StoredTask;

pub(super) fn put(
    transaction: &Transaction<'_>,
    tenant: &str,
    task: &StoredTask,
) -> rusqlite::Result<()> {
    transaction.execute(
        include_str!("../../queries/remediation_task/put.sql"),
        params![tenant, task.id, task.created_at_ms, task.body],
    )?;
    Ok(())
}

pub(super) fn of_tenant(
    connection: &Connection,
    tenant: &str,
) -> rusqlite::Result<Vec<StoredTask>> {
    let mut statement =
        connection.prepare(include_str!("../../queries/remediation_task/of_tenant.sql"))?;
    let rows = statement.query_map([tenant], task)?;
    rows.collect()
}

pub(super) fn by_id(
    connection: &Connection,
    tenant: &str,
    id: &str,
) -> rusqlite::Result<Option<StoredTask>> {
    connection
        .query_row(
            include_str!("../../queries/remediation_task/by_id.sql"),
            params![tenant, id],
            task,
        )
        .optional()
}

fn task(row: &Row<'_>) -> rusqlite::Result<StoredTask> {
    Ok(StoredTask {
        id: row.get(0)?,
        created_at_ms: row.get(1)?,
        body: row.get(2)?,
    })
}
