//! What hosts tell shows as their machines.

use serde_json::{Value, json};

use super::host::{
    NOW, Osquery, batch, client, event, machines, registry, secret, send, snapshot, software,
};
use crate::harness::{NOW_MS, TestServer};
use kbgap_server::{Config, RateLimits};
use kbgap_testkit::shared;

const MISSING: &str = "/api/machines/pc-017.contoso.com/getmissingkbs";

fn programs(edge: &str) -> Value {
    json!([
        {"name": "Microsoft Edge", "version": edge, "publisher": "Microsoft Corporation"},
        {"name": "7-Zip 19.00 (x64)", "version": "19.00", "publisher": "Igor Pavlov"},
    ])
}

fn patch(id: &str) -> Value {
    json!({"hotfix_id": id})
}

/// A stock osqueryd from its first start on.
#[test]
fn a_windows_10_host_from_enrolling_to_its_missing_updates() {
    let server = TestServer::start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "4C4C4544");
    let config = host.ask("config").json();
    let pack = &config["packs"]["kbgap"];
    assert_eq!(pack["platform"], "windows");
    let queries = pack["queries"].as_object().unwrap();
    assert!(queries.values().all(|query| query["snapshot"] == true));
    // What is not known is asked at once, and once.
    let asked = host.asked();
    assert_eq!(asked.len(), queries.len() + 1);
    assert!(queries.keys().all(|name| asked.contains(name)), "{asked:?}");
    assert!(host.asked().is_empty());
    let answer = send(
        &server,
        "distributed/write",
        &json!({
            "node_key": host.key,
            "queries": {
                "kbgap_registry": client("PC-017", 592),
                "kbgap_patches": [patch("KB4528760"), patch("KB4524244")],
                "kbgap_programs": programs("80.0.361.66"),
                "kbgap_kernel": [],
                "kbgap_time": [{"unix_time": (NOW - 60).to_string()}],
            },
            "statuses": {"kbgap_registry": 0, "kbgap_patches": 0, "kbgap_programs": 0, "kbgap_kernel": 1, "kbgap_time": 0},
            "messages": {"kbgap_registry": "", "kbgap_patches": "", "kbgap_programs": "", "kbgap_kernel": "no such table", "kbgap_time": ""},
            "stats": {"kbgap_registry": {"wall_time_ms": 1, "user_time": 1, "system_time": 1, "memory": 1}},
        }),
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    let machine = server.read("/api/machines").rows().remove(0);
    assert_eq!(machine["computerDnsName"], "PC-017.contoso.com");
    assert_eq!(
        (&machine["osBuild"], &machine["osPlatform"]),
        (&json!(18_363), &json!("Windows10"))
    );
    assert_eq!(machine["lastSeen"], "2020-03-25T11:59:00Z");
    let missing = server.get(MISSING).ids();
    assert!(missing.contains(&"4540673".to_owned()), "{missing:?}");
    // The next run of the schedule finds the update of March.
    host.tell(&[snapshot("kbgap_registry", NOW - 10, &client("PC-017", 719))]);
    let missing = server.get(MISSING).ids();
    assert!(!missing.contains(&"4540673".to_owned()), "{missing:?}");
    let of_windows = server
        .get("/api/Software/microsoft-_-windows_10/getmissingkbs")
        .ids();
    assert!(
        !of_windows.contains(&"4540673".to_owned()),
        "{of_windows:?}"
    );
    // A log of before that comes late changes nothing.
    host.tell(&[snapshot("kbgap_registry", NOW - 30, &client("PC-017", 592))]);
    assert_eq!(server.get(MISSING).ids(), missing);
}

#[test]
fn a_server_is_assessed_as_one_by_the_real_month() {
    let Some(shared) = shared() else { return };
    let config = Config {
        rate_limits: RateLimits::off(),
        ..Config::default()
    };
    let month = shared.join("data/msrc-cvrf-xml/2020-Mar.xml.zst");
    let server = TestServer::with_feed(config, vec![month]);
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "srv");
    for (at, revision, is_missing) in [(NOW - 9, 1_039, true), (NOW, 1_098, false)] {
        let product = "Windows Server 2019 Standard";
        let rows = registry("SRV-1", "17763", revision, "Server", product);
        host.tell(&[snapshot("kbgap_registry", at, &rows)]);
        let missing = server
            .get("/api/machines/srv-1.contoso.com/getmissingkbs")
            .rows();
        let march = missing.iter().find(|row| row["id"] == "4538461");
        assert_eq!(march.is_some(), is_missing, "{revision}: {missing:?}");
        let of_server = march.is_none_or(|row| row.to_string().contains("windows_server_2019"));
        assert!(of_server, "{march:?}");
    }
}

#[test]
fn packed_bodies_and_numbers() {
    let server = TestServer::start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    // As `--logger_numerics` writes them.
    let mut rows = client("PC-017", 0);
    rows[1]["data"] = json!(592);
    let mut line = snapshot("kbgap_registry", NOW, &rows);
    line["numerics"] = true.into();
    let answer = host.log_packed(&[line]);
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    assert!(server.get(MISSING).ids().contains(&"4540673".to_owned()));
}

#[test]
fn differential_logs_and_batches_over_a_restart() {
    let mut server = TestServer::start();
    let secret = secret(&server, &server.tenant);
    let key = {
        let host = Osquery::enroll(&server, &secret, "h");
        host.tell(&[
            snapshot("kbgap_registry", NOW - 100, &client("PC-017", 592)),
            event(
                "kbgap_programs",
                NOW - 90,
                0,
                "added",
                &programs("80.0.1.1")[0],
            ),
            event(
                "kbgap_programs",
                NOW - 90,
                0,
                "added",
                &programs("80.0.1.1")[1],
            ),
        ]);
        host.key
    };
    assert_eq!(software(&server).len(), 2, "{:?}", software(&server));
    server.restart(NOW_MS);
    let host = Osquery {
        server: &server,
        key,
    };
    // The state has survived: a difference is one of what was told before.
    let lines = [
        batch(
            "kbgap_programs",
            NOW - 50,
            1,
            &json!([programs("81.0.2.2")[0]]),
            &json!([programs("80.0.1.1")[0]]),
        ),
        event("kbgap_programs", NOW - 40, 2, "removed", &programs("")[1]),
    ];
    host.tell(&lines);
    let expected = ["edge_chromium-based 81.0.2.2"];
    assert_eq!(software(&server), expected);
    // The answer was lost, and the batch comes again.
    host.tell(&lines[..1]);
    host.tell(&lines);
    assert_eq!(software(&server), expected);
    // A new epoch replaces all, and what is sent again of the old one does not come back.
    let mut anew = event(
        "kbgap_programs",
        NOW - 30,
        0,
        "added",
        &programs("82.0.3.3")[0],
    );
    anew["epoch"] = 7.into();
    host.tell(&[anew]);
    host.tell(&lines);
    assert_eq!(software(&server), ["edge_chromium-based 82.0.3.3"]);
}

#[test]
fn what_lacks_its_first_run_is_asked_for_and_not_taken_for_all() {
    let server = TestServer::start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    host.tell(&[
        snapshot("kbgap_registry", NOW - 100, &client("PC-017", 592)),
        event(
            "kbgap_programs",
            NOW - 90,
            4,
            "added",
            &programs("80.0.1.1")[1],
        ),
    ]);
    assert_eq!(machines(&server), ["PC-017.contoso.com"]);
    assert!(software(&server).is_empty());
    let asked = host.asked();
    assert!(asked.contains(&"kbgap_programs".to_owned()), "{asked:?}");
    assert!(!asked.contains(&"kbgap_registry".to_owned()), "{asked:?}");
}

#[test]
fn bad_lines_spoil_nothing() {
    let server = TestServer::start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    let good = snapshot("kbgap_registry", NOW, &client("PC-017", 592));
    let lines = [
        json!(5),
        json!({"name": "kbgap_patches", "action": "added", "columns": "no"}),
        json!({"name": "kbgap_patches", "snapshot": [[]]}),
        json!({"name": "other", "action": "added", "columns": {"a": "b"}}),
        good,
        json!(null),
    ];
    host.tell(&lines);
    assert_eq!(machines(&server), ["PC-017.contoso.com"]);
    // Bytes that are no text, as Windows may have them in a name.
    let body = format!(
        r#"{{"node_key":"{}","log_type":"result","data":[{{"name":"kbgap_programs","action":"snapshot","unixTime":{NOW},"snapshot":[{{"name":"Caf#","version":"1","publisher":"x"}},{{"name":"Plain","version":"2","publisher":"x"}}]}}]}}"#,
        host.key
    );
    let bytes: Vec<u8> = body
        .bytes()
        .map(|b| if b == b'#' { 0xe9 } else { b })
        .collect();
    let answer = server.send("POST", "/osquery/v1/log", &[], &bytes);
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    let software = software(&server);
    let is_plain = |name: &String| name.eq_ignore_ascii_case("plain 2");
    assert!(software.iter().any(is_plain), "{software:?}");
}

#[test]
fn status_logs_are_taken_and_tell_nothing() {
    let server = TestServer::start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    let status = json!({"hostIdentifier": "h", "calendarTime": "x", "unixTime": NOW, "severity": "0",
        "filename": "scheduler.cpp", "line": "1", "message": "Executing", "version": "5.12.1"});
    let body = json!({"node_key": host.key, "log_type": "status", "data": [status]});
    let answer = send(&server, "log", &body);
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    assert!(machines(&server).is_empty());
}

#[test]
fn a_machine_waits_for_its_full_name() {
    let mut server = TestServer::start();
    let secret = secret(&server, &server.tenant);
    let version = json!([{"name": "Microsoft Windows 10 Enterprise", "version": "10.0.18363", "arch": "64-bit", "revision": "592"}]);
    let key = {
        let host = Osquery::enroll(&server, &secret, "h");
        host.tell(&[snapshot("kbgap_os_version", NOW, &version)]);
        host.key
    };
    assert!(machines(&server).is_empty());
    // Where the registry tells nothing for long, it has the name that it enrolled with.
    let later = NOW + 2 * 60 * 60;
    server.restart(later * 1_000);
    let host = Osquery {
        server: &server,
        key,
    };
    host.tell(&[snapshot("kbgap_os_version", later, &version)]);
    assert_eq!(machines(&server), ["PC-017"]);
    // And goes on as the same machine when the registry does.
    host.tell(&[snapshot(
        "kbgap_registry",
        later + 1,
        &client("PC-017", 592),
    )]);
    assert_eq!(machines(&server), ["PC-017.contoso.com"]);
}
