//! What the vendor published: products, KBs, CVEs, supersedence and fixed builds.

mod catalog;
mod compile;
mod feed;
mod fold;
mod kb;
mod layout;
mod lifecycle;
mod lists;
mod mapping;
mod month;
mod odd;
mod platform;
mod record;
mod servicing;
mod snapshot;
mod software;
mod soundness;
mod sql_server;
mod table;
mod version;

pub use catalog::{
    Catalog, Document, Epss, Fix, Kb, KbIx, KnownExploited, Product, ProductIx, ServicingKind,
    ServicingUpdate, SoftwareIx, Source, Vulnerability, VulnerabilityIx,
};
pub use compile::{compile, compile_feed};
pub use feed::{Feed, SourceKind};
pub use kb::{KbId, KbIdError};
pub use lifecycle::{
    Edition, Lifecycle, SoftwareRelease, WindowsLifecycle, software_releases, windows_lifecycles,
    windows_of_software,
};
pub use lists::{
    CveId, CveIdError, EpssEntry, EpssRecord, KnownExploitedEntry, KnownExploitedRecord, Share,
};
pub use mapping::{
    Branch, Component, InstalledSoftware, ProductMapping, Recognised, is_mapped_software,
    map_installed, map_product, named_in_table, recognise,
};
pub use month::Month;
pub use odd::{OddKind, OddValue};
pub use platform::{
    Architecture, ArchitectureError, InstallationType, InstallationTypeError, Platform, Release,
    ReleaseKind,
};
pub use record::{
    Cvss, DocumentRecord, FixRecord, ProductRecord, RevisionRecord, Severity, Subtype,
    VulnerabilityRecord,
};
pub use servicing::{Condition, Family};
pub use snapshot::SnapshotError;
pub use software::{SEPARATOR, SoftwareId, SoftwareIdError};
pub use sql_server::{SqlBranch, SqlBuild, SqlEntry, SqlRelease, SqlTrack};
pub use table::rows as table_rows;
pub use version::{BuildRevision, Version, versions_in};
