//! SQL Server and Exchange, whose KBs their versions decide, on the real months that have
//! fixes for SQL Server 2019 on its last cumulative update.

use std::collections::BTreeMap;

use kbgap_server::{Config, RateLimits};
use kbgap_testkit::shared;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::host::Host;

const SQL_SERVER: &str = "microsoft-_-sql_server";
const MONTHS: [&str; 7] = [
    "2025-Jul", "2025-Aug", "2025-Sep", "2025-Nov", "2026-Mar", "2026-Apr", "2026-May",
];
/// The KBs of a server on cumulative update 32, with the CVEs of each.
const ON_CU_32: [(&str, u64); 7] = [
    ("5090407", 1),
    ("5084816", 2),
    ("5077469", 2),
    ("5068404", 1),
    ("5065222", 3),
    ("5063757", 4),
    ("5058722", 3),
];

fn server() -> Option<TestServer> {
    let folder = shared()?.join("data/msrc-cvrf-xml");
    let files = MONTHS.map(|month| folder.join(format!("{month}.xml.zst")));
    let config = Config {
        rate_limits: RateLimits::off(),
        ..Config::default()
    };
    Some(TestServer::with_feed(config, files.to_vec()))
}

/// A Windows Server with a .NET Framework, both ahead of the feed: only SQL Server can miss
/// anything, and about all else the rules decide.
fn host(name: &str, programs: &[(&str, &str)]) -> Host {
    let os = json!({"platform": "WindowsServer2022", "version": "10.0.20348.31999",
        "architecture": "x64", "installationType": "Server"});
    let files = json!({"fileVersions": ["4.8.8999.0"]});
    let host = Host::new(name, "10.0.20348.31999").with("os", os);
    let host = host.with("dotNet", files);
    programs.iter().fold(host, |host, (program, version)| {
        host.software("Microsoft Corporation", program, version)
    })
}

fn report(server: &TestServer) {
    let engine = ("SQL Server 2019 Database Engine Services", "15.0.2000.5");
    let plain = ("Microsoft SQL Server 2019 (64-bit)", "");
    server.report([
        host(
            "on-cu",
            &[
                plain,
                engine,
                (
                    "Hotfix 4430 for SQL Server 2019 (KB5054833) (64-bit)",
                    "15.0.4430.1",
                ),
            ],
        ),
        host(
            "on-gdr",
            &[
                engine,
                (
                    "GDR 2165 for SQL Server 2019 (KB5084817) (64-bit)",
                    "15.0.2165.1",
                ),
            ],
        ),
        host(
            "newest",
            &[
                plain,
                engine,
                (
                    "Hotfix 4470 for SQL Server 2019 (KB5090407) (64-bit)",
                    "15.0.4470.1",
                ),
            ],
        ),
        host("untold", &[plain]),
    ]);
}

/// The rows by KB: machines and CVEs.
fn counts(rows: &[Value]) -> BTreeMap<String, (u64, u64)> {
    let count = |row: &Value| {
        (
            row["id"].as_str().unwrap().to_owned(),
            (
                row["machineMissedOn"].as_u64().unwrap(),
                row["cveAddressed"].as_u64().unwrap(),
            ),
        )
    };
    rows.iter().map(count).collect()
}

fn missed_once(kbs: &[(&str, u64)]) -> BTreeMap<String, (u64, u64)> {
    let rows = kbs.iter();
    rows.map(|(kb, cves)| ((*kb).to_owned(), (1, *cves)))
        .collect()
}

#[test]
fn each_branch_misses_its_own_updates() {
    let Some(server) = server() else { return };
    report(&server);
    let missing = |path: &str| server.read(&format!("/api/{path}/getmissingkbs"));
    let all = missing(&format!("Software/{SQL_SERVER}"));
    let expected = [&ON_CU_32[..], &[("5090408", 1)]].concat();
    assert_eq!(counts(&all.rows()), missed_once(&expected));
    for row in all.rows() {
        assert_eq!(row["productsNames"], json!(["sql_server"]));
        assert_eq!(row["osBuild"], 20_348);
    }
    for (machine, expected) in [
        ("on-cu", &ON_CU_32[..]),
        ("on-gdr", &[("5090408", 1)]),
        ("newest", &[]),
        ("untold", &[]),
    ] {
        let rows = missing(&format!("machines/{machine}")).rows();
        assert_eq!(counts(&rows), missed_once(expected), "{machine}");
        let effective = format!("/api/machines/{machine}/getmissingkbs?view=effective");
        let effective = counts(&server.read(&effective).rows());
        assert_eq!(effective, missed_once(expected), "{machine}");
    }
}

#[test]
fn a_server_in_no_known_version_never_reads_as_clean() {
    let Some(server) = server() else { return };
    report(&server);
    let note = |machine: &str| {
        let answer = server.read(&format!("/api/machines/{machine}/getmissingkbs"));
        answer.json().get("@kbgap.notAssessed").cloned()
    };
    assert_eq!(note("newest"), None);
    assert_eq!(
        note("untold"),
        Some(json!(format!("not assessed: {SQL_SERVER}")))
    );
    // Every Windows has .NET Framework, and here nothing tells the version of its files.
    let plain = host("plain", &[]).with("dotNet", Value::Null);
    server.report([plain]);
    let says = json!("not assessed: microsoft-_-.net_framework");
    assert_eq!(note("plain"), Some(says));
}

#[test]
fn findings_name_the_version_that_was_compared_and_the_kb() {
    let Some(server) = server() else { return };
    report(&server);
    let path = "/api/vulnerabilities/machinesVulnerabilities?$filter=productName+eq+'sql_server'";
    let rows = server.read(path).rows();
    let of = |version: &str| -> Vec<&Value> {
        let own = rows.iter();
        own.filter(|row| row["productVersion"] == version).collect()
    };
    let cves: u64 = ON_CU_32.iter().map(|(_, cves)| cves).sum();
    let (on_cu, on_gdr) = (of("15.0.4430.1"), of("15.0.2165.1"));
    assert_eq!((on_cu.len() as u64, on_gdr.len()), (cves, 1));
    assert_eq!(rows.len(), on_cu.len() + on_gdr.len());
    for row in on_cu {
        let kb = row["fixingKbId"].as_str().unwrap();
        assert!(ON_CU_32.iter().any(|(known, _)| *known == kb), "{kb}");
    }
    assert_eq!(on_gdr[0]["fixingKbId"], "5090408");
    let software = server.read(&format!("/api/Software/{SQL_SERVER}")).json();
    assert_eq!(software["exposedMachines"], 2);
}

#[test]
fn an_exchange_misses_what_is_made_for_its_cumulative_update() {
    let Some(server) = server() else { return };
    let exchange = "Microsoft Exchange Server 2019 Cumulative Update 15";
    let update = "Security Update for Exchange Server 2019 Cumulative Update 15 (KB5063221)";
    server.report([
        host("mail", &[(exchange, "15.2.1748.10")]),
        host(
            "later",
            &[(exchange, "15.2.1748.10"), (update, "15.2.1748.10")],
        ),
        host("newest", &[(exchange, "15.2.1748.46")]),
    ]);
    let rows = server.read("/api/Software/microsoft-_-exchange_server/getmissingkbs");
    let machines = |rows: &[Value]| -> BTreeMap<String, u64> {
        let rows = counts(rows).into_iter();
        rows.map(|(kb, (machines, _))| (kb, machines)).collect()
    };
    let expected = [("5050672", 1), ("5063221", 1), ("5094140", 2)];
    let expected = expected.map(|(kb, machines)| (kb.to_owned(), machines));
    assert_eq!(machines(&rows.rows()), BTreeMap::from(expected));
    let newest = server.read("/api/machines/newest/getmissingkbs");
    assert_eq!(newest.rows(), [json!(null); 0]);
    assert_eq!(newest.json().get("@kbgap.notAssessed"), None);
}
