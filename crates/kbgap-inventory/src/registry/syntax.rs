//! The form of registry exports: keys in brackets, values below them.

use encoding_rs::{UTF_16LE, WINDOWS_1252};

use crate::text::shown;

/// What a line, or several that belong together, says.
pub(super) enum Entry<'t> {
    /// A key; what follows is in it.
    Key(&'t str),
    /// A name and the text of its value.
    Value(String, String),
}

/// A decoded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(u64),
    /// Of a kind that nobody asks for.
    Other,
}

/// The entries of an export.
pub(super) struct Lines<'t> {
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            lines: text.lines().enumerate(),
        }
    }

    /// The next entry and its line, from 1.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Entry<'t>)>, (usize, String)> {
        while let Some((position, line)) = self.lines.next() {
            let at = position + 1;
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() || line.starts_with(';') || super::is_export(line) {
                continue;
            }
            if let Some(key) = line.strip_prefix('[') {
                let key = key.strip_suffix(']').ok_or_else(|| {
                    (
                        at,
                        format!("`[{}` is a key without its end `]`", shown(key)),
                    )
                })?;
                return Ok(Some((at, Entry::Key(key))));
            }
            let (name, rest) = name(line).ok_or_else(|| {
                let message = format!("`{}` is neither a key nor a value", shown(line));
                (at, message)
            })?;
            let value = self.rest_of(rest, at)?;
            return Ok(Some((at, Entry::Value(name, value))));
        }
        Ok(None)
    }

    /// The whole text of a value, which may go on in the lines below.
    fn rest_of(&mut self, first: &str, at: usize) -> Result<String, (usize, String)> {
        let cut = || (at, "holds a value that is cut off".to_owned());
        let mut value = first.to_owned();
        if value.starts_with('"') {
            // A text may hold line breaks as they are. What was looked at is not looked at
            // again: a text without its end may be the whole file.
            let mut is_escaped = false;
            let mut from = 1;
            while !has_end(&value[from..], &mut is_escaped) {
                let (_, next) = self.lines.next().ok_or_else(cut)?;
                from = value.len();
                value.push('\n');
                value.push_str(next);
            }
            return Ok(value);
        }
        while value.ends_with('\\') {
            value.pop();
            let (_, next) = self.lines.next().ok_or_else(cut)?;
            value.push_str(next.trim());
        }
        Ok(value)
    }
}

/// Whether a quoted text ends in here.
fn has_end(text: &str, is_escaped: &mut bool) -> bool {
    text.bytes().any(|byte| match byte {
        _ if *is_escaped => {
            *is_escaped = false;
            false
        }
        b'\\' => {
            *is_escaped = true;
            false
        }
        byte => byte == b'"',
    })
}

/// The name of a value, and what follows the equals sign.
fn name(line: &str) -> Option<(String, &str)> {
    if let Some(rest) = line.strip_prefix("@=") {
        return Some((String::new(), rest));
    }
    let end = end_of_text(line)?;
    let rest = line[end..].trim_start().strip_prefix('=')?;
    Some((unescaped(&line[1..end - 1]), rest.trim_start()))
}

/// Where a quoted text ends, behind its second quote.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if position == 0 => {}
            _ if position == 0 => return None,
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(position + 1),
            _ => {}
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            other => plain.push(other),
        }
    }
    plain
}

/// Decodes `"text"`, `dword:0000000a` and `hex(2):41,00`. Bytes of texts are UTF-16 but
/// in exports of the old generation.
pub(super) fn value(text: &str, is_ansi: bool) -> Result<Value, String> {
    if text.starts_with('"') {
        let end = end_of_text(text).ok_or("holds a text without its end")?;
        return Ok(Value::Text(unescaped(&text[1..end - 1])));
    }
    let (kind, digits) = text
        .split_once(':')
        .ok_or_else(|| format!("`{}` is no value", shown(text)))?;
    match kind.to_ascii_lowercase().as_str() {
        "dword" => u32::from_str_radix(digits.trim(), 16)
            .map(|number| Value::Number(number.into()))
            .map_err(|_| format!("`{}` is no dword (expected 8 hex digits)", shown(text))),
        "hex(1)" | "hex(2)" | "hex(7)" => {
            let bytes = bytes(digits)?;
            let encoding = if is_ansi { WINDOWS_1252 } else { UTF_16LE };
            let (decoded, _) = encoding.decode_without_bom_handling(&bytes);
            Ok(Value::Text(
                decoded.trim_end_matches('\0').replace('\0', "\n"),
            ))
        }
        "hex(4)" | "hex(b)" => {
            let number = bytes(digits)?.iter().rev().try_fold(0_u64, |number, byte| {
                let shifted = number.checked_mul(256)?;
                shifted.checked_add(u64::from(*byte))
            });
            number
                .map(Value::Number)
                .ok_or_else(|| "holds a number of too many bytes".to_owned())
        }
        kind if kind.starts_with("hex") => Ok(Value::Other),
        _ => Err(format!("`{}` is of no known kind", shown(text))),
    }
}

fn bytes(digits: &str) -> Result<Vec<u8>, String> {
    digits
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            u8::from_str_radix(pair, 16)
                .map_err(|_| format!("`{}` is no byte (expected two hex digits)", shown(pair)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        for (text, expected) in [
            (
                r#""C:\\Program \"x\"""#,
                Value::Text(r#"C:\Program "x""#.to_owned()),
            ),
            ("dword:0000013f", Value::Number(319)),
            ("hex(2):41,00,c4,00,00,00", Value::Text("AÄ".to_owned())),
            (
                "hex(7):41,00,00,00,42,00,00,00,00,00",
                Value::Text("A\nB".to_owned()),
            ),
            ("hex(b):01,01,00,00,00,00,00,00", Value::Number(257)),
            ("hex:00,01", Value::Other),
            ("hex(2):", Value::Text(String::new())),
        ] {
            assert_eq!(value(text, false), Ok(expected), "{text}");
        }
        assert_eq!(value("hex(1):c4,00", true), Ok(Value::Text("Ä".to_owned())));
        for text in [
            "dword:xyz",
            "dword:123456789",
            "hex(2):4g",
            "word",
            "bad:1",
            "hex(b):1,1,1,1,1,1,1,1,1",
        ] {
            assert!(value(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn texts_and_bytes_go_on_in_the_lines_below() {
        let text =
            "REGEDIT4\n\n[A\\B]\n\"x\"=\"one\ntwo\"\n@=hex(2):41,00,\\\n  42,00\n;note\n[C]\n";
        let mut lines = Lines::of(text);
        let mut read = Vec::new();
        while let Some((line, entry)) = lines.next().unwrap() {
            read.push(match entry {
                Entry::Key(key) => format!("{line} {key}"),
                Entry::Value(name, value) => format!("{line} {name}={value}"),
            });
        }
        assert_eq!(
            read,
            ["3 A\\B", "4 x=\"one\ntwo\"", "6 =hex(2):41,00,42,00", "9 C"]
        );
    }

    #[test]
    fn what_is_cut_off_or_none_of_it_has_its_line() {
        for (text, line) in [
            ("[A\n", 1),
            ("[A]\n\"x\"=\"y\n", 2),
            ("[A]\n\n\"x\"=hex:00,\\\n", 3),
            ("[A]\nhello\n", 2),
        ] {
            let mut lines = Lines::of(text);
            let error = loop {
                match lines.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{text}"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.0, line, "{text}");
        }
    }
}
