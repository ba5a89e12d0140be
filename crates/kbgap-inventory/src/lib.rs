//! Reads what machines report, in whatever format, into one [`Machine`].
//!
//! - [`read_reports`] recognises a format by its content; [`merge`] puts the reports of
//!   one host together.
//! - [`native`]: the JSON document of ours, one or many.
//!
//! ```
//! let json = r#"{"computerDnsName": "pc-017", "os": {"version": "10.0.18363.592"}, "installedKbs": ["KB4528760"]}"#;
//! let machine = kbgap_inventory::native::machine(json)?;
//! assert_eq!((machine.os.build, machine.os.revision), (18363, Some(592)));
//! # Ok::<(), kbgap_inventory::native::RecordError>(())
//! ```

mod encoding;
mod hotfixes;
mod machine;
mod machine_id;
mod merge;
pub mod native;
mod report;
mod software;
mod systeminfo;

pub use hotfixes::HotfixList;
pub use machine::{DeviceValue, InstalledKb, IpAddress, Machine, OperatingSystem};
pub use machine_id::{MachineId, MachineIdError};
pub use merge::{Merged, merge};
pub use report::{MAX_BYTES, Report, ReportError, read_reports};
pub use software::{Software, SoftwareList};
