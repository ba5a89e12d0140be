//! The fleet index: which machines miss which KB.
//!
//! Derived data: it can be rebuilt from the store at any time, and the store is
//! the only truth. It is made for a million machines on a small computer:
//!
//! - Machines with equal facts share a [profile](profile), profiles that a catalogue does
//!   not tell apart a [patch state](state): the rules run once for all of them, and
//!   bitmaps say which machines they are. Numbers are sums over profiles.
//! - How many machines [miss](misses) each KB, of all and of each device group, is counted
//!   while they come and go: that is asked most.
//! - Readers hold a [`Fleet`], which never changes; the writer, a [`FleetIndex`], makes
//!   the next one, which shares all [pieces](table) that stayed the same.
//! - What is only shown of a machine is [packed](packed), some machines in one
//!   [piece](records), and its software [shared](software) with other machines.
//!
//! In: [`CheckIn`]s, and another catalogue by way of [`Reassessed`]. Out: [`ProductFix`],
//! a row of getmissingkbs; [`FleetMachine`], a machine; [`JudgedMachine`], what its history
//! is made of; [`Summary`], numbers over all of them. [`Detections`], when each CVE was
//! first seen, is the caller's to keep.

mod activity;
mod detections;
mod fingerprint;
mod fleet;
mod gathered;
mod ids;
mod index;
mod judged;
mod machine;
mod misses;
mod packed;
mod parallel;
mod profile;
mod records;
mod rows;
mod rules;
mod score;
mod silence;
mod size;
mod snapshot;
mod software;
mod state;
mod summary;
mod table;
mod words;

pub use detections::Detections;
pub use fleet::Fleet;
pub use index::{CheckIn, FleetIndex, Reassessed, Upserted};
pub use judged::JudgedMachine;
pub use machine::FleetMachine;
pub use packed::Reported;
pub use rows::{MachineRows, ProductFix, View};
pub use rules::Rules;
pub use score::ExposureLevel;
pub use size::Size;
pub use snapshot::LoadError;
pub use software::Installed;
pub use summary::{Distribution, GroupScore, SoftwareSummary, Summary};

/// How long a machine that is not seen any more keeps counting, in milliseconds:
/// 30 days (section 6 of the rules).
pub const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
