//! Reads what machines report, in whatever format, into one [`Machine`].

mod machine;
mod machine_id;

pub use machine::{InstalledKb, Machine, OperatingSystem, Software};
pub use machine_id::{MachineId, MachineIdError};
