//! The binary that is measured.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use kbgap_catalog::Month;

/// The release binary of this checkout.
#[derive(Debug)]
pub(crate) struct Kbgap {
    pub(crate) binary: PathBuf,
}

impl Kbgap {
    /// Builds it, so that what is measured is what the code says.
    ///
    /// # Errors
    /// When it does not build.
    pub(crate) fn build() -> anyhow::Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--locked", "-p", "kbgap"])
            .status()?;
        ensure!(built.success(), "kbgap does not build");
        let binary = env::current_exe()?.with_file_name("kbgap");
        ensure!(
            binary.is_file(),
            "no {}: run this with `cargo run --release -p kbgap-bench`",
            binary.display()
        );
        Ok(Self { binary })
    }

    /// A command of it on a data folder.
    pub(crate) fn command(&self, data_dir: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--data-dir").arg(data_dir);
        command
    }

    /// Imports the whole feed.
    ///
    /// # Errors
    /// When the feed is missing or refused.
    pub(crate) fn import(&self, data_dir: &Path, shared: &Path) -> anyhow::Result<Command> {
        let feed = shared.join("data/msrc-cvrf-xml");
        ensure!(
            feed.is_dir(),
            "no feed at {}: name the folder with --shared",
            feed.display()
        );
        let mut command = self.command(data_dir);
        command.args(["feed", "import"]).arg(feed);
        Ok(command)
    }
}

/// The documents of the feed, the newest month last.
///
/// # Errors
/// When the feed is missing.
pub(crate) fn feed_files(shared: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = shared.join("data/msrc-cvrf-xml");
    let entries = fs::read_dir(&folder).with_context(|| {
        format!(
            "no feed at {}: name the folder with --shared",
            folder.display()
        )
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let month = name.get(..8).and_then(Month::from_document_id);
        files.extend(month.map(|month| (month, path)));
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// A temporary folder for data.
///
/// # Errors
/// When the system gives none.
pub(crate) fn folder() -> anyhow::Result<tempfile::TempDir> {
    tempfile::tempdir().context("no temporary folder")
}
