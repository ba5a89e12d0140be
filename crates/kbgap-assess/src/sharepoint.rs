//! SharePoint (section 5, table of branches). A version is serviced by updates that carry
//! what came before, each of a package of its own: the server and its language packs.

mod judge;
mod name;
mod version;

use serde::{Deserialize, Serialize};

pub(crate) use judge::SharePoints;
pub use name::SharePointEntry;
pub use version::{SharePointBuild, SharePointVersion};

/// The software that every SharePoint counts for.
pub(crate) const SHAREPOINT: &str = "microsoft-_-sharepoint_server";

/// What the software list tells of SharePoint; a machine has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SharePoint {
    /// The version, where a name or a build tells it.
    pub version: Option<SharePointVersion>,
    /// The highest build that an entry tells.
    pub build: Option<SharePointBuild>,
    /// Whether it is Foundation alone.
    pub is_foundation: bool,
}

impl SharePoint {
    /// What entries tell together: the newest version counts. `None` without a server.
    pub(crate) fn of_entries(entries: &[SharePointEntry]) -> Option<Self> {
        let version = entries.iter().map(|entry| entry.version).max()?;
        let own = entries.iter().filter(|entry| entry.version == version);
        Some(Self {
            version,
            build: own.clone().filter_map(|entry| entry.build).max(),
            is_foundation: own.clone().all(|entry| entry.is_foundation),
        })
    }

    /// The version that is compared, such as `16.0.10417.20153`, where one is told.
    pub(crate) fn shown(&self) -> Option<String> {
        Some(self.version?.shown(self.build?))
    }
}
