//! Edge (Chromium-based): no KB fixes it, so its version alone decides (section 5).
//!
//! Stable and Extended Stable are fixed apart, each in a major version of its own. A
//! CVE is fixed from the fix of the same major version on, and in every later major
//! version than that of any fix.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use kbgap_catalog::{Catalog, Component, SoftwareId, SoftwareIx, Version, VulnerabilityIx};

use crate::assessor::Assessor;
use crate::memo::Memo;
use crate::{NotAssessed, Projection, VulnerableSoftware};

/// The software that all of Edge (Chromium-based) counts for.
pub(crate) const EDGE: &str = "microsoft-_-edge_chromium-based";

/// Chrome's third part is about 48 times its major version, Edge's about 24 times.
/// The feed has Chrome's number in some places.
const CHROME: u32 = 35;

/// The fixes of Edge, read when the first version is asked for.
pub(crate) struct Edge {
    groups: OnceLock<Vec<Group>>,
    findings: Memo<Version, Arc<EdgeFinding>>,
}

/// CVEs that the same versions fix.
struct Group {
    software: SoftwareIx,
    fixes: BTreeSet<Fixed>,
    /// In order.
    cves: Vec<VulnerabilityIx>,
}

/// What a version of Edge tells.
pub(crate) struct EdgeFinding {
    /// Its CVEs, but those of which the feed gives no version.
    pub(crate) vulnerable: Vec<VulnerableSoftware>,
    /// The lowest version that fixes them all, where one is named.
    fixed: Option<Version>,
}

impl Edge {
    pub(crate) fn new() -> Self {
        Self {
            groups: OnceLock::new(),
            findings: Memo::new(),
        }
    }

    pub(crate) fn finding(&self, installed: Version, assessor: &Assessor) -> Arc<EdgeFinding> {
        self.findings.get_or(installed, || {
            let groups = self.groups.get_or_init(|| groups(assessor.catalog()));
            let open = groups
                .iter()
                .filter(|group| !is_fixed(&installed, &group.fixes));
            Arc::new(EdgeFinding::of(open, assessor))
        })
    }
}

fn groups(catalog: &Catalog) -> Vec<Group> {
    let mut fixes: BTreeMap<(SoftwareIx, VulnerabilityIx), BTreeSet<Fixed>> = BTreeMap::new();
    let products = catalog
        .products()
        .filter(|p| p.component() == Some(Component::EdgeChromium));
    for fix in products.flat_map(|p| p.fixes()) {
        if fix.vulnerability().is_advisory() {
            continue;
        }
        if let (Some(software), Some(fixed)) =
            (fix.product().software(), Fixed::parse(fix.fixed_build()))
        {
            fixes
                .entry((software, fix.vulnerability_ix()))
                .or_default()
                .insert(fixed);
        }
    }
    let mut groups: HashMap<(SoftwareIx, BTreeSet<Fixed>), Vec<VulnerabilityIx>> = HashMap::new();
    for ((software, cve), fixes) in fixes {
        groups.entry((software, fixes)).or_default().push(cve);
    }
    let groups = groups.into_iter();
    groups
        .map(|((software, fixes), cves)| Group {
            software,
            fixes,
            cves,
        })
        .collect()
}

impl EdgeFinding {
    fn of<'g>(open: impl Iterator<Item = &'g Group>, assessor: &Assessor) -> Self {
        let mut pairs = Vec::new();
        let mut fixed = None;
        for group in open {
            pairs.extend(group.cves.iter().map(|&cve| (group.software, cve)));
            fixed = group
                .fixes
                .iter()
                .filter_map(|fix| fix.version)
                .max()
                .max(fixed);
        }
        pairs.sort_unstable();
        Self {
            vulnerable: VulnerableSoftware::list(&pairs, assessor),
            fixed,
        }
    }
}

/// Edge that is listed in no version that can be read.
pub(crate) fn not_assessed(machine: &Projection) -> Option<NotAssessed> {
    (machine.chromium_edge && machine.edge_version.is_none()).then(|| NotAssessed::Software {
        id: EDGE.to_owned(),
        lacking: "software version",
    })
}

/// What to do about the CVEs that no KB fixes, in words: they are no missing update.
pub(crate) fn advice(machine: &Projection, assessor: &Assessor) -> Option<String> {
    let (installed, finding) = (machine.edge_version?, assessor.edge(machine)?);
    let fixed = finding.fixed?;
    let cves: usize = finding.vulnerable.iter().map(|v| v.cves.len()).sum();
    Some(format!(
        "Microsoft Edge {installed} has {cves} CVEs that no KB fixes: update it to version {fixed}"
    ))
}

/// The lowest version that fixes all of some CVEs in a software that no KB fixes: the
/// highest of what the feed names; `None` where it names none.
#[must_use]
pub fn fixed_version(
    catalog: &Catalog,
    software: &SoftwareId,
    cves: &[VulnerabilityIx],
) -> Option<Version> {
    let ix = catalog.find_software(software.as_str())?;
    catalog
        .products()
        .filter(|p| p.component() == Some(Component::EdgeChromium) && p.software() == Some(ix))
        .flat_map(|p| p.fixes())
        .filter(|fix| cves.binary_search(&fix.vulnerability_ix()).is_ok())
        .filter_map(|fix| Fixed::parse(fix.fixed_build())?.version)
        .max()
}

fn is_fixed(installed: &Version, fixes: &BTreeSet<Fixed>) -> bool {
    let major = major(installed);
    fixes.iter().any(|fix| {
        fix.major == major
            && fix
                .version
                .as_ref()
                .is_none_or(|version| installed >= version)
    }) || fixes.iter().all(|fix| fix.major < major)
}

/// A version that fixes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Fixed {
    major: u32,
    /// `None` where only the major version can be told.
    version: Option<Version>,
}

impl Fixed {
    fn parse(text: &str) -> Option<Self> {
        // `112.0.5615.49/50` are two builds of Chrome.
        let version = Version::parse(text.split('/').next()?)?;
        let major = major(&version);
        let version = match version.parts() {
            &[_, _, third, _] if third > major.saturating_mul(CHROME) => None,
            [_, _, _, _] => Some(version),
            _ => None,
        };
        Some(Self { major, version })
    }
}

fn major(version: &Version) -> u32 {
    version.parts().first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(installed: &str, fixes: &[&str]) -> bool {
        let fixes = fixes.iter().filter_map(|f| Fixed::parse(f)).collect();
        is_fixed(&Version::parse(installed).unwrap(), &fixes)
    }

    #[test]
    fn each_channel_is_fixed_in_its_own_major_version() {
        let both = ["109.0.1518.49", "108.0.1462.83"];
        for (installed, expected) in [
            ("107.0.1418.62", false),
            ("108.0.1462.82", false),
            ("108.0.1462.83", true),
            ("109.0.1518.48", false),
            ("109.0.1518.49", true),
            ("110.0.1587.41", true),
        ] {
            assert_eq!(fixed(installed, &both), expected, "{installed}");
        }
    }

    #[test]
    fn a_number_of_chrome_tells_no_more_than_the_major_version() {
        for odd in ["112.0.5615.49/50", "145.3800.99"] {
            let major: u32 = odd[..3].parse().unwrap();
            assert!(fixed(&format!("{major}.0.1722.48"), &[odd]), "{odd}");
            assert!(!fixed(&format!("{}.0.9999.1", major - 1), &[odd]), "{odd}");
        }
        assert_eq!(Fixed::parse("see the notes"), None);
        assert_eq!(Fixed::parse(""), None);
    }
}
