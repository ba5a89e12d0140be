//! A row of a table, and lists of rows as somebody else sends them.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::table::MOST_ROWS;
use crate::loose::Loose;
use crate::text::MAX_TEXT;

/// The most columns of a row that are kept; no table that is asked for has as many.
const MAX_COLUMNS: usize = 64;

/// A row: texts by the names of their columns, whether they came as texts or as numbers.
///
/// Texts that are too long are cut, always at the same place: a row that is removed has to
/// be the one that was added.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row(
    /// In order of names, each once: a map takes half a kilobyte for a row of two columns.
    Box<[(String, String)]>,
);

impl Row {
    /// The text of a column, where it says anything.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(name, _)| (**name).cmp(column));
        let text = self.0[place.ok()?].1.trim();
        (!text.is_empty()).then_some(text)
    }

    /// A number in a column.
    pub(crate) fn number<T: std::str::FromStr>(&self, column: &str) -> Option<T> {
        self.get(column)?.parse().ok()
    }

    /// How much it says, in bytes.
    pub(super) fn size(&self) -> usize {
        let columns = self.0.iter();
        columns.map(|(name, text)| name.len() + text.len()).sum()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Row {
    fn from(columns: [(&str, &str); N]) -> Self {
        let mut columns = columns.map(|(name, text)| (name.to_owned(), text.to_owned()));
        columns.sort();
        Self(columns.into())
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut columns: Vec<(String, String)> = Vec::new();
        while let Some((name, Loose(text))) = map.next_entry::<String, Loose>()? {
            let name = cut(name);
            match columns.binary_search_by(|(known, _)| known.cmp(&name)) {
                Ok(place) => columns[place].1 = cut(text),
                Err(place) => columns.insert(place, (name, cut(text))),
            }
            columns.truncate(MAX_COLUMNS);
        }
        Ok(Row(columns.into()))
    }
}

/// A list of rows, in order and each once; `None` for an empty text, which older versions
/// write where there are none. Of more than a table keeps, the others are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rows(pub(super) Option<Vec<Row>>);

impl Default for Rows {
    fn default() -> Self {
        Self(Some(Vec::new()))
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowsVisitor).map(Self)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Option<Vec<Row>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut rows = BTreeSet::new();
        while rows.len() <= MOST_ROWS {
            match list.next_element::<Row>()? {
                Some(row) => rows.insert(row),
                None => return Ok(Some(rows.into_iter().collect())),
            };
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(rows.into_iter().collect()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text {
            "" => Ok(None),
            _ => Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)),
        }
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT
        && let Some((at, _)) = text.char_indices().nth(MAX_TEXT)
    {
        text.truncate(at);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        serde_json::from_str::<Rows>(text).unwrap().0.unwrap()
    }

    #[test]
    fn a_row_is_the_same_however_it_is_written() {
        let row = Row::from([("a", "1"), ("b", "x")]);
        for text in [
            r#"{"a":1,"b":"x"}"#,
            r#"{"b":"x","a":"1"}"#,
            r#"{"b":"y","a":"1","b":"x"}"#,
        ] {
            assert_eq!(serde_json::from_str::<Row>(text).unwrap(), row, "{text}");
        }
        assert_eq!(serde_json::to_string(&row).unwrap(), r#"{"a":"1","b":"x"}"#);
        assert_eq!(
            (row.get("b"), row.get("c"), row.size()),
            (Some("x"), None, 4)
        );
    }

    #[test]
    fn of_too_many_columns_the_same_are_kept_in_any_order() {
        let columns = |numbers: &mut dyn Iterator<Item = u32>| {
            let columns = numbers.map(|n| format!(r#""c{n:03}":"{}""#, "x".repeat(1_100)));
            format!("{{{}}}", columns.collect::<Vec<_>>().join(","))
        };
        let row: Row = serde_json::from_str(&columns(&mut (0..100))).unwrap();
        assert_eq!(row.0.len(), MAX_COLUMNS);
        assert_eq!(row.get("c063").map(str::len), Some(MAX_TEXT));
        let turned: Row = serde_json::from_str(&columns(&mut (0..100).rev())).unwrap();
        assert_eq!(row, turned);
    }

    /// A million empty or equal rows are two bytes each, and must not become more.
    #[test]
    fn lists_keep_what_a_table_takes() {
        assert_eq!(rows(&format!("[{}{{}}]", "{},".repeat(90_000))).len(), 1);
        let many: Vec<String> = (0..90_000).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
        assert_eq!(rows(&format!("[{}]", many.join(","))).len(), MOST_ROWS + 1);
        assert!(serde_json::from_str::<Rows>(&format!("[{},5]", many.join(","))).is_ok());
        assert!(serde_json::from_str::<Rows>("[{},5]").is_err());
    }
}
