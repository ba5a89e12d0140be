//! What is odd in a document, and what makes it none.

use kbgap_catalog::OddKind;
use kbgap_feed::{Reason, cvrf, source};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::read;
use crate::{mutations, reversed};

fn month() -> Value {
    json!({
        "DocumentTitle": {"Value": "March 2020 Security Updates"},
        "DocumentTracking": {
            "Identification": {"ID": {"Value": "2020-Mar"}, "Alias": {"Value": "2020-Mar"}},
            "RevisionHistory": [{"Number": "12", "Date": "2026-02-18T03:08:15"}],
            "InitialReleaseDate": "2020-03-10T07:00:00Z",
            "CurrentReleaseDate": "2026-02-18T03:08:15",
        },
        "ProductTree": {
            "Branch": [{"Type": 0, "Name": "Microsoft", "Items": [
                {"Type": 1, "Name": "Windows", "Items": [{"ProductID": "11713", "Value": "Windows 10 Version 1909 for x64-based Systems"}]},
            ]}],
            "FullProductName": [{"ProductID": "11713", "Value": "Windows 10 Version 1909 for x64-based Systems"}],
        },
        "Vulnerability": [vulnerability("CVE-2020-0001"), vulnerability("CVE-2020-0002")],
    })
}

fn vulnerability(id: &str) -> Value {
    json!({
        "Title": {"Value": "A & B"},
        "CVE": id,
        "Threats": [
            {"Description": {"Value": "Spoofing"}, "ProductID": ["11713"], "Type": 0},
            {"Description": {"Value": "Important"}, "ProductID": ["11713"], "Type": 3},
            {"Description": {"Value": "Publicly Disclosed:No;Exploited:Yes"}, "Type": 1},
        ],
        "CVSSScoreSets": [{"BaseScore": 7.8, "Vector": "v", "ProductID": ["11713"]}],
        "Remediations": [{
            "Description": {"Value": "4540673"}, "Supercedence": "4532693", "ProductID": ["11713"], "Type": 2,
            "SubType": "Security Update", "FixedBuild": "10.0.18363.719",
        }],
        "RevisionHistory": [{"Number": "1.0", "Date": "2020-03-10T07:00:00Z"}],
    })
}

#[test]
fn a_whole_month() {
    let document = read(&month().to_string()).unwrap();
    assert_eq!(document.odd_values, []);
    assert_eq!(
        (document.id.as_str(), document.revision.as_str()),
        ("2020-Mar", "12")
    );
    assert_eq!(document.vulnerabilities.len(), 2);
    let first = &document.vulnerabilities[0];
    assert!(first.exploited && first.cvss.as_ref().unwrap().tenths == 78);
    assert_eq!(first.fixes[0].kb.unwrap().number(), 4_540_673);
    assert_eq!(first.fixes[0].supersedes[0].number(), 4_532_693);
}

#[test]
fn members_may_come_in_any_order() {
    let month = month();
    assert_eq!(
        read(&reversed(&month).to_string()).unwrap(),
        read(&month.to_string()).unwrap()
    );
}

#[test]
fn what_is_of_another_type_is_counted_with_its_place_and_the_rest_is_read() {
    for (pointer, odd, place) in [
        (
            "/Vulnerability/0/Threats",
            json!(7),
            "$.Vulnerability[0].Threats: no array",
        ),
        (
            "/Vulnerability/0/Threats/1",
            json!("x"),
            "$.Vulnerability[0].Threats[1]: no object",
        ),
        (
            "/Vulnerability/0/CVE",
            json!(true),
            "$.Vulnerability[0].CVE: no text",
        ),
        (
            "/Vulnerability/0/Title",
            json!([1, {"a": 2}]),
            "$.Vulnerability[0].Title: no text",
        ),
        (
            "/Vulnerability/0",
            json!([]),
            "$.Vulnerability[0]: no object",
        ),
        (
            "/ProductTree/Branch/0/Items",
            json!({}),
            "$.ProductTree.Branch[0].Items: no array",
        ),
        (
            "/DocumentTracking/RevisionHistory",
            json!("12"),
            "$.DocumentTracking.RevisionHistory: no array",
        ),
    ] {
        let mut month = month();
        *month.pointer_mut(pointer).unwrap() = odd;
        let document = read(&month.to_string()).unwrap();
        let told: Vec<_> = document
            .odd_values
            .iter()
            .map(|o| o.detail.as_str())
            .collect();
        assert!(told.contains(&place), "{pointer}: {told:?}");
        let second = document.vulnerabilities.last().unwrap();
        assert!(
            second.id == "CVE-2020-0002" && second.fixes.len() == 1,
            "{pointer}"
        );
    }
}

#[test]
fn values_that_cannot_be_read_are_odd_as_in_xml() {
    for (pointer, odd, kind) in [
        (
            "/Vulnerability/0/CVSSScoreSets/0/BaseScore",
            json!("seven"),
            OddKind::Value,
        ),
        (
            "/Vulnerability/0/CVSSScoreSets/0/BaseScore",
            json!(1e300),
            OddKind::Value,
        ),
        (
            "/Vulnerability/0/RevisionHistory/0/Date",
            json!("soon"),
            OddKind::Value,
        ),
        (
            "/Vulnerability/0/Threats/1/Description/Value",
            json!("Severe"),
            OddKind::Value,
        ),
        (
            "/Vulnerability/0/Remediations/0/ProductID/0",
            json!("404"),
            OddKind::UnknownProduct,
        ),
        (
            "/Vulnerability/0/Remediations/0/FixedBuild",
            json!("x"),
            OddKind::FixedBuild,
        ),
        (
            "/Vulnerability/0/CVE",
            json!("CVE-1"),
            OddKind::VulnerabilityId,
        ),
    ] {
        let mut month = month();
        *month.pointer_mut(pointer).unwrap() = odd;
        let document = read(&month.to_string()).unwrap();
        let kinds: Vec<_> = document.odd_values.iter().map(|o| o.kind).collect();
        assert_eq!(kinds, [kind], "{pointer}: {:?}", document.odd_values);
    }
}

#[test]
fn numbers_stand_for_texts_and_null_for_nothing() {
    let mut month = month();
    *month
        .pointer_mut("/Vulnerability/0/Remediations/0/Description")
        .unwrap() = json!(4_540_673);
    *month.pointer_mut("/Vulnerability/0/Threats").unwrap() = Value::Null;
    let document = read(&month.to_string()).unwrap();
    assert_eq!(document.odd_values, []);
    assert_eq!(
        document.vulnerabilities[0].fixes[0].kb.unwrap().number(),
        4_540_673
    );
}

#[test]
fn half_a_document_is_refused_with_its_line_and_place() {
    let whole = serde_json::to_string_pretty(&month()).unwrap();
    let cut = &whole[..whole.find("\"4532693\"").unwrap()];
    let error = read(cut).unwrap_err();
    assert!(matches!(error.reason, Reason::Truncated(_)), "{error}");
    let lines = cut.lines().count();
    let text = error.to_string();
    assert!(text.starts_with(&format!("month.json:{lines}: ")), "{text}");
    assert!(
        text.contains("$.Vulnerability[0].Remediations[0].Supercedence"),
        "{text}"
    );
}

#[test]
fn what_is_no_month_is_refused() {
    for (text, says) in [
        ("[]", "none of its members"),
        ("{\"value\":[]}", "none of its members"),
        ("{\"DocumentTitle\":\"T\"}", "no document id"),
        ("{\"DocumentTitle\":}", "not well-formed JSON"),
        ("{\"DocumentTitle\":\"T\"} x", "not well-formed JSON"),
        ("{\"DocumentTitle\":\"T\"}{}", "something follows"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn what_is_passed_over_may_be_long_and_what_is_read_may_not() {
    let mut month = month();
    let long = "x".repeat(5 << 20);
    month["DocumentNotes"] = json!([{"Value": long}]);
    assert!(read(&month.to_string()).is_ok());
    month["DocumentTitle"] = json!(long);
    let error = read(&month.to_string()).unwrap_err();
    assert!(matches!(error.reason, Reason::LongText(_)), "{error}");
}

#[test]
fn values_may_not_nest_without_end() {
    let deep = format!("{{\"Other\":{}", "[".repeat(100_000));
    let branches = format!(
        "{{\"ProductTree\":{{\"Branch\":{}",
        "[{\"Items\":".repeat(100_000)
    );
    for text in [deep, branches] {
        let error = read(&text).unwrap_err();
        assert!(error.to_string().contains("nest deeper"), "{error}");
    }
}

#[test]
fn utf16_and_packed_forms_are_read() {
    let text = month().to_string();
    let plain = read(&text).unwrap();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let packed = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for bytes in [utf16, packed] {
        assert_eq!(cvrf::read(source::from_bytes("x", &bytes)).unwrap(), plain);
    }
}

/// Any JSON at all in any place.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,9}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((".{0,5}", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                pointers(member, &format!("{at}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_stands_in_a_vulnerability_the_others_are_read(which in any::<prop::sample::Index>(), odd in any_json()) {
        let mut month = month();
        let mut all = Vec::new();
        pointers(&month["Vulnerability"][0], "/Vulnerability/0", &mut all);
        *month.pointer_mut(&all[which.index(all.len())]).unwrap() = odd;
        let document = read(&month.to_string()).unwrap();
        let second = document.vulnerabilities.last().unwrap();
        prop_assert!(second.id == "CVE-2020-0002" && second.fixes.len() == 1);
    }

    #[test]
    fn no_mutation_makes_it_panic(bytes in mutations(month().to_string())) {
        let _ = cvrf::read(source::from_bytes("x", &bytes));
    }
}

#[test]
fn a_place_behind_long_names_is_a_short_message() {
    let name = "n".repeat(200);
    let cut_off = format!("{{\"{name}\":").repeat(50);
    let error = read(&cut_off).unwrap_err().to_string();
    assert!(error.contains("cut off inside `$.nnn"), "{error}");
    assert!(error.len() < 600, "{} bytes: {error}", error.len());
}
