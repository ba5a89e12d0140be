//! Dotted version numbers and Windows builds, read leniently from the feed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A dotted version of up to five numeric parts, such as `10.0.17763.5936`.
/// Missing parts compare as zero.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Version {
    parts: [u32; Version::MAX_PARTS],
    len: u8,
}

impl Version {
    const MAX_PARTS: usize = 5;

    /// Reads digits separated by dots; a trailing dot, a `V` before the first
    /// digit, blanks and zero-width spaces around it are passed over.
    /// `None` for anything else, and for a part beyond 32 bits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = trim_noise(text);
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.strip_suffix('.').unwrap_or(text);
        let mut version = Self::default();
        for part in text.split('.') {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let slot = version.parts.get_mut(usize::from(version.len))?;
            *slot = digits.then(|| part.parse().ok()).flatten()?;
            version.len += 1;
        }
        Some(version)
    }

    /// The parts that were written.
    #[must_use]
    pub fn parts(&self) -> &[u32] {
        &self.parts[..usize::from(self.len)]
    }

    /// Build and revision, where the version has four parts and could be that of Windows.
    #[must_use]
    pub fn build_and_revision(&self) -> Option<BuildRevision> {
        match *self.parts() {
            [_, _, build, revision] => Some(BuildRevision { build, revision }),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts().iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

/// A Windows build with its revision (UBR), such as `18363.719`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildRevision {
    /// The build, for instance 18363.
    pub build: u32,
    /// The update build revision, for instance 719.
    pub revision: u32,
}

impl fmt::Display for BuildRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.build, self.revision)
    }
}

/// All versions named in a `FixedBuild` text: one in most, but also `a; b`,
/// `a & b & c` and `a and b` (assessment.md, section 2). Words that are no
/// version are passed over.
pub fn versions_in(fixed_build: &str) -> impl Iterator<Item = Version> + '_ {
    fixed_build
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | ','))
        .filter_map(Version::parse)
}

fn trim_noise(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{feff}'
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling_of_the_feed() {
        for (text, shown) in [
            ("10.0.17763.5936", "10.0.17763.5936"),
            ("V5.0", "5.0"),
            ("16.0.5356.1000.", "16.0.5356.1000"),
            ("10.0.19041.5000\u{200b}\u{200b}", "10.0.19041.5000"),
            ("\t\n16.0.4200.1", "16.0.4200.1"),
            ("15.02.1544.014", "15.2.1544.14"),
            ("4.8.1.09277.02", "4.8.1.9277.2"),
        ] {
            assert_eq!(Version::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_version() {
        for text in [
            "",
            ".",
            "1..2",
            "KB5032921",
            "1.2.3.4.5.6",
            "1.2.99999999999",
            "-1.0",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn splits_lists() {
        let list: Vec<_> = versions_in("2.0.50727.9181 & 3.0.30729.9165 and 4.8.4801.0; 1.2")
            .map(|v| v.to_string())
            .collect();
        assert_eq!(
            list,
            ["2.0.50727.9181", "3.0.30729.9165", "4.8.4801.0", "1.2"]
        );
        assert_eq!(
            versions_in("Application Build 22.13.64344, Platform Build 22.0").count(),
            2
        );
    }

    #[test]
    fn compares_by_number_not_by_text() {
        assert!(Version::parse("15.2.1544.4") < Version::parse("15.02.1544.014"));
        assert!(Version::parse("10.0") > Version::parse("9.9.9"));
    }
}
