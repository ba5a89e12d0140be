//! One document of the vendor, as read: the seam between the feed's formats and
//! the compiled catalogue.

use serde::{Deserialize, Serialize};

use crate::{KbId, Month, OddValue};

/// A whole document, such as the one of March 2020.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// The vendor's id, for instance `2020-Mar`.
    pub id: String,
    /// For instance `March 2020 Security Updates`.
    pub title: String,
    /// Seconds since 1970 of the first release, UTC.
    pub initial_release: i64,
    /// Seconds since 1970 of this release, UTC.
    pub current_release: i64,
    /// The revision number as written, for instance `12`.
    pub revision: String,
    /// The products that the document names.
    pub products: Vec<ProductRecord>,
    /// The vulnerabilities, in the document's order.
    pub vulnerabilities: Vec<VulnerabilityRecord>,
    /// What could not be understood and was passed over.
    pub odd_values: Vec<OddValue>,
}

impl DocumentRecord {
    /// The month that the document is for: by its id, else by its first release.
    #[must_use]
    pub fn month(&self) -> Month {
        Month::from_document_id(&self.id)
            .unwrap_or_else(|| Month::of_timestamp(self.initial_release))
    }

    /// How many vendor fixes there are, one for each remediation of the document.
    #[must_use]
    pub fn fix_count(&self) -> usize {
        self.vulnerabilities.iter().map(|v| v.fixes.len()).sum()
    }
}

/// A product of a document's product tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRecord {
    /// The vendor's ProductID, for instance `11713`.
    pub id: String,
    /// The full product name.
    pub name: String,
}

/// A vulnerability of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VulnerabilityRecord {
    /// `CVE-…`, or `ADV…` for an advisory.
    pub id: String,
    /// The vendor's title.
    pub title: String,
    /// The highest severity for any product.
    pub severity: Severity,
    /// The impact named first, for instance `Elevation of Privilege`.
    pub impact: String,
    /// The highest base score and its vector.
    pub cvss: Option<Cvss>,
    /// Whether it was public before the fix.
    pub publicly_disclosed: bool,
    /// Whether the vendor knows of its use in the wild.
    pub exploited: bool,
    /// Revisions, oldest first.
    pub revisions: Vec<RevisionRecord>,
    /// The vendor's fixes.
    pub fixes: Vec<FixRecord>,
}

/// A CVSS base score with its vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cvss {
    /// Tenths of a point, 0 to 100, so that scores compare exactly.
    pub tenths: u8,
    /// The vector string.
    pub vector: String,
}

/// One revision of a vulnerability's text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RevisionRecord {
    /// Seconds since 1970, UTC.
    pub date: i64,
    /// The number as written, for instance `1.0`.
    pub number: String,
}

/// A fix: these products are cured of the vulnerability by this update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixRecord {
    /// The KB; `None` for release notes, Click-to-Run and packages.
    pub kb: Option<KbId>,
    /// What kind of update it is.
    pub subtype: Subtype,
    /// `FixedBuild` as written, trimmed; empty where there is none.
    pub fixed_build: String,
    /// KBs that this update supersedes, for these products.
    pub supersedes: Vec<KbId>,
    /// Positions in [`DocumentRecord::products`], with the severity for each.
    pub products: Vec<(u32, Severity)>,
}

/// The vendor's severity. Ordered from none to critical.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Severity {
    /// Not rated.
    #[default]
    None,
    /// Low.
    Low,
    /// Moderate.
    Moderate,
    /// Important.
    Important,
    /// Critical.
    Critical,
}

impl Severity {
    const ALL: [Self; 5] = [
        Self::None,
        Self::Low,
        Self::Moderate,
        Self::Important,
        Self::Critical,
    ];

    /// The name that the vendor uses; `None` for an unknown one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|s| s.name().eq_ignore_ascii_case(text.trim()))
    }

    /// The vendor's name of the severity.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Moderate => "Moderate",
            Self::Important => "Important",
            Self::Critical => "Critical",
        }
    }

    pub(crate) fn from_u8(value: u8) -> Self {
        Self::ALL
            .get(usize::from(value))
            .copied()
            .unwrap_or_default()
    }
}

/// What kind of update a fix is, as far as the rules tell kinds apart
/// (assessment.md, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subtype {
    /// Security Update, Cumulative Update and every subtype not named below.
    SecurityUpdate,
    /// Monthly Rollup, Preview Rollup and their VIA variants.
    MonthlyRollup,
    /// Security Only.
    SecurityOnly,
    /// Cumulative update of Internet Explorer alone.
    IeCumulative,
    /// A hotpatch, in any of the feed's four spellings.
    Hotpatch,
    /// `Standalone Security Update`: what hotpatched machines get out of band.
    StandaloneSecurityUpdate,
    /// Servicing stack update.
    ServicingStack,
}

impl Subtype {
    const ALL: [Self; 7] = [
        Self::SecurityUpdate,
        Self::MonthlyRollup,
        Self::SecurityOnly,
        Self::IeCumulative,
        Self::Hotpatch,
        Self::StandaloneSecurityUpdate,
        Self::ServicingStack,
    ];

    /// Reads the feed's `SubType`; case and blanks do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let folded: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match folded.as_str() {
            s if s.contains("hotpatch") => Self::Hotpatch,
            s if s.ends_with("rollup") => Self::MonthlyRollup,
            s if s.ends_with("securityonly") => Self::SecurityOnly,
            "iecumulative" => Self::IeCumulative,
            "standalonesecurityupdate" => Self::StandaloneSecurityUpdate,
            "servicingstackupdate" => Self::ServicingStack,
            _ => Self::SecurityUpdate,
        }
    }

    pub(crate) fn from_u8(value: u8) -> Self {
        Self::ALL
            .get(usize::from(value))
            .copied()
            .unwrap_or(Self::SecurityUpdate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_spellings_of_a_hotpatch_are_known() {
        for text in [
            "Security Hotpatch Update",
            "SecurityHotpatchUpdate",
            "Security HotPatch Update",
            "AzureHotpatch",
        ] {
            assert_eq!(Subtype::parse(text), Subtype::Hotpatch, "{text}");
        }
    }

    #[test]
    fn other_subtypes_of_the_feed() {
        for (text, subtype) in [
            ("VIA Processors Monthly Rollup", Subtype::MonthlyRollup),
            ("Preview Rollup", Subtype::MonthlyRollup),
            ("VIA Processors Security Only", Subtype::SecurityOnly),
            ("IE Cumulative", Subtype::IeCumulative),
            ("ServicingStackUpdate", Subtype::ServicingStack),
            ("Servicing Stack Update", Subtype::ServicingStack),
            (
                "Standalone Security Update",
                Subtype::StandaloneSecurityUpdate,
            ),
            ("Alternate Cumulative", Subtype::SecurityUpdate),
            ("", Subtype::SecurityUpdate),
        ] {
            assert_eq!(Subtype::parse(text), subtype, "{text}");
        }
    }

    #[test]
    fn enumerations_survive_their_numbers() {
        for s in Severity::ALL {
            assert_eq!(Severity::from_u8(s as u8), s);
        }
        for s in Subtype::ALL {
            assert_eq!(Subtype::from_u8(s as u8), s);
        }
        assert_eq!(Severity::parse(" critical"), Some(Severity::Critical));
        assert_eq!(Severity::parse("Severe"), None);
    }
}
