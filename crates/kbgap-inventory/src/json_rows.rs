//! Rows of a JSON text: an array, the `value` of an envelope, an object a line, or
//! several of these one after another or in an array.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

/// Hands each row to `take`.
///
/// # Errors
/// What is wrong and where, by line and column: of the text, or what `take` says of a row.
pub(crate) fn each<T: DeserializeOwned>(
    text: &str,
    take: impl FnMut(T) -> Result<(), String>,
) -> Result<(), String> {
    let mut rows = Rows {
        take,
        read: 0,
        row: PhantomData,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    while deserializer.end().is_err() {
        Seed(&mut rows)
            .deserialize(&mut deserializer)
            .map_err(|e| {
                let cut = if e.is_eof() { "is cut off: " } else { "" };
                format!("row {}: {cut}{e}", rows.read + 1)
            })?;
    }
    Ok(())
}

struct Rows<T, F> {
    take: F,
    read: usize,
    row: PhantomData<T>,
}

/// What stands at the top: a list of rows or an object.
struct Seed<'r, T, F>(&'r mut Rows<T, F>);

impl<'de, T, F> DeserializeSeed<'de> for Seed<'_, T, F>
where
    T: DeserializeOwned,
    F: FnMut(T) -> Result<(), String>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F> Visitor<'de> for Seed<'_, T, F>
where
    T: DeserializeOwned,
    F: FnMut(T) -> Result<(), String>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row (an object), a list of rows, or an object with `value`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element_seed(Seed(&mut *self.0))?.is_some() {}
        Ok(())
    }

    /// An envelope is known by its first name, a row is everything else.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(first) = map.next_key::<String>()? else {
            return Ok(());
        };
        if first != "value" && !first.starts_with("@odata.") {
            let row = T::deserialize(serde::de::value::MapAccessDeserializer::new(WithFirst {
                first: Some(first),
                map,
            }))?;
            (self.0.take)(row).map_err(A::Error::custom)?;
            self.0.read += 1;
            return Ok(());
        }
        let mut name = Some(first);
        while let Some(current) = name {
            if current == "value" {
                map.next_value_seed(Seed(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            name = map.next_key()?;
        }
        Ok(())
    }
}

/// An object whose first name was read already.
struct WithFirst<A> {
    first: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithFirst<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(name) => seed
                .deserialize(serde::de::value::StringDeserializer::new(name))
                .map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Row {
        a: u32,
    }

    fn sum(text: &str) -> Result<u32, String> {
        let mut sum = 0;
        each(text, |row: Row| {
            if row.a == 13 {
                return Err("is unlucky".to_owned());
            }
            sum += row.a;
            Ok(())
        })
        .map(|()| sum)
    }

    #[test]
    fn rows_stand_in_arrays_envelopes_and_on_lines() {
        for text in [
            r#"[{"a":1},{"b":2,"a":2}]"#,
            r#"{"@odata.context":"x","value":[{"a":1},{"a":2}],"@odata.nextLink":"y"}"#,
            "{\"a\":1}\n{\"a\":2}\n",
            "{\"value\":[{\"a\":1}]}\n{\"value\":[{\"a\":2}]}",
            r#"[{"value":[{"a":1}]},{"@odata.context":"x","value":[{"a":2}]}]"#,
        ] {
            assert_eq!(sum(text), Ok(3), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(
            sum("[{\"a\":1},\n{\"a\":13}]").unwrap_err(),
            "row 2: is unlucky at line 2 column 8"
        );
        assert!(sum("{\"a\":1}\n{\"a\":").unwrap_err().contains("line 2"));
        assert!(sum(r#"[{"a":"x"}]"#).unwrap_err().contains("expected u32"));
        assert!(sum(&"[".repeat(10_000)).is_err());
    }
}
