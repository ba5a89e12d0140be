//! The history of exposure: what became of vulnerabilities, and since when machines
//! have them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;
use serde_json::Value;

use crate::harness::{Answer, NOW_MS, TestServer, import_files};

const CHANGES: &str = "/api/machines/SoftwareVulnerabilityChangesByMachine";
pub(crate) const EXPORT: &str = "/api/machines/SoftwareVulnerabilitiesByMachine";
/// Six hours from 06:00 on lie before it.
const SINCE: &str = "sinceTime=2020-03-25T11%3A59%3A00Z";
const OTHER: &str = "22222222-2222-2222-2222-222222222222";
const HOUR_MS: i64 = 60 * 60 * 1_000;
const SEEN: &str = "2020-03-25T08:00:00Z";

/// Windows of January, of 10 March and of 12 March.
pub(crate) const OLD: &str = "10.0.18363.592";
pub(crate) const MARCH: &str = "10.0.18363.719";
const NEWEST: &str = "10.0.18363.720";

pub(crate) fn ask(server: &TestServer, path: &str) -> Answer {
    server.get_as(path, &server.token(&["Vulnerability.Read.All"], &[]))
}

/// The rows of a list that fits on one page.
pub(crate) fn rows(server: &TestServer, path: &str) -> Vec<Value> {
    let answer = ask(server, path);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.json()["@odata.nextLink"].is_null());
    answer.json()["value"].as_array().unwrap().clone()
}

fn changes(server: &TestServer) -> Vec<Value> {
    rows(server, &format!("{CHANGES}?{SINCE}"))
}

/// The vulnerabilities of an export, without the software that has none.
fn vulnerable(server: &TestServer) -> Vec<Value> {
    let mut rows = rows(server, EXPORT);
    rows.retain(|row| !row["cveId"].is_null());
    rows
}

pub(crate) fn report(server: &TestServer, name: &str, version: &str, seen_at: &str, more: &str) {
    let document = format!(
        r#"{{"computerDnsName":"{name}","os":{{"platform":"Windows10","version":"{version}","architecture":"x64"}},"seenAt":"{seen_at}"{more}}}"#
    );
    let answer = server.post("/ingest/v1/machines", &document);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

pub(crate) fn field<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} of {row}"))
}

/// How many rows there are of each status and version.
fn counts(rows: &[Value]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let key = (field(row, "status"), field(row, "softwareVersion"));
        *counts
            .entry((key.0.to_owned(), key.1.to_owned()))
            .or_default() += 1;
    }
    counts
}

fn expected(counts: &[(&str, &str, usize)]) -> BTreeMap<(String, String), usize> {
    let counts = counts.iter().filter(|(_, _, count)| *count > 0);
    counts
        .map(|&(status, version, count)| ((status.to_owned(), version.to_owned()), count))
        .collect()
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| field(row, "id").to_owned()).collect()
}

/// Imports a document beside the running server, and waits for what it brings.
pub(crate) fn import(server: &TestServer, name: &str, text: &str, arrived: impl Fn() -> bool) {
    let file = server.data_dir().join(name);
    std::fs::write(&file, text).unwrap();
    let folder = server.data_dir().to_owned();
    server.run(async move { import_files(&folder, vec![file]) });
    wait(arrived);
}

pub(crate) fn wait(arrived: impl Fn() -> bool) {
    for _ in 0..200 {
        if arrived() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it did not arrive");
}

pub(crate) fn april(day: u32, kb: u32) -> String {
    format!(
        r#"<cvrfdoc>
  <DocumentTitle>April 2020 Security Updates</DocumentTitle>
  <DocumentTracking><Identification><ID>2020-Apr</ID></Identification>
    <CurrentReleaseDate>2020-04-{day}T07:00:00</CurrentReleaseDate></DocumentTracking>
  <ProductTree><FullProductName ProductID="11713">Windows 10 Version 1909 for x64-based Systems</FullProductName></ProductTree>
  <Vulnerability><CVE>CVE-2020-9999</CVE><Remediations><Remediation Type="Vendor Fix">
    <Description>{kb}</Description><ProductID>11713</ProductID><SubType>Security Update</SubType>
  </Remediation></Remediations></Vulnerability>
</cvrfdoc>"#
    )
}

#[test]
fn a_first_report_is_new() {
    let server = TestServer::start();
    assert!(changes(&server).is_empty());
    report(&server, "pc-1", OLD, SEEN, r#","group":"Finance""#);
    let (changes, export) = (changes(&server), vulnerable(&server));
    assert!(changes.len() > 50);
    assert_eq!(counts(&changes), expected(&[("New", OLD, export.len())]));
    // Beside what became of it, a change says what the export says.
    let exported: BTreeMap<&str, &Value> = export.iter().map(|r| (field(r, "id"), r)).collect();
    for change in &changes {
        let row = exported[field(change, "id")].as_object().unwrap();
        for (name, value) in row {
            assert_eq!(change[name], *value, "{name}");
        }
        assert_eq!(field(change, "firstSeenTimestamp"), "2020-03-25 08:00:00");
        assert!(field(change, "eventTimestamp").starts_with("2020-03-25T12:00:"));
        assert!(field(change, "eventTimestamp").ends_with('Z'));
        assert_eq!(change["isOnboarded"], true);
        assert_eq!(change["rbacGroupName"], "Finance");
    }
    let answer = ask(&server, &format!("{CHANGES}?{SINCE}"));
    let context = answer.json()["@odata.context"].as_str().unwrap().to_owned();
    assert!(
        context.ends_with("#Collection(microsoft.windowsDefenderATP.api.DeltaAssetVulnerability)")
    );
}

#[test]
fn reports_one_right_after_the_other() {
    let server = TestServer::start();
    for (version, seen_at) in [
        (OLD, "2020-03-25T08:00:00Z"),
        (MARCH, "2020-03-25T09:00:00Z"),
        (MARCH, "2020-03-25T09:30:00Z"),
        (NEWEST, "2020-03-25T10:00:00Z"),
    ] {
        report(&server, "pc-1", version, seen_at, "");
    }
    let changes = changes(&server);
    let of = |status: &str, version: &str| -> Vec<&Value> {
        let of = changes
            .iter()
            .filter(|row| row["status"] == status && row["softwareVersion"] == version);
        of.collect()
    };
    let all = of("New", OLD).len();
    let left = of("New", MARCH);
    assert!(!left.is_empty() && left.len() < all);
    assert_eq!(
        counts(&changes),
        expected(&[
            ("New", OLD, all),
            ("Fixed", OLD, all),
            ("New", MARCH, left.len()),
            ("Fixed", MARCH, left.len()),
        ])
    );
    // What is left after an upgrade was seen first before it.
    for row in left.iter().chain(&of("Fixed", MARCH)) {
        assert_eq!(field(row, "firstSeenTimestamp"), "2020-03-25 08:00:00");
    }
    assert!(vulnerable(&server).is_empty());
}

#[test]
fn a_machine_that_moves_to_another_group_is_told_twice() {
    let server = TestServer::start();
    report(&server, "pc-1", MARCH, SEEN, r#","group":"Finance""#);
    let first = changes(&server);
    report(
        &server,
        "pc-1",
        MARCH,
        "2020-03-25T09:00:00Z",
        r#","group":"Sales""#,
    );
    let moved = changes(&server).split_off(first.len());
    let told: Vec<_> = moved
        .iter()
        .map(|row| {
            (
                field(row, "status"),
                field(row, "rbacGroupName"),
                row["rbacGroupId"].as_i64(),
            )
        })
        .collect();
    let half = first.len();
    assert_eq!(told[..half], vec![("Fixed", "Finance", Some(1)); half]);
    assert_eq!(told[half..], vec![("New", "Sales", Some(2)); half]);
    assert_eq!(ids(&moved), ids(&first));
    for row in &moved {
        assert_eq!(field(row, "firstSeenTimestamp"), "2020-03-25 08:00:00");
    }
}

#[test]
fn the_feed_brings_and_updates_vulnerabilities() {
    let mut server = TestServer::start();
    report(&server, "pc-1", NEWEST, SEEN, "");
    report(&server, "pc-2", NEWEST, SEEN, "");
    assert!(changes(&server).is_empty());
    import(&server, "2020-Apr.xml", &april(14, 4_549_951), || {
        changes(&server).len() == 2
    });
    import(&server, "2020-Apr-2.xml", &april(15, 4_549_952), || {
        changes(&server).len() == 4
    });
    let told = |server: &TestServer| -> Vec<(String, String, String)> {
        let told = changes(server).into_iter().map(|row| {
            (
                field(&row, "status").to_owned(),
                field(&row, "cveId").to_owned(),
                field(&row, "recommendedSecurityUpdateId").to_owned(),
            )
        });
        told.collect()
    };
    let row =
        |status: &str, kb: &str| (status.to_owned(), "CVE-2020-9999".to_owned(), kb.to_owned());
    let (new, updated) = (row("New", "4549951"), row("Updated", "4549952"));
    assert_eq!(told(&server), [new.clone(), new, updated.clone(), updated]);
    // The machines had not reported again: it was seen when the feed came.
    for row in changes(&server) {
        assert!(field(&row, "firstSeenTimestamp").starts_with("2020-03-25 12:00:"));
        assert_eq!(field(&row, "lastSeenTimestamp"), "2020-03-25 08:00:00");
    }
    // Neither another start nor the same report records anything.
    server.restart(NOW_MS + 60_000);
    report(&server, "pc-1", NEWEST, "2020-03-25T09:00:00Z", "");
    assert_eq!(told(&server).len(), 4);
}

#[test]
fn times_survive_a_restart() {
    let mut server = TestServer::start();
    report(&server, "pc-1", OLD, "2020-03-20T08:00:00Z", "");
    report(&server, "pc-1", MARCH, "2020-03-24T08:00:00Z", "");
    report(&server, "pc-2", OLD, "2020-03-24T09:00:00Z", "");
    let detected = |server: &TestServer| {
        let path = "/api/vulnerabilities?$filter=firstDetected ne null&$orderby=firstDetected,id&$select=id,firstDetected";
        rows(server, &path.replace(' ', "%20"))
    };
    let before = (changes(&server), vulnerable(&server), detected(&server));
    server.restart(NOW_MS + 60_000);
    assert_eq!(
        (changes(&server), vulnerable(&server), detected(&server)),
        before
    );
    let (_, exported, detected) = before;
    for row in &exported {
        let first = match field(row, "deviceName") {
            "pc-1" => "2020-03-20 08:00:00",
            _ => "2020-03-24 09:00:00",
        };
        assert_eq!(field(row, "firstSeenTimestamp"), first);
    }
    let cves: BTreeSet<&str> = exported.iter().map(|row| field(row, "cveId")).collect();
    let found: Vec<&str> = detected.iter().map(|row| field(row, "id")).collect();
    assert_eq!(found, cves.into_iter().collect::<Vec<_>>());
    assert!(
        detected
            .iter()
            .all(|row| row["firstDetected"] == "2020-03-20T08:00:00Z")
    );
    // Further on as if nothing had happened.
    report(&server, "pc-1", NEWEST, "2020-03-25T10:00:00Z", "");
    assert!(
        vulnerable(&server)
            .iter()
            .all(|row| row["deviceName"] == "pc-2")
    );
}

#[test]
fn what_no_machine_has_was_never_detected() {
    let server = TestServer::start();
    let count = |filter: &str| -> usize {
        let path = format!(
            "/api/vulnerabilities/$count?$filter={}",
            filter.replace(' ', "%20")
        );
        ask(&server, &path).body.parse().unwrap()
    };
    let all = count("id ne ''");
    assert_eq!(count("firstDetected eq null"), all);
    // A software of a CVE says so too, as does a machine.
    report(&server, "pc-1", MARCH, SEEN, "");
    let detected = count("firstDetected eq 2020-03-25T08:00:00Z");
    assert!(0 < detected && detected < all);
    assert_eq!(count("firstDetected gt 2020-03-25T07:00:00Z"), detected);
    let windows = rows(
        &server,
        "/api/Software/microsoft-_-windows_10/vulnerabilities",
    );
    for row in &windows {
        assert_eq!(row["firstDetected"], SEEN);
    }
    // An earlier report that comes later counts.
    report(&server, "pc-2", MARCH, "2020-03-21T08:00:00Z", "");
    assert_eq!(count("firstDetected eq 2020-03-21T08:00:00Z"), detected);
}

#[test]
fn pages_lose_and_repeat_nothing_while_machines_check_in() {
    let mut server = TestServer::start();
    for number in 0..12 {
        report(&server, &format!("pc-{number}"), OLD, SEEN, "");
    }
    let whole = changes(&server);
    let mut link = format!("{CHANGES}?pageSize=97&{SINCE}");
    let mut paged = Vec::new();
    for page in 0.. {
        let answer = ask(&server, &link);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.json();
        let rows = body["value"].as_array().unwrap();
        paged.extend(rows.iter().cloned());
        report(
            &server,
            &format!("pc-{}", page % 15),
            MARCH,
            "2020-03-25T09:00:00Z",
            "",
        );
        let Some(next) = body["@odata.nextLink"].as_str() else {
            break;
        };
        assert_eq!(rows.len(), 97);
        assert!(next.contains("?pagesize=97&sincetime=2020-03-25T11%3A59%3A00Z&$skiptoken="));
        assert!(
            answer.body.trim_end().ends_with("\"}"),
            "the link comes last"
        );
        link = next.strip_prefix(&server.url).unwrap().to_owned();
        if page == 3 {
            // A link outlives the server that gave it.
            server.restart(NOW_MS + 60_000);
        }
    }
    let key = |row: &Value| {
        let names = ["id", "status", "eventTimestamp", "firstSeenTimestamp"];
        names.map(|name| field(row, name).to_owned())
    };
    assert_eq!(
        paged.iter().map(key).collect::<Vec<_>>(),
        whole.iter().map(key).collect::<Vec<_>>()
    );
    let top = ask(&server, &format!("{CHANGES}?$top=10&{SINCE}")).json();
    assert_eq!(top["value"].as_array().unwrap().len(), 10);
    assert!(top["@odata.nextLink"].is_null());
}

#[test]
fn the_window_begins_with_its_six_hours() {
    let mut server = TestServer::start();
    report(&server, "pc-1", MARCH, SEEN, "");
    let told = changes(&server).len();
    assert!(told > 0);
    // The report was recorded at 12:00, where a period begins.
    for (since, expected) in [
        ("2020-03-25T12:00:00Z", told),
        ("2020-03-25", told),
        ("2020-03-11T12:00:30Z", told),
    ] {
        let rows = rows(&server, &format!("{CHANGES}?SinceTime={since}"));
        assert_eq!(rows.len(), expected, "{since}");
    }
    server.restart(NOW_MS + 7 * HOUR_MS);
    for (since, expected) in [("2020-03-25T17:59:59Z", told), ("2020-03-25T18:00:00Z", 0)] {
        let rows = rows(&server, &format!("{CHANGES}?sinceTime={since}"));
        assert_eq!(rows.len(), expected, "{since}");
    }
    report(&server, "pc-1", NEWEST, "2020-03-25T18:30:00Z", "");
    let rows = rows(
        &server,
        &format!("{CHANGES}?sinceTime=2020-03-25T18:40:00Z"),
    );
    assert_eq!(counts(&rows), expected(&[("Fixed", MARCH, told)]));
}

#[test]
fn wrong_times_and_wrong_callers() {
    let server = TestServer::start();
    report(&server, "pc-1", MARCH, SEEN, "");
    for (query, code) in [
        ("", "MissingRequiredParameter"),
        ("?sinceTime=", "MissingRequiredParameter"),
        ("?sinceTime=yesterday", "InvalidInput"),
        ("?sinceTime=2020-03-10T12:00:00Z", "InvalidInput"),
        ("?sinceTime=2020-03-25T13:00:00Z", "InvalidInput"),
        ("?sinceTime=2020-03-25&pageSize=0", "InvalidInput"),
        ("?sinceTime=2020-03-25&$skiptoken=x", "InvalidInput"),
        ("?sinceTime=2020-03-25&$filter=id eq 'x'", "ODataError"),
    ] {
        let answer = ask(&server, &format!("{CHANGES}{}", query.replace(' ', "%20")));
        assert_eq!(
            (answer.status, answer.code()),
            (400, code.to_owned()),
            "{query}"
        );
    }
    let path = format!("{CHANGES}?{SINCE}");
    assert_eq!(server.get(&path).status, 403);
    let delegated = server.token(&[], &["Vulnerability.Read"]);
    assert_eq!(server.get_as(&path, &delegated).status, 200);
    // Another tenant has a history of its own.
    let other = server.token_of(OTHER, &["Vulnerability.Read.All"], &[]);
    let answer = server.get_as(&path, &other);
    assert_eq!(answer.json()["value"], serde_json::json!([]));
}

#[test]
fn a_removed_machine_has_no_history() {
    let server = TestServer::start();
    report(&server, "pc-1", OLD, SEEN, "");
    let told = changes(&server).len();
    let device = field(&changes(&server)[0], "deviceId").to_owned();
    let (folder, tenant) = (server.data_dir().to_owned(), server.tenant.clone());
    server.run(async move {
        let store = SqliteStore::open(&folder.join("kbgap.db")).unwrap();
        assert!(store.remove_machine(&tenant, &device).await.unwrap());
    });
    assert!(changes(&server).is_empty());
    // It comes back as a new one.
    report(&server, "pc-1", OLD, "2020-03-25T09:00:00Z", "");
    let changes = changes(&server);
    assert_eq!(counts(&changes), expected(&[("New", OLD, told)]));
    assert_eq!(
        field(&changes[0], "firstSeenTimestamp"),
        "2020-03-25 09:00:00"
    );
}

#[test]
fn two_processes_record_each_change_once() {
    let mut server = TestServer::start();
    let first = server.url.clone();
    let beside = server.beside(NOW_MS);
    let second = beside.url.clone();
    let versions = [OLD, MARCH, OLD, MARCH, OLD, MARCH, NEWEST];
    for (hour, (version, url)) in versions
        .into_iter()
        .zip([&first, &second].into_iter().cycle())
        .enumerate()
    {
        server.url.clone_from(url);
        let seen_at = format!("2020-03-25T{:02}:00:00Z", hour + 1);
        report(&server, "pc-1", version, &seen_at, "");
    }
    // Both have followed what the other was told.
    std::thread::sleep(Duration::from_millis(1_500));
    let told = changes(&server);
    server.url = first;
    assert_eq!(changes(&server), told);
    let counts = counts(&told);
    let count = |status: &str, version: &str| counts[&(status.to_owned(), version.to_owned())];
    assert_eq!(count("New", OLD), count("Fixed", OLD));
    assert_eq!(count("New", MARCH), count("Fixed", MARCH));
    assert_eq!(count("New", OLD) % 3, 0);
    assert_eq!(count("New", MARCH) % 3, 0);
    let mut events: Vec<&str> = told
        .iter()
        .map(|row| field(row, "eventTimestamp"))
        .collect();
    events.dedup();
    assert_eq!(events.len(), versions.len());
}

#[test]
fn what_nobody_can_ask_for_is_forgotten() {
    let mut server = TestServer::start();
    for (version, seen_at) in [(OLD, "2020-03-20T08:00:00Z"), (MARCH, SEEN)] {
        report(&server, "pc-1", version, seen_at, "");
    }
    let before = vulnerable(&server);
    server.restart(NOW_MS + 15 * 24 * HOUR_MS);
    wait(|| {
        let store = SqliteStore::open(&server.data_dir().join("kbgap.db")).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let tenant = server.tenant.clone();
        server.run(async move {
            let window = store.exposure_window(&tenant, 0).await.unwrap();
            sender.send(window.is_none()).unwrap();
        });
        receiver.recv().unwrap()
    });
    // Since when it has what is left is known all the same.
    assert_eq!(vulnerable(&server), before);
    assert_eq!(
        field(&before[0], "firstSeenTimestamp"),
        "2020-03-20 08:00:00"
    );
    report(&server, "pc-1", NEWEST, "2020-04-09T08:00:00Z", "");
    let fixed = rows(
        &server,
        &format!("{CHANGES}?sinceTime=2020-04-09T12:00:00Z"),
    );
    assert_eq!(counts(&fixed), expected(&[("Fixed", MARCH, before.len())]));
}
