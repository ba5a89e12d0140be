//! Archives of documents: zip, as the vendor's and mirrors' downloads are packed.
//!
//! Nothing is ever written by the names in an archive. One that has names which lead out of
//! it, more entries than any feed has files, or that unpacks to more than any feed does is
//! refused all the same: somebody made it to do harm, and none of it is to be trusted.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::source::{self, BUFFER, reason_of};
use crate::text::{harmless, message, one_line};
use crate::{Content, FeedError, Reason, read};

/// The vendor has published some 190 months, and an advisory for each of 30,000 CVEs.
const MAX_ENTRIES: usize = 60_000;
/// All that was ever published has some 50 MB packed; the list of entries is held whole, and this
/// bounds it, too.
const MAX_PACKED: u64 = 512 << 20;
/// All that was ever published as JSON has some 600 MB.
const MAX_UNPACKED: u64 = 4 << 30;

const ENDINGS: [&str; 3] = [".xml", ".json", ".csv"];
const PACKED_ENDINGS: [&str; 2] = [".gz", ".zst"];

/// Whether a name ends as those of feed files do.
#[must_use]
pub fn is_feed_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".zip") || is_document_name(&name)
}

/// An archive in an archive is no document.
fn is_document_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let packed = PACKED_ENDINGS.iter();
    let plain = packed.filter_map(|ending| name.strip_suffix(ending)).next();
    let plain = plain.unwrap_or(&name);
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

/// Reads a file: a document of whatever kind, or an archive of them. Of an archive each
/// document goes by the archive's name with its own, in order.
#[must_use]
pub fn read_file(path: &Path) -> Vec<(PathBuf, Result<Content, FeedError>)> {
    let failed = |reason| {
        let error = FeedError::at(path.display().to_string(), None, reason);
        vec![(path.to_owned(), Err(error))]
    };
    match is_archive(path) {
        Err(error) => failed(reason_of(error)),
        Ok(false) => vec![(path.to_owned(), source::open(path).and_then(read))],
        Ok(true) => read_archive(path).unwrap_or_else(failed),
    }
}

fn is_archive(path: &Path) -> std::io::Result<bool> {
    let mut mark = Vec::with_capacity(4);
    File::open(path)?.take(4).read_to_end(&mut mark)?;
    Ok(matches!(&mark[..], [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6]))
}

type Documents = Vec<(PathBuf, Result<Content, FeedError>)>;

fn read_archive(path: &Path) -> Result<Documents, Reason> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > MAX_PACKED {
        return Err(Reason::TooLarge(MAX_PACKED >> 20));
    }
    if lists_too_many(&mut file, length)? {
        return Err(Reason::Archive(format!(
            "it has more than {MAX_ENTRIES} entries"
        )));
    }
    let mut archive = ZipArchive::new(BufReader::with_capacity(BUFFER, file)).map_err(reason)?;
    let positions = documents(&mut archive)?;
    let mut read = Documents::with_capacity(positions.len());
    let mut left = MAX_UNPACKED;
    for (position, name) in positions {
        let file = path.join(&name);
        let entry = archive.by_index(position).map_err(reason)?;
        let mut entry = Counted {
            inner: entry,
            left: &mut left,
        };
        let content = {
            let unpacked = BufReader::with_capacity(BUFFER, &mut entry);
            source::from_reader(file.display().to_string(), unpacked).and_then(crate::read)
        };
        if left == 0 {
            return Err(Reason::TooLarge(MAX_UNPACKED >> 20));
        }
        read.push((file, content));
    }
    if read.is_empty() {
        return Err(Reason::Archive("it has no document of a feed".to_owned()));
    }
    Ok(read)
}

/// The positions and names of the documents in an archive, by name.
fn documents(archive: &mut ZipArchive<BufReader<File>>) -> Result<Vec<(usize, PathBuf)>, Reason> {
    let mut found = Vec::new();
    for position in 0..archive.len() {
        let entry = archive.by_index_raw(position).map_err(reason)?;
        // The reader takes an absolute name for one below the archive.
        let is_relative = |name: &str| !name.starts_with(['/', '\\']) && !name.contains(':');
        let is_relative = is_relative(&entry.name().map_err(reason)?);
        let Some(name) = entry.enclosed_name().filter(|_| is_relative) else {
            return Err(Reason::Archive(
                "it has a name that leads out of it".to_owned(),
            ));
        };
        let name = name.to_string_lossy();
        if entry.is_file() && is_document_name(&name) {
            // Whoever made the archive chose it, and it goes to terminals and logs.
            let shown = one_line(harmless(name.into_owned()));
            found.push((position, PathBuf::from(shown)));
        }
    }
    found.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(found)
}

/// Whether the end of an archive names more entries than any feed has. The reader makes a
/// record of each before anybody could ask it how many there are.
fn lists_too_many(file: &mut File, length: u64) -> std::io::Result<bool> {
    /// The last record, and the longest comment after it.
    const TAIL: u64 = 22 + 0xffff;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    // Any of them may be the one that the reader takes; 0xffff stands for a number
    // that has not enough room there.
    let ends = memchr::memmem::find_iter(&tail, b"PK\x05\x06");
    let counts = ends.filter_map(|at| tail.get(at + 10..at + 12));
    Ok(counts
        .map(|count| usize::from(u16::from_le_bytes([count[0], count[1]])))
        .any(|count| count > MAX_ENTRIES))
}

fn reason(error: ZipError) -> Reason {
    match error {
        ZipError::Io(error) => reason_of(error),
        other => Reason::Archive(message(&other.to_string())),
    }
}

/// Counts what all entries together unpack to.
struct Counted<'l, R> {
    inner: R,
    left: &'l mut u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        *self.left = self.left.saturating_sub(read as u64);
        if *self.left == 0 {
            return Err(std::io::Error::new(
                std::io::ErrorKind::FileTooLarge,
                "too large",
            ));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_feed_files() {
        for name in [
            "a.xml",
            "A.XML.GZ",
            "a.json.zst",
            "epss_scores-2023-03-07.csv.gz",
            "k.csv",
            "feed.zip",
        ] {
            assert!(is_feed_name(name), "{name}");
        }
        for name in ["a.txt", "xml", "a.xml.bak", "a.gz", ".gz", "a.zip.gz"] {
            assert!(!is_feed_name(name), "{name}");
        }
        assert!(!is_document_name("feed.zip"));
    }
}
