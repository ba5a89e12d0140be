//! How much a fleet holds, for whoever watches the server.

use std::collections::HashSet;
use std::sync::Arc;

use crate::Fleet;

/// Numbers of a fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Machines that count: those that were seen within [`RETENTION_MS`](crate::RETENTION_MS).
    pub active: u64,
    /// Machines that have fallen silent.
    pub silent: u64,
    /// Of the active ones, those that could not be assessed.
    pub not_assessed: u64,
    /// Sets of facts that some machine has.
    pub profiles: u64,
    /// Sets of facts that the catalogue tells apart: so many assessments there are.
    pub states: u64,
}

impl Fleet {
    /// The numbers of this fleet at a time, in milliseconds since 1970. It looks at each
    /// profile and at no machine.
    #[must_use]
    pub fn size(&self, now: i64) -> Size {
        let silence = self.silence(now);
        let mut size = Size::default();
        let mut states = HashSet::new();
        for profile in self.profiles() {
            let all = profile.machines.len();
            let active = profile.machines.len_without(&silence.machines);
            size.active += active;
            size.silent += all - active;
            if profile.state.not_assessed().is_some() {
                size.not_assessed += active;
            }
            size.profiles += u64::from(all > 0);
            if all > 0 {
                states.insert(Arc::as_ptr(&profile.state));
            }
        }
        size.states = states.len() as u64;
        size
    }
}

impl std::ops::AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        self.active += other.active;
        self.silent += other.silent;
        self.not_assessed += other.not_assessed;
        self.profiles += other.profiles;
        self.states += other.states;
    }
}
