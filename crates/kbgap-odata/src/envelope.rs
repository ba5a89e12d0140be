//! The envelopes around answers: the context first, then what was asked for.

use serde::Serialize;
use serde::ser::SerializeMap;

use crate::path::percent_decode;
use crate::{Row, Value};

/// The context of an answer: the metadata document's URL with a fragment that
/// names the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context(String);

impl Context {
    /// The context below a base URL such as `https://api.example.com`.
    #[must_use]
    pub fn new(base: &str, fragment: &str) -> Self {
        Self(format!(
            "{}/api/$metadata#{fragment}",
            base.trim_end_matches('/')
        ))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One entity: its fields stand beside the context.
pub struct Entity<'a> {
    /// The context.
    pub context: Context,
    /// The entity.
    pub row: Row<'a>,
}

impl Serialize for Entity<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("@odata.context", &self.context.0)?;
        self.row.write(&mut map)?;
        map.end()
    }
}

/// The link to the page after this one: the same request, going on after `token`.
#[must_use]
pub fn next_link(base: &str, path: &str, query: &str, token: &str) -> String {
    let name_of = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        percent_decode(name).map_or_else(String::new, |name| name.trim().to_lowercase())
    };
    let kept = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !matches!(&*name_of(pair), "$skiptoken" | "$skip"));
    let mut link = format!("{}{path}?", base.trim_end_matches('/'));
    for pair in kept {
        link.push_str(pair);
        link.push('&');
    }
    link.push_str("$skiptoken=");
    link.push_str(token);
    link
}

/// A list in its envelope.
pub struct Collection<'a, T> {
    /// The context.
    pub context: Context,
    /// The number of all, where it was asked for.
    pub count: Option<usize>,
    /// The items.
    pub value: &'a [T],
    /// Annotations of ours, after the standard ones.
    pub annotations: Vec<(&'static str, Value<'static>)>,
}

impl<T: Serialize> Serialize for Collection<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("@odata.context", &self.context.0)?;
        if let Some(count) = self.count {
            map.serialize_entry("@odata.count", &count)?;
        }
        for (name, value) in &self.annotations {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("value", self.value)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_keeps_the_question_and_not_the_place() {
        for (query, expected) in [
            ("", "?$skiptoken=x"),
            (
                "$filter=a+eq+'b'&$skip=5&%24skiptoken=old&$count=true",
                "?$filter=a+eq+'b'&$count=true&$skiptoken=x",
            ),
        ] {
            assert_eq!(
                next_link("https://h/", "/api/machines", query, "x"),
                format!("https://h/api/machines{expected}"),
                "{query}"
            );
        }
    }
}
