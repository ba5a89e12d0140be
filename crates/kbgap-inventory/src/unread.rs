//! Numbers of updates in rows of tables: what is surely one, and what seems to be one and could
//! not be read. A table that was pasted or filled in by hand has such rows, and what is lost in
//! silence reads as an update that is missing.

use kbgap_catalog::KbId;

use crate::text::shown;

/// Rows that seem to name an update and were not read.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    rows: usize,
    /// The line and the text of the first one.
    first: Option<(usize, String)>,
}

impl Unread {
    /// Counts a row of which no update was read, where it seems to name one.
    pub(crate) fn look(&mut self, line: usize, row: &str) {
        if seems_to_name_kb(row) {
            self.rows += 1;
            self.first.get_or_insert_with(|| (line, shown(row.trim())));
        }
    }

    /// What people should know of them; nothing where there are none.
    pub(crate) fn note(&self) -> Option<String> {
        let (line, row) = self.first.as_ref()?;
        let rows = match self.rows {
            1 => "1 row names an update that is not read".to_owned(),
            many => format!("{many} rows name updates that are not read, the first"),
        };
        Some(format!(
            "{rows} (line {line}: `{row}`): the number must stand by itself in the column of updates"
        ))
    }
}

/// The updates that a row names in words of their own, such as `KB5031354`, `(kb5031354)` or
/// `KB954550-v5`.
pub(crate) fn kb_words(row: &str) -> impl Iterator<Item = KbId> + '_ {
    row.split(|c: char| !c.is_alphanumeric())
        .filter(|word| begins_as_kb(word))
        .filter_map(|word| word.parse().ok())
}

/// `kb` and a digit wherever it stands, or as many digits as all updates of the last years have.
fn seems_to_name_kb(row: &str) -> bool {
    const DIGITS: usize = 7;
    let mut parts = (0..row.len()).filter_map(|at| row.get(at..));
    let mut words = row.split(|c: char| !c.is_alphanumeric());
    parts.any(begins_as_kb)
        || words.any(|word| word.len() == DIGITS && word.bytes().all(|b| b.is_ascii_digit()))
}

fn begins_as_kb(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .get(..2)
        .is_some_and(|kb| kb.eq_ignore_ascii_case(b"kb"))
        && bytes.get(2).is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_updates() {
        let words = |row: &str| kb_words(row).map(KbId::number).collect::<Vec<_>>();
        for row in [
            "PC-017 Security Update KB5031354 NT AUTHORITY\\SYSTEM 10/11/2023",
            "kb5031354",
            "Update (KB5031354)",
            "KB5031354-v2",
        ] {
            assert_eq!(words(row), [5_031_354], "{row}");
            assert!(seems_to_name_kb(row));
        }
        for (row, seems) in [
            ("File 1", false),
            ("Update 5031354", true),
            ("UpdateKB5031354NT", true),
            ("KB503135412", true),
            ("http://support.microsoft.com/?kbid=5031354", true),
            ("10/11/2023 20231011", false),
            ("\u{ff2b}\u{ff22}5", false),
            ("k", false),
            ("KB", false),
            ("한KB", false),
            ("한KB1", true),
        ] {
            assert!(words(row).is_empty(), "{row}");
            assert_eq!(seems_to_name_kb(row), seems, "{row}");
        }
    }

    #[test]
    fn the_first_row_is_named() {
        let mut unread = Unread::default();
        unread.look(2, "File 1");
        assert_eq!(unread.note(), None);
        unread.look(3, "  xKB5031354 ");
        assert!(
            unread.note().is_some_and(
                |n| n.starts_with("1 row names") && n.contains("(line 3: `xKB5031354`)")
            )
        );
        unread.look(9, "yKB5031355");
        assert!(
            unread
                .note()
                .is_some_and(|n| n.starts_with("2 rows name") && n.contains("(line 3: "))
        );
    }
}
