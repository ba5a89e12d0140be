//! Office that is updated by Click-to-Run: no KB fixes it, and the feed nearly always
//! names a page instead of a build. Where it does name one, the build decides, within
//! its branch; all else of Office stays not assessed (section 5).
//!
//! The third part of a build tells the branch: 10399 and its like are the volume
//! licences of Office 2019, 14332 is LTSC 2021, 17932 is LTSC 2024; the other channels
//! have a number for each of their versions, and what is fixed in one says nothing of
//! another.

use std::collections::BTreeSet;
use std::sync::Arc;

use kbgap_catalog::{Catalog, Component, Product, SoftwareIx, Version, VulnerabilityIx};
use serde::{Deserialize, Serialize};

use crate::VulnerableSoftware;
use crate::assessor::Assessor;

/// An Office that only Click-to-Run installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ClickToRun {
    /// Office 2019.
    Office2019,
    /// Office LTSC 2021.
    Ltsc2021,
    /// Office LTSC 2024.
    Ltsc2024,
    /// Microsoft 365 Apps.
    Apps365,
}

impl ClickToRun {
    /// The Office that a name means, of an installed program or of a product of the feed.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        if name.contains(" for mac") {
            return None;
        }
        if name.starts_with("microsoft 365 apps") {
            return Some(Self::Apps365);
        }
        let office = name.strip_prefix("microsoft office ")?;
        match office {
            _ if office.contains("ltsc") && office.contains("2021") => Some(Self::Ltsc2021),
            _ if office.contains("ltsc") && office.contains("2024") => Some(Self::Ltsc2024),
            _ if office.contains("2019") => Some(Self::Office2019),
            _ => None,
        }
    }
}

/// The CVEs that installed Offices have by their builds.
pub(crate) fn vulnerable(
    installed: &[(ClickToRun, Version)],
    assessor: &Assessor,
) -> Arc<[VulnerableSoftware]> {
    let mut found: BTreeSet<(SoftwareIx, VulnerabilityIx)> = BTreeSet::new();
    for &(office, installed) in installed {
        for product in products(assessor.catalog(), office) {
            let fixes = product.fixes().filter(|fix| fix.kb().is_none());
            let open = fixes
                .filter(|fix| !fix.vulnerability().is_advisory())
                .filter(|fix| is_before(&installed, fix.fixed_build()))
                .map(|fix| fix.vulnerability_ix());
            if let Some(software) = product.software() {
                found.extend(open.map(|cve| (software, cve)));
            }
        }
    }
    let found: Vec<(SoftwareIx, VulnerabilityIx)> = found.into_iter().collect();
    VulnerableSoftware::list(&found, assessor).into()
}

fn products(catalog: &Catalog, office: ClickToRun) -> impl Iterator<Item = Product<'_>> {
    catalog
        .products()
        .filter(|product| product.component() == Some(Component::Office))
        .filter(move |product| ClickToRun::of_name(product.name()) == Some(office))
}

/// Whether a build is of the same branch as a fixed one, and below it.
fn is_before(installed: &Version, fixed_build: &str) -> bool {
    let Some(fixed) = Version::parse(fixed_build) else {
        return false;
    };
    match (installed.parts(), fixed.parts()) {
        (&[16, 0, own, _], &[16, 0, theirs, _]) => {
            branch(own) == branch(theirs) && *installed < fixed
        }
        _ => false,
    }
}

/// The volume licences of Office 2019 count on from 10339; every other branch has one number.
const fn branch(third: u32) -> u32 {
    match third {
        10_000..=10_999 => 10_000,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_and_of_products() {
        for (name, expected) in [
            (
                "Microsoft Office Professional Plus 2019 - en-us",
                Some(ClickToRun::Office2019),
            ),
            (
                "Microsoft Office 2019 for 32-bit editions",
                Some(ClickToRun::Office2019),
            ),
            (
                "Microsoft Office LTSC Standard 2021 - de-de",
                Some(ClickToRun::Ltsc2021),
            ),
            (
                "Microsoft Office LTSC 2024 for 64-bit editions",
                Some(ClickToRun::Ltsc2024),
            ),
            (
                "Microsoft 365 Apps for enterprise - en-us",
                Some(ClickToRun::Apps365),
            ),
            ("Microsoft Office LTSC for Mac 2021", None),
            ("Microsoft Office Professional Plus 2016 - en-us", None),
            ("Microsoft Office 2016 (64-bit edition)", None),
        ] {
            assert_eq!(ClickToRun::of_name(name), expected, "{name}");
        }
    }

    #[test]
    fn only_builds_of_one_branch_are_compared() {
        let fixed = "16.0.10417.20095";
        for (installed, expected) in [
            ("16.0.10405.20018", true),
            ("16.0.10417.20094", true),
            ("16.0.10417.20095", false),
            ("16.0.10418.20010", false),
            // A retail Office 2019 takes another channel's builds.
            ("16.0.9029.2054", false),
            ("16.0.17928.20114", false),
        ] {
            let version = Version::parse(installed).unwrap();
            assert_eq!(is_before(&version, fixed), expected, "{installed}");
        }
        let version = Version::parse("16.0.10405.20018").unwrap();
        assert!(!is_before(
            &version,
            "https://aka.ms/OfficeSecurityReleases"
        ));
    }
}
