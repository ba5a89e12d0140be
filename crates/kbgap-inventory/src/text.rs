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
    let text = trimmed(text);
    if text.len() > max && text.chars().count() > max {
        return Err(format!(
            "`{}…` is longer than {max} characters",
            shown(text).trim_end_matches('…')
        ));
    }
    Ok(text.chars().map(plain).collect())
}

/// Whether nothing is left of a text when it is trimmed.
pub(crate) fn is_blank(text: &str) -> bool {
    trimmed(text).is_empty()
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control())
}

/// As much of a text as belongs into a message, with a blank for each control character.
pub(crate) fn shown(text: &str) -> String {
    let mut beginning = text.chars();
    let mut shown: String = beginning.by_ref().take(40).map(plain).collect();
    if beginning.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A message that may repeat words of a report, without what they could do to a terminal, and
/// not longer than somebody would read.
pub(crate) fn message(text: &str) -> String {
    const LONGEST: usize = 500;
    let mut beginning = text.chars();
    let mut message: String = beginning.by_ref().take(LONGEST).map(plain).collect();
    if beginning.next().is_some() {
        message.push('…');
    }
    message
}

/// The text trimmed, as much of it as may be, with a blank for each control character: for what
/// is only shown, and no reason to refuse a report.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let text = trimmed(text);
    let cut: String = text.chars().take(max).map(plain).collect();
    // The end may be a blank now.
    match cut.trim_end() {
        whole if whole.len() == cut.len() => cut,
        shorter => shorter.to_owned(),
    }
}

fn plain(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_no_control_characters() {
        assert_eq!(shown("10.0\u{1b}[31m\r\nx"), "10.0 [31m  x");
        assert_eq!(shown(&"\u{7}".repeat(41)), format!("{}…", " ".repeat(40)));
        assert_eq!(cut(" \0Windows\u{9f}10 \0x", 11), "Windows 10");
    }

    #[test]
    fn control_characters_become_blanks_and_length_is_limited() {
        assert_eq!(bounded(" a\u{1b}[31mb\0", 20).unwrap(), "a [31mb");
        assert_eq!(bounded("äöü", 3).unwrap(), "äöü");
        let error = bounded(&"x".repeat(300), 255).unwrap_err();
        assert!(error.contains("longer than 255"), "{error}");
        assert!(error.len() < 120, "{error}");
    }
}
