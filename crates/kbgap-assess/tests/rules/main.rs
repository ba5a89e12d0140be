//! The rules on the vendor's real feed, host by host.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod assessor;
mod dot_net;
mod drawn;
mod edge;
mod exchange;
mod families;
mod forged;
mod hosts;
mod hotpatch;
mod lifecycle;
mod office;
mod presence;
mod properties;
mod scans;
mod sharepoint;
mod sql_server;
mod unsupported;
mod worked_example;
