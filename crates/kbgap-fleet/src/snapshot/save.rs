//! Writing.

use std::io::Write;

use kbgap_inventory::DeviceValue;

use super::format::Output;
use crate::fleet::{Fleet, Slot};

impl Fleet {
    /// Writes the index, as [`FleetIndex::load`](crate::FleetIndex::load) reads it.
    ///
    /// # Errors
    /// What writing says.
    pub fn save(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mut out = Output(out);
        self.inventory.words.save(&mut out)?;
        self.inventory.shared.save(&mut out)?;
        out.count(self.groups.len())?;
        for (id, group) in self.groups.iter() {
            out.0.write_all(&id.to_le_bytes())?;
            out.bytes(group.name.as_bytes())?;
        }
        out.count(self.profiles.len())?;
        for profile in self.profiles.iter() {
            match profile {
                None => out.u8(0)?,
                Some(profile) => {
                    out.u8(1)?;
                    out.value(&*profile.facts)?;
                }
            }
        }
        out.count(self.machines.len())?;
        for (ordinal, slot) in (0..).zip(self.machines.iter()) {
            machine(slot, self.inventory.records.get(ordinal), &mut out)?;
        }
        Ok(())
    }
}

fn machine(slot: &Slot, record: &[u8], out: &mut Output<'_>) -> std::io::Result<()> {
    if slot.is_vacant() {
        return out.u8(0);
    }
    out.u8(match slot.value {
        DeviceValue::Normal => 1,
        DeviceValue::Low => 2,
        DeviceValue::High => 3,
    })?;
    out.u64(slot.seen_at.cast_unsigned())?;
    out.u64(slot.sequence)?;
    out.u64(slot.mark)?;
    out.u32(slot.profile)?;
    out.u32(slot.group.cast_unsigned())?;
    out.bytes(record)
}
