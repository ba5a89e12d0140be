//! A record as JSON.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::edm::{Property, Record};
use crate::{Expansion, Value};

/// A record with the properties that are to be written.
pub struct Row<'a> {
    /// The record.
    pub record: &'a dyn Record,
    /// The properties in the order in which they are written.
    pub properties: &'a [&'static Property],
    /// Related entities that `$expand` asked for.
    pub expanded: Vec<(&'static str, Value<'a>)>,
}

impl Row<'_> {
    /// Writes the fields into an object that has begun: entities stand beside their context.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        for property in self.properties {
            map.serialize_entry(property.name, &self.record.get(property.name))?;
        }
        for (name, value) in &self.expanded {
            map.serialize_entry(name, value)?;
        }
        Ok(())
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

/// A record as a value inside another one that is expanded by it.
#[must_use]
pub fn object<'a>(record: &'a dyn Record, expansion: &Expansion) -> Value<'a> {
    let properties = expansion.properties.iter();
    let properties = properties.map(|p| (p.name, record.get(p.name)));
    let annotations = annotations(record, &expansion.annotations);
    Value::Object(properties.chain(annotations).collect())
}

/// The annotations of a record that say something: neither null nor `false` is written, so that
/// what nothing is known of reads as documented.
pub fn annotations<'a>(
    record: &'a dyn Record,
    declared: &[&'static Property],
) -> impl Iterator<Item = (&'static str, Value<'a>)> {
    let values = declared.iter().map(|a| (a.name, record.get(a.name)));
    values.filter(|(_, value)| !matches!(value, Value::Null | Value::Bool(false)))
}
