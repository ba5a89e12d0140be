//! The writer of tables that were read from somewhere.

use super::{Interner, entry_hash};
use crate::software::Entries;

impl Interner {
    /// The writer of entries that are filled, by how many machines have each.
    pub(crate) fn of(entries: &Entries, users: Vec<u32>) -> Self {
        let mut interner = Self {
            version_users: vec![0; entries.versions.len()],
            ..Self::default()
        };
        let (mut by_entry, mut by_version) = (Vec::new(), Vec::new());
        for ((number, entry), &users) in (0..).zip(entries.entries.iter()).zip(&users) {
            let software = entries.software.get(entry.software as usize);
            let version_users = interner.version_users.get_mut(entry.version as usize);
            match (software, version_users) {
                (Some(software), Some(version_users)) if users > 0 => {
                    *version_users += 1;
                    let version = entries.version(entry);
                    by_entry.push((entry_hash(entries, &software.id, &version), number));
                }
                _ => interner.vacant_entries.push(number),
            }
        }
        for ((number, version), &users) in (0..)
            .zip(entries.versions.iter())
            .zip(&interner.version_users)
        {
            match users {
                0 => interner.vacant_versions.push(number),
                _ => by_version.push((entries.hash(version), number)),
            }
        }
        let software = (0..).zip(entries.software.iter());
        let vacant = software.filter(|(_, software)| software.machines.is_empty());
        interner.vacant_software = vacant.map(|(number, _)| number).collect();
        interner.by_entry = by_entry.into_iter().collect();
        interner.by_version = by_version.into_iter().collect();
        interner.users = users;
        interner
    }
}
