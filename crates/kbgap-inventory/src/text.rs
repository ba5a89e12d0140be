//! Words of reports, made harmless.

/// The most characters of a host's name, a group or a tag, as in the native document.
pub(crate) const MAX_NAME: usize = 255;

/// The most characters of any other text.
pub(crate) const MAX_TEXT: usize = 1_000;

/// The text trimmed, with a blank for each control character.
///
/// # Errors
/// What is wrong with it, where it is longer than `max` characters.
pub(crate) fn bounded(text: &str, max: usize) -> Result<String, String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if text.len() > max && text.chars().count() > max {
        return Err(format!(
            "`{}…` is longer than {max} characters",
            shown(text).trim_end_matches('…')
        ));
    }
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    Ok(text.chars().map(plain).collect())
}

/// As much of a text as belongs into a message.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_blanks_and_length_is_limited() {
        assert_eq!(bounded(" a\u{1b}[31mb\0", 20).unwrap(), "a [31mb");
        assert_eq!(bounded("äöü", 3).unwrap(), "äöü");
        let error = bounded(&"x".repeat(300), 255).unwrap_err();
        assert!(error.contains("longer than 255"), "{error}");
        assert!(error.len() < 120, "{error}");
    }
}
