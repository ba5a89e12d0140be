//! The binary, as a user runs it.

mod check;
mod demo;
mod feed;
mod harness;
mod server;
