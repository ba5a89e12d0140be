//! The snapshot file: a header, a table of sections, the sections.
//!
//! A snapshot is derived data: the store's documents are the truth. So a file
//! that is damaged, of another format version or compiled with other reviewed
//! tables is not repaired but refused, and compiled anew.

use std::path::{Path, PathBuf};

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::layout::{Section, Span};

const MAGIC: [u8; 8] = *b"kbgapcat";
const FORMAT_VERSION: u32 = 3;

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    version: U32,
    tables: U32,
    checksum: U32,
    /// What it was compiled of, which may change while the content does not.
    source_mark: U64,
    /// Of the content alone.
    content: U32,
    /// Of that part of the content by which anything is decided.
    decisive: U32,
    sections: [Span; Section::COUNT],
}

const HEADER_LEN: usize = size_of::<Header>();
/// The checksum covers all that follows it.
const CHECKED_FROM: usize = std::mem::offset_of!(Header, source_mark);
/// The content is the table of sections and the sections.
const CONTENT_FROM: usize = std::mem::offset_of!(Header, sections);

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// There is no catalogue yet.
    #[error(
        "no catalogue at {}: import a feed first (`kbgap feed import PATH`), or name the folder that has one \
         (`--data-dir DIR`)",
        .0.display()
    )]
    Missing(PathBuf),
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The snapshot file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is damaged or no snapshot at all.
    #[error("the catalogue snapshot is damaged ({0}): it will be compiled anew from the store")]
    Damaged(&'static str),
    /// The file was written by another version of this program.
    #[error(
        "the catalogue snapshot is of another version: it will be compiled anew from the store"
    )]
    OtherVersion,
}

/// The bytes of a snapshot whose header and checksum hold, and whose rows can be read.
pub(crate) struct Snapshot {
    bytes: Vec<u8>,
    sections: [std::ops::Range<usize>; Section::COUNT],
}

impl Snapshot {
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, SnapshotError> {
        let (header, _) =
            Header::ref_from_prefix(&bytes).map_err(|_| SnapshotError::Damaged("too short"))?;
        if header.magic != MAGIC {
            return Err(SnapshotError::Damaged("not a snapshot"));
        }
        if header.version.get() != FORMAT_VERSION || header.tables.get() != tables_fingerprint() {
            return Err(SnapshotError::OtherVersion);
        }
        if crc32fast::hash(&bytes[CHECKED_FROM..]) != header.checksum.get() {
            return Err(SnapshotError::Damaged("checksum"));
        }
        let mut sections = [const { 0..0 }; Section::COUNT];
        for (range, span) in sections.iter_mut().zip(header.sections) {
            *range = HEADER_LEN + span.range().start..HEADER_LEN + span.range().end;
            if range.start > range.end || range.end > bytes.len() {
                return Err(SnapshotError::Damaged("section out of bounds"));
            }
        }
        let snapshot = Self { bytes, sections };
        crate::soundness::check(&snapshot).map_err(SnapshotError::Damaged)?;
        Ok(snapshot)
    }

    pub(crate) fn read(path: &Path) -> Result<Self, SnapshotError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::open(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Err(SnapshotError::Missing(path.to_owned()))
            }
            Err(source) => Err(SnapshotError::Io {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Writes the snapshot beside `path` and renames it into place, so that a
    /// reader sees the old file or the new one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), SnapshotError> {
        let io = |source| SnapshotError::Io {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let temporary = PathBuf::from(temporary);
        let written = std::fs::write(&temporary, &self.bytes)
            .and_then(|()| std::fs::File::open(&temporary)?.sync_all())
            .and_then(|()| std::fs::rename(&temporary, path));
        if written.is_err() {
            // The first error is the one to tell; what is left over does no harm.
            let _ = std::fs::remove_file(&temporary);
        }
        written.map_err(io)
    }

    pub(crate) fn bytes(&self, section: Section) -> &[u8] {
        &self.bytes[self.sections[section as usize].clone()]
    }

    pub(crate) fn rows<T: FromBytes + Immutable + KnownLayout + Unaligned>(
        &self,
        section: Section,
    ) -> &[T] {
        <[T]>::ref_from_bytes(self.bytes(section)).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A number that differs between catalogues of different content.
    pub(crate) fn checksum(&self) -> u32 {
        Header::ref_from_prefix(&self.bytes).map_or(0, |(header, _)| header.content.get())
    }

    /// A number that differs where anything is decided otherwise.
    pub(crate) fn decisive(&self) -> u32 {
        Header::ref_from_prefix(&self.bytes).map_or(0, |(header, _)| header.decisive.get())
    }

    /// What the snapshot was compiled of, in a number of the compiler's caller.
    pub(crate) fn source_mark(&self) -> u64 {
        Header::ref_from_prefix(&self.bytes).map_or(0, |(header, _)| header.source_mark.get())
    }
}

/// Collects sections into the bytes of a snapshot.
#[derive(Default)]
pub(crate) struct SnapshotWriter {
    body: Vec<u8>,
    sections: Vec<Span>,
}

impl SnapshotWriter {
    /// Appends the next section; sections come in the order of [`Section`].
    pub(crate) fn push<T: IntoBytes + Immutable>(&mut self, section: Section, rows: &[T]) {
        debug_assert_eq!(self.sections.len(), section as usize);
        let start = offset(self.body.len());
        self.body.extend_from_slice(rows.as_bytes());
        self.sections.push(Span {
            start,
            end: offset(self.body.len()),
        });
    }

    pub(crate) fn finish(self, source_mark: u64, decisive: u32) -> Vec<u8> {
        let mut sections = [Span {
            start: 0.into(),
            end: 0.into(),
        }; Section::COUNT];
        for (slot, span) in sections.iter_mut().zip(self.sections) {
            *slot = span;
        }
        let mut header = Header {
            magic: MAGIC,
            version: FORMAT_VERSION.into(),
            tables: tables_fingerprint().into(),
            checksum: 0.into(),
            source_mark: source_mark.into(),
            content: 0.into(),
            decisive: decisive.into(),
            sections,
        };
        let checksum_from = |header: &Header, from: usize| {
            let mut checksum = crc32fast::Hasher::new();
            checksum.update(&header.as_bytes()[from..]);
            checksum.update(&self.body);
            checksum.finalize().into()
        };
        header.content = checksum_from(&header, CONTENT_FROM);
        header.checksum = checksum_from(&header, CHECKED_FROM);
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.body.len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// A position as it is stored. A catalogue is far below 4 GiB; one that were not
/// would be refused when it is opened, since its spans would not fit.
pub(crate) fn offset(position: usize) -> U32 {
    u32::try_from(position).unwrap_or(u32::MAX).into()
}

/// A number that differs when one of the reviewed tables does, so that a
/// snapshot compiled with others is known by it.
fn tables_fingerprint() -> u32 {
    let mut hash = crc32fast::Hasher::new();
    hash.update(&crate::mapping::tables_fingerprint().to_le_bytes());
    hash.update(crate::servicing::STANDALONE_TABLE.as_bytes());
    hash.update(crate::servicing::REVISION_TABLE.as_bytes());
    hash.finalize()
}
