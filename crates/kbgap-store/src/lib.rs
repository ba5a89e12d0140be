//! What must survive: feed documents, machines, applications and keys.
//!
//! [`Store`] is the contract, [`sqlite::SqliteStore`] keeps it in one file. Bodies
//! are opaque bytes here: how a machine or a document is encoded is the business
//! of those who write them. Those of machines come [packed](PackedBody), and whoever
//! reads one unpacks it, on a thread of its own.

mod body;
mod error;
mod exposure;
mod osquery;
pub mod sqlite;
mod store;
mod types;

pub use body::PackedBody;
pub use error::StoreError;
pub use exposure::{
    Detection, Exposure, ExposureBatch, ExposureChange, ExposureStep, FindingSet, Judged, Recorded,
    SetHash, StepOutcome,
};
pub use osquery::{EnrollSecret, Enrollment, Node, NodeStore, NodeTable, NodeUpdate};
pub use store::Store;
pub use types::{
    App, Census, FeedDocument, FeedHead, MachineChange, MachineEdit, MachineMeta, MachineReport,
    MachineRow, Put, PutOutcome, Stored, StoredTask, TagEdits,
};
