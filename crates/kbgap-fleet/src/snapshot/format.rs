//! Numbers, texts and sets in the file: little-endian, lengths before contents.

use std::io::{Read, Write};
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::LoadError;
use crate::table::MachineSet;

/// The longest text or record: whatever says that it is longer is damaged.
const LONGEST: u32 = 1 << 24;

/// Writes values.
pub(crate) struct Output<'o>(pub(crate) &'o mut dyn Write);

impl Output<'_> {
    pub(crate) fn u8(&mut self, value: u8) -> std::io::Result<()> {
        self.0.write_all(&[value])
    }

    pub(crate) fn u32(&mut self, value: u32) -> std::io::Result<()> {
        self.0.write_all(&value.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> std::io::Result<()> {
        self.0.write_all(&value.to_le_bytes())
    }

    pub(crate) fn count(&mut self, count: usize) -> std::io::Result<()> {
        let count = u32::try_from(count).map_err(std::io::Error::other)?;
        self.u32(count)
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.count(bytes.len())?;
        self.0.write_all(bytes)
    }

    pub(crate) fn value(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        let bytes = postcard::to_stdvec(value).map_err(std::io::Error::other)?;
        self.bytes(&bytes)
    }

    pub(crate) fn set(&mut self, set: &MachineSet) -> std::io::Result<()> {
        if let MachineSet::Many(many) = set {
            self.u8(3)?;
            let parts = many.parts();
            self.count(parts.len())?;
            return parts
                .iter()
                .try_for_each(|part| part.serialize_into(&mut *self.0));
        }
        match set.listed() {
            [] => self.u8(0),
            [only] => {
                self.u8(1)?;
                self.u32(*only)
            }
            few => {
                self.u8(2)?;
                self.count(few.len())?;
                few.iter().try_for_each(|ordinal| self.u32(*ordinal))
            }
        }
    }
}

/// Reads them again.
pub(crate) struct Input<'i>(pub(crate) &'i mut dyn Read);

impl Input<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, LoadError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, LoadError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, LoadError> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, LoadError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, LoadError> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// Appends to a buffer that is used again and again.
    pub(crate) fn bytes(&mut self, to: &mut Vec<u8>) -> Result<(), LoadError> {
        let length = self.u32()?;
        if length > LONGEST {
            return Err(LoadError::Damaged("a length"));
        }
        to.clear();
        // No more is set aside than comes.
        let read = (&mut *self.0).take(length.into()).read_to_end(to)?;
        if read < length as usize {
            return Err(LoadError::Damaged("its end"));
        }
        Ok(())
    }

    pub(crate) fn text(&mut self, buffer: &mut Vec<u8>) -> Result<Arc<str>, LoadError> {
        self.bytes(buffer)?;
        let text = std::str::from_utf8(buffer);
        Ok(text.map_err(|_| LoadError::Damaged("a text"))?.into())
    }

    pub(crate) fn value<T: DeserializeOwned>(
        &mut self,
        buffer: &mut Vec<u8>,
    ) -> Result<T, LoadError> {
        self.bytes(buffer)?;
        postcard::from_bytes(buffer).map_err(|_| LoadError::Damaged("a profile"))
    }

    pub(crate) fn set(&mut self) -> Result<MachineSet, LoadError> {
        let mut set = MachineSet::EMPTY;
        match self.u8()? {
            0 => {}
            1 => drop(set.insert(self.u32()?)),
            2 => {
                for _ in 0..self.u32()? {
                    set.insert(self.u32()?);
                }
            }
            3 => {
                let mut parts = Vec::new();
                for _ in 0..self.u32()? {
                    parts.push(RoaringBitmap::deserialize_from(&mut *self.0)?);
                }
                let many = MachineSet::of_parts(parts);
                set = many.ok_or(LoadError::Damaged("a set"))?;
            }
            _ => return Err(LoadError::Damaged("a set")),
        }
        Ok(set)
    }
}
