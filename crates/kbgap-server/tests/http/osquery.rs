//! Hosts that report by osquery, with the bodies that osquery 5 sends.

mod host;
mod intake;
mod keys;
mod results;
