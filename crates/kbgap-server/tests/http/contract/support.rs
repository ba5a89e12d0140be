//! Whether what machines run is supported: it depends on the server's clock alone.

use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::host::{Host, W1909};

const SOFTWARE: &str = "/api/machines/SoftwareInventoryByMachine";

/// The milliseconds since 1970 of a day at noon.
fn noon(day: &str) -> i64 {
    let time: jiff::Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
    time.as_millisecond()
}

fn host(name: &str, version: &str, kind: &str, edition: Option<&str>) -> Host {
    let mut os = json!({"version": version, "architecture": "x64", "installationType": kind});
    if let Some(edition) = edition {
        os["edition"] = edition.into();
    }
    Host::new(name, W1909).with("os", os)
}

/// Goes on at noon of a day, when all machines report again.
fn go_to(server: &mut TestServer, day: &str) {
    server.restart(noon(day));
    fill(server, day);
}

/// Windows 10 1909 of two editions and of none, 22H2, a server, and a Windows that
/// nobody knows.
fn fill(server: &TestServer, day: &str) {
    let hosts = [
        host("enterprise", W1909, "Client", Some("Enterprise")),
        host("pro", W1909, "Client", Some("Professional")),
        host("bare", W1909, "Client", None),
        host("newer", "10.0.19045.3448", "Client", Some("Core")),
        host("server", "10.0.17763.1", "Server", Some("ServerStandard"))
            .software(
                "Microsoft Corporation",
                "SQL Server 2014 Database Engine Services",
                "12.0.2000.8",
            )
            .software(
                "Microsoft Corporation",
                "Service Pack 3 for SQL Server 2014 (KB4022619) (64-bit)",
                "12.3.6024.0",
            )
            .software("Mozilla", "Mozilla Firefox (x64 en-US)", "128.0"),
        host("nobody", "10.0.12345.1", "Client", Some("Enterprise")),
    ];
    let seen = format!("{day}T08:00:00Z");
    server.report(hosts.map(|host| host.seen(&seen)));
}

#[test]
fn a_machine_says_whether_its_windows_is_supported() {
    let server = TestServer::start();
    fill(&server, "2020-03-24");
    let support = |name: &str| {
        let machine = server.read(&format!("/api/machines/{name}")).json();
        machine["@kbgap.support"].clone()
    };
    // In March 2020, as the clock of the tests shows.
    assert_eq!(
        support("enterprise"),
        json!({"status": "supported", "endOfSupport": "2022-05-10", "esuEnds": null})
    );
    assert_eq!(
        support("newer"),
        json!({"status": "supported", "endOfSupport": "2025-10-14", "esuEnds": "2027-10-12"})
    );
    assert_eq!(
        support("bare"),
        json!({"status": "supported", "endOfSupport": null, "esuEnds": null, "lacking": "os.edition",
        "editions": [
            {"editions": ["home", "pro"], "status": "supported", "endOfSupport": "2021-05-11", "esuEnds": null},
            {"editions": ["enterprise"], "status": "supported", "endOfSupport": "2022-05-10", "esuEnds": null},
        ]})
    );
    assert_eq!(support("nobody"), Value::Null);
}

#[test]
fn it_changes_with_the_day_and_nothing_else() {
    let mut server = TestServer::start();
    fill(&server, "2020-03-24");
    let misses = |server: &TestServer, name: &str| {
        server.read(&format!("/api/machines/{name}/getmissingkbs"))
    };
    let first = ["enterprise", "pro", "bare", "newer"].map(|name| misses(&server, name).rows());
    for (day, enterprise, pro, bare, newer) in [
        (
            "2021-05-11",
            "supported",
            "supported",
            "supported",
            "supported",
        ),
        ("2021-05-12", "supported", "ended", "unknown", "supported"),
        ("2022-05-11", "ended", "ended", "ended", "supported"),
        ("2025-10-15", "ended", "ended", "ended", "esu"),
        ("2027-10-13", "ended", "ended", "ended", "ended"),
    ] {
        go_to(&mut server, day);
        let all = [
            ("enterprise", enterprise),
            ("pro", pro),
            ("bare", bare),
            ("newer", newer),
        ];
        for ((name, status), first) in all.into_iter().zip(&first) {
            let machine = server.read(&format!("/api/machines/{name}")).json();
            assert_eq!(machine["@kbgap.support"]["status"], status, "{name} {day}");
            // What it misses is flagged, and missed all the same.
            let misses = misses(&server, name);
            let flag = misses.json()["@kbgap.support"]["status"].clone();
            let expected = (status != "supported").then_some(status);
            assert_eq!(flag.as_str(), expected, "{name} {day}");
            assert_eq!(misses.rows(), *first, "{name} {day}");
        }
    }
}

#[test]
fn machines_can_be_chosen_by_it() {
    let mut server = TestServer::start();
    go_to(&mut server, "2021-06-01");
    let named = |query: &str| {
        let answer = server.read(&format!("/api/machines?{query}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let mut names = answer.texts("computerDnsName");
        names.sort();
        names.join(" ")
    };
    assert_eq!(named("support=ended"), "pro");
    assert_eq!(named("support=unknown"), "bare nobody");
    assert_eq!(named("support=Supported"), "enterprise newer server");
    assert_eq!(named("support=esu"), "");
    assert_eq!(named("support=ended,%20unknown"), "bare nobody pro");
    assert_eq!(
        named("support=unknown&$filter=startswith(computerDnsName,'b')"),
        "bare"
    );
    let count = server.read("/api/machines?support=unknown&$count=true&$top=1");
    assert_eq!(count.json()["@odata.count"], 2);
    assert_eq!(count.rows().len(), 1);
    for bad in [
        "support=",
        "support=old",
        "support=ended,",
        "support=ended;esu",
    ] {
        let answer = server.read(&format!("/api/machines?{bad}"));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "InvalidInput"),
            "{bad}"
        );
    }
}

#[test]
fn the_export_has_the_words_of_the_original() {
    let mut server = TestServer::start();
    let mut of = |day: &str, name: &str, software: &str| -> Vec<(Value, Value)> {
        go_to(&mut server, day);
        let rows = server.read(SOFTWARE).rows().into_iter();
        rows.filter(|row| row["deviceName"] == name && row["softwareName"] == software)
            .map(|row| {
                (
                    row["endOfSupportStatus"].clone(),
                    row["endOfSupportDate"].clone(),
                )
            })
            .collect()
    };
    let one = |status: &str, date: &str| vec![(json!(status), json!(date))];
    let end = "2022-05-10";
    for (day, status) in [
        ("2021-11-10", "None"),
        ("2021-11-11", "Upcoming EOS Version"),
        ("2022-05-10", "Upcoming EOS Version"),
        ("2022-05-11", "EOS Version"),
        ("2032-01-14", "EOS Software"),
    ] {
        let found = of(day, "enterprise", "windows_10");
        assert_eq!(found, one(status, end), "{day}");
    }
    // No edition: what is common is told, and no date that would be one of several.
    assert_eq!(
        of("2021-06-01", "bare", "windows_10"),
        [(Value::Null, Value::Null)]
    );
    assert_eq!(
        of("2022-06-01", "bare", "windows_10"),
        [(json!("EOS Version"), Value::Null)]
    );
    // The name of the engine stays at the first version: the server has its service pack.
    let sql = of("2025-01-01", "server", "sql_server");
    assert!(!sql.is_empty());
    assert!(
        sql.iter()
            .all(|row| *row == (json!("EOS Version"), json!("2024-07-09"))),
        "{sql:?}"
    );
    let sql = of("2024-07-09", "server", "sql_server");
    assert!(sql.iter().all(|row| row.0 == "None"), "{sql:?}");
}
