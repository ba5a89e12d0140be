//! Where a page has ended: opaque to clients, the values of the last record to us.
//! Keys and not positions, so that nothing is lost or repeated when records come
//! and go between two pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The last record of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SkipToken {
    /// Its key.
    #[serde(rename = "k")]
    pub(crate) key: String,
    /// Its values of the properties of `$orderby`, as JSON.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) order: Vec<serde_json::Value>,
}

/// Longer ones are not of our making: a URL has no more than 64 kB, and a name of a host, of
/// which there may be several in `$orderby`, no more than 255 characters.
const MAX_LENGTH: usize = 60_000;

impl SkipToken {
    pub(crate) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// `None` where it is not one of ours.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let token = SkipToken {
            key: "1e5b 'ü'".to_owned(),
            order: vec![serde_json::json!(3), serde_json::json!(null)],
        };
        assert_eq!(SkipToken::read(&token.write()), Some(token));
        for text in ["", "x", "e30", "====", &"A".repeat(MAX_LENGTH + 4)] {
            assert_eq!(SkipToken::read(text), None, "{text}");
        }
    }
}
