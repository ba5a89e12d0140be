//! What the vendor published: products, KBs, CVEs, supersedence and fixed builds.

mod kb;
mod platform;
mod software;
mod version;

pub use kb::{KbId, KbIdError};
pub use platform::{
    Architecture, ArchitectureError, InstallationType, InstallationTypeError, Platform, Release,
    ReleaseKind,
};
pub use software::{SoftwareId, SoftwareIdError};
pub use version::{BuildRevision, Version, versions_in};
