//! One import at a time: between reading what is stored and saving the snapshot of
//! what is stored then, no other may come.

use std::fs::File;
use std::path::Path;

use super::FeedStateError;

/// The lock of a data folder, waiting for whoever holds it. It ends with the value,
/// and with the process, however that ends.
pub(super) fn of(data_dir: &Path) -> Result<File, FeedStateError> {
    let path = data_dir.join("import.lock");
    let lock = || {
        std::fs::create_dir_all(data_dir)?;
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    let held = lock().map_err(|source| FeedStateError::Lock {
        path: path.clone(),
        source,
    })?;
    remove_leftovers(data_dir);
    Ok(held)
}

/// Whoever was killed while it saved a snapshot left half a file; under the lock
/// nobody is saving one.
fn remove_leftovers(data_dir: &Path) {
    for entry in std::fs::read_dir(data_dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("catalog.snapshot.") && name.ends_with(".tmp") {
            // One that cannot be removed does no harm but to the space.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_import_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["catalog.snapshot", "catalog.snapshot.77.tmp", "kbgap.db"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let _lock = of(folder.path()).unwrap();
        let exists = |name| folder.path().join(name).exists();
        assert!(!exists("catalog.snapshot.77.tmp"));
        assert!(exists("catalog.snapshot") && exists("kbgap.db"));
    }

    #[test]
    fn a_second_import_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = of(folder.path()).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send(of(folder.path()).is_ok()).unwrap());
            let early = receiver.recv_timeout(std::time::Duration::from_millis(100));
            assert!(early.is_err());
            drop(first);
            assert!(receiver.recv().unwrap());
        });
    }
}
