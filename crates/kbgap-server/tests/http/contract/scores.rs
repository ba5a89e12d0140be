//! `/api/exposureScore`, by what installing updates does to it.

use crate::harness::TestServer;
use crate::host::{Host, PATCHED, W1909};

fn score(server: &TestServer) -> f64 {
    server.read("/api/exposureScore").json()["score"]
        .as_f64()
        .unwrap()
}

fn groups(server: &TestServer) -> Vec<(String, f64)> {
    let rows = server.read("/api/exposureScore/ByMachineGroups").rows();
    rows.iter()
        .map(|row| {
            (
                row["rbacGroupName"].as_str().unwrap().to_owned(),
                row["score"].as_f64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn installing_an_update_never_raises_a_score() {
    let server = TestServer::start();
    assert_eq!(score(&server), 0.0);
    let host = |name: &str, group: &str, version: &str, day: u32| {
        let seen = format!("2020-03-2{day}T08:00:00Z");
        Host::new(name, version).group(group).seen(&seen)
    };
    server.report([host("a", "London", W1909, 1), host("b", "Paris", W1909, 1)]);
    let first = score(&server);
    assert!(first > 0.0 && first <= 100.0, "{first}");
    assert_eq!(
        groups(&server),
        [("London".to_owned(), first), ("Paris".to_owned(), first)]
    );
    let mut last = first;
    for (day, version) in [(2, "10.0.18363.719"), (3, PATCHED)] {
        server.report([host("a", "London", version, day)]);
        let now = score(&server);
        assert!(now < last, "{version}: {now} after {last}");
        last = now;
    }
    assert_eq!(groups(&server)[0], ("London".to_owned(), 0.0));
    assert_eq!(groups(&server)[1].1, first);
    assert_eq!(score(&server), first / 2.0);
}

#[test]
fn the_value_of_a_machine_weighs() {
    let server = TestServer::start();
    server.report([Host::new("bad", W1909), Host::new("good", PATCHED)]);
    let even = score(&server);
    let set = |value: &str| {
        let body = format!(r#"{{"DeviceValue":"{value}"}}"#);
        let answer = server.act("POST", "/api/machines/bad/setDeviceValue", &body);
        let set = answer.json()["deviceValue"].as_str().unwrap().to_owned();
        assert!(set.eq_ignore_ascii_case(value), "{}", answer.body);
    };
    set("Low");
    let low = score(&server);
    assert!(low < even, "{low} {even}");
    let critical = || {
        let advice = server.read("/api/recommendations/va-_-microsoft-_-windows_10");
        advice.json()["exposedCriticalDevices"].clone()
    };
    assert_eq!(critical(), 0);
    set("High");
    assert_eq!(critical(), 1);
    set("normal");
    assert_eq!(score(&server), even);
}

#[test]
fn machines_that_are_silent_or_unknown_do_not_weigh() {
    let server = TestServer::start();
    server.report([
        Host::new("a", W1909),
        Host::new("silent", PATCHED).seen("2020-02-01T00:00:00Z"),
        Host::new("unknown", "10.0.12345.1"),
    ]);
    let with_others = score(&server);
    let alone = TestServer::start();
    alone.report([Host::new("a", W1909)]);
    assert_eq!(with_others, score(&alone));
}
