//! Hosts that report by osquery.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::SqliteStore;
use crate::{
    EnrollSecret, Enrollment, Node, NodeStore, NodeTable, NodeUpdate, PackedBody, StoreError,
};

#[async_trait]
impl NodeStore for SqliteStore {
    async fn create_enroll_secret(&self, secret: EnrollSecret) -> Result<(), StoreError> {
        self.writer
            .run(move |transaction| create_secret(transaction, &secret))
            .await
    }

    async fn enroll_secret(&self, sha256: [u8; 32]) -> Result<Option<EnrollSecret>, StoreError> {
        self.read(move |connection| secret_by_hash(connection, sha256))
            .await
    }

    async fn enroll_secrets(&self, tenant: &str) -> Result<Vec<EnrollSecret>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| secrets_of_tenant(connection, &tenant))
            .await
    }

    async fn delete_enroll_secret(&self, tenant: &str, id: &str) -> Result<bool, StoreError> {
        let (tenant, id) = (tenant.to_owned(), id.to_owned());
        self.writer
            .run(move |transaction| delete_secret(transaction, &tenant, &id))
            .await
    }

    async fn enroll_node(&self, node: Enrollment, most: u64) -> Result<bool, StoreError> {
        self.writer
            .run(move |transaction| enroll(transaction, &node, most))
            .await
    }

    async fn node(&self, key_sha256: [u8; 32]) -> Result<Option<Node>, StoreError> {
        self.read(move |connection| by_key(connection, key_sha256))
            .await
    }

    async fn nodes(&self, tenant: &str) -> Result<Vec<Node>, StoreError> {
        let tenant = tenant.to_owned();
        self.read(move |connection| of_tenant(connection, &tenant))
            .await
    }

    async fn delete_node(&self, tenant: &str, host_identifier: &str) -> Result<bool, StoreError> {
        let (tenant, host) = (tenant.to_owned(), host_identifier.to_owned());
        self.writer
            .run(move |transaction| delete(transaction, &tenant, &host))
            .await
    }

    async fn node_tables(&self, number: i64) -> Result<Vec<NodeTable>, StoreError> {
        self.read(move |connection| tables(connection, number))
            .await
    }

    async fn node_queries(&self, number: i64) -> Result<Vec<(String, bool)>, StoreError> {
        self.read(move |connection| heads(connection, number)).await
    }

    async fn update_node(&self, update: NodeUpdate) -> Result<bool, StoreError> {
        let prepared = Update::of(update)?;
        self.writer
            .run(move |transaction| change(transaction, &prepared))
            .await
    }
}

fn create_secret(transaction: &Transaction<'_>, secret: &EnrollSecret) -> rusqlite::Result<()> {
    transaction.execute(
        include_str!("../../queries/osquery_secret/create.sql"),
        params![
            secret.tenant,
            secret.id,
            secret.name,
            secret.sha256,
            secret.created_at_ms
        ],
    )?;
    Ok(())
}

fn secret_by_hash(
    connection: &Connection,
    sha256: [u8; 32],
) -> rusqlite::Result<Option<EnrollSecret>> {
    connection
        .prepare_cached(include_str!("../../queries/osquery_secret/by_hash.sql"))?
        .query_row([sha256], secret)
        .optional()
}

fn secrets_of_tenant(connection: &Connection, tenant: &str) -> rusqlite::Result<Vec<EnrollSecret>> {
    let sql = include_str!("../../queries/osquery_secret/of_tenant.sql");
    let mut statement = connection.prepare(sql)?;
    statement.query_map([tenant], secret)?.collect()
}

fn secret(row: &Row<'_>) -> rusqlite::Result<EnrollSecret> {
    Ok(EnrollSecret {
        tenant: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        sha256: row.get(3)?,
        created_at_ms: row.get(4)?,
    })
}

fn delete_secret(transaction: &Transaction<'_>, tenant: &str, id: &str) -> rusqlite::Result<bool> {
    let sql = include_str!("../../queries/osquery_secret/delete.sql");
    Ok(transaction.execute(sql, [tenant, id])? > 0)
}

fn enroll(transaction: &Transaction<'_>, node: &Enrollment, most: u64) -> rusqlite::Result<bool> {
    let known: Option<i64> = transaction
        .query_row(
            include_str!("../../queries/osquery_node/known.sql"),
            [&node.tenant, &node.host_identifier],
            |row| row.get(0),
        )
        .optional()?;
    if known.is_none() {
        let sql = include_str!("../../queries/osquery_node/count.sql");
        let count: u64 = transaction.query_row(sql, [&node.tenant], |row| row.get(0))?;
        if count >= most {
            return Ok(false);
        }
    }
    transaction.execute(
        include_str!("../../queries/osquery_node/enroll.sql"),
        params![
            node.tenant,
            node.host_identifier,
            node.key_sha256,
            node.platform,
            node.name,
            node.agent_version,
            node.at_ms
        ],
    )?;
    Ok(true)
}

fn by_key(connection: &Connection, key_sha256: [u8; 32]) -> rusqlite::Result<Option<Node>> {
    connection
        .prepare_cached(include_str!("../../queries/osquery_node/by_key.sql"))?
        .query_row([key_sha256], node)
        .optional()
}

fn of_tenant(connection: &Connection, tenant: &str) -> rusqlite::Result<Vec<Node>> {
    let sql = include_str!("../../queries/osquery_node/of_tenant.sql");
    let mut statement = connection.prepare(sql)?;
    statement.query_map([tenant], node)?.collect()
}

fn node(row: &Row<'_>) -> rusqlite::Result<Node> {
    Ok(Node {
        number: row.get(0)?,
        enrollment: Enrollment {
            tenant: row.get(1)?,
            host_identifier: row.get(2)?,
            key_sha256: row.get(3)?,
            platform: row.get(4)?,
            name: row.get(5)?,
            agent_version: row.get(6)?,
            at_ms: row.get(8)?,
        },
        machine_id: row.get(7)?,
        seen_at_ms: row.get(9)?,
        version: row.get(10)?,
    })
}

fn delete(
    transaction: &Transaction<'_>,
    tenant: &str,
    host_identifier: &str,
) -> rusqlite::Result<bool> {
    let known: Option<i64> = transaction
        .query_row(
            include_str!("../../queries/osquery_node/known.sql"),
            [tenant, host_identifier],
            |row| row.get(0),
        )
        .optional()?;
    let Some(number) = known else {
        return Ok(false);
    };
    for sql in [
        include_str!("../../queries/osquery_table/remove.sql"),
        include_str!("../../queries/osquery_node/delete.sql"),
    ] {
        transaction.execute(sql, [number])?;
    }
    Ok(true)
}

fn tables(connection: &Connection, number: i64) -> rusqlite::Result<Vec<NodeTable>> {
    let sql = include_str!("../../queries/osquery_table/of_node.sql");
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([number], |row| {
        Ok(NodeTable {
            query: row.get(0)?,
            is_lacking: row.get(1)?,
            body: PackedBody::stored(row.get(2)?),
        })
    })?;
    rows.collect()
}

fn heads(connection: &Connection, number: i64) -> rusqlite::Result<Vec<(String, bool)>> {
    let sql = include_str!("../../queries/osquery_table/heads.sql");
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([number], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// A change with its bodies as they are to be stored: packing is no work for the thread
/// that writes.
struct Update {
    node: NodeUpdate,
    bodies: Vec<Vec<u8>>,
}

impl Update {
    fn of(node: NodeUpdate) -> Result<Self, StoreError> {
        let bodies = node.tables.iter();
        let bodies = bodies.map(|table| Ok(table.body.to_store()?.into_owned()));
        let bodies = bodies.collect::<Result<_, StoreError>>()?;
        Ok(Self { node, bodies })
    }
}

fn change(transaction: &Transaction<'_>, update: &Update) -> rusqlite::Result<bool> {
    let Update { node, bodies } = update;
    let changed = transaction
        .prepare_cached(include_str!("../../queries/osquery_node/update.sql"))?
        .execute(params![
            node.number,
            node.version,
            node.machine_id,
            node.seen_at_ms
        ])?;
    if changed == 0 {
        return Ok(false);
    }
    let sql = include_str!("../../queries/osquery_table/put.sql");
    let mut put = transaction.prepare_cached(sql)?;
    for (table, body) in node.tables.iter().zip(bodies) {
        put.execute(params![node.number, table.query, table.is_lacking, body])?;
    }
    Ok(true)
}
