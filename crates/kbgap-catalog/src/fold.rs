//! Names for comparing, whatever their spelling.

/// Lower-case with single blanks, for comparing Microsoft's varying spellings.
pub(crate) fn fold(name: &str) -> String {
    fold_with(name, ' ')
}

/// Lower-case, with one separator in the place of each run of blanks.
pub(crate) fn fold_with(name: &str, separator: char) -> String {
    let mut folded = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !folded.is_empty() {
            folded.push(separator);
        }
        // Every check-in has dozens of names, and nearly all are ASCII.
        if word.is_ascii() {
            let start = folded.len();
            folded.push_str(word);
            folded[start..].make_ascii_lowercase();
        } else {
            folded.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_do_not_matter() {
        for name in ["Windows 10", "  windows\t 10 ", "WINDOWS\u{a0}10"] {
            assert_eq!(fold(name), "windows 10", "{name}");
        }
        assert_eq!(fold_with("\u{c9}diteur  SA", '_'), "\u{e9}diteur_sa");
        assert_eq!(fold(" "), "");
    }
}
