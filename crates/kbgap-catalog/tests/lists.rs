//! What lists of any vendor's CVEs bring into the catalogue.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use kbgap_catalog::{
    Catalog, EpssEntry, EpssRecord, Feed, KnownExploitedEntry, KnownExploitedRecord, OddKind,
    OddValue, Share, SourceKind, Vulnerability, compile, compile_feed,
};
use kbgap_testkit::feed::{W1909, document, fix, vulnerability};

const DAY: i64 = 86_400;

fn feed() -> Feed {
    let with = |id: &str| vulnerability(id, vec![fix(5_000_001, "", &[])]);
    let mut by_vendor = with("CVE-2020-0002");
    by_vendor.exploited = true;
    Feed {
        documents: vec![document(
            "2020-Mar",
            &[("1", W1909)],
            vec![
                with("CVE-2020-0001"),
                by_vendor,
                with("CVE-2020-0003"),
                with("ADV200001"),
            ],
        )],
        ..Feed::default()
    }
}

fn exploited(cve: &str) -> KnownExploitedEntry {
    KnownExploitedEntry {
        cve: cve.parse().unwrap(),
        date_added: Some(10 * DAY),
        due_date: None,
        required_action: "Apply updates".to_owned(),
        ransomware: true,
    }
}

fn with_lists() -> Feed {
    let score = |cve: &str, probability: f64, percentile: Option<f64>| EpssEntry {
        cve: cve.parse().unwrap(),
        probability: Share::new(probability).unwrap(),
        percentile: percentile.and_then(Share::new),
    };
    Feed {
        known_exploited: Some(KnownExploitedRecord {
            released: 20 * DAY,
            version: "1970.01.21".to_owned(),
            entries: vec![exploited("CVE-2019-9999"), exploited("CVE-2020-0001")],
            odd_values: vec![OddValue {
                document: "kev".to_owned(),
                kind: OddKind::Value,
                detail: "x".to_owned(),
            }],
        }),
        epss: Some(EpssRecord {
            scored: 21 * DAY,
            model: "v1".to_owned(),
            entries: vec![
                score("CVE-2020-0001", 0.975_67, Some(0.999_95)),
                score("CVE-2020-0003", 0.0, None),
                score("CVE-2021-0001", 0.5, None),
            ],
            odd_values: Vec::new(),
        }),
        ..feed()
    }
}

fn get<'c>(catalog: &'c Catalog, cve: &str) -> Vulnerability<'c> {
    let ix = catalog.find_vulnerability(cve).unwrap();
    catalog.vulnerability(ix).unwrap()
}

#[test]
fn a_vulnerability_has_what_lists_say_of_it() {
    let catalog = compile_feed(&with_lists()).unwrap();
    let first = get(&catalog, "CVE-2020-0001");
    let known = first.known_exploited().unwrap();
    assert_eq!(
        (known.date_added(), known.due_date()),
        (Some(10 * DAY), None)
    );
    assert_eq!(known.required_action(), "Apply updates");
    assert!(known.is_used_by_ransomware());
    let epss = first.epss().unwrap();
    assert_eq!(epss.probability.value(), 0.975_67);
    assert_eq!(epss.percentile.unwrap().value(), 0.999_95);

    assert!(get(&catalog, "CVE-2020-0002").epss().is_none());
    let third = get(&catalog, "CVE-2020-0003").epss().unwrap();
    assert_eq!((third.probability.value(), third.percentile), (0.0, None));
}

#[test]
fn it_is_exploited_where_the_vendor_or_the_list_says_so() {
    let catalog = compile_feed(&with_lists()).unwrap();
    let says = |cve: &str| {
        let it = get(&catalog, cve);
        (
            it.is_exploited(),
            it.is_exploited_as_vendor_says(),
            it.known_exploited().is_some(),
        )
    };
    assert_eq!(says("CVE-2020-0001"), (true, false, true));
    assert_eq!(says("CVE-2020-0002"), (true, true, false));
    assert_eq!(says("CVE-2020-0003"), (false, false, false));
}

#[test]
fn lists_bring_no_vulnerability_and_change_nothing_else() {
    let (plain, with) = (
        compile(&feed().documents).unwrap(),
        compile_feed(&with_lists()).unwrap(),
    );
    assert_eq!(plain.vulnerabilities().len(), with.vulnerabilities().len());
    assert_eq!(plain.kbs().len(), with.kbs().len());
    assert_eq!(plain.as_of(), with.as_of());
    assert_eq!(with.odd_values().len(), 1);
    assert_eq!(plain.sources().count(), 1);
    assert_ne!(plain.checksum(), with.checksum());
}

#[test]
fn what_there_is_of_each_kind() {
    let catalog = compile_feed(&with_lists()).unwrap();
    let told: Vec<_> = catalog
        .sources()
        .map(|s| {
            (
                s.kind(),
                s.documents(),
                s.newest(),
                s.entries(),
                s.matched(),
                s.odd_values(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (SourceKind::Cvrf, 1, 1_600_000_000, 4, 4, 0),
            (SourceKind::Kev, 1, 20 * DAY, 2, 1, 1),
            (SourceKind::Epss, 1, 21 * DAY, 3, 2, 0),
        ]
    );
    assert_eq!(
        catalog.source(SourceKind::Kev).unwrap().version(),
        "1970.01.21"
    );
}

#[test]
fn what_it_was_compiled_of_is_carried_and_is_no_content() {
    let (one, two) = (
        compile_feed(&with_lists()).unwrap(),
        compile_feed(&Feed {
            source_mark: 7,
            ..with_lists()
        })
        .unwrap(),
    );
    assert_eq!((one.source_mark(), two.source_mark()), (0, 7));
    assert_eq!(one.checksum(), two.checksum());
}

#[test]
fn what_decides_nothing_is_no_other_catalogue_to_whoever_decides() {
    let decisive = |feed: &Feed| compile_feed(feed).unwrap().decisive_checksum();
    let before = with_lists();
    let mut after = before.clone();
    after.epss = None;
    if let Some(list) = &mut after.known_exploited {
        list.entries[1].required_action = "Something else".to_owned();
        list.entries[1].due_date = Some(30 * DAY);
    }
    assert_eq!(decisive(&before), decisive(&after));
    assert_ne!(
        compile_feed(&before).unwrap().checksum(),
        compile_feed(&after).unwrap().checksum()
    );
    after.known_exploited = None;
    assert_ne!(
        decisive(&before),
        decisive(&after),
        "whether it is exploited decides"
    );
    let mut revised = before.clone();
    revised.documents[0].vulnerabilities[0].title = "Other".to_owned();
    assert_ne!(decisive(&before), decisive(&revised));
}
