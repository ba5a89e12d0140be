//! Applications, the signing key and the default tenant.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::App;

const DEFAULT_TENANT: &str = "default-tenant";

pub(super) fn create(transaction: &Transaction<'_>, app: &App) -> rusqlite::Result<()> {
    transaction.execute(
        include_str!("../../queries/app/create.sql"),
        params![
            app.tenant,
            app.client_id,
            app.name,
            app.secret_sha256,
            app.roles.join(" "),
            app.created_at_ms
        ],
    )?;
    Ok(())
}

pub(super) fn by_client_id(
    connection: &Connection,
    client_id: &str,
) -> rusqlite::Result<Option<App>> {
    connection
        .query_row(
            include_str!("../../queries/app/by_client_id.sql"),
            [client_id],
            app,
        )
        .optional()
}

pub(super) fn of_tenant(connection: &Connection, tenant: &str) -> rusqlite::Result<Vec<App>> {
    let mut statement = connection.prepare(include_str!("../../queries/app/of_tenant.sql"))?;
    let rows = statement.query_map([tenant], app)?;
    rows.collect()
}

fn app(row: &Row<'_>) -> rusqlite::Result<App> {
    let roles: String = row.get(4)?;
    Ok(App {
        tenant: row.get(0)?,
        client_id: row.get(1)?,
        name: row.get(2)?,
        secret_sha256: row.get(3)?,
        roles: roles.split_whitespace().map(str::to_owned).collect(),
        created_at_ms: row.get(5)?,
    })
}

pub(super) fn delete(
    transaction: &Transaction<'_>,
    tenant: &str,
    client_id: &str,
) -> rusqlite::Result<bool> {
    let removed = transaction.execute(
        include_str!("../../queries/app/delete.sql"),
        params![tenant, client_id],
    )?;
    Ok(removed > 0)
}

pub(super) fn signing_key(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .query_row(
            include_str!("../../queries/signing_key/get.sql"),
            [],
            |row| row.get(0),
        )
        .optional()
}

pub(super) fn signing_key_or(
    transaction: &Transaction<'_>,
    pkcs8: &[u8],
) -> rusqlite::Result<Vec<u8>> {
    transaction.execute(include_str!("../../queries/signing_key/put.sql"), [pkcs8])?;
    transaction.query_row(
        include_str!("../../queries/signing_key/get.sql"),
        [],
        |row| row.get(0),
    )
}

/// The default tenant, where it was made before.
pub(super) fn known_tenant(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let sql = include_str!("../../queries/meta/get.sql");
    connection
        .query_row(sql, [DEFAULT_TENANT], |row| row.get(0))
        .optional()
}

pub(super) fn default_tenant(
    transaction: &Transaction<'_>,
    new_id: &str,
) -> rusqlite::Result<String> {
    transaction.execute(
        include_str!("../../queries/meta/put.sql"),
        [DEFAULT_TENANT, new_id],
    )?;
    transaction.query_row(
        include_str!("../../queries/meta/get.sql"),
        [DEFAULT_TENANT],
        |row| row.get(0),
    )
}
