//! The binary, as a user runs it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod check;
mod demo;
mod feed;
mod feed_bundle;
mod feed_lists;
mod feed_mutations;
mod feed_sync;
mod generate;
mod harness;
mod import;
mod import_mutations;
mod input;
mod memory;
mod not_assessed;
mod osquery;
mod python_clients;
mod readme;
mod served;
mod server;
mod support;
mod tls;
