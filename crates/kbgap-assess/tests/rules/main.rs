//! The rules on the vendor's real feed, host by host.

mod feed;
mod hosts;
mod scans;
mod worked_example;
