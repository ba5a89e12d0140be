//! Changes to what is kept of machines beside their reports.

use rusqlite::{OptionalExtension, Transaction, params};

use super::machines::{advance, last_sequence};
use crate::{MachineEdit, TagEdits};

/// Makes one change to several machines, and gives the ids of those that there are.
pub(super) fn edit(
    transaction: &Transaction<'_>,
    tenant: &str,
    ids: &[String],
    edit: &MachineEdit,
) -> rusqlite::Result<Vec<String>> {
    let mut sequence = last_sequence(transaction)?;
    let before = sequence;
    let mut read = transaction.prepare_cached(include_str!("../../queries/machine/edits.sql"))?;
    let mut write = transaction.prepare_cached(include_str!("../../queries/machine/edit.sql"))?;
    let mut edited = Vec::new();
    for id in ids {
        let known: Option<(String, String)> = read
            .query_row(params![tenant, id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((mut value, tags)) = known else {
            continue;
        };
        let mut tags = TagEdits::decode(&tags);
        match edit {
            MachineEdit::AddTag(tag) => tags.add(tag),
            MachineEdit::RemoveTag(tag) => tags.remove(tag),
            MachineEdit::DeviceValue(new) => value.clone_from(new),
        }
        sequence += 1;
        write.execute(params![tenant, id, value, tags.encode(), sequence])?;
        edited.push(id.clone());
    }
    advance(transaction, sequence - before)?;
    Ok(edited)
}
