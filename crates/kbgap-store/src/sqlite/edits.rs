//! Changes to what is kept of machines beside their reports.

use rusqlite::{Transaction, params};

use super::machines::{advance, last_sequence};
use super::put::State;
use super::tenants::Tenant;
use crate::{MachineEdit, TagEdits};

/// Makes one change to several machines, and gives the ids of those that there are.
pub(super) fn edit(
    transaction: &Transaction<'_>,
    tenant: &str,
    ids: &[String],
    edit: &MachineEdit,
) -> rusqlite::Result<Vec<String>> {
    let Some(mut tenant) = Tenant::find(transaction, tenant)? else {
        return Ok(Vec::new());
    };
    let before = last_sequence(transaction)?;
    let mut sequence = before;
    let mut read = State::statement(transaction)?;
    let mut write = transaction.prepare_cached(include_str!("../../queries/machine/edit.sql"))?;
    let mut edited = Vec::new();
    for id in ids {
        let known = State::read(&mut read, &tenant, id)?;
        let Some(known) = known.filter(|known| known.content_hash.is_some()) else {
            continue;
        };
        let mut value = known.device_value;
        let mut tags = TagEdits::decode(&known.tag_edits);
        match edit {
            MachineEdit::AddTag(tag) => tags.add(tag),
            MachineEdit::RemoveTag(tag) => tags.remove(tag),
            MachineEdit::DeviceValue(new) => value.clone_from(new),
        }
        sequence += 1;
        write.execute(params![known.number, value, tags.encode(), sequence])?;
        tenant.moved(Some(known.sequence), Some(sequence));
        edited.push(id.clone());
    }
    tenant.save(transaction)?;
    advance(transaction, sequence - before)?;
    Ok(edited)
}
