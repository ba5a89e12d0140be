//! Edge (Chromium-based), which no KB fixes: by its version, on two real months. In
//! September and October 2023 the feed has 40 CVEs that an Edge 116.0.1938.54 is
//! vulnerable to: 8 are fixed within 116, which is an Extended Stable, 13 in
//! 117.0.2045.31, one in 117.0.2045.55, 16 in 118.0.2088.46, two in 118.0.2088.76.

use kbgap_server::{Config, RateLimits};
use kbgap_testkit::shared;
use serde_json::{Value, json};

use super::types::{self, mistake};
use crate::harness::TestServer;
use crate::host::Host;

const EDGE: &str = "microsoft-_-edge_chromium-based";

fn server() -> Option<TestServer> {
    let folder = shared()?.join("data/msrc-cvrf-xml");
    let files = ["2023-Sep", "2023-Oct"].map(|month| folder.join(format!("{month}.xml.zst")));
    let config = Config {
        rate_limits: RateLimits::off(),
        ..Config::default()
    };
    Some(TestServer::with_feed(config, files.to_vec()))
}

fn host(version: &str, minute: u32) -> Host {
    Host::new("edgy", "10.0.19045.3324")
        .software("Microsoft Corporation", "Microsoft Edge", version)
        .seen(&format!("2020-03-24T08:{minute:02}:00Z"))
}

fn rows(server: &TestServer) -> Vec<Value> {
    let path =
        "/api/vulnerabilities/machinesVulnerabilities?$filter=productName+eq+'edge_chromium-based'";
    server.read(path).rows()
}

#[test]
fn edge_is_vulnerable_by_its_version_and_misses_no_kb() {
    let Some(server) = server() else { return };
    for (minute, (version, expected)) in (0..).zip([
        ("116.0.1938.54", 40),
        ("116.0.1938.76", 36),
        // The last Extended Stable of 116 has what is fixed there, and no more.
        ("116.0.1938.98", 32),
        ("117.0.2045.31", 19),
        ("117.0.2045.55", 18),
        ("118.0.2088.46", 2),
        ("118.0.2088.76", 0),
        ("119.0.2151.44", 0),
    ]) {
        server.report([host(version, minute)]);
        let rows = rows(&server);
        assert_eq!(rows.len(), expected, "{version}");
        for row in rows {
            assert_eq!(
                (&row["fixingKbId"], &row["productVersion"]),
                (&json!(null), &json!(version))
            );
            assert!(
                row["id"]
                    .as_str()
                    .unwrap()
                    .ends_with(&format!("-_-{version}-_-"))
            );
        }
        let software = server.read(&format!("/api/Software/{EDGE}")).json();
        assert_eq!(software["weaknesses"], expected, "{version}");
        let exposed = u64::from(expected > 0);
        assert_eq!(software["exposedMachines"], exposed, "{version}");
        let missing = server.read(&format!("/api/Software/{EDGE}/getmissingkbs"));
        assert_eq!(
            (missing.status, missing.rows().len()),
            (200, 0),
            "{version}"
        );
        let machine = server.read("/api/machines/edgy/getmissingkbs").rows();
        let fixes_edge = |row: &Value| row["productsNames"].to_string().contains("edge");
        assert!(!machine.iter().any(fixes_edge), "{version}");
        let advice = server.read(&format!("/api/recommendations/va-_-{EDGE}"));
        match expected {
            0 => assert_eq!(advice.status, 404, "{version}"),
            _ => {
                let body = json!({ "ProductId": EDGE }).to_string();
                let task = server.act("POST", "/api/remediationTasks", &body);
                for answer in [advice, task] {
                    let told = &answer.json()["recommendedVersion"];
                    assert_eq!(told, "118.0.2088.76", "{version}");
                }
            }
        }
    }
}

#[test]
fn of_two_versions_the_one_that_is_vulnerable_is_shown() {
    let Some(server) = server() else { return };
    for (minute, (versions, lowest)) in (0..).zip([
        (["118.0.2088.76", "116.0.1938.54"], "116.0.1938.54"),
        // Not by letters.
        (["99.0.1150.30", "118.0.2088.76"], "99.0.1150.30"),
        (["118.0.2088.46", ""], "118.0.2088.46"),
    ]) {
        let host = host(versions[0], minute);
        server.report([host.software("Microsoft Corporation", "Microsoft Edge", versions[1])]);
        let rows = rows(&server);
        assert!(!rows.is_empty(), "{versions:?}");
        for row in rows {
            assert_eq!(row["productVersion"], lowest, "{versions:?}");
        }
    }
}

#[test]
fn what_has_no_rules_is_never_exported_as_free_of_vulnerabilities() {
    let Some(server) = server() else { return };
    let office = "Microsoft Office Professional Plus 2016";
    server.report([host("118.0.2088.76", 0).software(
        "Microsoft Corporation",
        office,
        "16.0.4266.1001",
    )]);
    let exported = server
        .read("/api/machines/SoftwareVulnerabilitiesByMachine")
        .rows();
    let clean = exported.iter().filter(|row| row["cveId"].is_null());
    let clean: Vec<&str> = clean
        .filter_map(|row| row["softwareName"].as_str())
        .collect();
    assert!(clean.contains(&"edge_chromium-based"), "{clean:?}");
    assert!(!clean.contains(&"office"), "{clean:?}");
    let inventory = server.read("/api/machines/SoftwareInventoryByMachine");
    assert!(
        inventory
            .texts("softwareName")
            .contains(&"office".to_owned())
    );
}

#[test]
fn the_whole_months_page_in_the_order_of_ids() {
    let Some(server) = server() else { return };
    server.report([host("116.0.1938.54", 0)]);
    for path in [
        "/api/vulnerabilities",
        "/api/vulnerabilities/machinesVulnerabilities",
    ] {
        let ids = server.read(path).ids();
        let rows = server.read(path).rows();
        let fields = match path {
            "/api/vulnerabilities" => types::VULNERABILITY,
            _ => types::ASSET_VULNERABILITY,
        };
        let wrong = rows
            .iter()
            .find_map(|row| mistake(row, fields, &["@kbgap.publicExploit"]));
        assert_eq!(wrong, None, "{path}");
        assert!(ids.len() > 100 && ids.is_sorted_by(|a, b| a < b), "{path}");
    }
    let dated =
        server.read("/api/vulnerabilities/$count?$filter=publishedOn+eq+null+or+updatedOn+eq+null");
    assert_eq!(dated.body, "0");
}
