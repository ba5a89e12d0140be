//! Which files an import reads, and reading them on all cores.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc;

use kbgap_catalog::DocumentRecord;
use kbgap_feed::{FeedError, cvrf, source};

use super::FeedStateError;

/// Called after each file with the number done and the number of all.
pub type Progress<'p> = &'p (dyn Fn(usize, usize) + Sync);

const ENDINGS: [&str; 6] = [
    ".xml",
    ".xml.gz",
    ".xml.zst",
    ".json",
    ".json.gz",
    ".json.zst",
];

/// The files of the given paths: a file as it is named, a folder with all files
/// below it whose names end as those of a feed do. In order, each once.
///
/// # Errors
/// [`FeedStateError::Path`] for a path that does not exist or cannot be listed.
pub fn find_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FeedStateError> {
    let mut files = Vec::new();
    for path in paths {
        let failed = |source| FeedStateError::Path {
            path: path.clone(),
            source,
        };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            walk(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), FeedStateError> {
    let failed = |source| FeedStateError::Path {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Links are not followed into folders, so that none can lead in a circle.
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&entry.path(), files)?;
        } else {
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
                files.push(entry.path());
            }
        }
    }
    Ok(())
}

/// What one file holds.
pub(super) enum Content {
    Document(DocumentRecord),
    /// The vendor's list of documents, which an import of files has no use for.
    UpdateIndex,
}

/// Reads all files, on as many threads as there are cores, in the order of `files`.
pub(super) fn read_all(
    files: &[PathBuf],
    progress: Progress<'_>,
) -> Vec<Result<Content, FeedError>> {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(files.len().max(1));
    // Large files first would need a look at each; the newest months are the
    // largest, and names begin with the year.
    let queue = Mutex::new((0..files.len()).rev());
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<Result<Content, FeedError>>> = files.iter().map(|_| None).collect();
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
                    if sender.send((position, read(&files[position]))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, (position, result)) in receiver.into_iter().enumerate() {
            results[position] = Some(result);
            progress(done + 1, files.len());
        }
    });
    results.into_iter().flatten().collect()
}

fn read(file: &Path) -> Result<Content, FeedError> {
    if is_update_index(file) {
        return Ok(Content::UpdateIndex);
    }
    cvrf::read(source::open(file)?).map(Content::Document)
}

/// The list that the vendor's API answers at `/updates`, known by its context.
fn is_update_index(file: &Path) -> bool {
    use std::io::Read;
    let mut head = [0_u8; 512];
    let read = std::fs::File::open(file)
        .and_then(|mut f| f.read(&mut head))
        .unwrap_or(0);
    let head = String::from_utf8_lossy(&head[..read]);
    head.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{')
        && head.contains("$metadata#Updates")
}
