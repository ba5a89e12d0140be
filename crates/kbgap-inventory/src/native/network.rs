//! What the document says of a host's network and identity.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::document::{Parsed, Text};
use crate::IpAddress;
use crate::text::shown;

const MAX_WORD: usize = 60;

/// An address: a text, or an object with what else is known of its interface.
pub(super) struct Address(pub(super) IpAddress);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AddressVisitor;
        impl<'de> Visitor<'de> for AddressVisitor {
            type Value = Address;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an IP address, or an object with `ipAddress`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
                Ok(Address(IpAddress {
                    ip_address: text.trim().parse().map_err(E::custom)?,
                    mac_address: None,
                    kind: None,
                    operational_status: None,
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Address, A::Error> {
                #[derive(Deserialize)]
                #[serde(rename_all = "camelCase")]
                struct Object {
                    ip_address: Parsed<IpAddr>,
                    #[serde(default)]
                    mac_address: Option<Parsed<Mac>>,
                    #[serde(default, rename = "type")]
                    kind: Option<Text<MAX_WORD>>,
                    #[serde(default)]
                    operational_status: Option<Text<MAX_WORD>>,
                }
                let object = Object::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Address(IpAddress {
                    ip_address: object.ip_address.0,
                    mac_address: object.mac_address.map(|mac| mac.0.0),
                    kind: object.kind.map(|k| k.0),
                    operational_status: object.operational_status.map(|s| s.0),
                }))
            }
        }
        deserializer.deserialize_any(AddressVisitor)
    }
}

/// A MAC address with any separators, as 12 hex digits in upper case.
struct Mac(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no MAC address (expected 12 hex digits)")]
struct MacError(String);

impl FromStr for Mac {
    type Err = MacError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text
            .chars()
            .filter(|c| !matches!(c, ':' | '-' | '.'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(digits))
        } else {
            Err(MacError(shown(text)))
        }
    }
}

/// A GUID in lower case.
pub(super) struct Guid(pub(super) String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no GUID (expected such as 80fe8ff8-2624-418e-9591-41f0491218f9)")]
pub(super) struct GuidError(String);

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        let digits = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if digits && lengths == [8, 4, 4, 4, 12] {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(GuidError(shown(text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::native::machine;

    fn document(fields: &str) -> String {
        format!(r#"{{"computerDnsName":"pc","os":{{"version":"10.0.18363.592"}},{fields}}}"#)
    }

    #[test]
    fn addresses_as_texts_and_as_objects() {
        let pc = machine(&document(
            r#""ipAddresses":["10.0.0.2",{"ipAddress":"fe80::1","macAddress":"8c:ec:4b:89:7e:73","type":"Ethernet","operationalStatus":"Up"}],
               "lastIpAddress":"10.0.0.2","aadDeviceId":"80FE8FF8-2624-418e-9591-41f0491218f9","agentVersion":"5.1""#,
        ))
        .unwrap();
        assert_eq!(pc.ip_addresses.len(), 2);
        assert_eq!(
            pc.ip_addresses[1].mac_address.as_deref(),
            Some("8CEC4B897E73")
        );
        assert_eq!(pc.last_ip_address.unwrap().to_string(), "10.0.0.2");
        assert_eq!(
            pc.aad_device_id.as_deref(),
            Some("80fe8ff8-2624-418e-9591-41f0491218f9")
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_path() {
        for (fields, path) in [
            (r#""ipAddresses":["10.0.0.256"]"#, "ipAddresses[0]"),
            (
                r#""ipAddresses":[{"ipAddress":"::1","macAddress":"8c"}]"#,
                "ipAddresses[0].macAddress",
            ),
            (r#""lastIpAddress":"here""#, "lastIpAddress"),
            (r#""aadDeviceId":"{80FE8FF8}""#, "aadDeviceId"),
        ] {
            let error = machine(&document(fields)).unwrap_err();
            assert_eq!(error.path.as_deref(), Some(path), "{error}");
        }
    }
}
