//! Marks: by which a machine is known to have nothing to record.
//!
//! A mark is a number that is kept beside a machine. It says by what the machine was
//! judged when its newest row of history was last found to hold; 0 says that nobody knows.
//! Losing marks costs time, never truth: a machine without one is compared with its
//! newest row. One that was just stored as new has a mark that says so, and none is looked
//! for; where somebody has recorded it meanwhile the store refuses the row, and it is. The
//! index keeps it ([`JudgedMachine::mark`]).

use kbgap_fleet::JudgedMachine;

/// The mark of a machine that has no row yet.
pub(crate) const NO_ROW: u64 = 1;

/// The mark of a machine with this fingerprint: of all that decides about a row. One that
/// was removed and came back has another, by when it was first seen, since its history
/// begins anew.
pub(super) fn mark(fingerprint: i64, machine: &JudgedMachine) -> u64 {
    let mut mark = fingerprint.cast_unsigned();
    for more in [i64::from(machine.group_id), machine.first_seen] {
        mark = mark.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ more.cast_unsigned();
        mark ^= mark >> 32;
    }
    // These have a meaning of their own.
    mark.max(NO_ROW + 1)
}
