//! `/api/vulnerabilities`.

use insta::assert_snapshot;

use super::fixture::{ALPHA, BETA, FLEET, GAMMA};

#[test]
fn one_vulnerability_as_it_is_sent() {
    let server = FLEET.get();
    let body = server.read("/api/vulnerabilities/CVE-2020-0796").body;
    assert_snapshot!(
        body.replace(&server.url, "https://host")
            .replace(",\"", ",\n\"")
    );
}

#[test]
fn references_are_of_the_machines_that_have_it() {
    let server = FLEET.get();
    for cve in ["CVE-2020-0796", "cve-2020-0796"] {
        let answer = server.read(&format!("/api/vulnerabilities/{cve}/machineReferences"));
        assert_eq!(answer.ids(), [ALPHA, BETA, GAMMA]);
    }
}

#[test]
fn rows_by_machine_and_software_name_the_kb() {
    let server = FLEET.get();
    let smb = "/api/vulnerabilities/machinesVulnerabilities?$filter=cveId+eq+'cve-2020-0796'";
    let body = server
        .read(&format!("{smb} and machineId eq '{ALPHA}'").replace(' ', "+"))
        .body;
    assert_snapshot!(
        body.replace(&server.url, "https://host"),
        @r#"{"@odata.context":"https://host/api/$metadata#Collection(microsoft.windowsDefenderATP.api.PublicAssetVulnerabilityDto)","value":[{"id":"1e5bc9d7e413ddd7902c2932e418702b84d0cc07-_-CVE-2020-0796-_-microsoft-_-windows_10-_-10.0.18363.592-_-4551762","cveId":"CVE-2020-0796","machineId":"1e5bc9d7e413ddd7902c2932e418702b84d0cc07","fixingKbId":"4551762","productName":"windows_10","productVendor":"microsoft","productVersion":"10.0.18363.592","severity":"Critical"}]}"#
    );
    // An index leads to what a scan finds.
    let by_index = server.read(smb).ids();
    let scan = smb.replace("cveId+eq+", "tolower(cveId)+eq+");
    assert_eq!(by_index, server.read(&scan).ids());
    assert_eq!(by_index.len(), 3);
}

#[test]
fn every_documented_property_filters_the_rows() {
    let server = FLEET.get();
    let count = |filter: &str| {
        let path = "/api/vulnerabilities/machinesVulnerabilities/$count?$filter=";
        let answer = server.read(&format!("{path}{}", filter));
        assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
        answer.body.parse::<usize>().unwrap()
    };
    let id = format!("{ALPHA}-_-CVE-2020-0796-_-microsoft-_-windows_10-_-10.0.18363.592-_-4551762");
    for (filter, expected) in [
        ("cveId ne null", 84 + 98 + 97),
        (&format!("id eq '{id}'"), 1),
        (&format!("machineId eq '{GAMMA}'"), 97),
        (&format!("machineId in ('{ALPHA}', '{BETA}')"), 84 + 98),
        ("fixingKbId eq '4551762'", 3),
        ("fixingKbId eq null", 0),
        ("productName eq 'edge'", 2 * 14),
        (
            "productName eq 'Internet_Explorer' and productVendor eq 'Microsoft'",
            3 * 6,
        ),
        ("productVersion eq '10.0.18362.592'", 97),
        (
            "severity eq 'critical' and productName eq 'windows_10' and fixingKbId eq '4551762'",
            3,
        ),
        ("not (productName eq 'windows_10')", 20 + 20 + 6),
    ] {
        assert_eq!(count(filter), expected, "{filter}");
    }
}

#[test]
fn the_list_is_of_the_whole_feed() {
    let server = FLEET.get();
    let answer = server.read("/api/Vulnerabilities?$count=true");
    let ids = answer.ids();
    assert_eq!(answer.json()["@odata.count"], ids.len());
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(answer.rows().iter().all(|row| row["id"] == row["name"]));
    let exposed = server.read("/api/vulnerabilities/$count?$filter=exposedMachines+gt+0");
    assert_eq!(exposed.body, "96");
}

#[test]
fn every_documented_property_filters_the_list() {
    let server = FLEET.get();
    for filter in [
        "id eq 'CVE-2020-0796'",
        "Id eq 'cve-2020-0796' and name eq 'CVE-2020-0796'",
        "id eq 'CVE-2020-0796' and contains(tolower(description),'windows')",
        "cvssV3 ge 10 and id eq 'CVE-2020-0796'",
        "id eq 'CVE-2020-0796' and publishedOn ge 2020-03-01T00:00:00Z",
        "id eq 'CVE-2020-0796' and Severity eq 'critical'",
        "id eq 'CVE-2020-0796' and updatedOn gt 2020-03-01Z",
    ] {
        let path = format!("/api/vulnerabilities?$filter={}", filter.replace(' ', "+"));
        assert_eq!(server.read(&path).ids(), ["CVE-2020-0796"], "{filter}");
    }
}
