//! Running the binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use kbgap_testkit::shared;

pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}{}", self.stdout, self.stderr))
    }

    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }
}

pub fn command(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kbgap"));
    command.env("KBGAP_DATA_DIR", data_dir);
    command
}

pub fn kbgap(data_dir: &Path, args: &[&str]) -> Run {
    Run::of(command(data_dir).args(args).output().unwrap())
}

static REAL: LazyLock<Option<tempfile::TempDir>> = LazyLock::new(|| {
    let feed = shared()?.join("data/msrc-cvrf-xml");
    let folder = tempfile::tempdir().unwrap();
    let run = kbgap(
        folder.path(),
        &["feed", "import", feed.to_str().unwrap(), "--format", "json"],
    )
    .ok();
    assert_eq!(run.json()["added"], 190);
    Some(folder)
});

/// A data folder with the whole real feed, imported once for all tests.
pub fn real_feed() -> Option<&'static Path> {
    REAL.as_ref().map(tempfile::TempDir::path)
}

/// A data folder with the sample month.
pub fn sample_feed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    kbgap(
        folder.path(),
        &["feed", "import", sample().to_str().unwrap()],
    )
    .ok();
    folder
}

pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/2020-Mar.xml")
}

/// All that a data folder holds, byte for byte, but for what processes lock.
pub fn stored(data: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let files = entries.filter(|path| !name(path).ends_with("-shm"));
    let read = |path: PathBuf| (name(&path), std::fs::read(path).unwrap());
    files
        .map(read)
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}

/// A file with this text.
pub fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

pub fn host(version: &str) -> String {
    format!(
        r#"{{"computerDnsName":"pc-017","os":{{"platform":"Windows10","version":"{version}","architecture":"x64","installationType":"Client"}}}}"#
    )
}
