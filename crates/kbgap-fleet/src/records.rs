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

/// What is kept of machines beside the columns that change with every check-in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    pieces: Pages<Arc<[u8]>>,
}

impl Records {
    /// Above all ordinals of machines that have a record.
    pub(crate) const fn len(&self) -> u32 {
        (self.pieces.len() * TOGETHER) as u32
    }

    /// The record of a machine; empty where there is none.
    pub(crate) fn get(&self, ordinal: u32) -> &[u8] {
        let (piece, place) = place(ordinal);
        let piece = self.pieces.get(piece).map_or(&[][..], |piece| piece);
        let records = piece.get(ENDS..).unwrap_or_default();
        let start = place.checked_sub(1).map_or(0, |before| end(piece, before));
        records.get(start..end(piece, place)).unwrap_or_default()
    }

    /// Puts a record in the place of the one that is there; an empty one takes it away.
    pub(crate) fn set(&mut self, ordinal: u32, record: &[u8]) {
        let (number, place) = place(ordinal);
        while self.pieces.len() <= number {
            self.pieces.push(Arc::new([0; ENDS]));
        }
        let first = ordinal - place as u32;
        let records: [&[u8]; TOGETHER] = std::array::from_fn(|at| match at == place {
            true => record,
            false => self.get(first + at as u32),
        });
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
        if let Some(place) = self.pieces.get_mut(number) {
            *place = piece.into();
        }
    }
}

/// Records in the order of their machines: each piece is made once, when it is full.
#[derive(Debug, Default)]
pub(crate) struct RecordsInOrder {
    full: Records,
    ends: Vec<u8>,
    records: Vec<u8>,
}

impl RecordsInOrder {
    /// Appends the record of the next machine; an empty one where there is none.
    pub(crate) fn push(&mut self, record: &[u8]) {
        self.records.extend(record);
        self.ends.extend((self.records.len() as u32).to_le_bytes());
        if self.ends.len() == ENDS {
            self.close();
        }
    }

    /// All of them.
    pub(crate) fn end(mut self) -> Records {
        let last = self.records.len() as u32;
        while !self.ends.is_empty() && self.ends.len() < ENDS {
            self.ends.extend(last.to_le_bytes());
        }
        if !self.ends.is_empty() {
            self.close();
        }
        self.full
    }

    fn close(&mut self) {
        let piece = [&self.ends[..], &self.records].concat();
        self.full.pieces.push(piece.into());
        self.ends.clear();
        self.records.clear();
    }
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
        fn those_that_come_in_order_are_all_there(
            lengths in prop::collection::vec(0_usize..9, 0..70),
        ) {
            let mut in_order = RecordsInOrder::default();
            for (ordinal, length) in lengths.iter().enumerate() {
                in_order.push(&vec![ordinal as u8; *length]);
            }
            let records = in_order.end();
            for (ordinal, length) in (0..).zip(&lengths) {
                prop_assert_eq!(records.get(ordinal), vec![ordinal as u8; *length]);
            }
            prop_assert!(records.get(lengths.len() as u32).is_empty());
            prop_assert_eq!(records.len() as usize, lengths.len().next_multiple_of(TOGETHER));
        }

        #[test]
        fn every_record_is_the_one_that_was_put_there_last(
            steps in prop::collection::vec(
                (0_u32..50, prop::collection::vec(any::<u8>(), 0..40), any::<bool>()),
                0..200,
            ),
        ) {
            let (mut records, mut plain) = (Records::default(), BTreeMap::new());
            let mut snapshots = Vec::new();
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
