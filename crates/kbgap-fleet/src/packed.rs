//! A machine in as few bytes as may be: what is only shown, and not counted.

use std::net::IpAddr;

use kbgap_catalog::Edition;
use kbgap_inventory::{IpAddress, Machine, MachineId};
use serde::{Deserialize, Serialize};

use crate::words::{Word, Words};

/// What is kept of a machine beside the columns that change with every check-in.
/// Machines without any change keep their bytes. What is looked for most comes first, so
/// that the rest need not be read for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed<'a> {
    pub(crate) id: &'a [u8; 20],
    /// The numbers of the entries of its software that other machines have too.
    pub(crate) software: &'a [u8],
    /// The software that no other machine has.
    pub(crate) own: &'a [u8],
    /// [`Details`], of which [`Packed::begin`] reads the beginning.
    rest: &'a [u8],
}

/// What is kept only to be shown. The first two are read by themselves, too.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Details<'a> {
    pub(crate) first_seen: i64,
    /// Major and minor version of Windows.
    pub(crate) version: (u32, u32),
    /// The name up to its first dot.
    host: &'a str,
    /// The rest of it.
    #[serde(borrow)]
    domain: Word<'a>,
    #[serde(borrow)]
    platform: Option<Word<'a>>,
    #[serde(borrow)]
    tags: Vec<Word<'a>>,
    #[serde(borrow)]
    addresses: Vec<Address<'a>>,
    last_address: Option<IpAddr>,
    external_address: Option<IpAddr>,
    #[serde(borrow)]
    aad_device_id: Option<Digits<'a>>,
    #[serde(borrow)]
    agent_version: Option<Word<'a>>,
    /// The edition of Windows, as far as it decides about support.
    pub(crate) edition: Option<Edition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Address<'a> {
    address: IpAddr,
    #[serde(borrow)]
    mac: Option<Digits<'a>>,
    #[serde(borrow)]
    kind: Option<Word<'a>>,
    #[serde(borrow)]
    status: Option<Word<'a>>,
}

/// A text, shorter where it is what it should be: hex digits.
#[derive(Debug, Serialize, Deserialize)]
enum Digits<'a> {
    Mac([u8; 6]),
    Guid([u8; 16]),
    Text(&'a str),
}

/// What a machine has reported of itself and is only shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// Its platform in its own words: a hint.
    pub platform: Option<String>,
    /// Its network interfaces' addresses, in order, each once.
    pub ip_addresses: Vec<IpAddress>,
    /// The address on the local network that was used last.
    pub last_ip_address: Option<IpAddr>,
    /// The address under which the internet saw the host last.
    pub last_external_ip_address: Option<IpAddr>,
    /// The Entra device id, a GUID in lower case, where the host is joined.
    pub aad_device_id: Option<String>,
    /// The version of whatever reports.
    pub agent_version: Option<String>,
}

/// The id in a record, where there is one.
pub(crate) fn id_of(record: &[u8]) -> Option<&[u8; 20]> {
    record.first_chunk()
}

impl<'a> Packed<'a> {
    /// What a record says; `None` where nothing like this wrote it.
    pub(crate) fn read(record: &'a [u8]) -> Option<Self> {
        let (id, lists) = record.split_first_chunk()?;
        let ((software, own), rest) = postcard::take_from_bytes(lists).ok()?;
        Some(Self {
            id,
            software,
            own,
            rest,
        })
    }

    /// When it was first seen, and major and minor version of Windows, with no look at what
    /// comes behind them.
    pub(crate) fn begin(&self) -> Option<(i64, (u32, u32))> {
        let (begin, _) = postcard::take_from_bytes(self.rest).ok()?;
        Some(begin)
    }

    pub(crate) fn details(&self) -> Option<Details<'a>> {
        postcard::from_bytes(self.rest).ok()
    }

    /// The record of the same machine with its software kept in another way.
    pub(crate) fn with_software(&self, software: &[u8], own: &[u8]) -> Vec<u8> {
        let mut record = begin(self.id, software, own);
        record.extend(self.rest);
        record
    }
}

fn begin(id: &[u8; 20], software: &[u8], own: &[u8]) -> Vec<u8> {
    // A little more than most records have.
    let mut record = Vec::with_capacity(256);
    record.extend(id);
    append(record, &(software, own))
}

/// Writing to memory fails for no value of these types.
fn append(bytes: Vec<u8>, value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, bytes).unwrap_or_default()
}

impl<'a> Details<'a> {
    pub(crate) fn of(
        machine: &'a Machine,
        first_seen: i64,
        tags: &'a [String],
        mut word: impl FnMut(&'a str) -> Word<'a>,
    ) -> Self {
        let name = machine.computer_dns_name.as_str();
        let (host, domain) = name.split_at(name.find('.').unwrap_or(name.len()));
        let mut address = |a: &'a IpAddress| Address {
            address: a.ip_address,
            mac: a.mac_address.as_deref().map(Digits::of),
            kind: a.kind.as_deref().map(&mut word),
            status: a.operational_status.as_deref().map(&mut word),
        };
        Self {
            addresses: machine.ip_addresses.iter().map(&mut address).collect(),
            host,
            domain: word(domain),
            first_seen,
            version: machine.os.version,
            platform: machine.os.platform.as_deref().map(&mut word),
            tags: tags.iter().map(|tag| word(tag)).collect(),
            last_address: machine.last_ip_address,
            external_address: machine.last_external_ip_address,
            aad_device_id: machine.aad_device_id.as_deref().map(Digits::of),
            agent_version: machine.agent_version.as_deref().map(&mut word),
            edition: machine.os.edition_of_support(),
        }
    }

    /// The record of a machine with these details and this software.
    pub(crate) fn record(&self, id: &MachineId, software: &[u8], own: &[u8]) -> Vec<u8> {
        append(begin(&id.to_bytes(), software, own), self)
    }

    pub(crate) fn name(&self, words: &Words) -> String {
        format!("{}{}", self.host, words.text(self.domain))
    }

    pub(crate) fn tags(&self, words: &Words) -> Vec<String> {
        let tags = self.tags.iter();
        tags.map(|&tag| words.text(tag).to_owned()).collect()
    }

    pub(crate) fn reported(&self, words: &Words) -> Reported {
        let owned = |word: Option<Word<'_>>| word.map(|word| words.text(word).to_owned());
        let address = |a: &Address<'_>| IpAddress {
            ip_address: a.address,
            mac_address: a.mac.as_ref().map(Digits::text),
            kind: owned(a.kind),
            operational_status: owned(a.status),
        };
        Reported {
            platform: owned(self.platform),
            ip_addresses: self.addresses.iter().map(address).collect(),
            last_ip_address: self.last_address,
            last_external_ip_address: self.external_address,
            aad_device_id: self.aad_device_id.as_ref().map(Digits::text),
            agent_version: owned(self.agent_version),
        }
    }
}

impl<'a> Digits<'a> {
    fn of(text: &'a str) -> Self {
        let packed = match text.len() {
            12 => mac(text).map(Self::Mac),
            36 => guid(text).map(Self::Guid),
            _ => None,
        };
        // Only where the very same text comes back.
        packed
            .filter(|packed| packed.text() == text)
            .unwrap_or(Self::Text(text))
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Mac(bytes) => {
                let number = bytes.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
                format!("{number:012X}")
            }
            Self::Guid(bytes) => {
                let digits = format!("{:032x}", u128::from_be_bytes(*bytes));
                let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
                parts.join("-")
            }
        }
    }
}

fn mac(text: &str) -> Option<[u8; 6]> {
    let number = u64::from_str_radix(text, 16).ok()?;
    let [_, _, bytes @ ..] = number.to_be_bytes();
    Some(bytes)
}

fn guid(text: &str) -> Option<[u8; 16]> {
    let mut digits = [0; 32];
    let mut letters = text.bytes().filter(|b| *b != b'-');
    for digit in &mut digits {
        *digit = letters.next()?;
    }
    let digits = std::str::from_utf8(&digits).ok()?;
    let number = u128::from_str_radix(digits, 16).ok()?;
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        for text in [
            "8CEC4B897E73",
            "8cec4b897e73",
            "+CEC4B897E73",
            "80fe8ff8-2624-418e-9591-41f0491218f9",
            "80FE8FF8-2624-418e-9591-41f0491218f9",
            "80fe8ff82624-418e-9591-41f0491218f9--",
            "",
            "äöü",
        ] {
            assert_eq!(Digits::of(text).text(), text);
        }
        assert!(matches!(Digits::of("8CEC4B897E73"), Digits::Mac(_)));
        let guid = "80fe8ff8-2624-418e-9591-41f0491218f9";
        assert!(matches!(Digits::of(guid), Digits::Guid(_)));
    }
}
