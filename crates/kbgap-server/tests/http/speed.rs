//! What holds while many read and write at once.

mod newest;
mod whole;
