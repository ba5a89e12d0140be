//! Reads what machines report, in whatever format, into one [`Machine`].
//!
//! - [`native`]: the JSON document of ours, one or many.
//!
//! ```
//! let json = r#"{"computerDnsName": "pc-017", "os": {"version": "10.0.18363.592"}, "installedKbs": ["KB4528760"]}"#;
//! let machine = kbgap_inventory::native::machine(json)?;
//! assert_eq!((machine.os.build, machine.os.revision), (18363, Some(592)));
//! # Ok::<(), kbgap_inventory::native::RecordError>(())
//! ```

mod machine;
mod machine_id;
pub mod native;

pub use machine::{InstalledKb, Machine, OperatingSystem, Software};
pub use machine_id::{MachineId, MachineIdError};
