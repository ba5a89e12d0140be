//! The vendor's real feed, read and compiled once for all tests of a binary. All of it is
//! `None` where there are no shared data.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use kbgap_catalog::{Catalog, DocumentRecord, Month, compile};

use crate::shared;

static DOCUMENTS: LazyLock<Option<Vec<DocumentRecord>>> = LazyLock::new(|| {
    let queue = Mutex::new(paths()?.into_iter());
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

/// The files of the feed, in order.
///
/// # Panics
/// Where the folder cannot be read.
#[must_use]
pub fn paths() -> Option<Vec<PathBuf>> {
    let folder = shared()?.join("data/msrc-cvrf-xml");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "zst"))
        .collect();
    paths.sort();
    Some(paths)
}

/// The catalogue of all documents.
#[must_use]
pub fn catalog() -> Option<&'static Catalog> {
    CATALOG.as_ref()
}

/// The catalogue of the documents up to a month, such as `2020-Mar`.
///
/// # Panics
/// Where the text names no month.
#[must_use]
pub fn catalog_until(month: &str) -> Option<Catalog> {
    let last = Month::from_document_id(month).unwrap();
    let documents: Vec<_> = DOCUMENTS
        .as_ref()?
        .iter()
        .filter(|d| d.month() <= last)
        .cloned()
        .collect();
    Some(compile(&documents).unwrap())
}
