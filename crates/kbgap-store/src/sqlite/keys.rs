//! Ids and addresses as blobs: half as long as their texts, and in the same order.

use std::net::IpAddr;

/// How long the key of a device id is.
const DEVICE: usize = 20;

/// The key of a machine: what its 40 hex digits say. An id of another form, which the
/// API never makes, is its text, with zeros behind that tell it from a device id.
pub(super) fn machine_key(id: &str) -> Vec<u8> {
    if let Some(key) = from_hex(id) {
        return key;
    }
    let mut key = id.as_bytes().to_vec();
    key.resize(key.len().max(DEVICE + 1), 0);
    key
}

fn from_hex(id: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = id.as_bytes().as_chunks::<2>();
    if pairs.len() != DEVICE || !rest.is_empty() {
        return None;
    }
    let bytes = pairs
        .iter()
        .map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?));
    bytes.collect()
}

/// The machine that a key is of.
pub(super) fn machine_id(key: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    if key.len() == DEVICE {
        let digits = key.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        return digits
            .map(|digit| char::from(DIGITS[usize::from(digit)]))
            .collect();
    }
    let text = key
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    String::from_utf8_lossy(&key[..text]).into_owned()
}

/// The key of an address: its four or sixteen bytes.
pub(super) fn address_key(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Addresses in one blob: each in order and once, after how long its key is.
pub(super) fn pack(addresses: &[IpAddr]) -> Vec<u8> {
    let mut sorted = addresses.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut packed = Vec::with_capacity(17 * sorted.len());
    for address in sorted {
        match address {
            IpAddr::V4(address) => {
                packed.push(4);
                packed.extend(address.octets());
            }
            IpAddr::V6(address) => {
                packed.push(16);
                packed.extend(address.octets());
            }
        }
    }
    packed
}

/// The keys in a blob.
pub(super) fn unpack(packed: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = packed;
    std::iter::from_fn(move || {
        let (&length, after) = rest.split_first()?;
        let (key, after) = after.split_at_checked(usize::from(length))?;
        rest = after;
        Some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_key_comes_back_and_stays_in_order() {
        let long = "x".repeat(60);
        let ids = [
            "",
            "1",
            "1e5bc9d7e413ddd7902c2932e418702b84d0cc07",
            "1e5bc9d7e413ddd7902c2932e418702b84d0cc08",
            "a",
            "exactly-19-letters-",
            "exactly-20-letters--",
            "exactly-21-letters---",
            &long,
        ];
        for id in ids {
            assert_eq!(machine_id(&machine_key(id)), id);
        }
        assert_eq!(machine_key(ids[2]).len(), DEVICE);
        assert!(machine_key(ids[2]) < machine_key(ids[3]));
        // Upper case is another id.
        let upper = ids[2].to_uppercase();
        assert_eq!(machine_id(&machine_key(&upper)), upper);
    }

    #[test]
    fn addresses_are_packed_in_order_and_once() {
        let parse = |texts: &[&str]| -> Vec<IpAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let one = pack(&parse(&["10.0.0.2", "fe80::1", "10.0.0.1", "10.0.0.2"]));
        assert_eq!(one, pack(&parse(&["fe80::1", "10.0.0.1", "10.0.0.2"])));
        let keys: Vec<&[u8]> = unpack(&one).collect();
        let expected = parse(&["10.0.0.1", "10.0.0.2", "fe80::1"]);
        assert_eq!(
            keys,
            expected.into_iter().map(address_key).collect::<Vec<_>>()
        );
        assert_eq!(unpack(&[]).count(), 0);
    }
}
