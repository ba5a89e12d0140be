//! What osquery tells of a host: rows of its tables, query by query.
//!
//! Rows come in logs of scheduled queries and in answers to distributed ones. A [`Table`]
//! keeps the newest rows of one [`Query`]; the tables of a host make a machine
//! ([`machine`]). Log lines of other queries are of no use here and are passed over.
//!
//! The forms are those of osquery 5 and before, as its documentation pages on logging and
//! on remote settings, and its sources, have them.

mod bounded;
mod enroll;
mod host;
mod log;
mod registry;
mod row;
mod table;

pub use enroll::{EnrollRequest, read_enrollment};
pub use host::{Host, machine};
pub use log::{Answers, BodyError, Entry, Log, read_answers, read_key, read_log};
pub use row::Row;
pub use table::{Change, Run, Table};

/// The queries whose rows are read. The pack that ships with the server asks just these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Query {
    /// `registry`: Windows with its revision, its name, Secure Boot, pending restarts, .NET,
    /// SQL Server, Exchange.
    Registry,
    /// `os_version`: Windows where the registry could not be read.
    OsVersion,
    /// `kernel_info`: the revision where nothing else tells it.
    Kernel,
    /// `system_info`: the host's name where the registry could not be read.
    System,
    /// `patches`: installed updates.
    Patches,
    /// `programs`: installed software.
    Programs,
    /// `file`: browsers that the list of programs may lack.
    Browsers,
    /// `interface_addresses`: addresses.
    Addresses,
}

impl Query {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Registry,
        Self::OsVersion,
        Self::Kernel,
        Self::System,
        Self::Patches,
        Self::Programs,
        Self::Browsers,
        Self::Addresses,
    ];

    /// Its name in the pack.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registry => "kbgap_registry",
            Self::OsVersion => "kbgap_os_version",
            Self::Kernel => "kbgap_kernel",
            Self::System => "kbgap_system",
            Self::Patches => "kbgap_patches",
            Self::Programs => "kbgap_programs",
            Self::Browsers => "kbgap_browsers",
            Self::Addresses => "kbgap_addresses",
        }
    }

    /// The query with this name, which stands behind that of its pack in logs:
    /// `pack_kbgap_kbgap_patches`, or `pack/kbgap/kbgap_patches` with another delimiter.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|query| {
            name.strip_suffix(query.name())
                .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_known_by_their_names_in_any_pack() {
        for query in Query::ALL {
            assert_eq!(Query::named(query.name()), Some(query));
            for pack in ["pack_kbgap_", "pack/kbgap/", "pack:x:"] {
                let name = format!("{pack}{}", query.name());
                assert_eq!(Query::named(&name), Some(query), "{name}");
            }
        }
        for other in ["", "patches", "mykbgap_patches", "kbgap_patches2"] {
            assert_eq!(Query::named(other), None, "{other}");
        }
    }
}
