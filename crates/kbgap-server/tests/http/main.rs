//! The server over real HTTP, with a real store and the sample month.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod browser;
mod connections;
mod discovery;
mod errors;
mod follow;
mod harness;
mod ingest;
mod missing_kbs;
mod openapi;
mod rate_limits;
mod tls;
mod tokens;
