//! What is installed: every version of every software, each once for all machines.
//!
//! Machines name their software by the numbers of its entries. Most software is on many
//! machines, but each machine has some that no other has, so an entry must not cost more
//! than its name: its texts are shared, and a software that only one machine has keeps
//! that machine's number in place of a bitmap.

mod entries;
mod interner;

use std::sync::Arc;

use kbgap_catalog::SoftwareId;

pub(crate) use entries::{Entries, Entry, decode_numbers};
pub(crate) use interner::{Change, Interner};

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
