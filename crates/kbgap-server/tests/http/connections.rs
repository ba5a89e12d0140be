//! Connections of clients that do it their own way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::harness::TestServer;

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
