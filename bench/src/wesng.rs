//! WES-NG, the peer of `kbgap check`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use crate::figure::say;
use crate::process::{Usage, measure};

/// A WES-NG that can be run.
#[derive(Debug)]
pub(crate) struct Wes {
    command: PathBuf,
}

impl Wes {
    /// The one that was named, else one from PyPI in a virtual environment under
    /// `target`. `None`, with a line that says why, where there is no way to get it.
    pub(crate) fn find(named: Option<&Path>) -> Option<Self> {
        let command = match named {
            Some(path) => path.to_owned(),
            None => match install(Path::new("target/bench/wesng")) {
                Ok(path) => path,
                Err(error) => {
                    say(&format!(
                        "WES-NG is left out ({error}): name one with --wes"
                    ));
                    return None;
                }
            },
        };
        Some(Self { command })
    }

    /// Assesses one systeminfo file.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn check(&self, definitions: &Path, systeminfo: &Path) -> anyhow::Result<Usage> {
        measure(
            Command::new(&self.command)
                .arg("--definitions")
                .arg(definitions)
                .arg(systeminfo),
        )
    }
}

fn install(environment: &Path) -> anyhow::Result<PathBuf> {
    let wes = environment.join("bin/wes");
    if !wes.is_file() {
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(environment)
            .status()?;
        ensure!(made.success(), "python3 makes no virtual environment");
        // Without chardet it cannot read other encodings than UTF-8.
        let installed = Command::new(environment.join("bin/pip"))
            .args(["install", "--quiet", "wesng", "chardet"])
            .status()?;
        ensure!(
            installed.success(),
            "pip does not install wesng and chardet"
        );
    }
    Ok(wes)
}
