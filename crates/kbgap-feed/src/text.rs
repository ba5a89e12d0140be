//! Texts of the feed, as they may go on to records and from there to terminals.

/// Trimmed, and without the control characters that XML forbids but a character
/// reference or an escape of JSON can smuggle in.
pub(crate) fn harmless(text: String) -> String {
    let trimmed = text.trim();
    let forbidden = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    // Only these bytes begin a control character.
    let suspicious = |b: u8| b < 0x20 || b == 0x7f || b == 0xc2;
    if trimmed.bytes().any(suspicious) && trimmed.contains(forbidden) {
        trimmed.replace(forbidden, "\u{fffd}")
    } else if trimmed.len() == text.len() {
        text
    } else {
        trimmed.to_owned()
    }
}

/// The text as one line: runs of blanks and line ends become one blank where there is
/// a line end or tab at all.
pub(crate) fn one_line(text: String) -> String {
    if text.contains(['\n', '\r', '\t']) {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text
    }
}

/// The beginning of a text, for messages.
pub(crate) fn beginning(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What a library says of a document, which may repeat a part of it, for a message.
pub(crate) fn message(text: &str) -> String {
    const LONGEST: usize = 400;
    one_line(harmless(text.chars().take(LONGEST).collect()))
}
