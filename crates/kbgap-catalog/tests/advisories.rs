//! Documents about single CVEs, beside months and without them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use kbgap_catalog::{
    Catalog, Cvss, DocumentRecord, Feed, RevisionRecord, Severity, SourceKind, Vulnerability,
    VulnerabilityRecord, compile, compile_feed,
};
use kbgap_testkit::feed::{W1909, document, fix, kb, vulnerability};

/// In March 2020.
const MARCH: i64 = 1_584_000_000;

fn advisory(cve: &str, products: &[(&str, &str)], of: VulnerabilityRecord) -> DocumentRecord {
    let mut document = document(&format!("csaf:msrc_{cve}"), products, vec![of]);
    document.initial_release = MARCH;
    document.current_release = MARCH;
    document
}

fn month() -> DocumentRecord {
    let mut first = vulnerability("CVE-2020-0001", vec![fix(5_000_001, "10.0.18363.700", &[])]);
    first.title = "Of the month".to_owned();
    first.severity = Severity::Important;
    let bare = vulnerability("CVE-2020-0002", vec![fix(5_000_001, "", &[])]);
    document("2020-Mar", &[("11713", W1909)], vec![first, bare])
}

fn with(advisories: Vec<DocumentRecord>) -> Catalog {
    compile_feed(&Feed {
        documents: vec![month()],
        advisories,
        ..Feed::default()
    })
    .unwrap()
}

fn get<'c>(catalog: &'c Catalog, cve: &str) -> Vulnerability<'c> {
    let ix = catalog.find_vulnerability(cve).unwrap();
    catalog.vulnerability(ix).unwrap()
}

/// What decides about what is missing.
fn fixes(catalog: &Catalog) -> Vec<String> {
    let products = catalog.products();
    products
        .flat_map(|product| {
            let name = product.name().to_owned();
            let fixes = product.fixes().map(move |fix| {
                let (cve, kb) = (fix.vulnerability().id(), fix.kb().map(|kb| kb.number()));
                format!(
                    "{name} {cve} {kb:?} {:?} {:?}",
                    fix.revision(),
                    fix.severity()
                )
            });
            fixes.collect::<Vec<_>>()
        })
        .collect()
}

fn full(cve: &str) -> VulnerabilityRecord {
    VulnerabilityRecord {
        title: "Of the advisory".to_owned(),
        severity: Severity::Critical,
        impact: "Spoofing".to_owned(),
        cvss: Some(Cvss {
            tenths: 98,
            vector: "v".to_owned(),
        }),
        exploited: true,
        publicly_disclosed: true,
        revisions: vec![RevisionRecord {
            date: MARCH,
            number: "1".to_owned(),
        }],
        ..vulnerability(cve, vec![fix(5_999_999, "10.0.18363.999", &[])])
    }
}

#[test]
fn a_cve_of_a_month_keeps_what_the_month_says() {
    let plain = compile(&[month()]).unwrap();
    let catalog = with(vec![
        advisory(
            "CVE-2020-0001",
            &[("11713", "Another spelling")],
            full("CVE-2020-0001"),
        ),
        advisory("CVE-2020-0002", &[("11713", W1909)], full("CVE-2020-0002")),
    ]);
    assert_eq!(fixes(&catalog), fixes(&plain));
    assert_eq!(catalog.kbs().len(), plain.kbs().len());
    assert_eq!(catalog.documents().len(), 1);
    assert_eq!(catalog.as_of(), plain.as_of());

    let first = get(&catalog, "CVE-2020-0001");
    assert_eq!(
        (first.title(), first.severity()),
        ("Of the month", Severity::Important)
    );
    // What it leaves empty is filled.
    assert_eq!(
        (first.impact(), first.cvss()),
        ("Spoofing", Some((98, "v")))
    );
    assert_eq!(first.revisions().len(), 1);
    let second = get(&catalog, "CVE-2020-0002");
    assert_eq!(
        (second.title(), second.severity()),
        ("Of the advisory", Severity::Critical)
    );
    // It only ever becomes known.
    assert!(first.is_exploited() && first.is_publicly_disclosed());
}

#[test]
fn a_cve_that_no_month_has_goes_into_its_month() {
    let catalog = with(vec![advisory(
        "CVE-2020-0003",
        &[
            ("11713", "Another spelling"),
            ("1", "Windows 10 Version 1903 for x64-based Systems"),
        ],
        vulnerability("CVE-2020-0003", vec![fix(5_000_003, "10.0.18363.800", &[])]),
    )]);
    let added = catalog.kb(kb(5_000_003)).unwrap();
    assert_eq!(added.title(), "Title of 2020-Mar");
    assert_eq!(added.month().to_string(), "2020-Mar");
    let product = catalog.products().find(|p| p.name() == W1909).unwrap();
    assert_eq!(
        product.fixes().len(),
        3,
        "its id joins it to the product of the month"
    );
    let documents: Vec<_> = catalog.documents().map(|d| d.vulnerabilities()).collect();
    assert_eq!(documents, [2], "documents are counted as they are");
    let csaf = catalog.source(SourceKind::Csaf).unwrap();
    assert_eq!(
        (csaf.documents(), csaf.entries(), csaf.newest()),
        (1, 1, MARCH)
    );
}

#[test]
fn advisories_alone_are_a_feed() {
    let of = |cve: &str, number| {
        let fixes = vec![fix(number, "10.0.18363.700", &[])];
        advisory(cve, &[("11713", W1909)], vulnerability(cve, fixes))
    };
    let mut advisories = vec![
        of("CVE-2020-0001", 5_000_001),
        of("CVE-2020-0002", 5_000_001),
    ];
    let compiled = |advisories: &[DocumentRecord]| {
        compile_feed(&Feed {
            advisories: advisories.to_vec(),
            ..Feed::default()
        })
        .unwrap()
    };
    let catalog = compiled(&advisories);
    let kb = catalog.kb(kb(5_000_001)).unwrap();
    assert_eq!(kb.title(), "March 2020 Security Updates");
    assert_eq!(catalog.as_of(), Some(MARCH));
    assert!(catalog.knows_updates() && catalog.documents().len() == 0);
    advisories.reverse();
    assert_eq!(compiled(&advisories).as_bytes(), catalog.as_bytes());
}
