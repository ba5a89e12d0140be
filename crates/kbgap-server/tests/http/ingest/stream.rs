//! NDJSON, which is stored while it comes.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use kbgap_server::{Config, RateLimits};

use super::{PATH, gzip};
use crate::exposure::wait;
use crate::harness::{Answer, TestServer, document};
use crate::host::W1909;

const SEEN: &str = "2020-03-24T08:00:00Z";

fn small() -> TestServer {
    TestServer::with(Config {
        max_body_mb: 1,
        rate_limits: RateLimits::off(),
        ..Config::default()
    })
}

fn send(server: &TestServer, encoding: &str, body: &[u8]) -> Answer {
    let token = format!("Bearer {}", server.token(&["Inventory.Write.All"], &[]));
    let headers = [
        ("Authorization", &*token),
        ("Content-Type", "application/x-ndjson"),
        ("Content-Encoding", encoding),
    ];
    server.send("POST", PATH, &headers, body)
}

fn lines(from: usize, to: usize) -> String {
    let lines = (from..to).map(|n| document(&format!("pc-{n}"), W1909, SEEN) + "\n");
    lines.collect()
}

/// Accepted, refused, records.
fn counts(answer: &Answer) -> (u64, u64, usize) {
    let json = answer.json();
    (
        json["accepted"].as_u64().unwrap(),
        json["refused"].as_u64().unwrap(),
        json["records"].as_array().unwrap().len(),
    )
}

fn stored(server: &TestServer) -> usize {
    let answer = server.read("/api/machines/$count");
    match answer.status {
        // Without a machine there is no list of them.
        404 => 0,
        _ => answer.body.parse().unwrap(),
    }
}

/// A request of which only the head is sent so far.
fn begin(server: &TestServer, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let token = server.token(&["Inventory.Write.All"], &[]);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-ndjson\r\n{more}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes())?;
    stream.write_all(bytes)?;
    stream.write_all(b"\r\n")
}

/// The status and the body as JSON.
fn end(mut stream: TcpStream) -> (u16, serde_json::Value) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap())
}

#[test]
fn every_packing_and_every_end_of_a_line() {
    let server = TestServer::start();
    let text = lines(0, 1_200);
    let members = [
        gzip(&text.as_bytes()[..70_000]),
        gzip(&[]),
        gzip(&text.as_bytes()[70_000..]),
    ];
    let frames = [
        zstd::encode_all(&text.as_bytes()[..70_000], 1).unwrap(),
        zstd::encode_all(&text.as_bytes()[70_000..], 1).unwrap(),
    ];
    let crlf = format!("\u{feff}{}", text.replace('\n', "\r\n\r\n"));
    for (encoding, body) in [
        ("identity", text.as_bytes().to_vec()),
        ("gzip", gzip(text.as_bytes())),
        ("gzip", members.concat()),
        ("x-gzip", gzip(crlf.as_bytes())),
        ("zstd", frames.concat()),
        ("identity", crlf.into_bytes()),
        ("identity", text.trim_end().as_bytes().to_vec()),
    ] {
        let answer = send(&server, encoding, &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(counts(&answer), (1_200, 0, 1_200));
        assert_eq!(answer.json()["records"][1_199]["index"], 1_199);
    }
    assert_eq!(stored(&server), 1_200);
    assert_eq!(send(&server, "br", text.as_bytes()).status, 415);
}

#[test]
fn lines_longer_than_a_piece_and_broken_ones_between_them() {
    let server = TestServer::start();
    let long =
        document("long", W1909, SEEN).replacen('{', &format!("{{{}", " ".repeat(300_000)), 1);
    let broken = format!("{{{}", "x".repeat(200_000));
    let body = format!("{long}\n{broken}\n\n{}{long}", lines(0, 2));
    for encoding in ["identity", "gzip"] {
        let packed = match encoding {
            "gzip" => gzip(body.as_bytes()),
            _ => body.clone().into_bytes(),
        };
        let answer = send(&server, encoding, &packed);
        assert_eq!((answer.status, counts(&answer)), (200, (4, 1, 5)));
        let records = answer.json()["records"].clone();
        assert_eq!(
            (records[1]["line"].as_i64(), records[2]["line"].as_i64()),
            (Some(2), Some(4))
        );
        assert!(records[1]["error"]["message"].is_string());
    }
    assert_eq!(stored(&server), 3);
}

#[test]
fn what_came_before_a_break_is_stored_and_told() {
    let server = TestServer::start();
    // Of several blocks, since half a block is nothing.
    let text = lines(0, 4_000);
    let packed = [
        gzip(text.as_bytes()),
        zstd::encode_all(text.as_bytes(), 1).unwrap(),
    ];
    let [half, zstd_half] = packed.each_ref().map(|packed| &packed[..packed.len() / 2]);
    let mut damaged = gzip(lines(2_000, 2_700).as_bytes());
    damaged.extend(b"and this is no gzip");
    let mut told = BTreeSet::new();
    for (encoding, body) in [("gzip", half), ("zstd", zstd_half), ("gzip", &damaged)] {
        let answer = send(&server, encoding, body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "InvalidRequestBody")
        );
        let (accepted, refused, records) = counts(&answer);
        assert_eq!((accepted as usize, refused), (records, 0), "{encoding}");
        assert!(records > 600, "{encoding}: {records}");
        told.extend(
            answer.json()["records"]
                .as_array()
                .unwrap()
                .iter()
                .map(|record| {
                    assert_ne!(record["outcome"], "refused");
                    record["computerDnsName"].as_str().unwrap().to_owned()
                }),
        );
    }
    assert_eq!(stored(&server), told.len());
    let answer = send(&server, "gzip", &damaged);
    assert_eq!(counts(&answer).0, 700, "{}", answer.body);
    // Nothing at all could be read.
    let answer = send(&server, "gzip", b"{}");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "InvalidRequestBody")
    );
    assert!(answer.json()["records"].is_null());
}

#[test]
fn too_large_with_and_without_a_length() {
    let server = small();
    let text = lines(0, 9_000);
    assert!(text.len() > 1 << 20);
    let refused = send(&server, "identity", text.as_bytes());
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (413, "PayloadTooLarge")
    );
    assert_eq!(stored(&server), 0, "its length told it");

    let mut stream = begin(&server, "Transfer-Encoding: chunked");
    for piece in text.as_bytes().chunks(10_000) {
        chunk(&mut stream, piece).unwrap();
    }
    chunk(&mut stream, b"").unwrap();
    let (status, answer) = end(stream);
    assert_eq!(
        (status, &answer["error"]["code"]),
        (413, &"PayloadTooLarge".into())
    );
    let accepted = answer["accepted"].as_u64().unwrap();
    assert!(accepted > 5_000, "{accepted}");
    assert_eq!(
        (answer["refused"].as_u64(), stored(&server) as u64),
        (Some(0), accepted)
    );

    // One that grows when it is unpacked.
    let bomb = [
        gzip(lines(10_000, 10_010).as_bytes()),
        gzip(&vec![b' '; 80 << 20]),
    ]
    .concat();
    let answer = send(&server, "gzip", &bomb);
    assert_eq!((answer.status, counts(&answer)), (413, (10, 0, 10)));
    // And one that shrinks to nothing, and has no end.
    let mut stream = begin(
        &server,
        "Transfer-Encoding: chunked\r\nContent-Encoding: gzip",
    );
    let nothing = gzip(b"").repeat(1_000);
    for _ in 0..(4 << 20) / nothing.len() {
        chunk(&mut stream, &nothing).unwrap();
    }
    chunk(&mut stream, b"").unwrap();
    assert_eq!(end(stream).0, 413);
}

#[test]
fn slow_clients_keep_nobody_waiting() {
    let server = TestServer::start();
    let text = lines(0, 3);
    let (first, rest) = text.split_at(100);
    let slow: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = begin(&server, &format!("Content-Length: {}", text.len()));
            stream.write_all(first.as_bytes()).unwrap();
            stream
        })
        .collect();
    let start = Instant::now();
    assert_eq!(
        send(&server, "identity", lines(10, 700).as_bytes()).status,
        200
    );
    assert!(start.elapsed() < Duration::from_secs(15));
    for mut stream in slow {
        stream.write_all(rest.as_bytes()).unwrap();
        let (status, answer) = end(stream);
        assert_eq!((status, answer["accepted"].as_u64()), (200, Some(3)));
    }
}

#[test]
fn of_a_client_that_goes_away_whole_lines_are_stored() {
    let server = TestServer::start();
    let text = lines(0, 1_300);
    let mut stream = begin(&server, "Content-Length: 9000000");
    stream.write_all(text.as_bytes()).unwrap();
    stream.write_all(b"{\"computerDnsName\":\"half").unwrap();
    drop(stream);
    wait(|| stored(&server) == 1_300);
    // One that closes only its sending half is told.
    let mut stream = begin(&server, "Content-Length: 9000000");
    stream.write_all(text.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    if !answer.is_empty() {
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains("\"accepted\":1300"));
    }
    assert_eq!(server.read("/api/machines/half").status, 404);
}
