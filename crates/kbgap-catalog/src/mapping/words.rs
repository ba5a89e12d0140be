//! The name of an installed program, taken apart.

use crate::fold::fold;
use crate::platform::Architecture;

/// What a name says beside its words.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The words that name the program, case-folded.
    pub(super) base: String,
    /// The year, or years, of its release, such as `2015-2022`.
    pub(super) release: Option<String>,
    pub(super) architecture: Option<Architecture>,
    /// Whether it names a language, such as `en-us`.
    pub(super) has_language: bool,
}

impl Words {
    pub(super) fn of(name: &str) -> Self {
        let mut words = Self::default();
        // Names are limited where they are read; of longer ones the beginning counts.
        let limited: String = name.chars().take(300).collect();
        let folded = fold(&limited);
        let mut kept: Vec<&str> = Vec::new();
        for word in folded
            .split([' ', '(', ')', ','])
            .filter(|word| !word.is_empty())
        {
            let word = match word.rsplit_once('-') {
                // `7-x64`, `6.2.7.0-x64`, `7-preview-x64`
                Some((number, rest))
                    if number.starts_with(|c: char| c.is_ascii_digit())
                        && words.take_architecture(rest) =>
                {
                    number
                }
                _ => word,
            };
            if !words.takes(word, &mut kept) {
                kept.push(word);
            }
        }
        words.base = kept.join(" ");
        words
    }

    /// Whether the word tells something else than a name.
    fn takes(&mut self, word: &str, kept: &mut Vec<&str>) -> bool {
        // "User" tells for whom it is installed.
        if word == "-" || self.take_architecture(word) || is_kb(word) || word == "user" {
            return true;
        }
        if is_years(word) {
            self.release.get_or_insert_with(|| word.to_owned());
            return true;
        }
        if is_language(word) {
            self.has_language = word.len() > 3;
            return true;
        }
        // 365 is a name.
        if is_version(word) || (is_number(word) && word != "365") {
            if matches!(kept.last(), Some(&("version" | "release"))) {
                kept.pop();
            }
            return true;
        }
        false
    }

    fn take_architecture(&mut self, word: &str) -> bool {
        let architecture = match word {
            "x64" | "amd64" | "64-bit" | "64bit" => Architecture::X64,
            "x86" | "32-bit" | "32bit" => Architecture::X86,
            "arm64" => Architecture::Arm64,
            // `x64_arm64`, of tools for another architecture.
            other => return other.starts_with("x64_"),
        };
        self.architecture.get_or_insert(architecture);
        true
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// `2019` or `2015-2022`.
fn is_years(word: &str) -> bool {
    let is_year = |word: &str| {
        word.len() == 4 && is_number(word) && (word.starts_with("20") || word.starts_with("19"))
    };
    match word.split_once('-') {
        Some((from, to)) => is_year(from) && is_year(to),
        None => is_year(word),
    }
}

/// `14.38.33130`, `v16.7.61`.
fn is_version(word: &str) -> bool {
    let word = word.strip_prefix('v').unwrap_or(word);
    word.contains('.')
        && word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// `en-us`, or the short form that some have: `enu`, `de`.
fn is_language(word: &str) -> bool {
    let letters = |word: &str, from: usize, to: usize| {
        (from..=to).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
    };
    match word.split_once('-') {
        Some((language, region)) => letters(language, 2, 2) && letters(region, 2, 4),
        None => matches!(
            word,
            "enu"
                | "de"
                | "fr"
                | "es"
                | "it"
                | "ja"
                | "ko"
                | "pt"
                | "ru"
                | "zh"
                | "english"
                | "german"
                | "french"
                | "spanish"
        ),
    }
}

fn is_kb(word: &str) -> bool {
    word.strip_prefix("kb").is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart() {
        for (name, base, release) in [
            (
                "Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.38.33130",
                "microsoft visual c++ redistributable",
                Some("2015-2022"),
            ),
            ("Git version 2.30.0.2", "git", None),
            ("PowerShell 7-x64", "powershell", None),
            ("7-Zip 22.01 (x64)", "7-zip", None),
            (
                "Microsoft 365 Apps for enterprise - en-us",
                "microsoft 365 apps for enterprise",
                None,
            ),
            ("Mozilla Firefox (x64 en-US)", "mozilla firefox", None),
            ("", "", None),
            ("2019", "", Some("2019")),
        ] {
            let words = Words::of(name);
            assert_eq!(
                (words.base.as_str(), words.release.as_deref()),
                (base, release),
                "{name}"
            );
        }
    }
}
