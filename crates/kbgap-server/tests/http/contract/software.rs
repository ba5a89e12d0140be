//! `/api/Software`.

use insta::assert_snapshot;

use super::fixture::{ALPHA, BETA, DELTA, EPSILON, FLEET, GAMMA, HEADTRAX};

#[test]
fn the_list_is_of_all_software_that_machines_have() {
    let server = FLEET.get();
    let answer = server.read("/api/Software");
    assert_eq!(
        answer.ids(),
        [
            HEADTRAX,
            "microsoft-_-edge",
            "microsoft-_-edge_chromium-based",
            "microsoft-_-internet_explorer",
            "microsoft-_-windows_10",
        ]
    );
}

#[test]
fn one_software_as_it_is_sent() {
    let server = FLEET.get();
    let body = server.read("/api/Software/microsoft-_-edge").body;
    assert_snapshot!(
        body.replace(&server.url, "https://host"),
        @r#"{"@odata.context":"https://host/api/$metadata#Software/$entity","id":"microsoft-_-edge","name":"edge","vendor":"microsoft","weaknesses":14,"publicExploit":false,"activeAlert":false,"exposedMachines":2,"installedMachines":3,"impactScore":0.1902046,"isNormalized":true,"category":"Application"}"#
    );
}

#[test]
fn versions_with_their_machines_and_weaknesses() {
    let server = FLEET.get();
    let body = server
        .read("/api/Software/microsoft-_-windows_10/distributions")
        .body;
    assert_snapshot!(
        body.replace(&server.url, "https://host"),
        @r#"{"@odata.context":"https://host/api/$metadata#Distributions","value":[{"version":"10.0.18362.592","installations":1,"vulnerabilities":77},{"version":"10.0.18363.592","installations":2,"vulnerabilities":78},{"version":"10.0.18363.720","installations":1,"vulnerabilities":0}]}"#
    );
}

#[test]
fn references_are_of_the_machines_that_have_it() {
    let server = FLEET.get();
    let path = |id: &str| format!("/api/Software/{id}/machineReferences");
    let edge = server.read(&path("microsoft-_-edge"));
    assert_eq!(edge.ids(), [BETA, GAMMA, DELTA]);
    assert_eq!(
        edge.rows()[0],
        serde_json::json!({"id": BETA, "computerDnsName": "beta", "osPlatform": "Windows10", "rbacGroupName": "The-A-Team"})
    );
    assert_eq!(server.read(&path(HEADTRAX)).ids(), [ALPHA]);
    let chromium = server.read(&path("microsoft-_-edge_chromium-based"));
    assert_eq!(chromium.ids(), [ALPHA, EPSILON]);
}

#[test]
fn a_software_that_nobody_has_but_all_know_is_there() {
    let server = FLEET.get();
    let software = server.read("/api/Software/microsoft-_-silverlight");
    assert_eq!(
        (
            software.status,
            software.json()["installedMachines"].as_u64()
        ),
        (200, Some(0))
    );
    for rest in [
        "distributions",
        "machineReferences",
        "vulnerabilities",
        "getmissingkbs",
    ] {
        let answer = server.read(&format!("/api/Software/microsoft-_-silverlight/{rest}"));
        assert!(answer.rows().is_empty(), "{rest}: {}", answer.body);
    }
}

#[test]
fn ids_are_split_at_the_whole_separator() {
    let server = FLEET.get();
    for path in [
        "/api/Software/MICROSOFT-_-EDGE_CHROMIUM-BASED",
        "/api/Software/microsoft-_-edge_chromium%2Dbased",
        "/api/Software('microsoft-_-edge_chromium-based')",
        "/api/Software(%27microsoft-_-edge_chromium-based%27)",
    ] {
        let json = server.read(path).json();
        let names = (json["vendor"].as_str(), json["name"].as_str());
        assert_eq!(
            names,
            (Some("microsoft"), Some("edge_chromium-based")),
            "{path}"
        );
    }
}

#[test]
fn what_the_documentation_leaves_out_is_shown_where_it_is_asked_for() {
    let server = FLEET.get();
    let path = "/api/Software/microsoft-_-edge?$select=id,distributions&$expand=vulnerabilities($select=id)";
    let json = server.read(path).json();
    assert_eq!(json["distributions"][0]["version"], "10.0.18362.592");
    assert_eq!(json["vulnerabilities"].as_array().unwrap().len(), 14);
    assert_eq!(json["vulnerabilities"][0].as_object().unwrap().len(), 1);
    assert!(json.get("name").is_none());
}
