//! Edge (Chromium-based) and Office by Click-to-Run, which their versions decide.

use kbgap_assess::{Assessor, ClickToRun, NotAssessed, SoftwareFact, fixed_version, weaknesses};
use kbgap_catalog::{Catalog, SoftwareId, Version};
use kbgap_testkit::real_feed;

use crate::hosts::{assessed, client};

const EDGE: &str = "microsoft-_-edge_chromium-based";

fn cves(catalog: &Catalog, version: &str) -> usize {
    let mut machine = client(19_045, 9_999);
    machine.chromium_edge = true;
    machine.edge_version = Version::parse(version);
    let edge = catalog.find_software(EDGE).unwrap();
    weaknesses(catalog, &machine)
        .iter()
        .filter(|w| w.software == edge)
        .inspect(|w| assert_eq!(w.fixing_kb, None))
        .count()
}

#[test]
fn a_higher_version_has_fewer_cves_and_the_newest_none() {
    let Some(catalog) = real_feed::catalog() else {
        return;
    };
    let versions = [
        "100.0.1185.29",
        "120.0.2210.61",
        "138.0.3351.95",
        "999.0.0.0",
    ];
    let counts: Vec<usize> = versions.iter().map(|v| cves(catalog, v)).collect();
    assert!(counts.is_sorted_by(|a, b| a > b), "{counts:?}");
    assert_eq!(counts.last(), Some(&0));
}

#[test]
fn extended_stable_is_fixed_in_its_own_major_version() {
    // CVE-2023-21796: 108.0.1462.83 in Extended Stable, 109 in Stable.
    let Some(catalog) = real_feed::catalog() else {
        return;
    };
    let wanted = catalog.find_vulnerability("CVE-2023-21796").unwrap();
    for (version, expected) in [
        ("108.0.1462.82", true),
        ("108.0.1462.83", false),
        ("110.0.1587.41", false),
    ] {
        let mut machine = client(19_045, 9_999);
        machine.chromium_edge = true;
        machine.edge_version = Version::parse(version);
        let found = weaknesses(catalog, &machine);
        let vulnerable = found.iter().any(|w| w.vulnerability == wanted);
        assert_eq!(vulnerable, expected, "{version}");
    }
}

#[test]
fn an_old_version_is_no_missing_kb_but_said() {
    let Some(catalog) = real_feed::catalog() else {
        return;
    };
    let mut machine = client(19_045, 9_999);
    machine.chromium_edge = true;
    machine.edge_version = Version::parse("120.0.2210.61");
    let result = assessed(catalog, &machine);
    assert!(result.missing.is_empty());
    let newest = {
        let id: SoftwareId = EDGE.parse().unwrap();
        let all = result
            .vulnerable
            .iter()
            .find(|v| catalog.software_id(v.software) == EDGE);
        fixed_version(catalog, &id, &all.unwrap().cves).unwrap()
    };
    let told = result
        .warnings
        .iter()
        .any(|w| w.contains("Microsoft Edge 120.0.2210.61") && w.contains(&newest.to_string()));
    assert!(told, "{:?}", result.warnings);
}

#[test]
fn without_a_version_it_is_not_assessed() {
    let Some(catalog) = real_feed::catalog() else {
        return;
    };
    let mut machine = client(19_045, 9_999);
    machine.chromium_edge = true;
    let result = assessed(catalog, &machine);
    assert!(result.not_assessed.contains(&NotAssessed::Software {
        id: EDGE.to_owned(),
        lacking: "software version",
    }));
}

#[test]
fn a_number_of_chrome_decides_nothing_in_its_own_major_version() {
    // CVE-2021-30632 is fixed in 93.0.4577.82, which is a build of Chrome.
    let Some(catalog) = real_feed::catalog() else {
        return;
    };
    let wanted = catalog.find_vulnerability("CVE-2021-30632").unwrap();
    let assessor = Assessor::new(catalog.clone());
    for (version, is_vulnerable, is_undecided) in [
        ("92.0.902.84", true, false),
        ("93.0.961.38", false, true),
        ("93.0.961.52", false, true),
        ("94.0.992.31", false, false),
    ] {
        let mut machine = client(19_045, 9_999);
        machine.chromium_edge = true;
        machine.edge_version = Version::parse(version);
        let found = weaknesses(catalog, &machine);
        let vulnerable = found.iter().any(|w| w.vulnerability == wanted);
        assert_eq!(vulnerable, is_vulnerable, "{version}");
        let result = assessed(catalog, &machine);
        let lacking = NotAssessed::Software {
            id: EDGE.to_owned(),
            lacking: "Edge's own build of a fix",
        };
        assert_eq!(
            result.not_assessed.contains(&lacking),
            is_undecided,
            "{version}"
        );
        let mut warnings = result.warnings.iter();
        let told = warnings.any(|w| w.contains("for CVE-2021-30632 the feed"));
        assert_eq!(told, is_undecided, "{version}: {:?}", result.warnings);
        let outline = assessor.outline(&machine).unwrap();
        let decided = (!is_undecided).then_some(EDGE);
        assert_eq!(outline.by_version, decided, "{version}");
        let beta = SoftwareFact::of("Microsoft Corporation", "Microsoft Edge Beta", version);
        let Some(SoftwareFact::Unsupported { what, .. }) = beta else {
            panic!("{beta:?}");
        };
        machine.unsupported.push(what);
        let outline = assessor.outline(&machine).unwrap();
        assert_eq!(outline.by_version, None, "another channel has other fixes");
    }
}

#[test]
fn office_2019_is_decided_where_the_feed_names_a_build() {
    // CVE-2026-21509: 16.0.10417.20095.
    let Some(catalog) = real_feed::catalog() else {
        return;
    };
    let wanted = catalog.find_vulnerability("CVE-2026-21509").unwrap();
    for (build, expected) in [("16.0.10416.20000", true), ("16.0.10417.20095", false)] {
        let mut machine = client(19_045, 9_999);
        machine.click_to_run = vec![(ClickToRun::Office2019, Version::parse(build).unwrap())];
        let found = weaknesses(catalog, &machine);
        let open: Vec<_> = found.iter().map(|w| w.vulnerability).collect();
        assert_eq!(open.contains(&wanted), expected, "{build}");
    }
}
