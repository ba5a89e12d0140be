//! Opens what a user names: plain, gzip or Zstandard, in UTF-8 or UTF-16.
//!
//! The bytes decide, never the file name or the XML declaration: real documents
//! declared utf-8 and were UTF-16 (assessment.md, section 2).

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::form::Form;
use crate::{FeedError, Reason};

/// The vendor's largest month has 11 MB; what unpacks to more than this is an attack.
const MAX_UNPACKED: u64 = 128 << 20;
/// The readers hold one tag, text or comment at a time; the vendor's longest has
/// some hundred KB.
const MAX_EVENT: u64 = 4 << 20;
pub(crate) const BUFFER: usize = 64 << 10;
/// As much of a text tells what it is.
const HEAD: usize = 16 << 10;

/// An opened document: text in UTF-8, with the name for messages.
pub struct Source<'a> {
    pub(crate) name: String,
    pub(crate) text: LineCounter<Box<dyn BufRead + 'a>>,
    pub(crate) form: Form,
}

/// Unpacked text, and what its beginning tells.
struct Unpacked<'a> {
    text: Box<dyn BufRead + 'a>,
    form: Form,
}

/// Opens a file.
///
/// # Errors
/// [`Reason::Io`] when it cannot be opened.
pub fn open(path: &Path) -> Result<Source<'static>, FeedError> {
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => from_reader(name, BufReader::with_capacity(BUFFER, file)),
        Err(error) => Err(FeedError::at(name, None, reason_of(error))),
    }
}

/// Takes what a reader gives; `name` is for messages.
pub(crate) fn from_reader<'a>(
    name: String,
    reader: impl BufRead + 'a,
) -> Result<Source<'a>, FeedError> {
    match unpack(reader) {
        Ok(unpacked) => Ok(source(name, unpacked)),
        Err(error) => Err(FeedError::at(name, None, reason_of(error))),
    }
}

/// Takes bytes that are already in memory; `name` is for messages.
#[must_use]
pub fn from_bytes<'a>(name: &str, bytes: &'a [u8]) -> Source<'a> {
    let unpacked = unpack(Cursor::new(bytes)).unwrap_or_else(|error| Unpacked {
        text: Box::new(BufReader::new(Failed(Some(error)))),
        form: Form::Xml,
    });
    source(name.to_owned(), unpacked)
}

fn source(name: String, unpacked: Unpacked<'_>) -> Source<'_> {
    Source {
        name,
        text: LineCounter {
            inner: unpacked.text,
            line: Rc::new(Cell::new(1)),
            allowance: MAX_EVENT,
        },
        form: unpacked.form,
    }
}

fn unpack<'a>(mut packed: impl BufRead + 'a) -> io::Result<Unpacked<'a>> {
    let head = packed.fill_buf()?;
    let plain: Box<dyn Read + 'a> = match head {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        // A frame of data, or one to skip, with which parallel packers begin.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
            // 128 MB: what every zstd decoder grants, and no more.
            decoder.window_log_max(27)?;
            Box::new(decoder)
        }
        _ => Box::new(packed),
    };
    let mut limited = BufReader::with_capacity(
        BUFFER,
        Limited {
            inner: plain,
            left: MAX_UNPACKED,
        },
    );
    let head = limited.fill_buf()?;
    let encoding = encoding_of(head);
    let decoder = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .bom_override(true)
        .build(limited);
    let mut text = BufReader::with_capacity(BUFFER, decoder);
    let mut head = Vec::with_capacity(HEAD);
    text.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok(Unpacked {
        form: Form::of(&head),
        text: Box::new(Cursor::new(head).chain(text)),
    })
}

/// A byte order mark is seen to by the decoder; without one, UTF-16 shows in
/// the zero bytes beside the first character, which is ASCII in all documents.
fn encoding_of(head: &[u8]) -> &'static Encoding {
    match head {
        [1..=0x7f, 0, ..] => UTF_16LE,
        [0, 1..=0x7f, ..] => UTF_16BE,
        _ => UTF_8,
    }
}

/// Tells whoever reads what went wrong before.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "too large"))?;
        Ok(read)
    }
}

/// The reason for an error of reading: a limit of ours, a fault that unpacking met,
/// or what the system says.
pub(crate) fn reason_of(error: io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Reason::TooLarge(MAX_UNPACKED >> 20),
        io::ErrorKind::QuotaExceeded => Reason::LongText(MAX_EVENT >> 20),
        _ if error.raw_os_error().is_some() => Reason::Io(error),
        io::ErrorKind::UnexpectedEof => Reason::PackedCutOff,
        _ => Reason::PackedDamaged(error.to_string()),
    }
}

/// Counts lines as they are consumed, so that an error can name its own.
pub(crate) struct LineCounter<R> {
    inner: R,
    line: Rc<Cell<u64>>,
    /// Bytes that may still be consumed for the current event of the reader above.
    allowance: u64,
}

impl<R> LineCounter<R> {
    /// A new event begins, which may be as long as any.
    pub(crate) fn begin_event(&mut self) {
        self.allowance = MAX_EVENT;
    }

    /// What comes next is passed over without being held, so it may have any length.
    pub(crate) fn begin_skipping(&mut self) {
        self.allowance = u64::MAX;
    }

    /// The line at which reading stands, counted from 1; it goes on counting
    /// after the reader has been given away.
    pub(crate) fn line(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.line)
    }
}

impl<R: BufRead> Read for LineCounter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for LineCounter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowance == 0 {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "too long"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // The buffer is still filled, so this reads nothing anew.
        if let Ok(available) = self.inner.fill_buf() {
            let lines =
                memchr::memchr_iter(b'\n', &available[..count.min(available.len())]).count();
            self.line.set(self.line.get() + lines as u64);
        }
        self.allowance = self.allowance.saturating_sub(count as u64);
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        let mut text = String::new();
        from_bytes("x", bytes)
            .text
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn unpacks_what_the_bytes_say() {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"<a/>").unwrap();
        assert_eq!(text_of(&gzip.finish().unwrap()), "<a/>");
        assert_eq!(text_of(&zstd::encode_all(&b"<a/>"[..], 1).unwrap()), "<a/>");
        assert_eq!(text_of(b"<a/>"), "<a/>");
    }

    #[test]
    fn the_form_is_known_packed_or_not() {
        let list = br#"{"@odata.context":"https://example.org/$metadata#Updates","value":[]}"#;
        assert_eq!(from_bytes("x", list).form, Form::UpdateIndex);
        let packed = zstd::encode_all(&list[..], 1).unwrap();
        assert_eq!(from_bytes("x", &packed).form, Form::UpdateIndex);
        let marked = ["\u{feff}".as_bytes(), list].concat();
        assert_eq!(from_bytes("x", &marked).form, Form::UpdateIndex);
        let other = b"<a>{ $metadata#Updates</a>";
        assert_eq!(from_bytes("x", other).form, Form::Xml);
    }

    #[test]
    fn makes_utf8_of_utf16_whatever_the_declaration_says() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><a>\u{e4}</a>";
        assert_eq!(text_of(&utf16(text, u16::to_le_bytes)), text);
        assert_eq!(text_of(&utf16(text, u16::to_be_bytes)), text);
        assert_eq!(
            text_of(&utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)),
            text
        );
        assert_eq!(text_of(format!("\u{feff}{text}").as_bytes()), text);
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = zstd::encode_all(io::repeat(b' ').take(MAX_UNPACKED + 1), 1).unwrap();
        let mut text = from_bytes("x", &bomb).text;
        let error = io::copy(&mut text.inner, &mut io::sink()).unwrap_err();
        assert!(matches!(reason_of(error), Reason::TooLarge(128)));
    }

    #[test]
    fn lines_are_counted() {
        let mut text = from_bytes("x", b"a\nb\nc").text;
        let line = text.line();
        io::copy(&mut text, &mut io::sink()).unwrap();
        assert_eq!(line.get(), 3);
    }
}
