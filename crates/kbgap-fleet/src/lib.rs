//! The fleet index: which machines miss which KB.
//!
//! Derived data: it can be rebuilt from the store at any time, and the store is
//! the only truth. Machines with equal projections share a [patch state](state),
//! so assessment runs once for all of them; for each software and KB a Roaring
//! bitmap holds the ordinals of the machines that miss it.
//!
//! - [`Fleet`]: the index of one tenant; [`CheckIn`]s and feed changes go in.
//! - [`FleetMachine`]: what is kept of a machine.
//! - [`ProductFix`]: a row of getmissingkbs comes out.
//! - [`Detections`]: when each CVE was first seen; the caller keeps them.
//! - [`Summary`]: numbers over all machines: weaknesses, exposed machines, scores.

mod activity;
mod detections;
mod fleet;
mod machine;
mod pool;
mod rows;
mod score;
mod state;
mod summary;

pub use detections::Detections;
pub use fleet::Fleet;
pub use machine::{CheckIn, FleetMachine, Installed};
pub use rows::{MachineRows, ProductFix, View};
pub use score::ExposureLevel;
pub use summary::{Distribution, GroupScore, SoftwareSummary, Summary};

/// How long a machine that is not seen any more keeps counting, in milliseconds:
/// 30 days (section 6 of the rules).
pub const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
