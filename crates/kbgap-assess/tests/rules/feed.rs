//! The real feed, compiled once for all tests of this binary.

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use kbgap_catalog::{Catalog, DocumentRecord, compile};

static DOCUMENTS: LazyLock<Option<Vec<DocumentRecord>>> = LazyLock::new(|| {
    let folder = shared()?.join("data/msrc-cvrf-xml");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "zst"))
        .collect();
    paths.sort();
    let queue = Mutex::new(paths.into_iter());
    let documents = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(path) = queue.lock().unwrap().next() else {
                        break;
                    };
                    let document =
                        kbgap_feed::cvrf::read(kbgap_feed::source::open(&path).unwrap()).unwrap();
                    documents.lock().unwrap().push(document);
                }
            });
        }
    });
    Some(documents.into_inner().unwrap())
});

static CATALOG: LazyLock<Option<Catalog>> = LazyLock::new(|| {
    DOCUMENTS
        .as_ref()
        .map(|documents| compile(documents).unwrap())
});

/// The folder of shared data; without it tests are skipped, except on CI.
pub fn shared() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("KBGAP_SHARED").map_or(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "no shared data at {}",
        folder.display()
    );
    println!("skipped: no shared data at {}", folder.display());
    None
}

/// The catalogue of all documents.
pub fn catalog() -> Option<&'static Catalog> {
    CATALOG.as_ref()
}

/// The catalogue of the documents up to a month, such as `2020-Mar`.
pub fn catalog_until(month: &str) -> Option<Catalog> {
    let last = kbgap_catalog::Month::from_document_id(month).unwrap();
    let documents: Vec<_> = DOCUMENTS
        .as_ref()?
        .iter()
        .filter(|d| d.month() <= last)
        .cloned()
        .collect();
    Some(compile(&documents).unwrap())
}
