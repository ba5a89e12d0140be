//! What the tests of several crates share. A dev-dependency only: no crate that
//! is released may depend on it, which keeps its panics out of the product.

pub mod feed;
#[cfg(feature = "real-feed")]
pub mod real_feed;
pub mod snapshot;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "vendor")]
pub mod vendor;

use std::env;
use std::path::{Path, PathBuf};

/// The folder of real feeds and inventories: `$KBGAP_SHARED`, else `../shared`
/// beside the repository. `None`, with a line that says so, where it is missing:
/// the test is then skipped.
///
/// # Panics
/// Where the folder is missing and `CI=true`: there a skipped test would read as
/// a passed one.
#[must_use]
pub fn shared() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = env::var_os("KBGAP_SHARED").map_or(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    skipped(&format!("no shared data at {}", folder.display()));
    None
}

/// Says that a test is skipped, and why.
///
/// # Panics
/// With `CI=true`: there a skipped test would read as a passed one.
#[expect(
    clippy::print_stdout,
    reason = "a skipped test has to say so, and test runners capture stdout"
)]
pub fn skipped(reason: &str) {
    let ci = env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!ci, "{reason}");
    println!("skipped: {reason}");
}
