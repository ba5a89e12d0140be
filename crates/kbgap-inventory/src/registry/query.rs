//! What `reg query` prints: keys at the beginning of a line, their values indented below
//! them with name, kind and data.
//!
//! ```text
//! HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion
//!     UBR    REG_DWORD    0xa29
//! ```
//!
//! Between the answers of several queries stand sentences in the language of Windows (how
//! many were found), and a text may have lines of its own: what is neither key nor value is
//! passed over.

use super::syntax::Value;
use crate::text::shown;

/// In so many lines the first key has to stand.
const HEAD: usize = 20;

/// What a line says.
pub(super) enum Line<'t> {
    /// A key; what follows is in it.
    Key(&'t str),
    /// Name, kind and data of a value.
    Value(&'t str, &'t str, &'t str),
}

/// Whether the text is the answer to queries.
pub(super) fn is_query(text: &str) -> bool {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .take(HEAD)
        .any(|line| key(line).is_some())
}

/// The lines that say something, by their number from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, Line<'_>)> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(position, line)| {
        let read = key(line).map(Line::Key).or_else(|| value_of(line))?;
        Some((position + 1, read))
    })
}

fn key(line: &str) -> Option<&str> {
    let line = line.trim_start_matches('\u{feff}').trim_end();
    line.starts_with("HKEY_").then_some(line)
}

/// A value: parts with four blanks between them, tabs in Windows before Vista.
fn value_of(line: &str) -> Option<Line<'_>> {
    let inner = line
        .strip_prefix("    ")
        .or_else(|| line.strip_prefix('\t'))?;
    let (at, gap) = ["    REG_", "\tREG_"]
        .iter()
        .find_map(|mark| Some((inner.find(mark)?, mark.len() - "REG_".len())))?;
    let (name, rest) = (&inner[..at], &inner[at + gap..]);
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (kind, data) = rest.split_at(end);
    Some(Line::Value(name.trim(), kind, data.trim()))
}

/// Decodes the data of a value.
///
/// # Errors
/// What is wrong with it.
pub(super) fn value(kind: &str, data: &str) -> Result<Value, String> {
    match kind {
        "REG_SZ" | "REG_EXPAND_SZ" | "REG_MULTI_SZ" => Ok(Value::Text(data.to_owned())),
        "REG_DWORD" | "REG_QWORD" => data
            .strip_prefix("0x")
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Value::Number)
            .ok_or_else(|| {
                format!(
                    "`{}` is no number (expected such as 0x70): the file is cut off or altered",
                    shown(data)
                )
            }),
        _ => Ok(Value::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        lines(text)
            .map(|(at, line)| match line {
                Line::Key(key) => format!("{at} {key}"),
                Line::Value(name, kind, data) => format!("{at} {name}|{kind}|{data}"),
            })
            .collect()
    }

    #[test]
    fn keys_values_and_what_stands_between_them() {
        let text = "\r\nHKEY_LOCAL_MACHINE\\A B\r\n    (Standard)    REG_SZ    \r\n    Two words    REG_SZ    C:\\Program  Files\r\n\
                    second line\r\n    None    REG_SZ\r\n\r\nEnde der Suche: 2 \u{dc}bereinstimmung(en) gefunden.\r\n\
                    HKEY_CURRENT_USER\\C\r\n\tOld\tREG_DWORD\t0x1\r\n";
        assert!(is_query(text));
        assert_eq!(
            read(text),
            [
                "2 HKEY_LOCAL_MACHINE\\A B",
                "3 (Standard)|REG_SZ|",
                "4 Two words|REG_SZ|C:\\Program  Files",
                "6 None|REG_SZ|",
                "9 HKEY_CURRENT_USER\\C",
                "10 Old|REG_DWORD|0x1",
            ]
        );
        assert!(!is_query("DisplayName  Version\nHKEY  1\n"));
    }

    #[test]
    fn data_is_decoded_by_its_kind() {
        assert_eq!(value("REG_DWORD", "0xa29"), Ok(Value::Number(2_601)));
        assert_eq!(
            value("REG_QWORD", "0xffffffffffffffff"),
            Ok(Value::Number(u64::MAX))
        );
        assert_eq!(value("REG_SZ", "x"), Ok(Value::Text("x".to_owned())));
        assert_eq!(value("REG_BINARY", "00FF"), Ok(Value::Other));
        for data in ["", "0x", "12", "0x10000000000000000", "0xg"] {
            assert!(value("REG_DWORD", data).is_err(), "{data}");
        }
    }
}
