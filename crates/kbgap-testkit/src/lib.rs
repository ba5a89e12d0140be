//! What the tests of several crates share. A dev-dependency only: no crate that
//! is released may depend on it, which keeps its panics out of the product.

pub mod feed;
#[cfg(feature = "tls")]
pub mod tls;

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
#[expect(
    clippy::print_stdout,
    reason = "a skipped test has to say so, and test runners capture stdout"
)]
pub fn shared() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = env::var_os("KBGAP_SHARED").map_or(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        env::var_os("CI").is_none_or(|ci| ci != "true"),
        "no shared data at {}",
        folder.display()
    );
    println!("skipped: no shared data at {}", folder.display());
    None
}
