//! What belongs to one tenant is nothing to another.

use super::fixture::{ALPHA, FLEET, HEADTRAX, task};
use kbgap_auth::ROLES;

const OTHER: &str = "7f3c1e0e-9c1d-4f7b-8a55-0d1f2e3a4b5c";

#[test]
fn another_tenant_sees_nothing_and_changes_nothing() {
    let server = FLEET.get();
    let task = task(&server);
    let other = server.token_of(OTHER, &ROLES, &[]);
    for path in [
        format!("/api/machines/{ALPHA}"),
        format!("/api/machines/{ALPHA}/getmissingkbs"),
        format!("/api/machines/{ALPHA}/software"),
        format!("/api/Software/{HEADTRAX}"),
        "/api/recommendations/va-_-microsoft-_-edge".to_owned(),
        format!("/api/remediationTasks/{task}"),
        "/api/machines".to_owned(),
    ] {
        assert_eq!(server.get_as(&path, &other).status, 404, "{path}");
    }
    for path in [
        "/api/Software",
        "/api/recommendations",
        "/api/remediationTasks",
        "/api/vulnerabilities/machinesVulnerabilities",
        "/api/vulnerabilities/CVE-2020-0796/machineReferences",
        "/api/Software/microsoft-_-edge/machineReferences",
        "/api/Software/microsoft-_-edge/getmissingkbs",
        "/api/machines/findbytag?tag=pilot",
        "/api/machines/findbyip(ip='10.166.113.46',timestamp=2020-03-24T08:10:00Z)",
        "/api/machines/SoftwareVulnerabilitiesByMachine",
    ] {
        let answer = server.get_as(path, &other);
        assert_eq!((answer.status, answer.rows().len()), (200, 0), "{path}");
    }
    let tag = r#"{"Value":"stolen","Action":"Add"}"#;
    let answer = server.act_as("POST", &format!("/api/machines/{ALPHA}/tags"), tag, &other);
    assert_eq!(answer.status, 404);
    let close = r#"{"Status":"Completed"}"#;
    let answer = server.act_as(
        "PATCH",
        &format!("/api/remediationTasks/{task}"),
        close,
        &other,
    );
    assert_eq!(answer.status, 404);
    assert_eq!(
        server.read(&format!("/api/remediationTasks/{task}")).json()["status"],
        "Active"
    );
}

#[test]
fn the_next_page_of_an_export_is_for_its_tenant_alone() {
    let server = FLEET.get();
    let first = server
        .read("/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=5")
        .json();
    let path = server
        .path_of(first["@odata.nextLink"].as_str().unwrap())
        .to_owned();
    assert_eq!(server.read(&path).rows().len(), 5);
    let other = server.token_of(OTHER, &ROLES, &[]);
    let answer = server.get_as(&path, &other);
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "InvalidInput")
    );
}
