//! TLS, by a certificate that the test makes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use kbgap_server::{Clock, Config, Server, TlsFiles};
use kbgap_testkit::tls::{Certificate, certificate};

use crate::harness::TestServer;

const EDGE: &str = "/api/Software/microsoft-_-edge/getmissingkbs";

#[test]
fn the_api_over_tls_with_contexts_of_its_own_scheme() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::with_tls(certificate(folder.path()));
    assert!(server.url.starts_with("https://127.0.0.1:"));
    server.fleet(2, "10.0.18363.592");
    let answer = server.get(EDGE);
    assert_eq!(answer.json()["value"][0]["machineMissedOn"], 2);
    let context = format!("{}/api/$metadata#", server.url);
    assert!(
        answer.json()["@odata.context"]
            .as_str()
            .unwrap()
            .starts_with(&context),
        "{}",
        answer.body
    );
}

#[test]
fn clients_that_begin_and_never_end_keep_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::with_tls(certificate(folder.path()));
    let address = server.url.strip_prefix("https://").unwrap();
    let silent: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let start = Instant::now();
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 200);
    // The limit of a handshake is ten seconds.
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(silent);
}

#[test]
fn plain_http_gets_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::with_tls(certificate(folder.path()));
    let mut stream = TcpStream::connect(server.url.strip_prefix("https://").unwrap()).unwrap();
    stream
        .write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    // It is hung up on, with or without a last word.
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 200);
}

/// What starting says with these files.
fn refused(certificate: PathBuf, private_key: PathBuf) -> String {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        listen: "127.0.0.1:0".into(),
        tls: Some(TlsFiles {
            certificate,
            private_key,
        }),
        ..Config::default()
    };
    let start = Server::start(folder.path(), config, Clock::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(start).err().unwrap().to_string()
}

#[test]
fn files_that_do_not_serve_are_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let Certificate {
        authority,
        chain,
        key,
    } = certificate(folder.path());
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let encrypted = file(
        "encrypted.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let cut = file("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    let absent = folder.path().join("absent.pem");
    for (chain, key, says) in [
        (
            &absent,
            &key,
            [
                "tls.certificate",
                "absent.pem",
                "relative to the configuration file",
            ],
        ),
        (
            &chain,
            &absent,
            [
                "tls.private_key",
                "absent.pem",
                "relative to the configuration file",
            ],
        ),
        (&key, &key, ["tls.certificate", "key.pem", "no certificate"]),
        (
            &chain,
            &chain,
            ["tls.private_key", "chain.pem", "no private key"],
        ),
        (
            &chain,
            &encrypted,
            ["tls.private_key", "encrypted.pem", "openssl pkey"],
        ),
        (&cut, &key, ["tls.certificate", "cut.pem", "PEM"]),
        (
            &authority,
            &key,
            ["authority.pem", "key.pem", "do not go together"],
        ),
    ] {
        let told = refused(chain.clone(), key.clone());
        for word in says {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}
