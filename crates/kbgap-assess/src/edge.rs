//! Edge (Chromium-based): no KB fixes it, so its version alone decides (section 5).
//!
//! Stable and Extended Stable are fixed apart, each in a major version of its own. A
//! CVE is fixed from the fix of the same major version on, and in every later major
//! version than that of any fix. Where the feed has only Chrome's number, the same major
//! version is not decided: a later build in the feed proves nothing, since it is not dated.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use kbgap_catalog::{Catalog, Component, SoftwareId, SoftwareIx, Version, VulnerabilityIx};

use crate::assessor::Assessor;
use crate::memo::Memo;
use crate::{NotAssessed, Projection, VulnerableSoftware};

/// The software that all of Edge (Chromium-based) counts for.
pub(crate) const EDGE: &str = "microsoft-_-edge_chromium-based";

const LACKING: &str = "Edge's own build of a fix";

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
    /// CVEs of which the feed tells only the major version that fixes them, which is the
    /// installed one; in order.
    undecided: Vec<VulnerabilityIx>,
}

/// What a version is to the fixes of a CVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fixed,
    Open,
    Undecided,
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
            Arc::new(EdgeFinding::of(installed, groups, assessor))
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
    fn of(installed: Version, groups: &[Group], assessor: &Assessor) -> Self {
        let mut pairs = Vec::new();
        let mut fixed = None;
        let mut undecided = Vec::new();
        for group in groups {
            match verdict(&installed, &group.fixes) {
                Verdict::Fixed => continue,
                Verdict::Undecided => {
                    undecided.extend_from_slice(&group.cves);
                    continue;
                }
                Verdict::Open => {}
            }
            pairs.extend(group.cves.iter().map(|&cve| (group.software, cve)));
            fixed = group
                .fixes
                .iter()
                .filter_map(|fix| fix.version)
                .max()
                .max(fixed);
        }
        pairs.sort_unstable();
        undecided.sort_unstable();
        Self {
            vulnerable: VulnerableSoftware::list(&pairs, assessor),
            fixed,
            undecided,
        }
    }
}

/// Edge that is listed in no version that can be read, or in one of which the feed does
/// not tell all.
pub(crate) fn not_assessed(machine: &Projection, assessor: &Assessor) -> Option<NotAssessed> {
    let lacking = match assessor.edge(machine) {
        Some(finding) => (!finding.undecided.is_empty()).then_some(LACKING)?,
        None => machine.chromium_edge.then_some("software version")?,
    };
    Some(NotAssessed::Software {
        id: EDGE.to_owned(),
        lacking,
    })
}

/// Edge, where its version decides about all of its CVEs and no other channel of it is listed.
pub(crate) fn decided(machine: &Projection, assessor: &Assessor) -> Option<&'static str> {
    let is_whole = assessor.edge(machine)?.undecided.is_empty();
    let is_alone = machine.unsupported.iter().all(|u| u.id.as_str() != EDGE);
    (is_whole && is_alone).then_some(EDGE)
}

/// Which CVEs are not decided, in words.
pub(crate) fn undecided(machine: &Projection, assessor: &Assessor) -> Option<String> {
    const NAMED: usize = 3;
    let (installed, finding) = (machine.edge_version?, assessor.edge(machine)?);
    let all = finding.undecided.iter();
    let ids = all.filter_map(|&cve| Some(assessor.catalog().vulnerability(cve)?.id()));
    let mut named = ids.take(NAMED).collect::<Vec<_>>().join(", ");
    if named.is_empty() {
        return None;
    }
    if let Some(more @ 1..) = finding.undecided.len().checked_sub(NAMED) {
        named.push_str(&format!(" and {more} more"));
    }
    Some(format!(
        "Microsoft Edge {installed}: of the fix for {named} the feed tells the major version and not \
         Edge's own build, so nothing is decided about it"
    ))
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

fn verdict(installed: &Version, fixes: &BTreeSet<Fixed>) -> Verdict {
    let major = major(installed);
    if fixes.iter().all(|fix| fix.major < major) {
        return Verdict::Fixed;
    }
    let of_major = || fixes.iter().filter(|fix| fix.major == major);
    let mut builds = of_major().filter_map(|fix| fix.version);
    if builds.clone().any(|version| *installed >= version) {
        Verdict::Fixed
    } else if builds.next().is_none() && of_major().next().is_some() {
        Verdict::Undecided
    } else {
        Verdict::Open
    }
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
        // `112.0.5615.49/50` are two builds of Chrome, `96.0 1954.29` lacks a dot.
        let mut words = text.split(|c: char| c == '/' || c.is_whitespace());
        let version = Version::parse(words.find(|word| !word.is_empty())?)?;
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

    fn found(installed: &str, fixes: &[&str]) -> Verdict {
        let fixes = fixes.iter().filter_map(|f| Fixed::parse(f)).collect();
        verdict(&Version::parse(installed).unwrap(), &fixes)
    }

    #[test]
    fn each_channel_is_fixed_in_its_own_major_version() {
        let both = ["109.0.1518.49", "108.0.1462.83"];
        for (installed, expected) in [
            ("107.0.1418.62", Verdict::Open),
            ("108.0.1462.82", Verdict::Open),
            ("108.0.1462.83", Verdict::Fixed),
            ("109.0.1518.48", Verdict::Open),
            ("109.0.1518.49", Verdict::Fixed),
            ("110.0.1587.41", Verdict::Fixed),
        ] {
            assert_eq!(found(installed, &both), expected, "{installed}");
        }
    }

    #[test]
    fn a_number_of_chrome_tells_no_more_than_the_major_version() {
        for odd in ["112.0.5615.49/50", "145.3800.99", "96.0 1954.29"] {
            let major: u32 = odd.split('.').next().unwrap().parse().unwrap();
            for (installed, expected) in [
                (major - 1, Verdict::Open),
                (major, Verdict::Undecided),
                (major + 1, Verdict::Fixed),
            ] {
                let version = format!("{installed}.0.1722.48");
                assert_eq!(found(&version, &[odd]), expected, "{odd} {installed}");
            }
        }
        assert_eq!(Fixed::parse("see the notes"), None);
        assert_eq!(Fixed::parse(""), None);
    }

    #[test]
    fn a_build_of_edge_decides_beside_a_number_of_chrome() {
        let both = ["110.0.5481.192", "111.0.1661.41"];
        for (installed, expected) in [
            ("109.0.1518.100", Verdict::Open),
            ("110.0.1587.69", Verdict::Undecided),
            ("111.0.1661.40", Verdict::Open),
            ("111.0.1661.41", Verdict::Fixed),
        ] {
            assert_eq!(found(installed, &both), expected, "{installed}");
        }
        let same = ["111.0.5563.64", "111.0.1661.41"];
        assert_eq!(found("111.0.1661.40", &same), Verdict::Open);
        assert_eq!(found("111.0.1661.41", &same), Verdict::Fixed);
    }
}
