//! What machines report.

mod busy;
mod stream;

use std::io::Write;

use kbgap_server::Config;

use crate::harness::{TestServer, document};

const PATH: &str = "/ingest/v1/machines";

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bad_record_never_spoils_its_batch() {
    let server = TestServer::start();
    let good = document("good", "10.0.18363.592", "2020-03-24T08:00:00Z");
    let bad = document("bad", "ten", "2020-03-24T08:00:00Z");
    let answer = server.post(PATH, &format!("{good}\n{bad}\n{{\"x\":\n"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let json = answer.json();
    assert_eq!(
        (json["accepted"].as_u64(), json["refused"].as_u64()),
        (Some(1), Some(2))
    );
    assert_eq!(json["records"][0]["outcome"], "created");
    assert_eq!(json["records"][1]["error"]["path"], "os.version");
    assert_eq!(json["records"][1]["line"], 2);
    assert_eq!(server.get("/api/machines/good/getmissingkbs").status, 200);
    assert_eq!(server.get("/api/machines/bad/getmissingkbs").status, 404);
}

/// Nobody can tell whether a host has no update or none was read: as when files are imported,
/// that is said.
#[test]
fn a_host_that_tells_of_no_update_is_taken_with_a_warning() {
    let server = TestServer::start();
    let host = |name: &str, version: &str, kbs: &str| {
        format!(
            r#"{{"computerDnsName":"{name}","os":{{"version":"{version}"}},"installedKbs":[{kbs}]}}"#
        )
    };
    let none = host("none", "10.0.18363", "");
    let lines = [
        none.clone(),
        host("revision", "10.0.18363.592", ""),
        host("update", "10.0.18363", "\"KB4528760\""),
        host("bad", "ten", ""),
    ];
    let one = server.post(PATH, &none).json();
    let many = server.post(PATH, &lines.join("\n")).json();
    for (answer, records) in [(&one, 1), (&many, 4)] {
        let told = answer["records"].as_array().unwrap();
        assert_eq!(told.len(), records);
        let warnings = told[0]["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1);
        let warning = warnings[0].as_str().unwrap();
        assert!(
            warning.starts_with("tells neither the revision (UBR) nor any installed update"),
            "{warning}"
        );
        for other in &told[1..] {
            assert_eq!(other.get("warnings"), None, "{other}");
        }
    }
    assert_eq!(one["records"][0]["outcome"], "created");
    assert_eq!(many["accepted"], 3);
}

#[test]
fn lines_are_records_whatever_stands_on_them() {
    let server = TestServer::start();
    let token = format!("Bearer {}", server.token(&["Inventory.Write.All"], &[]));
    let headers = [
        ("Authorization", &*token),
        ("Content-Type", "application/x-ndjson; charset=utf-8"),
    ];
    let good = document("good", "10.0.18363.592", "2020-03-24T08:00:00Z");
    let body = [b"[1]\n\xff\n", good.as_bytes()].concat();
    let answer = server.send("POST", PATH, &headers, &body);
    let json = answer.json();
    assert_eq!(
        (
            answer.status,
            json["accepted"].as_u64(),
            json["refused"].as_u64()
        ),
        (200, Some(1), Some(2)),
        "{json}"
    );
}

#[test]
fn nothing_accepted_is_a_bad_request() {
    let server = TestServer::start();
    assert_eq!(server.post(PATH, r#"{"computerDnsName":"a"}"#).status, 400);
    for body in ["", "hello", "[1,", "7"] {
        let answer = server.post(PATH, body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "InvalidRequestBody"),
            "{body}"
        );
    }
    let answer = server.post(PATH, "[]");
    assert_eq!(
        (answer.status, answer.json()["accepted"].as_u64()),
        (200, Some(0))
    );
}

#[test]
fn a_large_body_that_is_refused_is_answered_and_not_cut_off() {
    let server = TestServer::with(Config {
        max_body_mb: 1,
        ..Config::default()
    });
    let large = vec![b' '; 50 << 20];
    let token = format!("Bearer {}", server.token(&["Inventory.Write.All"], &[]));
    let headers = [("Authorization", &*token)];
    assert_eq!(server.send("POST", PATH, &headers, &large).status, 413);
    assert_eq!(server.send("POST", PATH, &[], &large).status, 401);
    let answer = server.send("POST", PATH, &headers, b"[]");
    assert_eq!(answer.status, 200, "the next goes in");
}

#[test]
fn packed_bodies_and_their_limits() {
    let server = TestServer::with(Config {
        max_body_mb: 1,
        ..Config::default()
    });
    let token = format!("Bearer {}", server.token(&["Inventory.Write.All"], &[]));
    let send = |encoding: &str, body: &[u8]| {
        server.send(
            "POST",
            PATH,
            &[("Authorization", &token), ("Content-Encoding", encoding)],
            body,
        )
    };
    let machine = document("a", "10.0.18363.592", "2020-03-24T08:00:00Z");
    assert_eq!(send("gzip", &gzip(machine.as_bytes())).status, 200);
    assert_eq!(
        send("zstd", &zstd::encode_all(machine.as_bytes(), 1).unwrap()).status,
        200
    );
    let mut far = zstd::Encoder::new(Vec::new(), 1).unwrap();
    far.window_log(24).unwrap();
    Write::write_all(&mut far, machine.as_bytes()).unwrap();
    let answer = send("zstd", &far.finish().unwrap());
    assert_eq!(answer.status, 400, "16 MiB would be taken for it");
    let message = answer.json()["error"]["message"].to_string();
    assert!(message.contains("a window above 8 MiB"), "{message}");
    assert_eq!(send("br", machine.as_bytes()).status, 415);
    assert_eq!(send("gzip", machine.as_bytes()).status, 400);
    // A megabyte of blanks packs to nothing.
    assert_eq!(send("gzip", &gzip(&vec![b' '; 2 << 20])).status, 413);
    assert_eq!(send("identity", &vec![b' '; 2 << 20]).status, 413);
}

#[test]
fn a_report_from_the_future_does_not_shut_out_the_next() {
    let server = TestServer::start();
    server.post(
        PATH,
        &document("a", "10.0.18363.592", "2099-01-01T00:00:00Z"),
    );
    let answer = server.post(
        PATH,
        &document("a", "10.0.18363.720", "2099-01-01T00:00:00Z"),
    );
    assert_eq!(answer.json()["records"][0]["outcome"], "changed");
    assert_eq!(server.get("/api/machines/a/getmissingkbs").ids(), [""; 0]);
}
