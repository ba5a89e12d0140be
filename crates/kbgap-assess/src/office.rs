//! Office that Windows Installer installed (section 5, table of branches). Each update is
//! of a package of its own and says nothing of another's: the list of KBs decides, and what
//! its KBs supersede. Click-to-Run updates itself and has no KBs: `click_to_run`.
//!
//! Such updates stand in the registry and in no list of `Get-HotFix`. A list has them where
//! one of them is in it; without that nothing can be told.

mod application;
mod entry;
mod judge;

use kbgap_catalog::Architecture;
use serde::{Deserialize, Serialize};

pub use application::{Application, OfficeYear};
pub use entry::OfficeEntry;
pub(crate) use judge::Offices;

/// The software that is named where something is lacking about all of Office.
pub(crate) const OFFICE: &str = "microsoft-_-office";

/// What a machine has of one release of Office.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Office {
    /// The release.
    pub year: OfficeYear,
    /// Its applications, in order.
    pub applications: Vec<Application>,
    /// 32 or 64 bits, where an entry tells.
    pub bits: Option<Architecture>,
    /// Whether it has the service pack that the feed's products demand, where a version
    /// tells.
    pub has_service_pack: Option<bool>,
    /// Whether the software list has updates of Office.
    pub lists_updates: bool,
}

impl Office {
    /// What entries tell together, release by release in order.
    pub(crate) fn of_entries(entries: &[OfficeEntry]) -> Vec<Self> {
        let lists_updates = entries.iter().any(|entry| entry.is_update());
        let years = OfficeYear::ALL.into_iter();
        let offices = years.filter_map(|year| {
            let own = entries.iter().filter(|entry| entry.year == year);
            let applications = entry::applications_of(own.clone())?;
            let mut bits = own.clone().filter_map(|entry| entry.bits);
            let first = bits.next();
            Some(Self {
                year,
                applications,
                bits: first.filter(|first| bits.all(|other| other == *first)),
                has_service_pack: own.filter_map(|entry| entry.has_service_pack).max(),
                lists_updates,
            })
        });
        offices.collect()
    }
}
