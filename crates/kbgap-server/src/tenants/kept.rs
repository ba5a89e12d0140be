//! The fleets in a file beside the database, so that a start need not read every machine.
//!
//! The store is the truth. The file is of one store, known by its identity, as of a place
//! in the order of changes; whoever loads it follows the changes from there on and then
//! compares how many machines each tenant has, and the sum of their places, with the
//! store's. A backup that was brought back, a file that is damaged, of another version or
//! of another store: in each case all is made from the store instead.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

use kbgap_fleet::{FleetIndex, LoadError, Rules};
use kbgap_store::StoreError;

use super::Tenants;

/// What the file begins with. The last letter is the version of its form.
const MAGIC: &[u8; 8] = b"KBGAPIX6";
/// How much is read or written at once.
const BUFFER: usize = 1 << 20;
/// How many bytes the checksum takes, at the end.
const SUM: u64 = 4;
/// The longest name of a tenant or a store.
const NAME: u32 = 1_024;
/// How often the store is asked again where another process writes at the same time.
const ATTEMPTS: usize = 3;

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
enum KeptError {
    #[error("it is of another version")]
    Version,
    #[error("it is of another store")]
    Identity,
    #[error("its checksum is wrong")]
    Checksum,
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// What a file holds.
struct Kept {
    followed: u64,
    indexes: HashMap<String, FleetIndex>,
}

impl Tenants {
    /// Brings all fleets in step with the store: from the file where it can be used, else
    /// from the store alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn start(&self, path: &Path) -> Result<(), StoreError> {
        let identity = self.store.identity().await?;
        let begin = Instant::now();
        let rules = self.writer().feed.rules.clone();
        match tokio::task::block_in_place(|| read(path, &identity, &rules)) {
            Ok(None) => {}
            Ok(Some(Kept { followed, indexes })) => {
                self.writer().restore(indexes, followed);
                self.catch_up().await?;
                if self.is_whole().await? {
                    tracing::info!(took = ?begin.elapsed(), "loaded the fleets that were kept");
                    return Ok(());
                }
                tracing::warn!(file = %path.display(), "the fleets that were kept are not those of the store; making them anew");
                self.writer().restore(HashMap::new(), 0);
            }
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "the fleets that were kept cannot be used; making them anew");
            }
        }
        self.catch_up().await
    }

    /// Whether the fleets are those of the store.
    async fn is_whole(&self) -> Result<bool, StoreError> {
        for _ in 0..ATTEMPTS {
            let census = self.store.census().await?;
            let stored = census.iter().filter(|census| census.machines > 0);
            let stored = stored.map(|c| (c.tenant.as_str(), (c.machines, c.sequence_sum)));
            let published = self.published.load_full();
            let fleets = published
                .fleets
                .iter()
                .filter(|(_, fleet)| !fleet.is_empty());
            let fleets = fleets.map(|(tenant, fleet)| {
                let own = (fleet.len() as u64, fleet.sequence_sum());
                (tenant.as_str(), own)
            });
            if stored.collect::<HashMap<_, _>>() == fleets.collect() {
                return Ok(true);
            }
            self.catch_up().await?;
        }
        Ok(false)
    }

    /// Writes the file, where anything has changed since that was done last.
    pub(crate) async fn keep(&self, path: &Path) {
        let written = async {
            let identity = self.store.identity().await?;
            tokio::task::block_in_place(|| self.write(path, &identity))?;
            Ok::<_, KeepError>(())
        };
        if let Err(error) = written.await {
            tracing::warn!(file = %path.display(), %error, "the fleets cannot be kept for the next start");
        }
    }

    fn write(&self, path: &Path, identity: &str) -> std::io::Result<()> {
        let published = self.published.load_full();
        let mut kept = self.lock_kept();
        if *kept == Some(published.followed) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .prefix("fleets-")
            .tempfile_in(folder)?;
        let mut out = Summed {
            inner: BufWriter::with_capacity(BUFFER, file.as_file_mut()),
            crc: crc32fast::Hasher::new(),
        };
        out.write_all(MAGIC)?;
        name(&mut out, env!("CARGO_PKG_VERSION"))?;
        name(&mut out, identity)?;
        out.write_all(&published.followed.to_le_bytes())?;
        let tenants = u32::try_from(published.fleets.len()).map_err(std::io::Error::other)?;
        out.write_all(&tenants.to_le_bytes())?;
        for (tenant, fleet) in &published.fleets {
            name(&mut out, tenant)?;
            fleet.save(&mut out)?;
        }
        let crc = out.crc.clone().finalize();
        out.inner.write_all(&crc.to_le_bytes())?;
        out.inner.flush()?;
        drop(out);
        file.as_file().sync_all()?;
        file.persist(path)?;
        *kept = Some(published.followed);
        Ok(())
    }
}

/// Why the fleets could not be kept.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What a file holds; `None` where there is none.
fn read(path: &Path, identity: &str, rules: &Rules) -> Result<Option<Kept>, KeptError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let summed = file.metadata()?.len().saturating_sub(SUM);
    // Pieces are summed as they come from the file: there are a dozen values to a machine.
    let mut input = BufReader::with_capacity(
        BUFFER,
        Summed {
            inner: file.take(summed),
            crc: crc32fast::Hasher::new(),
        },
    );
    if array::<8>(&mut input)? != *MAGIC || text(&mut input)? != env!("CARGO_PKG_VERSION") {
        return Err(KeptError::Version);
    }
    if text(&mut input)? != identity {
        return Err(KeptError::Identity);
    }
    let followed = u64::from_le_bytes(array(&mut input)?);
    let mut indexes = HashMap::new();
    for _ in 0..u32::from_le_bytes(array(&mut input)?) {
        let tenant = text(&mut input)?;
        indexes.insert(tenant, FleetIndex::load(rules.clone(), &mut input)?);
    }
    let has_more = !input.fill_buf()?.is_empty();
    let Summed { inner, crc } = input.into_inner();
    let expected = u32::from_le_bytes(array(&mut inner.into_inner())?);
    match !has_more && crc.finalize() == expected {
        true => Ok(Some(Kept { followed, indexes })),
        false => Err(KeptError::Checksum),
    }
}

fn name(out: &mut dyn Write, name: &str) -> std::io::Result<()> {
    let length = u32::try_from(name.len()).map_err(std::io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(name.as_bytes())
}

fn text(input: &mut dyn Read) -> Result<String, KeptError> {
    let length = u32::from_le_bytes(array(input)?);
    if length > NAME {
        return Err(KeptError::Version);
    }
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| KeptError::Version)
}

fn array<const N: usize>(input: &mut dyn Read) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Sums what is read or written.
struct Summed<T> {
    inner: T,
    crc: crc32fast::Hasher,
}

impl<T: Write> Write for Summed<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.crc.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Summed<T> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(to)?;
        self.crc.update(&to[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kbgap_inventory::native;
    use kbgap_store::Store;
    use kbgap_store::sqlite::SqliteStore;

    use super::*;
    use crate::ingest::new_machine;

    const TENANT: &str = "11111111-2222-4333-8444-555555555555";

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn kept(&self) -> std::path::PathBuf {
            self.0.path().join("fleets.snapshot")
        }

        fn store(&self) -> Arc<dyn Store> {
            Arc::new(SqliteStore::open(&self.0.path().join("kbgap.db")).unwrap())
        }

        async fn start(&self) -> Tenants {
            let tenants = Tenants::new(self.store(), kbgap_catalog::compile(&[]).unwrap());
            tenants.start(&self.kept()).await.unwrap();
            tenants
        }

        async fn put(&self, names: std::ops::Range<u32>, revision: u32) {
            let reports = names.map(|name| {
                let json = format!(
                    r#"{{"computerDnsName":"pc-{name}","os":{{"version":"10.0.18363.{revision}"}}}}"#
                );
                new_machine(&native::machine(&json).unwrap(), revision.into()).unwrap()
            });
            let reports = reports.collect();
            self.store().put_machines(TENANT, reports).await.unwrap();
        }
    }

    /// The versions of all machines, and which of them have a mark: that is in the file alone.
    fn told(tenants: &Tenants) -> Vec<(String, String, bool)> {
        let fleet = tenants.fleet(TENANT);
        let machines = fleet.machines_from(None);
        machines
            .map(|m| {
                (
                    m.name().to_owned(),
                    m.os_version(),
                    fleet.mark_of(m.id()) != 0,
                )
            })
            .collect()
    }

    async fn kept() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.put(0..20, 1).await;
        let tenants = folder.start().await;
        let news = crate::history::News {
            marks: tenants
                .fleet(TENANT)
                .machines_from(None)
                .map(|m| (TENANT.into(), m.id().clone(), 7))
                .collect(),
            detections: None,
        };
        tenants.writer().recorded(TENANT, news);
        folder.put(20..21, 1).await;
        tenants.follow().await.unwrap();
        tenants.keep(&folder.kept()).await;
        folder
    }

    async fn marked(folder: &Folder) -> (usize, usize) {
        let told = told(&folder.start().await);
        (told.len(), told.iter().filter(|(.., mark)| *mark).count())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_start_goes_on_from_the_file() {
        let folder = kept().await;
        assert_eq!(marked(&folder).await, (21, 20));
        // What has changed since is followed.
        folder.put(5..25, 2).await;
        let told = told(&folder.start().await);
        assert_eq!(told.len(), 25);
        let new = told
            .iter()
            .filter(|(_, version, _)| version.ends_with(".2"));
        assert_eq!(new.count(), 20);
        assert_eq!(marked(&folder).await.1, 20);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_that_is_damaged_or_cut_off_is_made_anew() {
        let folder = kept().await;
        let whole = std::fs::read(folder.kept()).unwrap();
        for at in [0, 9, 20, 60, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(folder.kept(), damaged).unwrap();
            assert_eq!(marked(&folder).await, (21, 0), "damaged at {at}");
            std::fs::write(folder.kept(), &whole[..at]).unwrap();
            assert_eq!(marked(&folder).await, (21, 0), "cut off at {at}");
        }
        std::fs::write(folder.kept(), whole).unwrap();
        assert_eq!(marked(&folder).await, (21, 20));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_backup_that_was_brought_back_is_not_taken_for_the_store_of_the_file() {
        let folder = kept().await;
        let backup = Folder(tempfile::tempdir().unwrap());
        // SQLite has moved its log into the file when the last one has closed it.
        for name in ["kbgap.db", "fleets.snapshot"] {
            std::fs::copy(folder.0.path().join(name), backup.0.path().join(name)).unwrap();
        }
        folder.put(0..10, 2).await;
        let tenants = folder.start().await;
        tenants.keep(&folder.kept()).await;
        drop(tenants);
        let db = "kbgap.db";
        std::fs::copy(backup.0.path().join(db), folder.0.path().join(db)).unwrap();
        // As many changes as before, of other machines.
        folder.put(10..20, 3).await;
        let versions = told(&folder.start().await).into_iter();
        let versions: Vec<String> = versions.map(|(_, version, _)| version).collect();
        assert!(!versions.iter().any(|version| version.ends_with(".2")));
        assert_eq!(versions.iter().filter(|v| v.ends_with(".3")).count(), 10);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn another_store_is_another_store() {
        let (folder, other) = (kept().await, Folder(tempfile::tempdir().unwrap()));
        other.put(0..3, 1).await;
        std::fs::copy(folder.kept(), other.kept()).unwrap();
        assert_eq!(marked(&other).await, (3, 0));
    }
}
