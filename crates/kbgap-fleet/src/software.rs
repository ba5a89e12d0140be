//! What is installed: every version of every software, each once for all machines.
//!
//! Machines name their software by the numbers of its entries, where other machines have
//! it too: its texts are shared. Each machine also has some that no other has: an entry
//! for it would take several times the memory of its name, so the name stands in the
//! machine's own record. [`Inventory`] answers for both.

mod entries;
mod interner;
mod inventory;
mod order;
mod own;
mod read;

use std::sync::Arc;

use kbgap_catalog::SoftwareId;

pub(crate) use entries::{Entries, decode_numbers};
pub(crate) use interner::{Change, Interner};
pub(crate) use inventory::{Inventory, Which};
pub(crate) use own::encode_named;

/// A version of a software on a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Installed {
    /// The software.
    pub id: SoftwareId,
    /// The version as reported; of parts of Windows that of Windows. May be empty.
    pub version: Arc<str>,
    /// Whether the reviewed tables know it: the API's "product code".
    pub is_known: bool,
    /// Whether the rules decide about it: only then no vulnerability means none.
    pub is_assessed: bool,
}
