//! `/api/machines`, but for tags and searches.

use insta::assert_snapshot;
use serde_json::json;

use super::fixture::{ALPHA, BETA, DELTA, EPSILON, FLEET, GAMMA, ZETA};
use crate::harness::TestServer;
use crate::host::{Host, PATCHED, W1909};

#[test]
fn one_machine_as_it_is_sent() {
    let server = FLEET.get();
    let body = server.read(&format!("/api/machines/{ALPHA}")).body;
    assert_snapshot!(
        body.replace(&server.url, "https://host")
            .replace(",\"", ",\n\"")
    );
}

#[test]
fn a_machine_is_found_by_its_id_or_its_name() {
    let server = FLEET.get();
    for name in [
        ALPHA.to_uppercase().as_str(),
        "alpha.contoso.com",
        "ALPHA.CONTOSO.COM",
        "Alpha%2Econtoso%2Ecom",
    ] {
        let answer = server.read(&format!("/api/machines/{name}"));
        assert_eq!(answer.json()["id"], ALPHA, "{name}");
    }
    let by_key = server.read("/api/machines('alpha.contoso.com')");
    assert_eq!(by_key.json()["id"], ALPHA);
}

#[test]
fn the_list_has_every_machine_in_the_order_of_ids() {
    let server = FLEET.get();
    let answer = server.read("/api/machines");
    assert_eq!(answer.ids(), [ALPHA, BETA, GAMMA, DELTA, EPSILON, ZETA]);
    let health: Vec<String> = answer.texts("healthStatus");
    assert_eq!(
        health,
        ["Active", "Active", "Active", "Active", "Active", "Inactive"]
    );
}

#[test]
fn no_machines_at_all_are_not_found_but_an_empty_filter_is_an_empty_list() {
    let server = TestServer::start();
    let answer = server.read("/api/machines");
    assert_eq!((answer.status, answer.code().as_str()), (404, "NotFound"));
    server.report([Host::new("a", W1909)]);
    let answer = server.read("/api/machines?$filter=computerDnsName+eq+'b'");
    assert_eq!((answer.status, answer.rows().len()), (200, 0));
    assert_eq!(server.read("/api/machines?$skip=10000").rows().len(), 0);
}

#[test]
fn a_machine_that_is_not_assessed_never_reads_as_clean() {
    let server = FLEET.get();
    let machine = server.read(&format!("/api/machines/{EPSILON}")).json();
    assert_eq!(machine["exposureLevel"], json!(null));
    for list in [
        "getmissingkbs",
        "vulnerabilities",
        "recommendations",
        "software",
    ] {
        let answer = server
            .read(&format!("/api/machines/{EPSILON}/{list}"))
            .json();
        let reason = answer["@kbgap.notAssessed"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(reason.contains("12345"), "{list}: {answer}");
        let known = server.read(&format!("/api/machines/{DELTA}/{list}")).json();
        assert!(known.get("@kbgap.notAssessed").is_none(), "{list}");
    }
    let clean = server.read("/api/machines?$filter=exposureLevel+eq+'None'");
    assert_eq!(clean.ids(), [DELTA]);
    for path in [
        format!("/api/machines/{EPSILON}?$select=id&$expand=vulnerabilities"),
        format!(
            "/api/machines?$filter=id eq '{EPSILON}'&$select=id&$expand=vulnerabilities,software"
        ),
    ] {
        let body = server.read(&path).body;
        let says = "\"vulnerabilities@kbgap.notAssessed\":\"";
        assert!(
            body.contains(says) && body.contains("\"vulnerabilities\":[]"),
            "{body}"
        );
    }
    let known = server.read(&format!("/api/machines/{DELTA}?$expand=vulnerabilities"));
    assert!(!known.body.contains("notAssessed"));
    // Neither do its exported rows: there is none that has no CVE.
    let exported = server.read("/api/machines/SoftwareVulnerabilitiesByMachine");
    assert!(!exported.texts("deviceId").contains(&EPSILON.to_owned()));
    let inventory = server.read("/api/machines/SoftwareInventoryByMachine");
    assert!(inventory.texts("deviceId").contains(&EPSILON.to_owned()));
}

#[test]
fn software_that_no_rule_decides_about_never_reads_as_clean() {
    let server = TestServer::start();
    server.report([
        Host::new("a", PATCHED)
            .software(
                "Microsoft Corporation",
                "Microsoft SQL Server 2019",
                "15.0.2000.5",
            )
            .software("Contoso", "Headtrax", "1.2"),
        Host::new("b", W1909).software(
            "Microsoft Corporation",
            "Microsoft SQL Server 2019",
            "15.0.2000.5",
        ),
    ]);
    let note = |path: &str| {
        let answer = server.read(&format!("/api/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json().get("@kbgap.notAssessed").cloned()
    };
    for list in ["getmissingkbs", "vulnerabilities", "recommendations"] {
        let clean = note(&format!("machines/a/{list}"));
        let says = "not assessed: microsoft-_-sql_server";
        assert_eq!(clean, Some(json!(says)), "{list}");
        // A list with something in it reads as clean to nobody.
        assert_eq!(note(&format!("machines/b/{list}")), None, "{list}");
    }
    for list in ["getmissingkbs", "vulnerabilities"] {
        for (id, says) in [
            (
                "microsoft-_-sql_server",
                Some("not assessed: on 2 of 2 machines"),
            ),
            (
                "microsoft-_-.net_framework",
                Some("not assessed: on 2 of 2 machines"),
            ),
            ("microsoft-_-windows_10", None),
            ("microsoft-_-silverlight", None),
        ] {
            let says = says.map(|says| json!(says));
            assert_eq!(note(&format!("Software/{id}/{list}")), says, "{id} {list}");
        }
    }
}

#[test]
fn software_of_a_machine_has_the_numbers_of_the_organisation() {
    let server = FLEET.get();
    let rows = server
        .read(&format!("/api/machines/{DELTA}/software"))
        .rows();
    let edge = rows
        .iter()
        .find(|row| row["id"] == "microsoft-_-edge")
        .unwrap();
    assert_eq!(
        (&edge["exposedMachines"], &edge["weaknesses"]),
        (&json!(2), &json!(14))
    );
}

#[test]
fn what_was_reported_in_other_words_becomes_a_declared_member() {
    let server = FLEET.get();
    let addresses = server.read(&format!("/api/machines/{ALPHA}")).json()["ipAddresses"].clone();
    assert_eq!(
        addresses,
        json!([
            {"ipAddress": "10.166.113.46", "macAddress": "8CEC4B897E73", "type": "Ethernet", "operationalStatus": "Up"},
            {"ipAddress": "fe80::1", "macAddress": null, "type": "Unknown", "operationalStatus": "Unknown"},
        ])
    );
}

#[test]
fn expansions_of_machines() {
    let server = FLEET.get();
    let path = "/api/machines?$top=1&$select=id&$expand=software($select=id),recommendations($select=id),vulnerabilities($select=id,severity)";
    let row = server.read(path).rows().remove(0);
    assert_eq!(row.as_object().unwrap().len(), 4, "{row}");
    assert_eq!(row["vulnerabilities"].as_array().unwrap().len(), 84);
    assert_eq!(row["recommendations"].as_array().unwrap().len(), 2);
    assert_eq!(row["software"][0], json!({"id": "contoso-_-headtrax"}));
}

#[test]
fn what_is_not_kept_is_refused_as_a_feature_that_is_off() {
    let server = FLEET.get();
    for path in [
        "/api/alerts?$top=10&$expand=evidence",
        "/api/alerts/da637472900382838869_1364969609",
        "/api/machineactions",
        &format!("/api/machines/{ALPHA}/alerts"),
        &format!("/api/machines/{ALPHA}/alerts/$count?$filter=status ne 'Resolved'")
            .replace(' ', "%20"),
    ] {
        let answer = server.read(path);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "DisabledFeature"),
            "{path}"
        );
    }
}
