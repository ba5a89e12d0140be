//! Names, filters and bodies that somebody made to do harm.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::TestServer;
use crate::host::{Host, W1909};

const NAME: &str = "<script>alert('x')</script> \"&\\ \u{202e}ü\u{1f980}";

fn server() -> TestServer {
    let server = TestServer::start();
    let tags: Vec<String> = (0..100).map(|i| format!("tag {i}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    server.report([
        Host::new(NAME, W1909)
            .group("'; drop table machines; --")
            .tags(&tags)
            .software("Evil \"Corp\"", "<b>'App'</b>", "1.0\"},{")
            .software("Don Ho", "Notepad++ TCP/IP 100%", "7.8")
            .software("ÜBER", "ÄPP ²", "1"),
        Host::new("plain", W1909).tags(&tags),
    ]);
    server
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn texts_come_back_as_they_were_and_only_as_json() {
    let server = server();
    let by_name = server.read(&format!("/api/machines/{}", encoded(NAME)));
    assert_eq!(by_name.json()["computerDnsName"], NAME);
    let quoted = encoded(&NAME.replace('\'', "''"));
    for path in [
        format!("/api/machines?$filter=computerDnsName%20eq%20'{quoted}'"),
        format!("/api/machines?$filter=contains(computerDnsName,'{quoted}')"),
    ] {
        assert_eq!(
            server.read(&path).rows()[0]["computerDnsName"],
            NAME,
            "{path}"
        );
    }
    for path in [
        "machines/SoftwareInventoryNoProductCodeByMachine",
        "Software",
        "exposureScore/ByMachineGroups",
    ] {
        let answer = server.read(&format!("/api/{path}"));
        assert!(!answer.rows().is_empty(), "{path}");
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("application/json")
        );
    }
    let software = server.read("/api/Software").ids();
    for id in software {
        let one = server.read(&format!("/api/Software/{}", encoded(&id)));
        assert_eq!(one.json()["id"], id);
        let upper = server.read(&format!("/api/Software/{}", encoded(&id.to_uppercase())));
        assert_eq!(upper.json()["id"], id, "{}", upper.body);
    }
}

#[test]
fn paths_that_lead_astray() {
    let server = server();
    for (path, status) in [
        ("/api/machines/..%2F..%2Fetc%2Fpasswd", 404),
        ("/api/machines/%2e%2e/Software", 404),
        ("/api/machines/%00", 404),
        ("/api/machines/%ff", 400),
        ("/api/machines/%", 400),
        ("/api/machines/%c0%ae", 400),
        ("/api//machines", 404),
        ("/api/machines//", 404),
        ("/api/v2.0/machines", 404),
        ("/api/v1.0/v1.0/machines", 404),
        ("/api/Software()", 200),
        ("/api/Software('", 404),
        ("/api/machines/findbyip", 404),
        ("/api/machines/findbyip()", 404),
        ("/api/machines/findbyip(", 404),
        ("/api/%24metadata", 200),
        ("/api/$batch", 404),
        ("/apimachines", 404),
    ] {
        let answer = server.read(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
    let long = "x".repeat(4_000);
    let answer = server.read(&format!("/api/machines/{long}"));
    assert_eq!(answer.status, 404);
    assert!(answer.body.len() < 400, "{}", answer.body.len());
}

#[test]
fn filters_that_would_take_for_ever_are_refused_at_once() {
    let server = server();
    let nested: String = (0..8).map(|i| format!("machineTags/any(t{i}:")).collect();
    let many = format!("{nested}t0 eq 'x'{}", ")".repeat(8));
    let long = vec!["osBuild eq 1"; 1_000].join(" or ");
    let list = format!("osBuild in (1{})", ",1".repeat(3_000));
    for filter in [
        many.as_str(),
        &"(".repeat(5_000),
        &format!("{}osBuild eq 1{}", "(".repeat(500), ")".repeat(500)),
        &"not ".repeat(2_000),
        &format!("{}'x'{} eq 'x'", "tolower(".repeat(300), ")".repeat(300)),
        &format!("computerDnsName eq '{}'", "x".repeat(8_200)),
        &list,
        &long,
        "osBuild eq 99999999999999999999999999999999999x",
        "osBuild eq 1e999e9",
    ] {
        let begun = Instant::now();
        let answer = server.read(&format!(
            "/api/machines?$filter={}",
            filter.replace(' ', "+")
        ));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "ODataError"),
            "{}",
            &filter[..40.min(filter.len())]
        );
        assert!(answer.body.len() < 600 && begun.elapsed() < Duration::from_secs(5));
    }
    let word = "x".repeat(8_000);
    for filter in [
        format!("{word} eq 1"),
        format!("{word}(id) eq 1"),
        format!("osBuild eq 1{word}"),
        format!("osBuild eq '{word}'"),
        format!("ipAddresses/any(i: i/{word} eq 1)"),
        format!("riskScore eq '{word}'"),
    ] {
        let answer = server.read(&format!("/api/machines?$filter={filter}"));
        let long = answer.body.len();
        assert!(answer.status == 400 && long < 600, "{long}: {:.80}", filter);
    }
    // Just below the limits is answered.
    let short = vec!["osBuild eq 1"; 500].join(" or ");
    for filter in [
        short.as_str(),
        &format!("computerDnsName eq '{}'", "x".repeat(8_000)),
        "osBuild eq 99999999999999999999999",
        "osBuild lt -9223372036854775809",
        "osBuild eq 1e400",
        "machineTags/any(a: machineTags/any(b: a eq 'nothing' and b eq a))",
    ] {
        let answer = server.read(&format!(
            "/api/machines?$filter={}",
            filter.replace(' ', "+")
        ));
        assert_eq!(
            (answer.status, answer.rows().len()),
            (200, 0),
            "{}",
            answer.body
        );
    }
}

#[test]
fn bodies_that_are_no_reports() {
    let server = server();
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let nested = format!(
        "{{\"computerDnsName\":{}1{}}}",
        "{\"a\":".repeat(5_000),
        "}".repeat(5_000)
    );
    for body in [
        "\u{feff}",
        "{}",
        "[[]]",
        "[null]",
        "NaN",
        &deep,
        &nested,
        "{\"computerDnsName\":\"a\"} trailing",
    ] {
        let answer = server.post("/ingest/v1/machines", body);
        assert_eq!(
            answer.status,
            400,
            "{}",
            &answer.body[..200.min(answer.body.len())]
        );
    }
    let good = Host::new("good", W1909).0.to_string();
    let junk = [
        json!({"computerDnsName": "x".repeat(300), "os": {"version": W1909}}).to_string(),
        json!({"computerDnsName": "a\u{0}b", "os": {"version": W1909}}).to_string(),
        json!({"computerDnsName": "", "os": {"version": W1909}}).to_string(),
        json!({"computerDnsName": "a", "os": {"version": "10.0.99999999999.1"}}).to_string(),
        json!({"computerDnsName": "a", "os": {"version": W1909}, "id": "../../x"}).to_string(),
        json!({"computerDnsName": "a", "os": {"version": W1909}, "tags": vec!["t"; 1_000]})
            .to_string(),
        "{\"computerDnsName\":".to_owned(),
        "\u{0}\u{1}".to_owned(),
        "null".to_owned(),
    ];
    let batch = format!("{}\r\n\r\n{good}\n", junk.join("\n"));
    let answer = server.post("/ingest/v1/machines", &batch).json();
    let counts = (answer["accepted"].as_u64(), answer["refused"].as_u64());
    assert_eq!(counts, (Some(1), Some(junk.len() as u64)), "{answer}");
    assert_eq!(server.read("/api/machines/good").status, 200);
}

#[test]
fn a_body_that_is_too_large_is_told_so_even_while_it_is_sent() {
    let server = server();
    let body = format!(
        "{{\"Value\":\"{}\",\"Action\":\"Add\"}}",
        "x".repeat(2 << 20)
    );
    for _ in 0..5 {
        let answer = server.act("POST", "/api/machines/plain/tags", &body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (413, "PayloadTooLarge")
        );
    }
    let word = "x".repeat(100_000);
    let bodies = [
        (
            "POST",
            "machines/plain/tags",
            json!({"Value": [word], "Action": "Add"}),
        ),
        (
            "POST",
            "machines/AddOrRemoveTagForMultipleMachines",
            json!({"Value": "x", "Action": "Add", "MachineIds": word}),
        ),
        (
            "POST",
            "machines/plain/setDeviceValue",
            json!({"DeviceValue": word}),
        ),
        ("POST", "remediationTasks", json!({"ProductId": word})),
        (
            "POST",
            "remediationTasks",
            json!({"x": 1, word.as_str(): word}),
        ),
    ];
    for (method, path, body) in bodies {
        let answer = server.act(method, &format!("/api/{path}"), &body.to_string());
        let long = answer.body.len();
        assert!(
            (400..=404).contains(&answer.status) && long < 600,
            "{path}: {long}"
        );
    }
    let long = json!({"Value": "x".repeat(201), "Action": "Add"}).to_string();
    let answer = server.act("POST", "/api/machines/plain/tags", &long);
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "InvalidInput")
    );
}
