//! Answers of getmissingkbs that are kept: their ETag, and the option for a device group.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use kbgap_server::{Config, Rate, RateLimits};

use crate::harness::{Answer, TestServer, document};
use crate::host::{Host, PATCHED, W1903, W1909};

const WINDOWS: &str = "/api/Software/microsoft-_-windows_10/getmissingkbs";
const EDGE: &str = "/api/Software/microsoft-_-edge/getmissingkbs";

fn ask(server: &TestServer, path: &str, more: &[(&str, &str)]) -> Answer {
    let token = format!("Bearer {}", server.token(&["Software.Read.All"], &[]));
    let mut headers = vec![("Authorization", token.as_str())];
    headers.extend(more);
    server.send("GET", path, &headers, b"")
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

/// Asks with a tag, and tells whether the server says that nothing has changed.
fn still_holds(server: &TestServer, path: &str, etag: &str) -> bool {
    let answer = ask(server, path, &[("If-None-Match", etag)]);
    match answer.status {
        304 => {
            assert_eq!((tag(&answer).as_str(), answer.body.as_str()), (etag, ""));
            true
        }
        200 => {
            assert_ne!(tag(&answer), etag, "{}", answer.body);
            false
        }
        other => panic!("{other}: {}", answer.body),
    }
}

#[test]
fn what_a_client_has_is_not_sent_again() {
    let server = TestServer::start();
    server.report([Host::new("a", W1909), Host::new("b", W1903)]);
    let first = ask(&server, WINDOWS, &[]);
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    let etag = tag(&first);
    for known in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"other\", {etag}"),
        "*".to_owned(),
    ] {
        let again = ask(&server, WINDOWS, &[("If-None-Match", &known)]);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
        assert_eq!(tag(&again), etag);
        assert_eq!(again.header("cache-control"), Some("private, no-cache"));
    }
    let unknown = ask(&server, WINDOWS, &[("If-None-Match", "\"other\"")]);
    assert_eq!((unknown.status, unknown.body), (200, first.body));
    let token = format!("Bearer {}", server.token(&["Software.Read.All"], &[]));
    let headers = [("Authorization", token.as_str()), ("If-None-Match", &etag)];
    assert_eq!(server.send("HEAD", WINDOWS, &headers, b"").status, 304);
    // Whoever has an answer has to be allowed to ask all the same.
    assert_eq!(
        server
            .send("GET", WINDOWS, &[("If-None-Match", &etag)], b"")
            .status,
        401
    );
}

#[test]
fn who_may_not_ask_gets_no_answer_that_is_kept() {
    let server = TestServer::start();
    server.report([Host::new("a", W1909)]);
    let kept = ask(&server, WINDOWS, &[]);
    assert_eq!(kept.ids().len(), 2);
    let asks = |method: &str, path: &str, token: Option<&str>| {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let bearer = bearer.as_deref().map(|bearer| ("Authorization", bearer));
        server.send(method, path, bearer.as_slice(), b"")
    };
    let (weak, good) = (
        server.token(&["Score.Read.All"], &[]),
        server.token(&["Software.Read.All"], &[]),
    );
    for path in [WINDOWS, &WINDOWS.to_uppercase().replacen("/API", "/api", 1)] {
        for (token, status) in [
            (None, 401),
            (Some("nonsense"), 401),
            (Some(&*weak), 403),
            (Some(&*good), 200),
        ] {
            for method in ["GET", "HEAD"] {
                assert_eq!(asks(method, path, token).status, status, "{method} {path}");
            }
        }
        assert_eq!(asks("POST", path, Some(&good)).status, 405);
    }
    assert_eq!(asks("GET", WINDOWS, Some(&good)).body, kept.body);
}

#[test]
fn a_call_is_counted_once_whether_its_answer_is_kept_or_not() {
    let server = TestServer::with(Config {
        rate_limits: RateLimits {
            other: Rate {
                per_minute: NonZeroU32::new(9),
                per_hour: None,
            },
            ..RateLimits::default()
        },
        ..Config::default()
    });
    for n in 0..3 {
        // What was kept does not hold any more, then it does. Reports count as well.
        server.report([Host::new(&format!("pc-{n}"), W1909)]);
        for _ in 0..2 {
            assert_eq!(ask(&server, WINDOWS, &[]).status, 200, "{n}");
        }
    }
    assert_eq!(ask(&server, WINDOWS, &[]).status, 429);
}

#[test]
fn a_tag_stands_for_one_answer() {
    let server = TestServer::start();
    server.report([
        Host::new("a", W1909).group("Berlin"),
        Host::new("b", W1909).group("Paris"),
        Host::new("c", W1909),
    ]);
    let etag = tag(&ask(&server, WINDOWS, &[]));
    for other in [
        format!("{WINDOWS}?view=effective"),
        format!("{WINDOWS}?rbacGroupName=Berlin"),
        format!("{WINDOWS}?$top=1"),
        format!("{WINDOWS}?$count=true"),
        EDGE.to_owned(),
    ] {
        assert!(!still_holds(&server, &other, &etag), "{other}");
        let own = tag(&ask(&server, &other, &[]));
        assert!(still_holds(&server, &other, &own), "{other}");
    }
    // The same answer in another form of the question.
    assert!(still_holds(&server, &format!("{WINDOWS}?view=all"), &etag));
    let elsewhere = [("Host", "eu.kbgap.example"), ("If-None-Match", &*etag)];
    let elsewhere = ask(&server, WINDOWS, &elsewhere);
    assert!(elsewhere.body.contains("http://eu.kbgap.example/"));
    assert_ne!(tag(&elsewhere), etag);
    let tenant = "ffffffff-1111-4111-8111-111111111111";
    let token = server.token_of(tenant, &["Software.Read.All"], &[]);
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", &*bearer), ("If-None-Match", &etag)];
    let other = server.send("GET", WINDOWS, &headers, b"");
    assert_eq!((other.status, other.ids().len()), (200, 0));
    assert!(still_holds(&server, WINDOWS, &etag));
}

#[test]
fn a_tag_holds_until_the_answer_is_another() {
    let server = TestServer::start();
    let at = |time: &str, version: &str| {
        server.report([Host::new("a", version).seen(&format!("2020-03-24T{time}:00Z"))]);
    };
    at("08:00", W1909);
    let missing = tag(&ask(&server, WINDOWS, &[]));
    at("08:01", W1909);
    assert!(
        still_holds(&server, WINDOWS, &missing),
        "only the time moved"
    );
    at("08:02", PATCHED);
    assert!(!still_holds(&server, WINDOWS, &missing));
    let patched = tag(&ask(&server, WINDOWS, &[]));
    at("08:01", W1909);
    assert!(still_holds(&server, WINDOWS, &patched), "it is older");
    at("08:03", W1909);
    assert!(still_holds(&server, WINDOWS, &missing), "as it was");
}

#[test]
fn a_tag_ends_when_a_machine_falls_silent() {
    let server = TestServer::start();
    // The clock stood at 12:00 when the server started.
    server.report([
        Host::new("a", W1909),
        Host::new("b", W1909).seen("2020-02-24T12:00:04Z"),
    ]);
    let both = ask(&server, EDGE, &[]);
    assert_eq!(both.json()["value"][0]["machineMissedOn"], 2);
    let both = tag(&both);
    let start = Instant::now();
    while still_holds(&server, EDGE, &both) {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    let one = ask(&server, EDGE, &[]);
    assert_eq!(one.json()["value"][0]["machineMissedOn"], 1);
    assert!(still_holds(&server, EDGE, &tag(&one)));
    server.report([Host::new("b", W1909)]);
    assert!(still_holds(&server, EDGE, &both), "it is back");
    assert!(!still_holds(&server, EDGE, &tag(&one)));
}

#[test]
fn one_device_group() {
    let server = TestServer::start();
    let hosts = (0..6).map(|n| {
        let host = Host::new(&format!("pc-{n}"), [W1909, W1903, PATCHED][n % 3]);
        match n {
            0 | 1 => host.group("Berlin"),
            2..=4 => host.group("Île de France"),
            _ => host,
        }
    });
    server.report(hosts);
    server.report([Host::new("old", W1909)
        .group("Berlin")
        .seen("2020-01-01T00:00:00Z")]);
    server.report([Host::new("old", W1909)
        .id("1e5bc9d7e413ddd7902c2932e418702b84d0cc07")
        .group("Silent")
        .seen("2020-01-01T00:00:00Z")]);
    let id = |name: &str| {
        let machines = server.read("/api/machines").rows();
        let of = machines.iter().find(|m| m["rbacGroupName"] == name);
        of.unwrap()["rbacGroupId"].as_i64().unwrap()
    };
    let rows = |query: &str| {
        let answer = ask(&server, &format!("{EDGE}?{query}"), &[]);
        let rows = (answer.status == 200).then(|| answer.rows());
        let missed = |row: &serde_json::Value| row["machineMissedOn"].as_i64().unwrap();
        (
            answer.status,
            rows.map(|rows| rows.iter().map(missed).collect::<Vec<_>>())
                .unwrap_or_default(),
        )
    };
    let (berlin, france) = (id("Berlin"), id("Île de France"));
    assert_eq!(rows(""), (200, vec![4]));
    assert_eq!(rows("rbacGroupName="), (200, vec![4]));
    assert_eq!(rows("rbacGroupName=Berlin"), (200, vec![2]));
    assert_eq!(rows("RBACGROUPNAME=Berlin"), (200, vec![2]));
    assert_eq!(
        rows("rbacGroupName=%C3%8Ele+de%20France&view=effective"),
        (200, vec![2])
    );
    assert_eq!(rows(&format!("rbacGroupId={france}")), (200, vec![2]));
    let both = |id: i64| rows(&format!("rbacGroupId={id}&rbacGroupName=Berlin"));
    assert_eq!(both(berlin), (200, vec![2]));
    assert_eq!(both(france), (404, vec![]));
    // Nobody of it counts, and yet it is known.
    assert_eq!(rows("rbacGroupName=Silent"), (200, vec![]));
    for unknown in ["rbacGroupName=Rome", "rbacGroupId=99", "rbacGroupId=x"] {
        let answer = ask(&server, &format!("{EDGE}?{unknown}"), &[]);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "ResourceNotFound"),
            "{unknown}"
        );
        assert_eq!(answer.header("etag"), None);
    }
    let windows = format!("{WINDOWS}?rbacGroupName=Berlin");
    let page = ask(&server, &format!("{windows}&$top=1&$count=true"), &[]).json();
    let ids: Vec<_> = page["value"].as_array().unwrap().iter().collect();
    assert_eq!((ids.len(), page["@odata.count"].as_i64()), (1, Some(2)));
    // A group that all machines have left is one no more.
    for n in [0, 1] {
        server.report([Host::new(&format!("pc-{n}"), W1909)
            .group("Rome")
            .seen("2020-03-24T09:00:00Z")]);
    }
    assert_eq!(rows("rbacGroupName=Rome"), (200, vec![2]));
    assert_eq!(rows("rbacGroupName=Berlin").0, 200, "`old` is still in it");
    server.report([Host::new("old", W1909).seen("2020-03-01T09:00:00Z")]);
    assert_eq!(rows("rbacGroupName=Berlin"), (404, vec![]));
    assert_eq!(rows(""), (200, vec![5]));
}

#[test]
fn a_group_has_no_part_in_what_a_machine_misses() {
    let server = TestServer::start();
    let machine = document("a", W1909, "2020-03-24T08:00:00Z");
    server.post("/ingest/v1/machines", &machine);
    // An option that this list does not have is passed over, as in all lists.
    let answer = server.get("/api/machines/a/getmissingkbs?rbacGroupName=x");
    assert_eq!((answer.status, answer.ids().len()), (200, 2));
}
