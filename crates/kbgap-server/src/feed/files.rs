//! Which files an import reads, and reading them on all cores.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc;

use kbgap_feed::{Content, FeedError, is_feed_name, read_file};

/// Called after each file with the number done and the number of all.
pub type Progress<'p> = &'p (dyn Fn(usize, usize) + Sync);

/// The files of the given paths: a file as it is named, a folder with all files
/// below it whose names end as those of a feed do. In order, each once. What cannot
/// be looked into stands for itself, and is refused when it is read.
#[must_use]
pub fn find_files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files);
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    files
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        files.push(folder.to_owned());
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // Links are not followed into folders, so that none can lead in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, files);
            continue;
        }
        if is_feed_name(&entry.file_name().to_string_lossy()) && !path.is_dir() {
            files.push(path);
        }
    }
}

/// A document by the name under which it is told of.
pub(super) type Found = (PathBuf, Result<Content, FeedError>);

/// Reads all files, on as many threads as there are cores. In the order of `files`, and where
/// one is an archive of what is in it.
pub(super) fn read_all(files: &[PathBuf], progress: Progress<'_>) -> Vec<Found> {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(files.len().max(1));
    // Large files first would need a look at each; the newest months are the
    // largest, and names begin with the year.
    let queue = Mutex::new((0..files.len()).rev());
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Vec<Found>> = files.iter().map(|_| Vec::new()).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (queue, sender) = (&queue, sender.clone());
            scope.spawn(move || {
                loop {
                    let next = queue
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .next();
                    let Some(position) = next else { break };
                    if sender
                        .send((position, read_file(&files[position])))
                        .is_err()
                    {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, (position, result)) in receiver.into_iter().enumerate() {
            results[position] = result;
            progress(done + 1, files.len());
        }
    });
    results.into_iter().flatten().collect()
}
