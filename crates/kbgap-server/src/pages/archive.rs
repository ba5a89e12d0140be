//! Files of the Swagger UI archive that is part of the binary.
//!
//! A zip entry and a gzip stream hold the same compressed bytes between different
//! headers: a file is sent as it lies in the archive, and nothing is unpacked.

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED as ARCHIVE;

/// A file as the archive holds it.
pub(super) enum Stored {
    /// Not compressed.
    Plain(&'static [u8]),
    Deflated(Entry),
}

/// A compressed file.
pub(super) struct Entry {
    deflated: &'static [u8],
    checksum: [u8; 4],
    /// The length of the file, unpacked.
    length: [u8; 4],
}

impl Entry {
    /// The file as a gzip stream.
    pub(super) fn gzip(&self) -> Vec<u8> {
        const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        [&HEADER[..], self.deflated, &self.checksum, &self.length].concat()
    }
}

/// The end of the archive, and an entry of its directory, begin with these.
const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";

/// The file at a path below the archive's one top folder.
pub(super) fn find(path: &str) -> Option<Stored> {
    let end = ARCHIVE.windows(END.len()).rposition(|w| w == END)?;
    let mut at = number(end + 16)?;
    while ARCHIVE.get(at..)?.starts_with(ENTRY) {
        let (name, extra, comment) = (short(at + 28)?, short(at + 30)?, short(at + 32)?);
        let found = ARCHIVE.get(at + 46..at + 46 + name)?;
        let below = found
            .iter()
            .position(|b| *b == b'/')
            .map(|p| &found[p + 1..]);
        if below == Some(path.as_bytes()) {
            return stored(at);
        }
        at += 46 + name + extra + comment;
    }
    None
}

fn stored(at: usize) -> Option<Stored> {
    let (method, size) = (short(at + 10)?, number(at + 20)?);
    // The lengths in front of the bytes may differ from those in the directory.
    let local = number(at + 42)?;
    let begin = local + 30 + short(local + 26)? + short(local + 28)?;
    let bytes = ARCHIVE.get(begin..begin + size)?;
    match method {
        0 => Some(Stored::Plain(bytes)),
        8 => Some(Stored::Deflated(Entry {
            deflated: bytes,
            checksum: four(at + 16)?,
            length: four(at + 24)?,
        })),
        _ => None,
    }
}

fn four(at: usize) -> Option<[u8; 4]> {
    ARCHIVE.get(at..at + 4)?.try_into().ok()
}

fn number(at: usize) -> Option<usize> {
    four(at).map(|bytes| u32::from_le_bytes(bytes) as usize)
}

fn short(at: usize) -> Option<usize> {
    let bytes = ARCHIVE.get(at..at + 2)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn files_are_whole() {
        for (path, has) in [
            ("dist/swagger-ui-bundle.js", &b"SwaggerUIBundle"[..]),
            ("dist/swagger-ui.css", b".swagger-ui"),
            ("dist/favicon-32x32.png", b"PNG"),
            ("LICENSE", b"Apache License"),
            ("NOTICE", b"swagger-ui"),
        ] {
            let bytes = match find(path).unwrap_or_else(|| panic!("no {path}")) {
                Stored::Plain(bytes) => bytes.to_vec(),
                Stored::Deflated(entry) => {
                    let mut bytes = Vec::new();
                    // The checksum is compared by whoever unpacks it.
                    flate2::read::GzDecoder::new(&entry.gzip()[..])
                        .read_to_end(&mut bytes)
                        .unwrap();
                    bytes
                }
            };
            assert!(bytes.windows(has.len()).any(|part| part == has), "{path}");
        }
        assert!(find("dist/nothing.js").is_none());
    }
}
