//! The fleet index: which machines miss which KB.
//!
//! Derived data: it can be rebuilt from the store at any time, and the store is
//! the only truth. Machines with equal projections share a [patch state](state),
//! so assessment runs once for all of them; for each software and KB a Roaring
//! bitmap holds the ordinals of the machines that miss it.
//!
//! - [`Fleet`]: the index of one tenant; check-ins and feed changes go in.
//! - [`ProductFix`]: a row of getmissingkbs comes out.

mod activity;
mod fleet;
mod rows;
mod state;

pub use fleet::{Fleet, FleetMachine};
pub use rows::{MachineRows, ProductFix, View};

/// How long a machine that is not seen any more keeps counting, in milliseconds:
/// 30 days (section 6 of the rules).
pub const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
