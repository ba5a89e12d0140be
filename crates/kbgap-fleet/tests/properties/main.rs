//! What holds for every feed and fleet (docs/scoring.md).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod grouped;
mod incremental;
mod monotone;
mod plain;
mod recomputed;
mod world;
