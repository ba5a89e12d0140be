//! The rules on the vendor's real feed, host by host.

mod families;
mod feed;
mod hosts;
mod hotpatch;
mod scans;
mod worked_example;
