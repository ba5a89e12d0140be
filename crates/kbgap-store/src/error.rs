//! What can go wrong with a store.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be opened.
    #[error("cannot open the database {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The database was made by a later version of this program.
    #[error("the database {} has schema {found}, which this version (schema {known}) does not know: use the newer kbgap", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema of the file.
        found: i64,
        /// The newest schema that is known.
        known: i64,
    },
    /// A migration that was applied is not the one that this version has.
    #[error("migration {number} of the database {} differs from this version's: restore the file or use the version that made it", path.display())]
    ChangedMigration {
        /// The file.
        path: PathBuf,
        /// The number of the migration.
        number: i64,
    },
    /// Too many writes are waiting.
    #[error("the store is busy: try again in a moment")]
    Busy,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A report's body cannot be packed or unpacked.
    #[error("a stored report cannot be read: {0}")]
    Body(std::io::Error),
    /// The database failed.
    #[error("database: {}", told(.0))]
    Database(#[from] rusqlite::Error),
}

impl StoreError {
    /// Whether it would do to try again in a moment: others are writing.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ),
            _ => false,
        }
    }
}

/// What SQLite says, and what one can do about it where that is known.
pub(crate) fn told(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code().and_then(remedy) {
        Some(remedy) => format!("{error}: {remedy}"),
        None => error.to_string(),
    }
}

const fn remedy(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::NotADatabase => Some("move the file away or name another folder"),
        ErrorCode::DatabaseCorrupt => Some("restore the folder from a backup"),
        ErrorCode::DiskFull => Some("make room on the disk"),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Some("another process is writing; try again in a moment")
        }
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            Some("kbgap needs the right to write to the folder")
        }
        _ => None,
    }
}
