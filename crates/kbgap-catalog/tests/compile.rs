//! Compiling documents: what the traps of the real feed must not do.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use kbgap_catalog::{Catalog, DocumentRecord, OddKind, Severity, compile};
use kbgap_testkit::feed::{W1909, document, fix, kb, vulnerability};
use kbgap_testkit::snapshot::{sections, with_checksum};
use proptest::prelude::*;

const W24H2: &str = "Windows 11 Version 24H2 for x64-based Systems";

fn title(catalog: &Catalog, number: u32) -> String {
    catalog.kb(kb(number)).unwrap().title().to_owned()
}

#[test]
fn the_document_with_the_most_cves_names_a_kb_and_a_tie_goes_to_the_earlier() {
    let once = |id: &str, cves: &[&str]| {
        document(
            id,
            &[("1", W1909)],
            cves.iter()
                .map(|c| vulnerability(c, vec![fix(5_000_001, "", &[])]))
                .collect(),
        )
    };
    let catalog = compile(&[
        once("2020-Mar", &["CVE-2020-0001"]),
        once("2019-Aug", &["CVE-2019-0001"]),
    ])
    .unwrap();
    assert_eq!(title(&catalog, 5_000_001), "Title of 2019-Aug");
    let catalog = compile(&[
        once("2019-Aug", &["CVE-2019-0001", "ADV190001", "ADV190002"]),
        once("2020-Mar", &["CVE-2020-0001", "CVE-2020-0002"]),
    ])
    .unwrap();
    assert_eq!(title(&catalog, 5_000_001), "Title of 2020-Mar");
}

#[test]
fn one_name_under_two_ids_and_one_id_under_two_spellings_are_one_product() {
    let documents = [
        document(
            "2020-Jan",
            &[("11713", W1909)],
            vec![vulnerability(
                "CVE-2020-0001",
                vec![fix(5_000_001, "", &[])],
            )],
        ),
        document(
            "2020-Feb",
            &[("99999", "Windows 10 version 1909  for x64-based systems")],
            vec![vulnerability(
                "CVE-2020-0002",
                vec![fix(5_000_002, "", &[])],
            )],
        ),
        document(
            "2020-Mar",
            &[("99999", "Windows 10 1909 (another spelling)")],
            vec![vulnerability(
                "CVE-2020-0003",
                vec![fix(5_000_003, "", &[])],
            )],
        ),
    ];
    let catalog = compile(&documents).unwrap();
    assert_eq!(catalog.products().count(), 1);
    assert_eq!(catalog.products().next().unwrap().fixes().len(), 3);
    assert_eq!(catalog.products().next().unwrap().id(), "11713");
}

#[test]
fn a_fix_of_another_family_is_dropped_and_counted() {
    let documents = [document(
        "2024-Aug",
        &[("1", W24H2)],
        vec![
            vulnerability(
                "CVE-2024-0001",
                vec![fix(5_055_528, "10.0.22621.5189", &[])],
            ),
            vulnerability("CVE-2024-0002", vec![fix(5_062_553, "0.0.26200.4652", &[])]),
        ],
    )];
    let catalog = compile(&documents).unwrap();
    let product = catalog.products().next().unwrap();
    let kept: Vec<_> = product
        .fixes()
        .map(|f| (f.kb().unwrap().number(), f.revision()))
        .collect();
    assert_eq!(kept, [(5_062_553, Some(4_652))]);
    let odd: Vec<_> = catalog
        .odd_values()
        .filter(|o| o.kind == OddKind::WrongFamily)
        .collect();
    assert_eq!(odd.len(), 1);
    assert!(
        odd[0].detail.contains("KB5055528") && odd[0].detail.contains("22621.5189"),
        "{}",
        odd[0].detail
    );
}

#[test]
fn a_kb_that_supersedes_itself_is_counted_and_the_rest_kept() {
    let catalog = compile(&[document(
        "2026-Mar",
        &[("1", W1909)],
        vec![vulnerability(
            "CVE-2026-0001",
            vec![fix(5_077_469, "", &[5_077_469, 5_000_001])],
        )],
    )])
    .unwrap();
    assert_eq!(
        catalog
            .kb(kb(5_077_469))
            .unwrap()
            .supersedes()
            .collect::<Vec<_>>(),
        [5_000_001]
    );
    assert!(
        catalog
            .odd_values()
            .any(|o| o.kind == OddKind::SupersedesItself)
    );
}

#[test]
fn revisions_come_from_the_update_history_where_the_feed_has_none() {
    let catalog = compile(&[document(
        "2020-Mar",
        &[("1", W1909)],
        vec![vulnerability(
            "CVE-2020-0001",
            vec![fix(4_540_673, "", &[])],
        )],
    )])
    .unwrap();
    assert_eq!(
        catalog
            .products()
            .next()
            .unwrap()
            .fixes()
            .next()
            .unwrap()
            .revision(),
        Some(719)
    );
}

#[test]
fn a_release_note_is_a_fix_but_no_kb() {
    let mut note = fix(5_000_001, "1.2.3", &[]);
    note.kb = None;
    let catalog = compile(&[document(
        "2020-Mar",
        &[("1", W1909)],
        vec![vulnerability("CVE-2020-0001", vec![note])],
    )])
    .unwrap();
    assert_eq!(catalog.kbs().len(), 0);
    let product = catalog.products().next().unwrap();
    assert!(!product.has_kb());
    assert_eq!(product.fixes().next().unwrap().fixed_build(), "1.2.3");
}

#[test]
fn a_product_that_no_row_reaches_never_makes_a_run_fail() {
    let catalog = compile(&[document(
        "2030-Jan",
        &[(
            "1",
            "Quantum Abacus 3000 on Windows 12 for x128-based Systems",
        )],
        vec![vulnerability(
            "CVE-2030-0001",
            vec![fix(5_000_001, "25.1", &[])],
        )],
    )])
    .unwrap();
    let product = catalog.products().next().unwrap();
    assert_eq!((product.software(), product.platform()), (None, None));
    assert!(product.has_kb());
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let catalog = compile(&[document("2020-Mar", &[("1", W1909)], vec![])]).unwrap();
    let bytes = catalog.as_bytes().to_vec();
    assert!(Catalog::from_bytes(bytes.clone()).is_ok());
    for position in [0, 9, 20, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x55;
        assert!(Catalog::from_bytes(damaged).is_err(), "byte {position}");
    }
    for length in [0, 8, 50, bytes.len() - 1] {
        assert!(
            Catalog::from_bytes(bytes[..length].to_vec()).is_err(),
            "length {length}"
        );
    }
}

/// The snapshot with other bytes at a place of a section, and a checksum that holds.
fn forged(good: &[u8], section: usize, at: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let at = sections(good)[section].start + at;
    bytes[at..at + value.len()].copy_from_slice(value);
    with_checksum(bytes)
}

#[test]
fn a_forged_snapshot_is_refused_with_what_is_wrong() {
    let month = document(
        "2020-Mar",
        &[("1", W1909)],
        vec![
            vulnerability(
                "CVE-2020-0001",
                vec![fix(4_540_673, "10.0.18363.719", &[4_532_693])],
            ),
            vulnerability("CVE-2020-0002", vec![fix(4_540_673, "10.0.18363.719", &[])]),
        ],
    );
    let catalog = compile(&[month]).unwrap();
    let good = catalog.as_bytes();
    assert!(Catalog::from_bytes(with_checksum(good.to_vec())).is_ok());
    let far = &1_000_000_u32.to_le_bytes()[..];
    let zero = &0_u32.to_le_bytes()[..];
    for (section, at, value, wrong) in [
        (0, 0, &[0xff][..], "a text is not UTF-8"),
        (1, 4, far, "a text is out of bounds"),
        (3, 20, zero, "fixes out of bounds"),
        (3, 24, far, "a product's software is not there"),
        (4, 0, far, "a fix of another product"),
        (4, 4, far, "fixes out of order"),
        (4, 8, far, "a fix of what is not there"),
        (5, 0, zero, "a number that is no KB's"),
        (5, 16, far, "what a KB fixes or supersedes is out of bounds"),
        (6, 0, far, "what a KB fixes or supersedes is out of bounds"),
        (10, 36, far, "revisions out of bounds"),
        (13, 0, &i64::MAX.to_le_bytes()[..], "a date that is none"),
    ] {
        let error = Catalog::from_bytes(forged(good, section, at, value)).unwrap_err();
        assert!(
            error.to_string().contains(wrong),
            "{section}, {at}: {error}"
        );
    }
}

/// What documents can tell is never taken for forged.
#[test]
fn the_first_and_the_last_instant_that_documents_can_tell_are_sound() {
    for date in [
        "-009999-01-02T01:59:59Z",
        "0000-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
    ] {
        let date: jiff::Timestamp = date.parse().unwrap();
        let mut month = document("2020-Mar", &[("1", W1909)], vec![]);
        month.current_release = date.as_second();
        let catalog = compile(&[month]).unwrap();
        assert_eq!(catalog.as_of(), Some(date.as_second()));
    }
}

#[test]
fn a_section_that_ends_within_a_row_is_refused() {
    let catalog = compile(&[document("2020-Mar", &[("1", W1909)], vec![])]).unwrap();
    // The end of the fourth section, of products.
    const END: usize = 36 + 3 * 8 + 4;
    let mut bytes = catalog.as_bytes().to_vec();
    bytes[END] -= 1;
    let error = Catalog::from_bytes(with_checksum(bytes)).unwrap_err();
    assert!(error.to_string().contains("within a row"), "{error}");
}

#[test]
fn no_documents_make_an_empty_catalogue() {
    let catalog = compile(&[]).unwrap();
    assert_eq!(
        (
            catalog.documents().len(),
            catalog.kbs().len(),
            catalog.as_of()
        ),
        (0, 0, None)
    );
}

fn any_document(month: usize) -> impl Strategy<Value = DocumentRecord> {
    let months = ["2020-Jan", "2020-Feb", "2020-Mar", "2020-Apr"];
    let names = [
        W1909,
        W24H2,
        "Windows Server 2019",
        "Windows 10 Version 1909 for x64-based systems",
    ];
    let products = prop::collection::vec((1_u8..4, 0..names.len()), 1..4);
    let fixes = prop::collection::vec((1_u32..6, 1_u32..6, 0_usize..4, any::<bool>()), 0..5);
    let vulnerabilities = prop::collection::vec((1_u8..5, fixes), 0..5);
    (products, vulnerabilities).prop_map(move |(products, vulnerabilities)| {
        let products: Vec<(String, &str)> = products
            .into_iter()
            .map(|(id, name)| (id.to_string(), names[name]))
            .collect();
        let borrowed: Vec<(&str, &str)> = products
            .iter()
            .map(|(id, name)| (id.as_str(), *name))
            .collect();
        let count = u32::try_from(borrowed.len()).unwrap();
        let vulnerabilities = vulnerabilities
            .into_iter()
            .map(|(cve, fixes)| {
                let fixes = fixes.into_iter().map(|(number, older, build, second)| {
                    let builds = ["", "10.0.18363.700", "10.0.26100.4652", "10.0.17763.1"];
                    let mut record = fix(5_000_000 + number, builds[build], &[5_000_000 + older]);
                    if second {
                        record.products.push((count - 1, Severity::Critical));
                    }
                    record
                });
                vulnerability(&format!("CVE-2020-000{cve}"), fixes.collect())
            })
            .collect();
        document(months[month], &borrowed, vulnerabilities)
    })
}

proptest! {
    #[test]
    fn the_order_of_documents_does_not_matter(
        (documents, shuffled) in (any_document(0), any_document(1), any_document(2), any_document(3))
            .prop_map(|(a, b, c, d)| vec![a, b, c, d])
            .prop_flat_map(|documents| (Just(documents.clone()), Just(documents).prop_shuffle()))
    ) {
        let (one, other) = (compile(&documents).unwrap(), compile(&shuffled).unwrap());
        prop_assert_eq!(one.as_bytes(), other.as_bytes());
    }
}
