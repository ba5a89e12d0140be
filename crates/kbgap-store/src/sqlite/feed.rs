//! Feed documents.

use rusqlite::{Connection, Row, Transaction, params};

use crate::{FeedDocument, FeedHead};

pub(super) fn heads(connection: &Connection) -> rusqlite::Result<Vec<FeedHead>> {
    let mut statement =
        connection.prepare(include_str!("../../queries/feed_document/heads.sql"))?;
    let rows = statement.query_map([], head)?;
    rows.collect()
}

pub(super) fn documents(connection: &Connection) -> rusqlite::Result<Vec<FeedDocument>> {
    let mut statement = connection.prepare(include_str!("../../queries/feed_document/all.sql"))?;
    let rows = statement.query_map([], document)?;
    rows.collect()
}

fn document(row: &Row<'_>) -> rusqlite::Result<FeedDocument> {
    Ok(FeedDocument {
        head: head(row)?,
        body: row.get(7)?,
    })
}

fn head(row: &Row<'_>) -> rusqlite::Result<FeedHead> {
    Ok(FeedHead {
        id: row.get(0)?,
        kind: row.get(1)?,
        current_release: row.get(2)?,
        revision: row.get(3)?,
        content_hash: row.get(4)?,
        vulnerabilities: row.get(5)?,
        fixes: row.get(6)?,
    })
}

pub(super) fn replace(
    transaction: &Transaction<'_>,
    documents: &[FeedDocument],
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare(include_str!("../../queries/feed_document/put.sql"))?;
    for FeedDocument { head: d, body } in documents {
        statement.execute(params![
            d.id,
            d.kind,
            d.current_release,
            d.revision,
            d.content_hash,
            d.vulnerabilities,
            d.fixes,
            body
        ])?;
    }
    transaction.execute(
        include_str!("../../queries/change_counter/bump.sql"),
        params!["feed", 1],
    )?;
    Ok(())
}

pub(super) fn generation(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row(
        include_str!("../../queries/change_counter/get.sql"),
        ["feed"],
        |row| row.get(0),
    )
}
