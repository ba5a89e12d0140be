//! Objects that PowerShell converted to JSON.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Read;
use super::fields::Mapping;
use super::hosts::Hosts;
use crate::loose::Loose;
use crate::{Format, ReportError, json_rows};

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
pub(crate) fn read(text: &str) -> Result<Read, ReportError> {
    let at = |message| ReportError::Place {
        format: Format::Table,
        message,
    };
    // Objects of one list may have different properties, and what a name means depends on
    // the others.
    let mut names: BTreeSet<String> = BTreeSet::new();
    json_rows::each(text, |object: Object<IgnoredAny>| {
        let room = MAX_PROPERTIES - names.len();
        let new = object.0.into_iter().map(|(name, _)| name);
        names.extend(new.take(room));
        Ok(())
    })
    .map_err(at)?;
    let mapping = mapping(names.iter().map(String::as_str));
    let mut hosts = Hosts::of(&mapping)?;
    let mut row = 0_usize;
    json_rows::each(text, |object: Object<Loose>| {
        row += 1;
        let values = object.0.iter();
        let values =
            values.filter_map(|(name, value)| Some((mapping.field(name)?, value.0.as_str())));
        hosts.add(&format!("row {row}"), values)
    })
    .map_err(at)?;
    Ok(hosts.finish())
}

/// The properties of an object in order.
struct Object<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<T>, A::Error> {
                let mut properties = Vec::new();
                while let Some(property) = map.next_entry()? {
                    if properties.len() < MAX_PROPERTIES {
                        properties.push(property);
                    }
                }
                Ok(Object(properties))
            }
        }
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}
