//! Windows 10 1909 x64: the numbers that Microsoft published (sections 6 and 7).

use crate::feed::{catalog, catalog_until};
use crate::hosts::{assessed, client, missing, undecided};

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
fn revision_720_has_all_three_even_with_an_empty_list() {
    let Some(catalog) = catalog() else { return };
    let ids = missing(catalog, &client(18_363, 720));
    for kb in [4_532_693, 4_540_673, 4_551_762] {
        assert!(!ids.contains(&kb), "{kb}");
    }
    assert!(!ids.is_empty());
}
