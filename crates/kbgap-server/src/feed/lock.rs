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
    lock().map_err(|source| FeedStateError::Lock {
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
