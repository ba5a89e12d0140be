//! What targets begin with, and mutations of it.

use std::path::Path;

use crate::{Seeds, Target};

/// Larger files tell nothing that smaller ones do not, and make everything slow.
const LARGEST: u64 = 40 << 10;

/// The seeds of a target: its own, and files of the shared data where that folder is given.
#[must_use]
pub fn of_target(target: &Target, shared: Option<&Path>) -> Vec<Vec<u8>> {
    let mut seeds = match target.seeds {
        Seeds::Texts(texts) => texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
        Seeds::Made(make) => make(),
    };
    for path in target.files {
        if let Some(shared) = shared {
            collect(&shared.join(path), &mut seeds);
        }
    }
    seeds
}

/// The files of a folder and those within it, in order. What cannot be read is no seed.
fn collect(path: &Path, seeds: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(path) else {
        let small = path.metadata().is_ok_and(|data| data.len() <= LARGEST);
        seeds.extend(std::fs::read(path).ok().filter(|_| small));
        return;
    };
    let mut inside: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    inside.sort();
    inside.iter().for_each(|path| collect(path, seeds));
}

/// Mutations of an input, the same ones each time: cut off, a byte changed, left out or put
/// in, a piece repeated or moved, and two inputs in one.
#[must_use]
pub fn mutated(input: &[u8], other: &[u8], count: usize) -> Vec<Vec<u8>> {
    let mut draw = Draw(1 + input.len() as u64);
    (0..count).map(|_| draw.mutation(input, other)).collect()
}

/// The same numbers each time (a linear congruential generator with Knuth's constants).
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }

    fn mutation(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(3) {
            let (a, b) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let (from, to) = (a.min(b), a.max(b));
            match self.below(7) {
                0 => bytes.truncate(from),
                1 => drop(bytes.drain(from..to.min(from + 8))),
                2 => bytes.insert(from, u8::try_from(self.below(256)).unwrap_or_default()),
                3 => {
                    if let Some(byte) = bytes.get_mut(from) {
                        *byte ^= 1 << self.below(8);
                    }
                }
                4 => {
                    let piece = bytes[from..to].to_vec();
                    let at = self.below(bytes.len() + 1);
                    bytes.splice(at..at, piece);
                }
                5 => {
                    let tail = self.below(other.len() + 1);
                    bytes.truncate(from);
                    bytes.extend(&other[tail..]);
                }
                _ => drop(bytes.splice(from..to.min(from + 4), *b"99999999999999999999")),
            }
        }
        bytes
    }
}
