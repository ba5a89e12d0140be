//! `/api/recommendations`.

use insta::assert_snapshot;

use super::fixture::{ALPHA, BETA, DELTA, FLEET, GAMMA};

const WINDOWS: &str = "/api/recommendations/va-_-microsoft-_-windows_10";

#[test]
fn one_recommendation_as_it_is_sent_names_the_kb() {
    let server = FLEET.get();
    let body = server.read(WINDOWS).body;
    let (shown, impact) = body.split_once("\"exposureImpact\":").unwrap();
    let impact: f64 = impact.split(',').next().unwrap().parse().unwrap();
    assert!(impact > 0.0 && impact <= 100.0, "{impact}");
    assert_snapshot!(
        shown
            .replace(&server.url, "https://host")
            .replace(",\"", ",\n\"")
    );
}

#[test]
fn there_is_one_for_each_software_that_is_exposed() {
    let server = FLEET.get();
    let ids = server.read("/api/recommendations").ids();
    let expected = ["edge", "internet_explorer", "windows_10"];
    assert_eq!(ids, expected.map(|name| format!("va-_-microsoft-_-{name}")));
    let of_machine = |id: &str| {
        server
            .read(&format!("/api/machines/{id}/recommendations"))
            .ids()
    };
    assert_eq!(of_machine(BETA), ids);
    assert_eq!(
        of_machine(ALPHA),
        ids[1..],
        "the new Edge took the place of the old"
    );
    assert!(of_machine(DELTA).is_empty());
}

#[test]
fn what_hangs_on_one_agrees_with_its_numbers() {
    let server = FLEET.get();
    let one = server.read(WINDOWS).json();
    let references = server.read(&format!("{WINDOWS}/machineReferences"));
    assert_eq!(references.ids(), [ALPHA, BETA, GAMMA]);
    assert_eq!(one["exposedMachinesCount"], 3);
    assert_eq!(one["totalMachineCount"], 4);
    let cves = server.read(&format!("{WINDOWS}/vulnerabilities")).ids();
    assert_eq!(one["weaknesses"], cves.len());
    let software = server.read(&format!("{WINDOWS}/software")).json();
    let own = server.read("/api/Software/microsoft-_-windows_10").json();
    assert!(software.get("value").is_none());
    for name in ["id", "weaknesses", "exposedMachines", "impactScore"] {
        assert_eq!(software[name], own[name], "{name}");
    }
    let expanded = server.read(&format!(
        "{WINDOWS}?$select=id&$expand=software($select=id),vulnerabilities"
    ));
    let expanded = expanded.json();
    assert_eq!(expanded["software"]["id"], "microsoft-_-windows_10");
    assert_eq!(expanded["vulnerabilities"].as_array().unwrap().len(), 78);
}

#[test]
fn every_documented_property_filters_the_list() {
    let server = FLEET.get();
    for (filter, expected) in [
        ("id eq 'va-_-microsoft-_-edge'", 1),
        ("productName eq 'edge'", 1),
        ("vendor eq 'Microsoft'", 3),
        ("recommendedVersion eq ''", 3),
        ("recommendationCategory eq 'OS'", 1),
        (
            "recommendationCategory eq 'Application' and subCategory eq ''",
            2,
        ),
        ("severityScore ge 0", 3),
        ("remediationType eq 'Update'", 3),
        ("recommendedProgram eq '' and recommendedVendor eq ''", 3),
        ("status eq 'Active'", 3),
        ("status eq 'exception'", 0),
    ] {
        let path = format!(
            "/api/recommendations?$filter={}",
            filter.replace(' ', "%20")
        );
        assert_eq!(server.read(&path).rows().len(), expected, "{filter}");
    }
}
