//! The envelopes around answers: the context first, then what was asked for.

use serde::Serialize;
use serde::ser::SerializeMap;

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
    pub annotations: Vec<(&'static str, String)>,
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
