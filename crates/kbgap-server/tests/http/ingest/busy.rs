//! More reports than can be taken.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::PATH;
use crate::harness::{TestServer, document};
use crate::host::W1909;

/// More requests than may wait.
const CLIENTS: usize = 1_200;

#[test]
fn what_is_accepted_is_stored_and_what_is_refused_is_not() {
    let server = TestServer::start();
    let token = server.token(&["Inventory.Write.All"], &[]);
    let other = rusqlite::Connection::open(server.data_dir().join("kbgap.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let address = server.url.trim_start_matches("http://").to_owned();
    let asked: Vec<TcpStream> = (0..CLIENTS)
        .map(|n| {
            let body = document(&format!("pc-{n}"), W1909, "2020-03-24T08:00:00Z");
            let mut stream = TcpStream::connect(&address).unwrap();
            let length = body.len();
            let request = format!(
                "POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    // Until some were refused, who are not kept waiting.
    std::thread::sleep(Duration::from_secs(1));
    other.execute_batch("COMMIT").unwrap();
    let (mut accepted, mut refused) = (BTreeSet::new(), 0);
    for (n, mut stream) in asked.into_iter().enumerate() {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        match &answer[..12] {
            "HTTP/1.1 200" => {
                accepted.insert(format!("pc-{n}"));
            }
            "HTTP/1.1 503" => {
                assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
                assert!(answer.contains("ServiceUnavailable"));
                refused += 1;
            }
            _ => panic!("{answer}"),
        }
    }
    assert!(refused > 0 && accepted.len() > 1_000, "{refused} refused");
    let names = server.read("/api/machines?$top=2000&$select=computerDnsName");
    let stored: BTreeSet<String> = names.texts("computerDnsName").into_iter().collect();
    assert_eq!(stored, accepted);
}
