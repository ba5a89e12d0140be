//! Windows 10 1909 x64: the numbers that Microsoft published (sections 6 and 7).

use std::collections::BTreeSet;

use kbgap_catalog::KbId;

use crate::hosts::{assessed, client, missing, undecided};
use kbgap_testkit::real_feed::{catalog, catalog_until};

#[test]
fn documents_up_to_march_2020() {
    let Some(catalog) = catalog_until("2020-Mar") else {
        return;
    };
    let result = assessed(&catalog, &client(18_363, 592));
    let mut ids: Vec<_> = result.missing.iter().map(|kb| kb.id.number()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [4_532_693, 4_540_673, 4_551_762, 4_556_799, 4_560_960]);
    assert!(
        undecided(&result).contains(&(4_535_680, "secureBoot")),
        "{:?}",
        undecided(&result)
    );
    assert!(
        result.advisories.iter().any(|kb| kb.number() == 4_537_759),
        "{:?}",
        result.advisories
    );
}

#[test]
fn march_2020_addresses_97_cves() {
    let Some(catalog) = catalog() else { return };
    let result = assessed(catalog, &client(18_363, 592));
    let march = result
        .missing
        .iter()
        .find(|kb| kb.id.number() == 4_540_673)
        .unwrap();
    let software: Vec<_> = march
        .software
        .iter()
        .map(|s| (catalog.software_id(s.software), s.cves))
        .collect();
    assert_eq!(
        software,
        [
            ("microsoft-_-windows_10", 77),
            ("microsoft-_-edge", 14),
            ("microsoft-_-internet_explorer", 6)
        ]
    );
    assert_eq!(march.cve_addressed(), 97);
    assert_eq!(
        catalog.kb(march.id).unwrap().title(),
        "March 2020 Security Updates"
    );
    let february = result
        .missing
        .iter()
        .find(|kb| kb.id.number() == 4_532_693)
        .unwrap();
    assert_eq!(
        catalog.kb(february.id).unwrap().title(),
        "February 2020 Security Updates"
    );
    assert!(result.missing.iter().any(|kb| kb.id.number() == 4_551_762));
}

#[test]
fn the_97_are_95_distinct_ones() {
    let Some(catalog) = catalog() else { return };
    let march = catalog.kb(KbId::new(4_540_673).unwrap()).unwrap();
    let distinct: BTreeSet<_> = march
        .fixes()
        .filter(|fix| !fix.vulnerability().is_advisory())
        .filter(|fix| {
            let name = fix.product().name();
            name.ends_with("Windows 10 Version 1909 for x64-based Systems")
                && !name.contains(".NET")
        })
        .map(|fix| fix.vulnerability_ix())
        .collect();
    assert_eq!(distinct.len(), 95);
}

#[test]
fn september_2020_on_1809_addresses_68_cves_of_windows() {
    let Some(catalog) = catalog() else { return };
    let result = assessed(catalog, &client(17_763, 1_397));
    let september = result
        .missing
        .iter()
        .find(|kb| kb.id.number() == 4_570_333)
        .unwrap();
    assert_eq!(
        catalog.kb(september.id).unwrap().title(),
        "September 2020 Security Updates"
    );
    let of = |id: &str| {
        let software = september.software.iter();
        software
            .filter(|s| catalog.software_id(s.software) == id)
            .map(|s| s.cves)
            .sum::<u32>()
    };
    assert_eq!(of("microsoft-_-windows_10"), 68);
    assert_eq!(of("microsoft-_-internet_explorer"), 3);
}

#[test]
fn revision_720_has_all_three_even_with_an_empty_list() {
    let Some(catalog) = catalog() else { return };
    let ids = missing(catalog, &client(18_363, 720));
    for kb in [4_532_693, 4_540_673, 4_551_762] {
        assert!(!ids.contains(&kb), "{kb}");
    }
    assert!(!ids.is_empty());
}
