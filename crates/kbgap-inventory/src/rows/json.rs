//! Objects that PowerShell converted to JSON.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::fields::Mapping;
use super::hosts::Hosts;
use crate::loose::Loose;
use crate::{Format, Part, ReportError, json_rows};

/// The most properties of an object that are read.
const MAX_PROPERTIES: usize = 2_000;

/// What names of properties mean.
pub(crate) fn mapping<'n>(names: impl IntoIterator<Item = &'n str>) -> Mapping {
    Mapping::of(names)
}

/// Reads the hosts of a text.
///
/// # Errors
/// What is wrong, with its place.
pub(crate) fn read(text: &str) -> Result<Vec<Part>, ReportError> {
    let mut read: Option<(Mapping, Hosts)> = None;
    json_rows::each(text, |object: Object| {
        let (mapping, hosts) = read.get_or_insert_with(|| {
            let mapping = mapping(object.0.iter().map(|(name, _)| name.as_str()));
            let hosts = Hosts::of(&mapping);
            (mapping, hosts)
        });
        let values = object.0.iter();
        let values = values.filter_map(|(name, value)| {
            // PowerShell has names of its own for what it adds to every object.
            Some((mapping.field(name)?, value.0.as_str()))
        });
        hosts.add(values)
    })
    .map_err(|message| ReportError::Place {
        format: Format::Table,
        message,
    })?;
    Ok(read.map(|(_, hosts)| hosts.finish()).unwrap_or_default())
}

/// The properties of an object in order.
struct Object(Vec<(String, Loose)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut properties = Vec::new();
                while let Some(property) = map.next_entry()? {
                    if properties.len() < MAX_PROPERTIES {
                        properties.push(property);
                    }
                }
                Ok(Object(properties))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}
