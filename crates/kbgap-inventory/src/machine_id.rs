//! Device ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::text::shown;

/// A device id: 40 lower-case hex digits (api.md, section 6.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineId(Box<str>);

/// A text that is no device id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a device id: `{0}` (expected 40 hex digits)")]
pub struct MachineIdError(String);

impl MachineId {
    const DIGITS: usize = 40;

    /// The id of a host that reports none: derived from its name, so that the
    /// same host gets the same id every time. Case does not matter in names.
    #[must_use]
    pub fn from_name(computer_dns_name: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"kbgap machine ");
        hash.update(computer_dns_name.trim().to_lowercase().as_bytes());
        let mut bytes = [0; Self::DIGITS / 2];
        for (byte, of_hash) in bytes.iter_mut().zip(hash.finalize()) {
            *byte = of_hash;
        }
        Self::from_bytes(bytes)
    }

    /// The 20 bytes that the digits stand for.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 20] {
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(self.0.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0]) << 4 | digit(pair[1]);
        }
        bytes
    }

    /// The id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut id = String::with_capacity(Self::DIGITS);
        for byte in bytes {
            id.push(char::from(DIGITS[usize::from(byte >> 4)]));
            id.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Self(id.into())
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of a lower-case hex digit.
const fn digit(letter: u8) -> u8 {
    match letter {
        b'0'..=b'9' => letter - b'0',
        _ => letter.wrapping_sub(b'a').wrapping_add(10) & 15,
    }
}

impl FromStr for MachineId {
    type Err = MachineIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.len() == Self::DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(MachineIdError(shown(text)))
        }
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for MachineId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MachineId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_same_id_in_any_case() {
        let id = MachineId::from_name("PC-017.contoso.com");
        assert_eq!(id, MachineId::from_name("pc-017.CONTOSO.com "));
        assert_ne!(id, MachineId::from_name("pc-018.contoso.com"));
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_eq!(MachineId::from_bytes(id.to_bytes()), id);
    }

    #[test]
    fn refuses_other_shapes() {
        for text in [
            "",
            "abc",
            "zz5bc9d7e413ddd7902c2932e418702b84d0cc07",
            "1e5bc9d7e413ddd7902c2932e418702b84d0cc0",
        ] {
            assert!(text.parse::<MachineId>().is_err(), "{text}");
        }
    }
}
