//! CISA's known exploited vulnerabilities.

use kbgap_catalog::{KnownExploitedRecord, OddKind};
use kbgap_feed::{Content, FeedError, Reason, source};
use kbgap_testkit::shared;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{mutations, reversed};

fn read(text: &str) -> Result<KnownExploitedRecord, FeedError> {
    match super::read("kev", text)? {
        Content::KnownExploited(list) => Ok(list),
        other => panic!("{other:?}"),
    }
}

fn entry(cve: &str) -> Value {
    json!({
        "cveID": cve, "vendorProject": "Microsoft", "product": "Windows", "vulnerabilityName": "x",
        "dateAdded": "2022-03-25", "shortDescription": "x", "requiredAction": "Apply updates\nnow.",
        "dueDate": "2022-04-15", "knownRansomwareCampaignUse": "Known", "notes": "", "cwes": ["CWE-1"],
    })
}

fn list() -> Value {
    json!({
        "title": "t", "catalogVersion": "2025.08.25", "dateReleased": "2025-08-25T17:04:19.9796Z", "count": 2,
        "vulnerabilities": [entry("CVE-2022-0002"), entry("CVE-2020-0796")],
    })
}

#[test]
fn the_real_list() {
    let Some(shared) = shared() else { return };
    let file = shared.join("data/kev/known_exploited_vulnerabilities.json");
    let Content::KnownExploited(list) = kbgap_feed::read(source::open(&file).unwrap()).unwrap()
    else {
        panic!("of another kind");
    };
    assert_eq!(
        (list.version.as_str(), list.released),
        ("2025.08.25", 1_756_141_459)
    );
    assert_eq!((list.entries.len(), list.odd_values.len()), (1_404, 0));
    assert!(list.entries.iter().all(|e| {
        e.date_added.is_some() && e.due_date.is_some() && !e.required_action.is_empty()
    }));
    let ransomware = list.entries.iter().filter(|e| e.ransomware).count();
    assert!((250..400).contains(&ransomware), "{ransomware}");
}

#[test]
fn a_list_as_json_and_as_csv() {
    let from_json = read(&list().to_string()).unwrap();
    assert_eq!(from_json.odd_values, []);
    let first = &from_json.entries[0];
    assert_eq!(first.cve.to_string(), "CVE-2020-0796");
    assert_eq!(
        (first.date_added, first.due_date),
        (Some(1_648_166_400), Some(1_649_980_800))
    );
    assert!(first.ransomware && first.required_action == "Apply updates now.");

    let row = |cve: &str| {
        format!(
            "{cve},Microsoft,\"Win, dows\",x,2022-03-25,\"x \"\"y\"\"\",\"Apply updates\nnow.\",2022-04-15,Known,,CWE-1\n"
        )
    };
    let csv = format!(
        "\u{feff}cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,\
         knownRansomwareCampaignUse,notes,cwes\n{}{}",
        row("CVE-2022-0002"),
        row("CVE-2020-0796")
    );
    let from_csv = read(&csv).unwrap();
    assert_eq!(from_csv.entries, from_json.entries);
    assert_eq!(from_csv.odd_values, []);
    // It is as new as its newest entry.
    assert_eq!(
        (from_csv.released, from_csv.version.as_str()),
        (1_648_166_400, "")
    );
}

#[test]
fn what_is_odd_is_counted_and_the_rest_is_read() {
    for (pointer, odd, kind, left) in [
        (
            "/vulnerabilities/0/cveID",
            json!("CVE-1"),
            OddKind::VulnerabilityId,
            1,
        ),
        (
            "/vulnerabilities/0/cveID",
            json!([]),
            OddKind::VulnerabilityId,
            1,
        ),
        ("/vulnerabilities/0", json!(7), OddKind::VulnerabilityId, 1),
        (
            "/vulnerabilities/0/dueDate",
            json!("soon"),
            OddKind::Value,
            2,
        ),
        ("/vulnerabilities/0/dateAdded", json!({}), OddKind::Value, 2),
        (
            "/vulnerabilities/0/cveID",
            json!("CVE-2020-0796"),
            OddKind::Value,
            1,
        ),
        ("/count", json!(7), OddKind::Value, 2),
        ("/dateReleased", json!("today"), OddKind::Value, 2),
    ] {
        let mut list = list();
        *list.pointer_mut(pointer).unwrap() = odd;
        let list = read(&list.to_string()).unwrap();
        assert_eq!(list.entries.len(), left, "{pointer}");
        let kinds: Vec<_> = list.odd_values.iter().map(|o| o.kind).collect();
        assert!(kinds.contains(&kind), "{pointer}: {:?}", list.odd_values);
    }
    let csv =
        "cveID,dateAdded\nnone,2022-03-25\nCVE-2020-0797\nCVE-2020-0796,2022-03-25,too,many\n";
    let list = read(csv).unwrap();
    assert_eq!(list.entries.len(), 2);
    assert!(
        list.odd_values[0].detail.starts_with("line 2: `none`"),
        "{:?}",
        list.odd_values
    );
}

#[test]
fn what_is_no_list_is_refused() {
    for (text, says) in [
        (
            r#"{"catalogVersion":"1","vulnerabilities":[]}"#,
            "no vulnerabilities",
        ),
        (
            r#"{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2020-0796"}]}"#,
            "no date",
        ),
        ("cveID,dateAdded\n", "no vulnerabilities"),
        (r#"{"catalogVersion":"1",,}"#, "not well-formed JSON"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let text = list().to_string();
    let error = read(&text[..text.len() / 2]).unwrap_err();
    assert!(matches!(error.reason, Reason::Truncated(_)), "{error}");
}

#[test]
fn rows_that_end_within_the_last_one_are_cut_off() {
    let whole = "cveID,dateAdded,requiredAction,dueDate,cwes\n\
                 CVE-2023-36802,2023-09-12,\"Apply, or\nstop\",2023-10-03,CWE-1\n\
                 CVE-2023-36803,2023-09-12,\"Apply, or\nstop\",2023-10-03,CWE-1\n";
    assert_eq!(read(whole).unwrap().entries.len(), 2);
    let last = whole.rfind("CVE-2023-36803").unwrap();
    for end in last + 1..whole.rfind("CWE").unwrap() {
        let told = read(&whole[..end]).unwrap_err().to_string();
        assert!(told.contains("cut off inside `line 4`"), "{end}: {told}");
    }
    // Within the list a short row is odd, and the others count.
    let list =
        read("cveID,dateAdded,dueDate\nCVE-2023-36802\nCVE-2023-36803,2023-09-12,\n").unwrap();
    assert_eq!(list.entries.len(), 2);
}

#[test]
fn it_is_recognised_whatever_comes_first() {
    let list = list();
    assert_eq!(
        read(&reversed(&list).to_string()).unwrap(),
        read(&list.to_string()).unwrap()
    );
}

proptest! {
    #[test]
    fn no_mutation_makes_it_panic(bytes in mutations(list().to_string())) {
        let _ = kbgap_feed::read(source::from_bytes("x", &bytes));
    }

    #[test]
    fn no_rows_make_it_panic(rows in "(?s).{0,200}") {
        let _ = super::read("x", &format!("cveID,dateAdded\n{rows}"));
    }
}
