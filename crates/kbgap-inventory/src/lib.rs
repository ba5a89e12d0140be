//! Reads what machines report, in whatever format, into one [`Machine`].
//!
//! - [`read_reports`] recognises a format by its content; [`merge`] puts the reports of
//!   one host together.
//! - [`native`]: the JSON document of ours, one or many.
//! - [`osquery`]: rows of tables, kept until they make a machine.
//! - A report that does not tell all that a machine needs is a [`Part`].
//!
//! ```
//! let json = r#"{"computerDnsName": "pc-017", "os": {"version": "10.0.18363.592"}, "installedKbs": ["KB4528760"]}"#;
//! let machine = kbgap_inventory::native::machine(json)?;
//! assert_eq!((machine.os.build, machine.os.revision), (18363, Some(592)));
//! # Ok::<(), kbgap_inventory::native::RecordError>(())
//! ```

mod cyclonedx;
mod encoding;
mod format;
mod hotfixes;
mod json;
mod json_rows;
mod loose;
mod machine;
mod machine_id;
mod mde;
mod merge;
pub mod native;
pub mod osquery;
mod package;
mod part;
mod registry;
mod report;
mod rows;
mod software;
mod systeminfo;
mod text;
mod unread;
mod vuls;

pub use format::Format;
pub use machine::{DeviceValue, DotNet, InstalledKb, IpAddress, Machine, OperatingSystem};
pub use machine_id::{MachineId, MachineIdError};
pub use merge::{Merged, merge, merge_as, unpatched};
pub use part::{Part, PartOs, Program};
pub use report::{MAX_BYTES, Report, ReportError, read_reports};
pub use rows::csv::Column;
pub use software::{Software, SoftwareList};
