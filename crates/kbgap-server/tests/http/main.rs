//! The server over real HTTP, with a real store and the sample month.

mod errors;
mod follow;
mod harness;
mod ingest;
mod missing_kbs;
mod tokens;
