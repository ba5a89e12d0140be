//! Hosts that report by osquery, with the bodies that osquery 5 sends.

pub mod host;
mod intake;
mod keys;
mod results;
