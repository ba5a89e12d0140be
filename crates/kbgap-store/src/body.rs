//! Bodies of reports as they are kept: compressed one by one.
//!
//! A report has some kilobytes, most of which stand in other reports, too, but little of
//! which stands in it twice. So it is compressed against a text that says what reports
//! say, `body/dictionary.txt`, in which only names of common programs and the forms of
//! the fields stand. It never changes: what was packed with it must come back. A better
//! one would be another next to it, under another number.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::StoreError;

const DICTIONARY: &[u8] = include_bytes!("body/dictionary.txt");
/// The first byte of what was packed with the dictionary. What was stored before there
/// was one begins with another, since it is JSON.
const PACKED: u8 = 1;
/// Of 4,400 bytes this level leaves 880 and takes 9 microseconds, level 1 750 in 12; without
/// the dictionary they are 1,300 and 1,100. There is more room on the disk than time.
const LEVEL: i32 = -1;
/// No report is as large; a damaged row shall not ask for more.
const LARGEST: u64 = 256 << 20;

/// Bytes of room that a thread keeps: enough for nearly every report.
const ROOM: usize = 64 << 10;

/// Prepared once: preparing takes as long as packing some hundred bodies.
static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    static COMPRESSOR: RefCell<Option<Packer>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// A compressor with the room that it writes into: what is kept of it is a fraction of that.
struct Packer {
    compressor: Compressor<'static>,
    room: Vec<u8>,
}

impl Packer {
    fn new() -> io::Result<Self> {
        Ok(Self {
            compressor: Compressor::with_prepared_dictionary(&ENCODER)?,
            room: Vec::new(),
        })
    }

    fn pack(&mut self, plain: &[u8]) -> io::Result<Box<[u8]>> {
        let needed = 1 + zstd::zstd_safe::compress_bound(plain.len());
        if self.room.len() < needed {
            self.room.resize(needed, PACKED);
        }
        let length = self
            .compressor
            .compress_to_buffer(plain, &mut self.room[1..])?;
        let packed = self.room[..=length].into();
        self.room.truncate(ROOM);
        self.room.shrink_to(ROOM);
        Ok(packed)
    }
}

/// A report's body, packed. Packing and unpacking is the business of whoever has the
/// report, on its own thread: the one thread that writes only writes. What most likely
/// need not be stored at all is [packed later](Self::later).
#[derive(Clone, PartialEq, Eq)]
pub struct PackedBody(Box<[u8]>);

impl PackedBody {
    /// Packs a body.
    ///
    /// # Errors
    /// [`StoreError::Body`] where memory is short.
    pub fn pack(plain: &[u8]) -> Result<Self, StoreError> {
        COMPRESSOR
            .with_borrow_mut(|kept| {
                let packer = match kept {
                    Some(packer) => packer,
                    None => kept.insert(Packer::new()?),
                };
                packer.pack(plain).map(Self)
            })
            .map_err(StoreError::Body)
    }

    /// A body that is packed when it is stored. Of a report that says nothing new only
    /// its hash is needed, and packing takes as long as all that the store does for it.
    ///
    /// # Errors
    /// [`StoreError::Body`] where memory is short.
    pub fn later(plain: Vec<u8>) -> Result<Self, StoreError> {
        // What is no JSON could be taken for something packed.
        match plain.first() {
            Some(&PACKED) | None => Self::pack(&plain),
            Some(_) => Ok(Self(plain.into())),
        }
    }

    /// As it is to be stored.
    pub(crate) fn to_store(&self) -> Result<Cow<'_, [u8]>, StoreError> {
        match self.0.first() {
            Some(&PACKED) => Ok(Cow::Borrowed(&self.0)),
            _ => Ok(Cow::Owned(Self::pack(&self.0)?.0.into())),
        }
    }

    /// The body.
    ///
    /// # Errors
    /// [`StoreError::Body`] where it was damaged.
    pub fn unpack(&self) -> Result<Vec<u8>, StoreError> {
        let Some(packed) = self.0.strip_prefix(&[PACKED]) else {
            return Ok(self.0.to_vec());
        };
        let size = zstd::zstd_safe::get_frame_content_size(packed)
            .ok()
            .flatten();
        let size = size.filter(|size| *size <= LARGEST);
        let size = size.and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or_else(|| StoreError::Body(ErrorKind::InvalidData.into()))?;
        DECOMPRESSOR
            .with_borrow_mut(|kept| {
                let decompressor = match kept {
                    Some(decompressor) => decompressor,
                    None => kept.insert(Decompressor::with_prepared_dictionary(&DECODER)?),
                };
                decompressor.decompress(packed, size)
            })
            .map_err(StoreError::Body)
    }

    /// As it is kept, or will be where it is packed later.
    #[must_use]
    pub fn packed(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn stored(packed: Vec<u8>) -> Self {
        Self(packed.into())
    }
}

impl std::fmt::Debug for PackedBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackedBody({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let report = r#"{"vendor":"Igor Pavlov","name":"7-Zip 23.01 (x64 edition)"}"#;
        let noise: Vec<u8> = (0..9_000_u32).map(|i| ((i * i) >> 7) as u8).collect();
        for plain in [&b""[..], &[PACKED], report.as_bytes(), &noise] {
            let body = PackedBody::pack(plain).unwrap();
            assert_eq!(body.unpack().unwrap(), plain);
            assert_eq!(PackedBody::stored(body.packed().to_vec()), body);
            let later = PackedBody::later(plain.to_vec()).unwrap();
            assert_eq!(later.unpack().unwrap(), plain);
            assert_eq!(later.to_store().unwrap(), body.packed());
            assert_eq!(body.to_store().unwrap(), body.packed());
        }
        let packed = PackedBody::pack(report.as_bytes()).unwrap().packed().len();
        assert!(packed * 3 < report.len() * 2, "{packed}");
    }

    #[test]
    fn what_was_stored_plainly_is_read_and_what_is_damaged_is_not() {
        let plain = br#"{"id":"1e5b"}"#;
        assert_eq!(PackedBody::stored(plain.to_vec()).unpack().unwrap(), plain);
        for damaged in [&[PACKED][..], &[PACKED, 9, 9, 9, 9, 9, 9, 9, 9]] {
            assert!(PackedBody::stored(damaged.to_vec()).unpack().is_err());
        }
        let mut cut = PackedBody::pack(plain).unwrap().packed().to_vec();
        cut.pop();
        assert!(PackedBody::stored(cut).unpack().is_err());
    }

    /// What was packed has to be read by every later version.
    #[test]
    fn the_dictionary_stays() {
        assert_eq!(DICTIONARY.len(), 24_298);
    }
}
