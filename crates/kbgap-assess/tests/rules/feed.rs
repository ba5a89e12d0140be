//! The real feed, compiled once for all tests of this binary.

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use kbgap_catalog::{Catalog, DocumentRecord, compile};
use kbgap_testkit::shared;

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
