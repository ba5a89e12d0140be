//! Values that are read from a text, without a copy of it.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads a text as a value, or says what is wrong with it.
pub(super) fn read<'de, D, T, F, E>(deserializer: D, read: F) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    F: FnOnce(&str) -> Result<T, E>,
    E: fmt::Display,
{
    deserializer.deserialize_str(TextVisitor(read))
}

struct TextVisitor<F>(F);

impl<T, F: FnOnce(&str) -> Result<T, E>, E: fmt::Display> Visitor<'_> for TextVisitor<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<X: Error>(self, text: &str) -> Result<T, X> {
        (self.0)(text).map_err(X::custom)
    }
}
