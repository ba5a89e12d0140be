//! Microsoft's CSAF documents.

use std::path::PathBuf;

use kbgap_catalog::{DocumentRecord, Feed, Severity, Subtype, compile, compile_feed};
use kbgap_feed::{Content, FeedError, Reason, cvrf, source};
use kbgap_testkit::shared;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::mutations;

fn of(content: Content) -> DocumentRecord {
    match content {
        Content::Advisory(document) => document,
        other => panic!("{other:?}"),
    }
}

fn read(document: &Value) -> Result<DocumentRecord, FeedError> {
    let text = document.to_string();
    kbgap_feed::read(source::from_bytes("csaf.json", text.as_bytes())).map(of)
}

fn advisory() -> Value {
    json!({
        "document": {
            "category": "csaf_security_advisory", "csaf_version": "2.0", "title": "T",
            "aggregate_severity": {"namespace": "n", "text": "Important"},
            "publisher": {"category": "vendor", "name": "MSRC", "namespace": "https://msrc.microsoft.com"},
            "tracking": {
                "id": "msrc_CVE-2025-0001", "version": "2", "status": "final",
                "initial_release_date": "2025-03-11T07:00:00.000Z", "current_release_date": "2025-03-21T07:00:00.000Z",
                "revision_history": [{"date": "2025-03-11T07:00:00.000Z", "number": "1"}, {"date": "2025-03-21T07:00:00.000Z", "number": "2"}],
            },
        },
        "product_tree": {"branches": [{"category": "vendor", "name": "Microsoft", "branches": [
            {"branches": [
                {"category": "product_version_range", "name": "<10.0.17763.7009",
                 "product": {"name": "Windows Server 2019 <10.0.17763.7009", "product_id": "1"}},
                {"category": "product_version", "name": "10.0.17763.7009",
                 "product": {"name": "Windows Server 2019 10.0.17763.7009", "product_id": "11571"}},
            ], "category": "product_name", "name": "Windows Server 2019"},
            {"branches": [
                {"category": "product_version_range", "name": "<2.0",
                 "product": {"name": "Widget <2.0", "product_id": "2"}},
            ], "category": "product_name", "name": "Widget"},
        ]}]},
        "vulnerabilities": [{
            "cve": "CVE-2025-0001", "title": "V",
            "product_status": {"fixed": ["11571"], "known_affected": ["1", "2"]},
            "remediations": [
                {"category": "vendor_fix", "details": "10.0.17763.7009:Security Update:https://support.microsoft.com/help/5053596",
                 "product_ids": ["1"], "url": "https://support.microsoft.com/help/5053596"},
                {"category": "vendor_fix", "details": "2.0:Security Update:", "product_ids": ["2"]},
                {"category": "mitigation", "details": "Turn it off", "product_ids": ["1"]},
            ],
            "scores": [{"cvss_v3": {"baseScore": 7.8, "vectorString": "v"}, "products": ["1"]}],
            "threats": [
                {"category": "impact", "details": "Spoofing"},
                {"category": "exploit_status", "details": "Publicly Disclosed:No;Exploited:Yes;Latest Software Release:x"},
            ],
        }],
    })
}

#[test]
fn a_whole_advisory() {
    let document = read(&advisory()).unwrap();
    assert_eq!(
        (document.id.as_str(), document.revision.as_str()),
        ("csaf:msrc_CVE-2025-0001", "2")
    );
    assert_eq!(document.month().to_string(), "2025-Mar");
    assert_eq!(document.odd_values, []);
    let products: Vec<_> = document
        .products
        .iter()
        .map(|p| (p.id.as_str(), p.name.as_str()))
        .collect();
    assert_eq!(
        products,
        [("11571", "Windows Server 2019"), ("csaf:Widget", "Widget")]
    );
    let [it] = &document.vulnerabilities[..] else {
        panic!("{document:?}")
    };
    assert_eq!(
        (it.id.as_str(), it.title.as_str(), it.impact.as_str()),
        ("CVE-2025-0001", "V", "Spoofing")
    );
    assert!(it.exploited && !it.publicly_disclosed && it.severity == Severity::Important);
    assert_eq!(it.cvss.as_ref().unwrap().tenths, 78);
    assert_eq!(it.revisions.len(), 2);
    assert_eq!(it.fixes.len(), 2);
    assert_eq!(it.fixes[0].kb.unwrap().number(), 5_053_596);
    assert_eq!(
        (it.fixes[0].fixed_build.as_str(), it.fixes[0].subtype),
        ("10.0.17763.7009", Subtype::SecurityUpdate)
    );
    assert_eq!(it.fixes[0].products, [(0, Severity::Important)]);
    assert_eq!((it.fixes[1].kb, it.fixes[1].products[0].0), (None, 1));
}

#[test]
fn what_is_not_affected_is_no_product_of_it() {
    let mut some = advisory();
    some["vulnerabilities"][0]["product_status"]["known_not_affected"] = json!(["2"]);
    let some = read(&some).unwrap();
    let fixes = &some.vulnerabilities[0].fixes;
    assert!(fixes[0].products.len() == 1 && fixes[1].products.is_empty());
    let mut none = advisory();
    none["document"]["category"] = json!("csaf_vex");
    none["vulnerabilities"][0]["product_status"] = json!({"known_not_affected": ["1", "2"]});
    let none = read(&none).unwrap();
    assert_eq!(none.id, "vex:msrc_CVE-2025-0001");
    assert_eq!(none.vulnerabilities, []);
}

#[test]
fn whoever_else_publishes_is_refused() {
    for namespace in [
        "https://www.redhat.com",
        "https://msrc.microsoft.com.example.org",
        "",
    ] {
        let mut document = advisory();
        document["document"]["publisher"] = json!({"name": "Other", "namespace": namespace});
        let error = read(&document).unwrap_err();
        assert!(matches!(error.reason, Reason::OtherPublisher(_)), "{error}");
    }
}

#[test]
fn one_odd_value_never_stops_the_rest() {
    for (pointer, odd) in [
        ("/vulnerabilities/0/threats", json!(7)),
        (
            "/vulnerabilities/0/scores/0/cvss_v3/baseScore",
            json!("high"),
        ),
        (
            "/vulnerabilities/0/remediations/0/product_ids/0",
            json!("404"),
        ),
        ("/product_tree/branches/0/branches/1", json!([])),
        ("/document/aggregate_severity/text", json!("Severe")),
        ("/document/tracking/initial_release_date", json!("soon")),
    ] {
        let mut document = advisory();
        *document.pointer_mut(pointer).unwrap() = odd;
        let document = read(&document).unwrap();
        assert!(!document.odd_values.is_empty(), "{pointer}");
        assert_eq!(document.vulnerabilities.len(), 1, "{pointer}");
    }
    let error = read(&json!({"document": {"csaf_version": "2.0"}})).unwrap_err();
    assert!(matches!(error.reason, Reason::OtherPublisher(_)), "{error}");
}

fn real(folder: &str) -> Vec<PathBuf> {
    let Some(shared) = shared() else {
        return Vec::new();
    };
    let folder = shared.join("data/msrc-csaf").join(folder).join("2025");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files
}

fn real_documents() -> Vec<DocumentRecord> {
    let files = [real("csaf-advisories"), real("csaf-vex")].concat();
    let documents = files
        .iter()
        .map(|file| of(kbgap_feed::read(source::open(file).unwrap()).unwrap()));
    documents.collect()
}

#[test]
fn the_real_documents() {
    let documents = real_documents();
    for document in &documents {
        assert_eq!(document.odd_values, [], "{}", document.id);
        let [it] = &document.vulnerabilities[..] else {
            panic!("{document:?}")
        };
        assert!(document.id.ends_with(&it.id) && it.cvss.is_some() && !it.fixes.is_empty());
        for fix in &it.fixes {
            assert!(
                !fix.fixed_build.is_empty() && !fix.products.is_empty(),
                "{fix:?}"
            );
        }
    }
    if let Some(edge) = documents.iter().find(|d| d.id.ends_with("29806")) {
        let name = (edge.products[0].id.as_str(), edge.products[0].name.as_str());
        assert_eq!(name, ("11655", "Microsoft Edge (Chromium-based)"));
        assert_eq!(
            edge.vulnerabilities[0].fixes[0].fixed_build,
            "129.0.2792.52"
        );
    }
}

/// The months have these CVEs, and say all that these documents say but that nothing: the
/// catalogue is the same, byte for byte, but for what it says of its sources.
#[test]
fn beside_their_months_they_change_nothing() {
    let Some(shared) = shared() else { return };
    let months: Vec<_> = ["2025-Feb", "2025-Mar"]
        .iter()
        .map(|month| shared.join(format!("data/msrc-cvrf-xml/{month}.xml.zst")))
        .map(|file| cvrf::read(source::open(&file).unwrap()).unwrap())
        .collect();
    let advisories = real_documents();
    assert_eq!(advisories.len(), 4);
    let with = compile_feed(&Feed {
        documents: months.clone(),
        advisories,
        ..Feed::default()
    })
    .unwrap();
    let without = compile(&months).unwrap();
    assert_eq!(with.sources().count(), 2);
    let told = |catalog: &kbgap_catalog::Catalog| {
        let fixes = catalog.products().flat_map(|product| {
            let name = product.name().to_owned();
            let fixes = product.fixes();
            fixes
                .map(move |fix| {
                    let cve = fix.vulnerability().id();
                    format!(
                        "{name} {cve} {:?} {:?} {:?}",
                        fix.kb().map(|kb| kb.number()),
                        fix.revision(),
                        fix.severity()
                    )
                })
                .collect::<Vec<_>>()
        });
        let vulnerabilities = catalog.vulnerabilities().map(|v| {
            let revisions: Vec<_> = v.revisions().collect();
            format!(
                "{} {} {} {:?} {:?} {} {} {revisions:?}",
                v.id(),
                v.title(),
                v.impact(),
                v.severity(),
                v.cvss(),
                v.is_exploited(),
                v.is_publicly_disclosed()
            )
        });
        fixes.chain(vulnerabilities).collect::<Vec<_>>()
    };
    let (with, without) = (told(&with), told(&without));
    let changed: Vec<_> = with.iter().zip(&without).filter(|(a, b)| a != b).collect();
    assert_eq!(changed, Vec::<(&String, &String)>::new());
    assert_eq!(with.len(), without.len());
}

proptest! {
    #[test]
    fn no_mutation_makes_it_panic(bytes in mutations(advisory().to_string())) {
        let _ = kbgap_feed::read(source::from_bytes("x", &bytes));
    }
}
