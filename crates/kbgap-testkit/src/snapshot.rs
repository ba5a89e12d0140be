//! Snapshots of a catalogue as somebody who means harm would leave them.

/// Where the checksum of a snapshot stands, and where what it covers begins.
const CHECKSUM: usize = 16;
const CHECKED_FROM: usize = CHECKSUM + 4;
/// The table of sections: a start and an end of four bytes each.
const SECTIONS: usize = 36;
const COUNT: usize = 15;

/// The snapshot with a checksum that holds. What is too short to have one stays as it is.
#[must_use]
pub fn with_checksum(mut snapshot: Vec<u8>) -> Vec<u8> {
    if let Some((head, checked)) = snapshot.split_at_mut_checked(CHECKED_FROM) {
        let checksum = crc32fast::hash(checked);
        head[CHECKSUM..].copy_from_slice(&checksum.to_le_bytes());
    }
    snapshot
}

/// The bytes of each section, in their order, as ranges of the whole good snapshot.
///
/// # Panics
/// Where the bytes are not a good snapshot.
#[must_use]
pub fn sections(snapshot: &[u8]) -> Vec<std::ops::Range<usize>> {
    const BODY: usize = SECTIONS + COUNT * 8;
    let number = |at: usize| {
        let bytes = [0, 1, 2, 3].map(|byte| snapshot[at + byte]);
        BODY + u32::from_le_bytes(bytes) as usize
    };
    let tables = (0..COUNT).map(|section| SECTIONS + section * 8);
    tables.map(|at| number(at)..number(at + 4)).collect()
}
