//! The small languages inside single fields (assessment.md, section 2).

use kbgap_catalog::KbId;

/// Reads `2026-02-18T03:08:15`, with or without fraction and zone; without one
/// it is UTC. Seconds since 1970.
pub(crate) fn timestamp(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    jiff::tz::Offset::UTC
        .to_timestamp(civil)
        .ok()
        .map(|t| t.as_second())
}

/// Reads a day such as `2025-08-25`. Seconds since 1970 of its beginning, UTC.
pub(crate) fn date(text: &str) -> Option<i64> {
    let is_day = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let day: jiff::civil::Date = text.parse().ok().filter(|_| is_day)?;
    jiff::tz::Offset::UTC
        .to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
        .ok()
        .map(|t| t.as_second())
}

/// The KBs of a `Supercedence` field: every run of six to eight digits that is
/// no part of a bulletin number such as `MS16-065`.
pub(crate) fn superseded(text: &str) -> Vec<KbId> {
    let bytes = text.as_bytes();
    let mut kbs = Vec::new();
    let mut position = 0;
    while position < bytes.len() {
        let length = bytes[position..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if (6..=8).contains(&length) && !follows_bulletin_prefix(&bytes[..position]) {
            let digits = &text[position..position + length];
            if let Some(kb) = digits.parse().ok().filter(|kb| !kbs.contains(kb)) {
                kbs.push(kb);
            }
        }
        position += length.max(1);
    }
    kbs
}

/// Whether a field names bulletins only, which is no mistake.
pub(crate) fn names_bulletins(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    text.match_indices('-')
        .any(|(at, _)| follows_bulletin_prefix(&text.as_bytes()[..=at]))
}

fn follows_bulletin_prefix(before: &[u8]) -> bool {
    matches!(before, [.., b'm' | b'M', b's' | b'S', y1, y2, b'-'] if y1.is_ascii_digit() && y2.is_ascii_digit())
}

/// The two facts that the rules use of an `Exploit Status` threat, such as
/// `Publicly Disclosed:No;Exploited:Yes;Latest Software Release:…`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExploitStatus {
    pub(crate) publicly_disclosed: bool,
    pub(crate) exploited: bool,
}

impl ExploitStatus {
    pub(crate) fn parse(text: &str) -> Self {
        let says_yes = |wanted: &str| {
            text.split(';')
                .filter_map(|part| part.split_once(':'))
                .any(|(key, value)| {
                    key.trim().eq_ignore_ascii_case(wanted)
                        && value.trim().eq_ignore_ascii_case("yes")
                })
        };
        Self {
            publicly_disclosed: says_yes("Publicly Disclosed"),
            exploited: says_yes("Exploited"),
        }
    }
}

/// A CVSS score in tenths of a point.
pub(crate) fn score_tenths(text: &str) -> Option<u8> {
    let score: f32 = text.parse().ok()?;
    // In range, so the cast cannot cut anything off.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 100 fits"
    )]
    (0.0..=10.0)
        .contains(&score)
        .then(|| (score * 10.0).round() as u8)
}

/// Whether an id has the form of a CVE or an advisory.
pub(crate) fn is_vulnerability_id(id: &str) -> bool {
    let digits = |text: &str, range: std::ops::RangeInclusive<usize>| {
        range.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    match (id.strip_prefix("CVE-"), id.strip_prefix("ADV")) {
        (Some(rest), _) => rest
            .split_once('-')
            .is_some_and(|(year, number)| digits(year, 4..=4) && digits(number, 4..=9)),
        (None, Some(rest)) => digits(rest, 4..=8),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<u32> {
        superseded(text).into_iter().map(KbId::number).collect()
    }

    #[test]
    fn supersedence_in_every_spelling() {
        assert_eq!(numbers("4532693"), [4_532_693]);
        assert_eq!(numbers("4103729, 4103721"), [4_103_729, 4_103_721]);
        assert_eq!(numbers("4487081; 4487259"), [4_487_081, 4_487_259]);
        assert_eq!(
            numbers("MS16-065, 3158363; MS16-090, 3168965"),
            [3_158_363, 3_168_965]
        );
        assert_eq!(numbers("4074588<br><br>"), [4_074_588]);
        assert_eq!(numbers(" KB4074588 \n\n"), [4_074_588]);
        assert_eq!(numbers("4074588,4074588"), [4_074_588]);
    }

    #[test]
    fn supersedence_that_names_no_kb() {
        for text in ["", "None", "MS15-131", "MS16-065123", "123456789", "12345"] {
            assert_eq!(numbers(text), [], "{text}");
        }
        assert!(names_bulletins("MS15-131") && !names_bulletins("None"));
    }

    #[test]
    fn dates_with_and_without_zone() {
        let expected = 1_771_384_095;
        for text in [
            "2026-02-18T03:08:15",
            "2026-02-18T03:08:15Z",
            "2026-02-18T04:08:15+01:00",
            "2026-02-18T03:08:15.123",
        ] {
            assert_eq!(timestamp(text), Some(expected), "{text}");
        }
        for text in ["", "yesterday", "2026-02-30T00:00:00"] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn days() {
        assert_eq!(date("2025-08-25"), Some(1_756_080_000));
        for text in [
            "",
            "2025-8-25",
            "2025-02-30",
            "20250825",
            "2025-08-25T",
            "-25-08-025",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn exploit_status() {
        let status = ExploitStatus::parse(
            "Publicly Disclosed:No;Exploited:Yes;Latest Software Release:Exploitation Detected",
        );
        assert_eq!(
            status,
            ExploitStatus {
                publicly_disclosed: false,
                exploited: true
            }
        );
        assert_eq!(ExploitStatus::parse("DOS:N/A"), ExploitStatus::default());
        assert!(ExploitStatus::parse("publicly disclosed: YES ").publicly_disclosed);
    }

    #[test]
    fn scores_and_ids() {
        assert_eq!(score_tenths("9.8"), Some(98));
        assert_eq!(score_tenths("10"), Some(100));
        for text in ["", "11", "-1", "NaN", "inf"] {
            assert_eq!(score_tenths(text), None, "{text}");
        }
        assert!(is_vulnerability_id("CVE-2020-0796") && is_vulnerability_id("ADV990001"));
        for id in ["CVE-2022-2601-M", "CVE-20-1", "cve-2020-0796", "", "ADV"] {
            assert!(!is_vulnerability_id(id), "{id}");
        }
    }
}
