//! `kbgap feed keygen`, `feed export`, and `feed import` of what the latter wrote.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kbgap_auth::{BundleKey, BundlePublicKey};
use kbgap_server::Clock;
use kbgap_server::feed::{Bundle, ImportOptions, export_bundle, import_bundle};
use serde::Serialize;

use crate::args::{Format, OutputFormat};
use crate::commands::{open_store, open_store_to_read};
use crate::output::{counted, note, print, print_json};

/// Keys that a data folder trusts, one a line.
const TRUSTED: &str = "trusted-keys";
/// The whole feed has some MB.
const MAX_BUNDLE: u64 = 1 << 30;

/// Makes a key, and prints its public part for those who are to trust it.
pub(crate) fn keygen(file: &Path) -> anyhow::Result<()> {
    let key = BundleKey::generate()?;
    let mut options = OpenOptions::new();
    // Never over another key: what that has signed could be signed no more.
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut written = options
        .open(file)
        .with_context(|| format!("{} cannot be made", file.display()))?;
    written.write_all(key.to_pem()?.as_bytes())?;
    written.sync_all()?;
    note(&format!(
        "The private key is in {}: keep it where bundles are made. The public key, for --trust or {TRUSTED}:",
        file.display()
    ));
    print(&format!("{}\n", key.public()?))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    bytes: usize,
    key: String,
}

/// Writes all of the feed into one signed file.
pub(crate) async fn export(
    data_dir: &Path,
    file: &Path,
    key: &Path,
    format: Format,
) -> anyhow::Result<()> {
    let pem =
        fs::read_to_string(key).with_context(|| format!("{} cannot be read", key.display()))?;
    let key = BundleKey::from_pem(&pem).with_context(|| key.display().to_string())?;
    let store = open_store_to_read(data_dir)?;
    let created = Clock::real_seconds();
    let bytes = export_bundle(store.as_ref(), &key, created).await?;
    write(file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
    let exported = Exported {
        bytes: bytes.len(),
        key: key.public()?.to_string(),
    };
    match format.format {
        OutputFormat::Json => print_json(&exported),
        OutputFormat::Table => print(&format!(
            "{} has the feed in {} bytes, signed by {}.\n",
            file.display(),
            exported.bytes,
            exported.key
        )),
    }
}

/// Whoever is interrupted leaves no half bundle.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    // Made for its owner alone, as temporary files are; a bundle is nothing secret.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        new.as_file()
            .set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    new.persist(file)?;
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    key: String,
    created_at: String,
    added: usize,
    replaced: usize,
    unchanged: usize,
    documents: usize,
    kbs: usize,
}

/// Takes a bundle.
pub(crate) async fn import(
    data_dir: &Path,
    file: &Path,
    trust: &[BundlePublicKey],
    options: ImportOptions,
    format: Format,
) -> anyhow::Result<()> {
    let name = || file.display().to_string();
    let trusted = trusted(data_dir, trust)?;
    let length = File::open(file)
        .and_then(|f| f.metadata())
        .with_context(name)?
        .len();
    anyhow::ensure!(
        length <= MAX_BUNDLE,
        "{}: is larger than any bundle",
        name()
    );
    let bytes = fs::read(file).with_context(name)?;
    let bundle = Bundle::open(&bytes, &trusted).with_context(name)?;
    let (key, created) = (bundle.key, bundle.created);
    let store = open_store(data_dir)?;
    let report = import_bundle(store.as_ref(), data_dir, bundle, options)
        .await
        .with_context(name)?;
    let imported = Imported {
        key: key.to_string(),
        created_at: jiff::Timestamp::from_second(created)?.to_string(),
        added: report.added,
        replaced: report.replaced,
        unchanged: report.unchanged,
        documents: report.catalog.documents().len(),
        kbs: report.catalog.kbs().len(),
    };
    match format.format {
        OutputFormat::Json => print_json(&imported),
        OutputFormat::Table => print(&format!(
            "Bundle of {}: {} new, {} replaced, {} unchanged. The catalogue has {}, {}.\n",
            imported.created_at,
            imported.added,
            imported.replaced,
            imported.unchanged,
            counted(imported.documents, "document"),
            counted(imported.kbs, "KB")
        )),
    }
}

/// The keys that are named, and those of the data folder.
fn trusted(data_dir: &Path, named: &[BundlePublicKey]) -> anyhow::Result<Vec<BundlePublicKey>> {
    let mut keys = named.to_vec();
    let file: PathBuf = data_dir.join(TRUSTED);
    if !file.exists() {
        return Ok(keys);
    }
    let text =
        fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    for (number, line) in text.lines().enumerate() {
        // What follows the key says whose it is.
        let Some(word) = line
            .split_whitespace()
            .next()
            .filter(|w| !w.starts_with('#'))
        else {
            continue;
        };
        let key = word
            .parse()
            .with_context(|| format!("{}:{}", file.display(), number + 1))?;
        keys.push(key);
    }
    Ok(keys)
}
