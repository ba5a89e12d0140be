//! Values of the feed that could not be understood. They are passed over,
//! counted and shown, and never stop the rest (assessment.md, "Traps").

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that was passed over, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OddValue {
    /// The document's id.
    pub document: String,
    /// What kind of mistake it is.
    pub kind: OddKind,
    /// The value with its place, for people.
    pub detail: String,
}

/// The kinds of odd values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OddKind {
    /// A Windows fix whose fixed builds all belong to another servicing family: dropped.
    WrongFamily,
    /// A fixed build that holds no version number.
    FixedBuild,
    /// A supersedence without a KB number.
    Supersedence,
    /// A KB that is said to supersede itself.
    SupersedesItself,
    /// A vulnerability id that is neither a CVE nor an advisory.
    VulnerabilityId,
    /// A product id that the document's product tree does not list.
    UnknownProduct,
    /// A text, severity, score or date that could not be read.
    Value,
}

impl OddKind {
    const ALL: [Self; 7] = [
        Self::WrongFamily,
        Self::FixedBuild,
        Self::Supersedence,
        Self::SupersedesItself,
        Self::VulnerabilityId,
        Self::UnknownProduct,
        Self::Value,
    ];

    /// Its name in what programs read, as serialization writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongFamily => "wrongFamily",
            Self::FixedBuild => "fixedBuild",
            Self::Supersedence => "supersedence",
            Self::SupersedesItself => "supersedesItself",
            Self::VulnerabilityId => "vulnerabilityId",
            Self::UnknownProduct => "unknownProduct",
            Self::Value => "value",
        }
    }

    pub(crate) fn from_u8(value: u8) -> Self {
        Self::ALL
            .get(usize::from(value))
            .copied()
            .unwrap_or(Self::Value)
    }
}

impl fmt::Display for OddKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongFamily => "fixed build of another servicing family",
            Self::FixedBuild => "fixed build without a version",
            Self::Supersedence => "supersedence without a KB",
            Self::SupersedesItself => "KB supersedes itself",
            Self::VulnerabilityId => "vulnerability id of no known form",
            Self::UnknownProduct => "product id that the document does not list",
            Self::Value => "value that cannot be read",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_serialization_writes() {
        for kind in OddKind::ALL {
            let written = serde_json::to_value(kind).unwrap();
            assert_eq!(written, kind.name());
        }
    }
}
