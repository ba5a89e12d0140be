//! Packed machines by ordinal, some of them in one piece of memory.
//!
//! A record is some two hundred bytes, so a piece of memory of its own, with what counts
//! its users and who points to it, would cost a fifth more.

use std::sync::Arc;

use crate::table::Pages;

/// Records of a piece: so many are copied when one of them changes.
const TOGETHER: usize = 16;
/// Where each record ends stands before the first.
const END: usize = size_of::<u32>();
const ENDS: usize = TOGETHER * END;
/// Room for the records of a piece that is being filled: more than most take.
const USUAL: usize = 4_096;

/// What is kept of machines beside the columns that change with every check-in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    pieces: Pages<Arc<[u8]>>,
    /// Those behind the last piece: new machines come in order, and a piece that is made for
    /// each of them anew is made sixteen times, of all sizes in between.
    last: Arc<Last>,
}

/// Records that are not a piece yet.
#[derive(Clone, Debug, Default)]
struct Last {
    /// Where each of them ends.
    ends: Vec<u32>,
    records: Vec<u8>,
}

impl Records {
    /// Above all ordinals of machines that have a record.
    pub(crate) fn len(&self) -> u32 {
        (self.pieces.len() * TOGETHER + self.last.ends.len()) as u32
    }

    /// The record of a machine; empty where there is none.
    pub(crate) fn get(&self, ordinal: u32) -> &[u8] {
        let (piece, place) = place(ordinal);
        if piece == self.pieces.len() {
            return self.last.get(place);
        }
        let piece = self.pieces.get(piece).map_or(&[][..], |piece| piece);
        let records = piece.get(ENDS..).unwrap_or_default();
        let start = place.checked_sub(1).map_or(0, |before| end(piece, before));
        records.get(start..end(piece, place)).unwrap_or_default()
    }

    /// Puts a record in the place of the one that is there; an empty one takes it away.
    pub(crate) fn set(&mut self, ordinal: u32, record: &[u8]) {
        let (number, place) = place(ordinal);
        if number < self.pieces.len() {
            let first = ordinal - place as u32;
            let records = std::array::from_fn(|at| match at == place {
                true => record,
                false => self.get(first + at as u32),
            });
            let changed = piece(records);
            if let Some(piece) = self.pieces.get_mut(number) {
                *piece = changed;
            }
            return;
        }
        while number > self.pieces.len() {
            self.close();
        }
        let last = Arc::make_mut(&mut self.last);
        last.set(place, record);
        if last.ends.len() == TOGETHER {
            self.close();
        }
    }

    /// Makes a piece of the last records.
    fn close(&mut self) {
        let last = std::mem::take(&mut self.last);
        self.pieces
            .push(piece(std::array::from_fn(|place| last.get(place))));
    }
}

impl Last {
    fn get(&self, place: usize) -> &[u8] {
        let end = |place: usize| self.ends.get(place).map(|end| *end as usize);
        let start = place.checked_sub(1).map_or(Some(0), end);
        let range = start.zip(end(place)).map(|(start, end)| start..end);
        range
            .and_then(|range| self.records.get(range))
            .unwrap_or_default()
    }

    fn set(&mut self, place: usize, record: &[u8]) {
        if self.ends.is_empty() {
            self.ends.reserve_exact(TOGETHER);
            self.records.reserve(USUAL);
        }
        while self.ends.len() < place {
            self.ends.push(self.records.len() as u32);
        }
        if self.ends.len() == place {
            self.records.extend_from_slice(record);
            self.ends.push(self.records.len() as u32);
            return;
        }
        let was = self.get(place).len();
        let start = self.ends[place] as usize - was;
        self.records
            .splice(start..start + was, record.iter().copied());
        for end in &mut self.ends[place..] {
            *end = *end - was as u32 + record.len() as u32;
        }
    }
}

fn piece(records: [&[u8]; TOGETHER]) -> Arc<[u8]> {
    let length = records.iter().map(|record| record.len()).sum::<usize>();
    let mut piece = Vec::with_capacity(ENDS + length);
    let mut end = 0_u32;
    for record in records {
        end += record.len() as u32;
        piece.extend(end.to_le_bytes());
    }
    for record in records {
        piece.extend(record);
    }
    piece.into()
}

const fn place(ordinal: u32) -> (usize, usize) {
    (ordinal as usize / TOGETHER, ordinal as usize % TOGETHER)
}

fn end(piece: &[u8], place: usize) -> usize {
    let bytes = piece.get(place * END..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |&bytes| u32::from_le_bytes(bytes) as usize)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_record_is_the_one_that_was_put_there_last(
            in_order in 0_u32..40,
            steps in prop::collection::vec(
                (0_u32..50, prop::collection::vec(any::<u8>(), 0..40), any::<bool>()),
                0..200,
            ),
        ) {
            let (mut records, mut plain) = (Records::default(), BTreeMap::new());
            let mut snapshots = Vec::new();
            for ordinal in 0..in_order {
                let record = vec![ordinal as u8; ordinal as usize % 7];
                records.set(ordinal, &record);
                prop_assert_eq!(records.len(), ordinal + 1);
                plain.insert(ordinal, record);
            }
            for (ordinal, record, held) in steps {
                records.set(ordinal, &record);
                plain.insert(ordinal, record);
                if held {
                    snapshots.push((records.clone(), plain.clone()));
                }
            }
            snapshots.push((records, plain));
            for (records, plain) in snapshots {
                for ordinal in 0..60 {
                    let expected = plain.get(&ordinal).map_or(&[][..], Vec::as_slice);
                    prop_assert_eq!(records.get(ordinal), expected);
                }
            }
        }
    }
}
