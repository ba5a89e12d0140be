//! A row of a table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::loose::Loose;
use crate::text::MAX_TEXT;

/// The most columns of a row that are kept; no table that is asked for has as many.
const MAX_COLUMNS: usize = 64;

/// A row: texts by the names of their columns, whether they came as texts or as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Row(BTreeMap<String, String>);

impl Row {
    /// Of columns as JSON has them. Texts that are too long are cut, always at the same
    /// place: a row that is removed has to be the one that was added.
    pub(crate) fn of(columns: BTreeMap<String, Loose>) -> Self {
        let columns = columns.into_iter().take(MAX_COLUMNS);
        Self(
            columns
                .map(|(name, Loose(text))| (cut(name), cut(text)))
                .collect(),
        )
    }

    /// The text of a column, where it says anything.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let text = self.0.get(column)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// A number in a column.
    pub(crate) fn number<T: std::str::FromStr>(&self, column: &str) -> Option<T> {
        self.get(column)?.parse().ok()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Row {
    fn from(columns: [(&str, &str); N]) -> Self {
        let owned = columns.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self(owned.into_iter().collect())
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
