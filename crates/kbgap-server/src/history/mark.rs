//! Marks: by which a machine is known to have nothing to record.
//!
//! A mark is a number that is kept beside a machine. It says by what the machine was
//! judged when its newest row of history was last found to hold; 0 says that nobody knows.
//! Losing marks costs time, never truth: a machine without one is compared with its
//! newest row.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_fleet::FleetMachine;
use kbgap_inventory::MachineId;

/// A machine with its mark.
pub(crate) struct Marked {
    pub(crate) machine: Arc<FleetMachine>,
    /// 0 where nobody knows.
    pub(crate) mark: u64,
}

/// The mark of a machine with this fingerprint: of all that decides about a row. One that
/// was removed and came back has another, by when it was first seen, since its history
/// begins anew.
pub(super) fn mark(fingerprint: i64, machine: &FleetMachine) -> u64 {
    let mut mark = fingerprint.cast_unsigned();
    for more in [i64::from(machine.group_id), machine.first_seen] {
        mark = mark.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ more.cast_unsigned();
        mark ^= mark >> 32;
    }
    // None is the mark of the unknown.
    mark.max(1)
}

/// The marks of all machines, as long as the index has no place for them.
#[derive(Default)]
pub(crate) struct Marks {
    by_tenant: HashMap<String, HashMap<MachineId, u64>>,
}

impl Marks {
    /// Machines with their marks.
    pub(crate) fn of(&self, tenant: &str, machines: Vec<Arc<FleetMachine>>) -> Vec<Marked> {
        let known = self.by_tenant.get(tenant);
        let mark = |id: &MachineId| known.and_then(|known| known.get(id)).copied();
        let marked = machines.into_iter().map(|machine| Marked {
            mark: mark(machine.id()).unwrap_or_default(),
            machine,
        });
        marked.collect()
    }

    /// Sets the mark of a machine; 0 forgets it.
    pub(crate) fn set(&mut self, tenant: &str, id: &MachineId, mark: u64) {
        let known = self.by_tenant.entry(tenant.to_owned()).or_default();
        match mark {
            0 => known.remove(id),
            _ => known.insert(id.clone(), mark),
        };
    }
}
