//! The server over real HTTP, with a real store and the sample month.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod browser;
mod connections;
mod contract;
mod discovery;
mod errors;
mod exploited;
mod exposure;
mod follow;
mod harness;
mod history;
mod host;
mod ingest;
mod metrics;
mod missing_kbs;
mod openapi;
mod osquery;
mod prepared;
mod rate_limits;
mod recomputed;
mod speed;
mod tls;
mod tokens;
