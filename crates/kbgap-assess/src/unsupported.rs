//! Reported software about which no rule decides, although its family has rules or its name
//! is taken for one that has: it is told, with what is lacking, and never read as clean.

use kbgap_catalog::{Component, Recognised, SoftwareId, Version, recognise};
use kbgap_inventory::Software;
use serde::{Deserialize, Serialize};

use crate::NotAssessed;
use crate::edge::EDGE;

/// The runtime of other programs that renders with Edge's engine.
const WEBVIEW: &str = "microsoft-_-edge_webview2";

/// A software about which no rule decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Unsupported {
    /// The software.
    pub id: SoftwareId,
    /// What is lacking.
    pub lacking: Lacking,
}

/// What is lacking to decide about a software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lacking {
    /// Rules: it is of a release or a kind that none of its family's rules know.
    Rules,
    /// Its release, which neither the name nor the version tells.
    Release,
    /// The versions of Edge Beta that fix its CVEs: the feed has those of Stable and Extended
    /// Stable alone.
    BetaFixes,
    /// The same of Edge Dev.
    DevFixes,
    /// The same of Edge Canary.
    CanaryFixes,
}

impl Lacking {
    /// What is lacking, in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules for it",
            Self::Release => "its release (year or version)",
            Self::BetaFixes => "fixed versions of the Beta channel",
            Self::DevFixes => "fixed versions of the Dev channel",
            Self::CanaryFixes => "fixed versions of the Canary channel",
        }
    }
}

impl Unsupported {
    /// A program of a family whose rules do not read it.
    pub(crate) fn of_family(
        id: SoftwareId,
        component: Component,
        name: &str,
        version: &str,
    ) -> Self {
        let is_told = has_number(name) || Version::parse(version).is_some();
        let lacking = match component {
            Component::SqlServer if !is_told => Lacking::Release,
            _ => Lacking::Rules,
        };
        Self { id, lacking }
    }

    /// A channel of Edge before Stable: its versions are other ones, so Stable's decide
    /// nothing about it.
    pub(crate) fn channel(vendor: &str, name: &str, version: &str) -> Option<Self> {
        let Recognised::Software(program) = recognise(vendor, name, version)? else {
            return None;
        };
        if program.software.as_str() != EDGE {
            return None;
        }
        let lacking = match program.edition? {
            "Beta" => Lacking::BetaFixes,
            "Dev" => Lacking::DevFixes,
            "Canary" => Lacking::CanaryFixes,
            _ => return None,
        };
        Some(Self {
            id: program.software,
            lacking,
        })
    }
}

impl From<&Unsupported> for NotAssessed {
    fn from(unsupported: &Unsupported) -> Self {
        Self::Software {
            id: unsupported.id.as_str().to_owned(),
            lacking: unsupported.lacking.name(),
        }
    }
}

/// The `WebView2` runtime, where a software list has it: the feed tells of no version what it
/// fixes, and whoever reads of Edge would take it for done. Nearly every Windows has it, so it
/// is no fact by which machines differ.
#[must_use]
pub fn runtime_not_assessed<'s>(
    mut software: impl Iterator<Item = Software<'s>>,
) -> Option<NotAssessed> {
    let is_runtime = |entry: Software<'s>| {
        crate::projection::has_word(entry.name, b"webview2")
            && matches!(
                recognise(entry.vendor, entry.name, entry.version),
                Some(Recognised::Software(program)) if program.software.as_str() == WEBVIEW
            )
    };
    software.any(is_runtime).then(|| NotAssessed::Software {
        id: WEBVIEW.to_owned(),
        lacking: "fixed versions in the feed",
    })
}

fn has_number(name: &str) -> bool {
    // `(64-bit)` is no release.
    let mut words = name.split(|c: char| c.is_whitespace() || c == '_');
    words.any(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()))
}
