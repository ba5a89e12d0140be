//! Opening the file, and bringing its schema up to date.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::keys;
use crate::StoreError;
use crate::error::told;

const MIGRATIONS: [&str; 5] = [
    include_str!("../../migrations/sqlite/0001_first.sql"),
    include_str!("../../migrations/sqlite/0002_tvm.sql"),
    include_str!("../../migrations/sqlite/0003_exposure.sql"),
    include_str!("../../migrations/sqlite/0004_million.sql"),
    include_str!("../../migrations/sqlite/0005_osquery.sql"),
];
/// How long a process waits for another one's write.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the one connection that writes may keep of the file in memory, in KiB: the upper
/// levels of all trees, and the pages of a large group.
const WRITER_CACHE: i64 = 12 * 1_024;
/// The same of each connection that reads: what it reads is in the system's cache.
const READER_CACHE: i64 = 1_024;
/// To how many bytes the log is cut where it was longer once.
const LOG: i64 = 64 << 20;
/// Statements that a connection keeps prepared: more than there are.
const STATEMENTS: usize = 96;

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let no_file = |e: std::io::Error| failed(path, format!("{e}: {}", folder_remedy(&e)));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(no_file)?;
    }
    create_private(path).map_err(no_file)?;
    let mut connection = Connection::open(path).map_err(|e| failed(path, told(&e)))?;
    prepare(&connection).map_err(|e| failed(path, told(&e)))?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, READ).map_err(|e| failed(path, told(&e)))?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Opens a file to move its log into it.
pub(super) fn open_checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, WRITE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Opens a file in a folder that cannot be written to. SQLite wants to make its index of
/// the log even for reading; where there is no log, the file is whole without one.
pub(super) fn open_unwritable(path: &Path) -> Result<Connection, StoreError> {
    let log = path.with_extension("db-wal");
    let has_log = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    let connection = if has_log {
        open_reader(path)?
    } else {
        Connection::open_with_flags(immutable(path), READ | OpenFlags::SQLITE_OPEN_URI)
            .map_err(|e| failed(path, told(&e)))?
    };
    match applied(&connection) {
        Ok(done) if done.len() == MIGRATIONS.len() => verify(&connection, path)?,
        Ok(_) => {
            let reason = "it is of another version and cannot be brought up to date: \
                          kbgap needs the right to write to the folder";
            return Err(failed(path, reason.to_owned()));
        }
        Err(error) => return Err(failed(path, told(&error))),
    }
    Ok(connection)
}

const READ: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

const WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// The address of a file that nobody changes while it is open.
fn immutable(path: &Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25");
    let path = path.replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1")
}

fn failed(path: &Path, reason: String) -> StoreError {
    StoreError::Open {
        path: path.to_owned(),
        reason,
    }
}

fn folder_remedy(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::StorageFull => "make room on the disk",
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "kbgap needs the right to write there; name another folder or change its owner"
        }
        _ => "name another folder",
    }
}

/// The file holds the signing key, so only its owner may read it.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    write_ahead(connection)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE)?;
    connection.pragma_update(None, "journal_size_limit", LOG)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // What is acknowledged must survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL")
}

/// Turns the file to WAL. Where several processes make it at once, SQLite does not wait
/// here as it does elsewhere: whoever is not first hears at once that it is locked.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let start = Instant::now();
    loop {
        let turned = connection.pragma_update(None, "journal_mode", "WAL");
        let busy =
            matches!(&turned, Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy));
        if !busy || start.elapsed() > PATIENCE {
            return turned;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    // Up to date is what it nearly always is; asking takes no lock.
    if applied(connection)?.len() == MIGRATIONS.len() {
        return verify(connection, path);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, hash TEXT NOT NULL) STRICT",
    )?;
    let done = applied(&transaction)?.len();
    let found = i64::try_from(done).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::NewerSchema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    add_functions(&transaction)?;
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(done) {
        transaction.execute_batch(sql)?;
        transaction.execute(
            "INSERT INTO migration (number, hash) VALUES (?1, ?2)",
            params![number, hash(sql)],
        )?;
    }
    transaction.commit()?;
    verify(connection, path)
}

/// What migrations need beyond SQL.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("machine_key", 1, flags, |context| {
        Ok(keys::machine_key(context.get_raw(0).as_str()?))
    })?;
    connection.create_scalar_function("address_key", 1, flags, |context| {
        let address = context.get_raw(0).as_str()?.parse();
        Ok(address.ok().map(keys::address_key))
    })
}

fn verify(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    for ((number, stored), sql) in applied(connection)?.into_iter().zip(MIGRATIONS) {
        if stored != hash(sql) {
            return Err(StoreError::ChangedMigration {
                path: path.to_owned(),
                number,
            });
        }
    }
    Ok(())
}

fn applied(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let exists: Option<i64> = connection
        .query_row(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'",
            [],
            |r| r.get(0),
        )
        .optional()?;
    if exists.is_none() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT number, hash FROM migration ORDER BY number")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// FNV-1a: tells an edited migration apart, and guards against nothing else.
fn hash(sql: &str) -> String {
    let hash = sql
        .bytes()
        .filter(|b| *b != b'\r')
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_may_make_the_file_at_once() {
        for _ in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("kbgap.db");
            std::thread::scope(|scope| {
                let openers: Vec<_> = (0..8)
                    .map(|_| scope.spawn(|| open(&path).map(drop)))
                    .collect();
                for opener in openers {
                    opener.join().unwrap().unwrap();
                }
            });
        }
    }
}
