//! Limits, and hosts that report at once.

use std::num::NonZeroU32;

use kbgap_server::{Config, Rate, RateLimits};
use serde_json::json;

use super::host::{
    NOW, Osquery, client, enrollment, event, machines, secret, send, snapshot, software,
};
use crate::harness::TestServer;

fn with(config: Config) -> TestServer {
    TestServer::with(Config {
        rate_limits: RateLimits::off(),
        ..config
    })
}

#[test]
fn no_more_hosts_than_configured_enroll() {
    let server = with(Config {
        max_osquery_nodes: 2,
        ..Config::default()
    });
    let secret = secret(&server, &server.tenant);
    Osquery::enroll(&server, &secret, "a");
    Osquery::enroll(&server, &secret, "b");
    let answer = send(&server, "enroll", &enrollment(&secret, "c", "windows"));
    assert_eq!(answer.status, 403);
    assert!(answer.message().contains("2 hosts"), "{}", answer.body);
    Osquery::enroll(&server, &secret, "a");
}

#[test]
fn a_host_that_calls_too_often_is_told_when_to_come_back() {
    let server = TestServer::with(Config {
        rate_limits: RateLimits {
            osquery: Rate {
                per_minute: NonZeroU32::new(2),
                per_hour: None,
            },
            ..RateLimits::default()
        },
        ..Config::default()
    });
    let secret = secret(&server, &server.tenant);
    let (one, other) = (
        Osquery::enroll(&server, &secret, "a"),
        Osquery::enroll(&server, &secret, "b"),
    );
    assert_eq!([one.ask("config").status, one.ask("log").status], [200; 2]);
    let refused = one.ask("config");
    assert_eq!(refused.status, 429);
    let says = refused.message();
    assert!(says.starts_with("TooManyRequests: "), "{says}");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(other.ask("config").status, 200);
}

#[test]
fn bodies_have_a_limit_packed_or_not() {
    let server = with(Config {
        max_body_mb: 1,
        ..Config::default()
    });
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    let large = snapshot(
        "kbgap_programs",
        NOW,
        &json!([{"name": "x".repeat(2 << 20)}]),
    );
    for answer in [
        host.log(std::slice::from_ref(&large)),
        host.log_packed(&[large]),
    ] {
        assert_eq!(answer.status, 413, "{}", answer.body);
        assert!(
            answer.json()["error"]
                .as_str()
                .unwrap()
                .contains("PayloadTooLarge"),
            "{}",
            answer.body
        );
    }
    let body = json!({"node_key": host.key, "x": "x".repeat(300 << 10)});
    assert_eq!(send(&server, "config", &body).status, 413);
}

/// What is not stored is not called taken: the host sends it again.
#[test]
fn while_another_process_writes_hosts_are_told_to_send_the_same_again() {
    let server = TestServer::start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    let line = [snapshot("kbgap_registry", NOW, &client("PC-017", 592))];
    let other = rusqlite::Connection::open(server.data_dir().join("kbgap.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = host.log(&line);
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1")),
        "{}",
        refused.body
    );
    let json = refused.json();
    // osquery has no other text for its log.
    let error = json["error"].as_str().unwrap();
    assert!(
        error.starts_with("ServiceUnavailable: Too many writes"),
        "{error}"
    );
    assert!(json.get("node_invalid").is_none());
    other.execute_batch("COMMIT").unwrap();
    assert!(machines(&server).is_empty());
    host.tell(&line);
    assert_eq!(machines(&server), ["PC-017.contoso.com"]);
}

/// Several requests of one host may be under way, and two servers may share the data.
#[test]
fn nothing_is_lost_of_what_comes_at_once() {
    let server = TestServer::start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    host.tell(&[snapshot("kbgap_registry", NOW, &client("PC-017", 592))]);
    let lines: Vec<_> = (0..6)
        .map(|n| {
            let row = json!({"name": format!("Program {n}"), "version": "1", "publisher": "x"});
            event("kbgap_programs", NOW, 0, "added", &row)
        })
        .collect();
    std::thread::scope(|scope| {
        for line in &lines {
            let host = &host;
            scope.spawn(move || {
                // As osquery does, until it is taken.
                while host.log(std::slice::from_ref(line)).status != 200 {}
            });
        }
    });
    assert_eq!(software(&server).len(), lines.len());
}

/// A small packed body may be very much when it is read: nobody without a key has it read.
#[test]
fn what_is_too_much_is_refused_and_only_after_the_key() {
    let server = with(Config::default());
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    let lines: Vec<_> = (0..100_001)
        .map(|_| json!({"name": "kbgap_patches"}))
        .collect();
    let refused = host.log_packed(&lines);
    assert_eq!(refused.status, 413, "{}", refused.body);
    let says = refused.message();
    assert!(says.contains("--logger_tls_max_lines"), "{says}");
    let stranger = Osquery {
        server: &server,
        key: "x".to_owned(),
    };
    let refused = stranger.log_packed(&lines);
    assert_eq!(refused.status, 200, "{}", refused.body);
    assert_eq!(refused.json()["node_invalid"], true);
}
