//! Export assessments.

use std::io::Read;

use flate2::read::GzDecoder;
use kbgap_server::Clock;
use serde_json::{Value, json};

use super::fixture::{ALPHA, DELTA, FLEET, ZETA, fill};
use crate::harness::TestServer;
use crate::host::{Host, PATCHED};

const SOFTWARE: &str = "/api/machines/SoftwareInventoryByMachine";
const OTHER: &str = "/api/machines/SoftwareInventoryNoProductCodeByMachine";
const CVES: &str = "/api/machines/SoftwareVulnerabilitiesByMachine";

/// Each export with the one that gives the same rows as files.
const FORMS: [(&str, &str, &str); 3] = [
    (SOFTWARE, "SoftwareInventoryExport", "/SoftwareInventory/"),
    (
        OTHER,
        "SoftwareInventoryNonCpeExport",
        "/NonCpeSoftwareInventory/",
    ),
    (CVES, "SoftwareVulnerabilitiesExport", "/VaExport/"),
];

#[test]
fn pages_of_any_size_give_the_same_rows() {
    let server = FLEET.get();
    for (path, sizes) in [
        (SOFTWARE, &[1, 2, 3, 100][..]),
        (OTHER, &[1, 2]),
        (CVES, &[7, 97, 98, 300, 200_000]),
    ] {
        let all = server.read(path);
        let rows = all.rows();
        assert!(all.json().get("@odata.nextLink").is_none());
        for size in sizes {
            let first = server.read(&format!("{path}?pageSize={size}"));
            assert_eq!(first.rows().len(), rows.len().min(*size), "{path} {size}");
            assert_eq!(
                server.walk(&format!("{path}?pageSize={size}")),
                rows,
                "{path} {size}"
            );
        }
    }
}

#[test]
fn the_next_link_stands_last_in_lower_case_and_keeps_its_path() {
    let server = FLEET.get();
    for query in [
        "pageSize=5",
        "pagesize=5",
        "pageSize=5%20%20",
        "pageSize=5++&sinceTime=2020-03-01",
    ] {
        let answer = server.read(&format!("{CVES}?{query}"));
        assert_eq!(answer.rows().len(), 5, "{query}: {}", answer.body);
        let (_, link) = answer.body.rsplit_once("],\"@odata.nextLink\":\"").unwrap();
        let link = link.strip_suffix("\"}").unwrap();
        let begins = format!("{}{CVES}?pagesize=5&$skiptoken=", server.url);
        assert!(link.starts_with(&begins), "{link}");
    }
    let top = server.read(&format!("{CVES}?$top=3&pageSize=5"));
    assert_eq!(top.rows().len(), 3);
    assert!(top.json().get("@odata.nextLink").is_none());
    assert_eq!(server.read(&format!("{CVES}?$top=0")).rows().len(), 0);
}

#[test]
fn sizes_and_tokens_that_make_no_sense() {
    let server = FLEET.get();
    for query in [
        "pageSize=0",
        "pageSize=-1",
        "pageSize=x",
        "pageSize=1.5",
        "$skiptoken=x",
        "$skiptoken=e30",
    ] {
        let answer = server.read(&format!("{CVES}?{query}"));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "InvalidInput"),
            "{query}"
        );
    }
    // More than the most is the most, and nothing is lost by it.
    assert_eq!(
        server.read(&format!("{CVES}?pageSize=999999999")).status,
        200
    );
    let other = server.read(&format!("{CVES}?$filter=cveId+eq+'x'"));
    assert_eq!((other.status, other.code().as_str()), (400, "ODataError"));
}

#[test]
fn pages_stay_on_their_snapshot_while_machines_check_in() {
    let server = TestServer::start();
    fill(&server);
    let expected = server.read(CVES).rows();
    let first = server.read(&format!("{CVES}?pageSize=100")).json();
    let mut rows = first["value"].as_array().unwrap().clone();
    let mut next = first["@odata.nextLink"].as_str().map(str::to_owned);
    let mut day = 1;
    while let Some(link) = next {
        // The machine of the rows to come is patched, and new ones arrive.
        let time = format!("2020-03-25T00:0{day}:00Z");
        server.report([
            Host::new("Alpha.contoso.com", PATCHED)
                .id(ALPHA)
                .seen(&time),
            Host::new(&format!("new-{day}"), crate::host::W1909),
        ]);
        day += 1;
        let page = server.read(server.path_of(&link)).json();
        rows.extend(page["value"].as_array().unwrap().clone());
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(rows, expected);
    assert_ne!(server.read(CVES).rows(), expected);
}

#[test]
fn the_rows_are_those_of_the_machines() {
    let server = FLEET.get();
    let rows = server.read(CVES).rows();
    assert!(
        rows.iter().all(|row| row["deviceId"] != ZETA),
        "silent for 30 days"
    );
    let of = |id: &str| {
        rows.iter()
            .filter(|row| row["deviceId"] == id)
            .cloned()
            .collect::<Vec<_>>()
    };
    // 84 vulnerabilities, and Edge Chromium without any.
    assert_eq!(of(ALPHA).len(), 85);
    let chromium = of(ALPHA)
        .into_iter()
        .find(|row| row["cveId"].is_null())
        .unwrap();
    assert_eq!(
        chromium["id"],
        format!("{ALPHA}_edge_chromium-based_80.0.361.66__")
    );
    assert!(of(DELTA).iter().all(|row| row["cveId"].is_null()));
    let smb = of(ALPHA)
        .into_iter()
        .find(|row| row["cveId"] == "CVE-2020-0796")
        .unwrap();
    let expected = json!({
        "id": format!("{ALPHA}_windows_10_10.0.18363.592_CVE-2020-0796_"),
        "rbacGroupName": "The-A-Team",
        "osVersion": "10.0.18363.592",
        "osArchitecture": "x64",
        "recommendedSecurityUpdateId": "4551762",
        "recommendedSecurityUpdate": "March 2020 Security Updates",
        "recommendationReference": "va-_-microsoft-_-windows_10",
        "lastSeenTimestamp": "2020-03-24 08:00:00",
        "securityUpdateAvailable": true,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&smb[name], value, "{name}");
    }
    let inventory = server.read(SOFTWARE).rows();
    let weaknesses = |name: &str| {
        let row = inventory
            .iter()
            .find(|row| row["deviceId"] == ALPHA && row["softwareName"] == name);
        row.unwrap()["numberOfWeaknesses"].clone()
    };
    assert_eq!(
        (weaknesses("windows_10"), weaknesses("internet_explorer")),
        (json!(78), json!(6))
    );
    assert!(
        inventory
            .iter()
            .any(|row| row["rbacGroupName"] == "Unassigned")
    );
    assert_eq!(server.read(OTHER).texts("softwareName"), ["headtrax"]);
}

/// The rows of a file of an export.
pub(crate) fn unpacked(server: &TestServer, link: &str) -> Vec<Value> {
    let mut response = ureq::get(link).call().unwrap();
    assert!(link.starts_with(&server.url), "{link}");
    let mut text = String::new();
    GzDecoder::new(response.body_mut().as_reader())
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn files_hold_the_same_rows_line_by_line_and_need_no_token() {
    let server = FLEET.get();
    for (pages, files, folder) in FORMS {
        let answer = server.read(&format!("/api/machines/{files}")).json();
        let links = answer["exportFiles"].as_array().unwrap().clone();
        let links: Vec<&str> = links.iter().map(|link| link.as_str().unwrap()).collect();
        assert!(
            links
                .iter()
                .all(|link| link.contains(folder) && link.contains(".json.gz?"))
        );
        let rows: Vec<Value> = links
            .iter()
            .flat_map(|link| unpacked(&server, link))
            .collect();
        assert_eq!(rows, server.read(pages).rows(), "{files}");
    }
}

#[test]
fn a_file_without_a_line_is_not_offered() {
    let server = TestServer::start();
    let files = |what: &str| {
        let answer = server.read(&format!("/api/machines/{what}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["exportFiles"].as_array().unwrap().len()
    };
    for (_, what, _) in FORMS {
        assert_eq!(files(what), 0, "{what}");
    }
    server.report([Host::new("unknown", "10.0.12345.1")]);
    for (_, what, _) in FORMS {
        assert_eq!(files(what), 0, "{what}");
    }
    server.report([Host::new("plain", PATCHED)]);
    let counts = FORMS.map(|(_, what, _)| files(what));
    assert_eq!(counts, [1, 0, 1]);
}

#[test]
fn links_that_were_tampered_with_do_not_hold() {
    let server = FLEET.get();
    let answer = server
        .read("/api/machines/SoftwareInventoryExport?sasValidHours=6")
        .json();
    let link = answer["exportFiles"][0].as_str().unwrap();
    let path = server.path_of(link);
    let (file, query) = path.split_once('?').unwrap();
    let (ends, signature) = query.split_once("&sig=").unwrap();
    let later = ends.trim_start_matches("se=").parse::<i64>().unwrap() + 1;
    for forged in [
        file.to_owned(),
        format!("{file}?{ends}"),
        format!("{file}?{ends}&sig="),
        format!("{file}?{ends}&sig={}", &signature[1..]),
        format!("{file}?se={later}&sig={signature}"),
        format!("{file}?se=x&sig={signature}"),
        format!("{}?{query}", file.replace("SoftwareInventory", "VaExport")),
        format!("{}?{query}", file.replace("part-00000", "part-00001")),
        format!(
            "{}?{query}",
            file.replace("part-00000", "..%2F..%2Fkbgap.db")
        ),
    ] {
        let answer = server.send("GET", &forged, &[], b"");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "Forbidden"),
            "{forged}"
        );
    }
    let now = Clock::real_seconds();
    let status = |file: &str, ends: i64| {
        let answer = server.send("GET", &server.signed(file, ends), &[], b"");
        answer.status
    };
    assert_eq!(status(file, now + 60), 200);
    assert_eq!(status(file, now - 1), 403, "it has expired");
    assert_eq!(
        status("/exports/VaExport/gone/part-00000.json.gz", now + 60),
        404
    );
    assert!(
        (now + 6 * 3_600 - 60..=now + 6 * 3_600).contains(&(later - 1)),
        "{later}"
    );
    for hours in ["0", "7", "x"] {
        let answer = server.read(&format!(
            "/api/machines/SoftwareInventoryExport?sasValidHours={hours}"
        ));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "InvalidInput"),
            "{hours}"
        );
    }
}
