//! Limits of calls.

use std::num::NonZeroU32;

use kbgap_server::{Config, Rate, RateLimits};

use crate::harness::{Answer, TestServer};

const EDGE: &str = "/api/Software/microsoft-_-edge/getmissingkbs";
const READ: &[&str] = &["Software.Read.All"];

/// A server that allows so many calls a minute of what is not limited by default.
fn server(per_minute: u32) -> TestServer {
    TestServer::with(Config {
        rate_limits: RateLimits {
            other: Rate {
                per_minute: NonZeroU32::new(per_minute),
                per_hour: None,
            },
            ..RateLimits::default()
        },
        ..Config::default()
    })
}

fn statuses(server: &TestServer, token: &str, calls: usize) -> Vec<u16> {
    (0..calls)
        .map(|_| server.get_as(EDGE, token).status)
        .collect()
}

fn assert_refused(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (429, "TooManyRequests"),
        "{}",
        answer.body
    );
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let error = &answer.json()["error"];
    assert!(error["message"].as_str().unwrap().contains("per minute"));
    assert!(!error["target"].as_str().unwrap().is_empty());
}

#[test]
fn one_call_too_many_is_told_when_to_come_back() {
    let server = server(3);
    let token = server.token(READ, &[]);
    assert_eq!(statuses(&server, &token, 3), [200; 3]);
    assert_refused(&server.get_as(EDGE, &token));
    // Another token of the same application is the same caller, another path the same class.
    let again = server.token(READ, &["Software.Read"]);
    assert_refused(&server.get_as(EDGE, &again));
    assert_refused(&server.get_as("/api/machines/nobody/getmissingkbs", &token));
}

#[test]
fn applications_and_tenants_count_apart() {
    let server = server(1);
    let other_tenant = "ffffffff-1111-4111-8111-111111111111";
    for token in [
        server.token_of_app(&server.tenant, "a", READ, &[]),
        server.token_of_app(&server.tenant, "b", READ, &[]),
        server.token_of_app(other_tenant, "a", READ, &[]),
    ] {
        assert_eq!(statuses(&server, &token, 2), [200, 429]);
    }
}

#[test]
fn bad_tokens_and_missing_permissions_come_first_and_cost_nothing() {
    let server = server(1);
    let weak = server.token(&["Score.Read.All"], &[]);
    assert_eq!(statuses(&server, "nonsense", 2), [401; 2]);
    assert_eq!(statuses(&server, &weak, 2), [403; 2]);
    assert_eq!(statuses(&server, &server.token(READ, &[]), 2), [200, 429]);
    assert_eq!(statuses(&server, "nonsense", 1), [401]);
    assert_eq!(statuses(&server, &weak, 1), [403]);
    // Before what is not there, and before bad options.
    let token = server.token(READ, &[]);
    for path in [
        "/api/Software/microsoft-_-nonsense/getmissingkbs",
        "/api/Software/microsoft-_-edge/getmissingkbs?$top=x",
    ] {
        assert_refused(&server.get_as(path, &token));
    }
}

#[test]
fn by_default_getmissingkbs_is_not_limited_and_off_is_off() {
    let default = TestServer::with(Config::default());
    let token = default.token(READ, &[]);
    assert_eq!(statuses(&default, &token, 120), [200; 120]);
    let off = TestServer::with(Config {
        rate_limits: RateLimits {
            enabled: false,
            other: Rate {
                per_minute: NonZeroU32::new(1),
                per_hour: NonZeroU32::new(1),
            },
            ..RateLimits::default()
        },
        ..Config::default()
    });
    assert_eq!(statuses(&off, &off.token(READ, &[]), 3), [200; 3]);
}

#[test]
fn every_class_has_its_documented_number() {
    let server = TestServer::with(Config::default());
    server.fleet(1, "10.0.18363.592");
    let machine = "/api/machines/10.0.18363.592-0";
    let vulnerabilities = format!("{machine}/vulnerabilities");
    for (path, per_minute) in [
        (machine, 100),
        (vulnerabilities.as_str(), 50),
        ("/api/machines/SoftwareInventoryByMachine", 30),
        ("/api/machines/SoftwareInventoryExport", 5),
    ] {
        let roles = [
            "Machine.Read.All",
            "Software.Read.All",
            "Vulnerability.Read.All",
        ];
        let token = server.token_of_app(&server.tenant, path, &roles, &[]);
        for call in 1..=per_minute {
            assert_eq!(server.get_as(path, &token).status, 200, "{path}: {call}");
        }
        assert_refused(&server.get_as(path, &token));
    }
}
