//! Machines that may have something to record.

use std::sync::Arc;

use kbgap_fleet::JudgedMachine;
use kbgap_store::Judged;

use crate::history::mark::mark;

/// A machine that may have something to record.
pub(super) struct Candidate {
    pub(super) machine: Arc<JudgedMachine>,
    pub(super) judged: Judged,
    /// Whether it is known to have no row.
    pub(super) is_new: bool,
}

impl Candidate {
    /// One whose row has to be looked for.
    pub(super) const fn again(machine: Arc<JudgedMachine>, judged: Judged) -> Self {
        Self {
            machine,
            judged,
            is_new: false,
        }
    }

    pub(super) fn mark(&self) -> u64 {
        mark(self.judged.fingerprint, &self.machine)
    }
}
