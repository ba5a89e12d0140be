//! Hashes of many short texts.

use std::hash::{BuildHasher, Hash, Hasher};

/// Gathers what is to be hashed first: hashing texts one by one takes twice as long.
#[derive(Debug, Default)]
pub(crate) struct Gathered(Vec<u8>);

impl Gathered {
    pub(crate) fn hash(&mut self, key: &impl BuildHasher, of: impl Hash) -> u64 {
        self.0.clear();
        of.hash(self);
        let mut hasher = key.build_hasher();
        hasher.write(&self.0);
        hasher.finish()
    }
}

impl Hasher for Gathered {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// What ends each text.
    fn write_u8(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn finish(&self) -> u64 {
        self.0.len() as u64
    }
}
