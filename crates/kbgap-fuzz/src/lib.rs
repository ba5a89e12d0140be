//! Fuzz targets: a function for everything that reads what others wrote.
//!
//! [`TARGETS`] is the one list. Each target takes any bytes and panics where something is
//! wrong: by itself, or because a property does not hold, such as that what is written is
//! read again. The tests run each over its seeds and some mutations of them; libFuzzer
//! looks further (`.ci/fuzz`, CONTRIBUTING.md).

#![expect(clippy::expect_used, reason = "targets fail by panicking")]

mod make;
mod seeds;
pub mod targets;

pub use seeds::{mutated, of_target};
pub use targets::{Seeds, TARGETS, Target, target};
