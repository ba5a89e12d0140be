//! `kbgap serve` with a certificate.

use std::time::{Duration, Instant};

use ureq::Body;
use ureq::http::Response;

use crate::harness::{file, kbgap, sample_feed};
use crate::served::Served;

#[test]
fn https_by_two_lines_of_configuration() {
    let data = sample_feed();
    let served = Served::with_tls(data.path());
    let token = kbgap(data.path(), &["token", "--role", "Software.Read.All"])
        .ok()
        .stdout;
    let agent = served.agent();
    let mut answer = missing_kbs(&agent, &served.url, &token);
    let body = answer.body_mut().read_to_string().unwrap();
    let context = format!(r#"{{"@odata.context":"{}/api/$metadata#"#, served.url);
    assert!(body.starts_with(&context), "{body}");
    // The agent keeps its connection, which must not keep the server.
    let start = Instant::now();
    assert!(served.terminate().success());
    assert!(start.elapsed() < Duration::from_secs(10));
    drop(agent);
}

fn missing_kbs(agent: &ureq::Agent, url: &str, token: &str) -> Response<Body> {
    agent
        .get(format!("{url}/api/Software/microsoft-_-edge/getmissingkbs"))
        .header("Authorization", format!("Bearer {}", token.trim()))
        .call()
        .unwrap()
}

#[test]
fn limits_of_calls_are_the_configured_ones() {
    let data = sample_feed();
    let limits = "[rate_limits]\nother = { per_hour = 2 }\n";
    let served = Served::with_tls_and(data.path(), limits);
    let token = kbgap(data.path(), &["token", "--role", "Software.Read.All"])
        .ok()
        .stdout;
    let agent = served.agent();
    let mut answers = (0..3).map(|_| missing_kbs(&agent, &served.url, &token));
    assert!(answers.by_ref().take(2).all(|a| a.status() == 200));
    let refused = answers.next().unwrap();
    assert_eq!(refused.status(), 429);
    let wait = refused.headers()["retry-after"].to_str().unwrap();
    assert!(
        (3_500..=3_600).contains(&wait.parse::<u32>().unwrap()),
        "{wait}"
    );
}

#[test]
fn a_certificate_that_does_not_serve_is_named() {
    let data = tempfile::tempdir().unwrap();
    let tls = "[tls]\ncertificate = \"absent.pem\"\nprivate_key = \"key.pem\"\n";
    let config = file(data.path(), "kbgap.toml", tls);
    let run = kbgap(data.path(), &["serve", "--config", &config]);
    let path = data.path().join("absent.pem");
    assert!(
        run.code == 1 && run.stderr.contains(path.to_str().unwrap()),
        "{}",
        run.stderr
    );
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}
