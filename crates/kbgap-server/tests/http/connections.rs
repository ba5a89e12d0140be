//! Connections of clients that do it their own way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::harness::TestServer;
use crate::host::{Host, W1909};

#[test]
fn a_client_that_closes_its_sending_half_is_answered() {
    let server = TestServer::start();
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let token = server.token(&["Software.Read.All"], &[]);
    let request = format!(
        "GET /api/machines/x/getmissingkbs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn head_is_answered_with_the_headers_of_get() {
    let server = TestServer::start();
    server.report([Host::new("a", W1909)]);
    let token = server.token(&kbgap_auth::ROLES, &[]);
    let headers = |method: &str, path: &str| {
        let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.is_empty(), method == "HEAD", "{path}: {body}");
        // How a body is cut is of no interest where there is none.
        let is_same_later =
            |line: &&str| !line.starts_with("date:") && !line.starts_with("transfer-encoding:");
        let head: Vec<String> = head
            .lines()
            .filter(is_same_later)
            .map(str::to_owned)
            .collect();
        head
    };
    for path in [
        "/api/machines",
        "/api/machines/a",
        "/api/Software",
        "/api/machines/SoftwareInventoryByMachine",
        "/api/$metadata",
        "/api/machines/nobody",
    ] {
        let (get, head) = (headers("GET", path), headers("HEAD", path));
        assert_eq!(get, head, "{path}");
    }
}
