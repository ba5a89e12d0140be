//! `/metrics`: what is counted, who may see it, and what never stands in it.

use std::collections::BTreeMap;

use kbgap_server::{Config, MetricsListener, RateLimits};

use serde_json::json;

use crate::harness::TestServer;
use crate::host::{Host, PATCHED, W1909};
use crate::osquery::host::{NOW, Osquery, client, secret, snapshot};

const WINDOWS: &str = "/api/Software/microsoft-_-windows_10/getmissingkbs";

fn start() -> TestServer {
    TestServer::with(Config {
        rate_limits: RateLimits::off(),
        metrics: Some(MetricsListener {
            listen: "127.0.0.1:0".into(),
        }),
        ..Config::default()
    })
}

fn page(server: &TestServer) -> String {
    let answer = server.send_to(server.metrics.as_deref().unwrap(), "GET", &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let kind = answer.header("content-type").unwrap();
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    answer.body
}

/// All samples by name and labels; each stands once.
fn samples(page: &str) -> BTreeMap<&str, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let mut samples = BTreeMap::new();
    for line in lines {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let value = value.parse().unwrap();
        assert_eq!(samples.insert(name, value), None, "{line}");
    }
    samples
}

#[test]
fn what_has_happened_is_counted() {
    let server = start();
    server.report([
        Host::new("host-a", W1909),
        Host::new("host-b", PATCHED),
        Host::new("host-old", W1909).seen("2020-01-01T00:00:00Z"),
        Host::new("host-unknown", "10.0.1.2"),
    ]);
    server.report([Host::new("host-a", W1909).seen("2020-03-24T09:00:00Z")]);
    server.report([Host::new("host-a", PATCHED).seen("2020-03-24T10:00:00Z")]);
    let batch = "[{\"computerDnsName\":\"\",\"os\":{\"version\":\"10.0.18363\"}}]";
    assert_eq!(server.post("/ingest/v1/machines", batch).status, 400);
    // The second time the answer is one that was kept.
    server.get(WINDOWS);
    server.get(&WINDOWS.to_ascii_lowercase());
    server.get(WINDOWS);
    server.read("/api/machines/host-a/getmissingkbs");
    server.send("GET", WINDOWS, &[], b"");
    server.send("GET", "/api/nowhere/at-all", &[], b"");
    server.send("GET", "/no/such/page-of-mine", &[], b"");
    server.send("GET", "/api/$metadata", &[], b"");
    server.send("GET", "/healthz", &[], b"");
    let text = page(&server);
    let found = samples(&text);
    let other = "kbgap_http_requests_total{route=\"other\",status=\"4xx\"}";
    for (sample, value) in [
        ("kbgap_ingest_records_total{outcome=\"created\"}", 4.0),
        ("kbgap_ingest_records_total{outcome=\"changed\"}", 1.0),
        ("kbgap_ingest_records_total{outcome=\"unchanged\"}", 1.0),
        ("kbgap_ingest_records_total{outcome=\"refused\"}", 1.0),
        ("kbgap_ingest_records_total{outcome=\"stale\"}", 0.0),
        ("kbgap_ingest_busy_total", 0.0),
        ("kbgap_ingest_queue_requests", 0.0),
        ("kbgap_machines{activity=\"active\"}", 3.0),
        ("kbgap_machines{activity=\"silent\"}", 1.0),
        ("kbgap_machines_not_assessed", 1.0),
        ("kbgap_tenants", 1.0),
        ("kbgap_feed_documents{source=\"cvrf\"}", 1.0),
        ("kbgap_feed_syncs_total{outcome=\"success\"}", 0.0),
        (
            "kbgap_http_requests_total{route=\"/api/Software/{id}/getmissingkbs\",status=\"2xx\"}",
            3.0,
        ),
        (
            "kbgap_http_requests_total{route=\"/api/Software/{id}/getmissingkbs\",status=\"4xx\"}",
            1.0,
        ),
        (
            "kbgap_http_requests_total{route=\"/api/machines/{id}/getmissingkbs\",status=\"2xx\"}",
            1.0,
        ),
        (
            "kbgap_http_requests_total{route=\"documents\",status=\"2xx\"}",
            1.0,
        ),
        (
            "kbgap_http_requests_total{route=\"/healthz\",status=\"2xx\"}",
            1.0,
        ),
        (
            "kbgap_http_requests_total{route=\"/ingest/v1/machines\",status=\"2xx\"}",
            3.0,
        ),
        (
            "kbgap_http_request_duration_seconds_count{route=\"/ingest/v1/machines\"}",
            4.0,
        ),
        (other, 2.0),
    ] {
        assert_eq!(found.get(sample), Some(&value), "{sample}\n{text}");
    }
    let positive = |name: &str| found.get(name).is_some_and(|value| *value > 0.0);
    for name in [
        "kbgap_feed_generation",
        "kbgap_feed_kbs",
        "kbgap_feed_vulnerabilities",
        "kbgap_index_profiles",
        "kbgap_index_publish_duration_seconds_count",
        "kbgap_store_bytes{file=\"kbgap.db\"}",
        "kbgap_start_time_seconds",
    ] {
        assert!(positive(name), "{name}\n{text}");
    }
    for secret in [
        "host-",
        "page-of-mine",
        "nowhere",
        &server.tenant,
        &server.client_id,
    ] {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
}

/// Names and their meaning are what dashboards are made of.
#[test]
fn names_and_meanings_stay() {
    let server = start();
    let text = page(&server);
    let comments: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    insta::assert_snapshot!(comments.join("\n"));
    // Each family is one that promtool would take.
    for pair in comments.chunks(2) {
        let words: Vec<&str> = pair[1].split(' ').collect();
        assert!(
            pair[0].starts_with(&format!("# HELP {} ", words[2])),
            "{pair:?}"
        );
        assert_eq!(
            words[3] == "counter",
            words[2].ends_with("_total"),
            "{pair:?}"
        );
    }
}

#[test]
fn a_change_of_the_feed_is_timed() {
    let server = start();
    server.report([Host::new("a", W1909)]);
    let file = server.data_dir().join("2020-Apr.xml");
    let sample = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../kbgap/demo/2020-Mar.xml"),
    );
    std::fs::write(&file, sample.unwrap().replace("2020-Mar", "2020-Apr")).unwrap();
    server.run(async { crate::harness::import_files(server.data_dir(), vec![file]) });
    let timed = "kbgap_index_assess_duration_seconds_count";
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while samples(&page(&server))[timed] < 1.0 {
        assert!(
            std::time::Instant::now() < until,
            "the feed is not followed"
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn the_page_is_on_its_own_listener_alone() {
    let server = start();
    assert_eq!(server.send("GET", "/metrics", &[], b"").status, 404);
    let elsewhere = server
        .metrics
        .as_deref()
        .unwrap()
        .replace("/metrics", "/api");
    assert_eq!(server.send_to(&elsewhere, "GET", &[], b"").status, 404);
    let page = server.metrics.as_deref().unwrap();
    assert_eq!(server.send_to(page, "POST", &[], b"").status, 405);
    assert_eq!(TestServer::start().metrics, None);
}

#[test]
fn what_osquery_reports_is_counted_too() {
    let server = start();
    let host = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    let told = |at: i64, revision: u32| snapshot("kbgap_registry", at, &client("PC-017", revision));
    host.tell(&[told(NOW - 9, 592)]);
    host.tell(&[told(NOW - 8, 592)]);
    // A line that is not understood is one that was refused.
    host.tell(&[told(NOW - 7, 719), json!({"name": "kbgap_patches"})]);
    // What is no Windows reports nothing.
    let linux = Osquery::of_platform(&server, &secret(&server, &server.tenant), "l", "ubuntu");
    linux.tell(&[told(NOW, 592)]);
    let text = page(&server);
    let found = samples(&text);
    for (outcome, value) in [
        ("created", 1.0),
        ("unchanged", 1.0),
        ("changed", 1.0),
        ("refused", 1.0),
    ] {
        let sample = format!("kbgap_ingest_records_total{{outcome=\"{outcome}\"}}");
        assert_eq!(found.get(&*sample), Some(&value), "{sample}");
    }
    let requests = "kbgap_http_requests_total{route=\"/osquery/v1/log\",status=\"2xx\"}";
    assert_eq!(found.get(requests), Some(&4.0));
    assert!(!text.to_ascii_lowercase().contains("pc-017"));
}
