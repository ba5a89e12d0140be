//! Requests in the shapes that public clients give them.

use std::io::{Read, Write};
use std::net::TcpStream;

use kbgap_server::{Config, RateLimits};

use super::fixture::{ALPHA, FLEET, fill};
use crate::harness::TestServer;
use crate::host::{Host, W1909};

/// The first line and the body of what a server answers to bytes as they are.
fn raw(server: &TestServer, request: &[u8]) -> (String, String) {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (
        head.lines().next().unwrap_or_default().to_owned(),
        body.to_owned(),
    )
}

fn request(server: &TestServer, target: &[u8], host: &str) -> Vec<u8> {
    let token = server.token(&kbgap_auth::ROLES, &[]);
    let rest = format!(
        " HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    [b"GET ", target, rest.as_bytes()].concat()
}

#[test]
fn urls_that_were_not_encoded() {
    let server = FLEET.get();
    let ask = |target: &[u8]| raw(&server, &request(&server, target, "localhost"));
    // Text as it is in UTF-8 is taken as what was meant.
    let (status, _) = ask("/api/machines?$filter=computerDnsName+eq+'ü'".as_bytes());
    assert_eq!(status, "HTTP/1.1 200 OK");
    let (status, _) = ask(b"/api/machines/\"alpha.contoso.com\"");
    assert_eq!(status, "HTTP/1.1 404 Not Found");
    // A blank ends the URL of a request: no server can tell what was meant.
    let (status, _) = ask(b"/api/machines?$filter=computerDnsName eq 'x'");
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    let (status, _) = ask(b"/api/machines/\xff\xfe");
    assert!(status.contains(" 400 "), "{status}");
}

#[test]
fn a_context_begins_with_the_host_of_the_request() {
    let server = FLEET.get();
    let host = "api-eu.securitycenter.microsoft.com";
    let (_, body) = raw(&server, &request(&server, b"/api/exposureScore", host));
    let context = "{\"@odata.context\":\"http://api-eu.securitycenter.microsoft.com/api/$metadata#ExposureScore/$entity\"";
    assert!(body.contains(context), "{body}");
    let (_, body) = raw(
        &server,
        &request(&server, b"/api/exposureScore", "evil\"/x"),
    );
    assert!(!body.contains("evil"), "{body}");
    // Through a proxy the whole URL is asked for.
    let (status, _) = raw(
        &server,
        &request(&server, b"http://localhost/api/machines", "localhost"),
    );
    assert_eq!(status, "HTTP/1.1 200 OK");
}

#[test]
fn a_configured_url_is_in_contexts_and_all_links() {
    let server = TestServer::with(Config {
        public_url: Some("https://mde.example.com/".to_owned()),
        rate_limits: RateLimits::off(),
        list_page: std::num::NonZeroUsize::new(2),
        ..Config::default()
    });
    fill(&server);
    let base = "https://mde.example.com/";
    for (path, member) in [
        ("/api/machines", "@odata.nextLink"),
        (
            "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=2",
            "@odata.nextLink",
        ),
    ] {
        let json = server.read(path).json();
        for member in [member, "@odata.context"] {
            let link = json[member].as_str().unwrap();
            assert!(link.starts_with(&format!("{base}api/")), "{link}");
        }
        let link = json["@odata.nextLink"].as_str().unwrap();
        let next = server.read(link.strip_prefix("https://mde.example.com").unwrap());
        assert_eq!(next.status, 200, "{link}");
    }
    let files = server.read("/api/machines/SoftwareInventoryExport").json();
    let link = files["exportFiles"][0].as_str().unwrap();
    let path = link.strip_prefix("https://mde.example.com").unwrap();
    assert_eq!(server.send("GET", path, &[], b"").status, 200, "{link}");
    assert_eq!(server.send("HEAD", path, &[], b"").status, 200, "{link}");
}

#[test]
fn a_name_that_two_machines_have_means_the_one_seen_last() {
    let server = TestServer::start();
    fill(&server);
    let other = "9e5bc9d7e413ddd7902c2932e418702b84d0cc07";
    server.report([Host::new("ALPHA.contoso.com", W1909)
        .id(other)
        .seen("2020-03-25T08:00:00Z")]);
    assert_eq!(
        server.read("/api/machines/alpha.contoso.com").json()["id"],
        other
    );
    let both = server.read("/api/machines?$filter=computerDnsName+eq+'alpha.contoso.com'");
    assert_eq!(both.ids(), [ALPHA, other]);
}

#[test]
fn software_filters_by_the_documented_properties() {
    let server = FLEET.get();
    for (query, expected) in [
        ("$filter=id+eq+'Microsoft-_-Edge'", 1),
        (
            "$filter=id+in+('microsoft-_-edge','contoso-_-headtrax','x')",
            2,
        ),
        ("$filter=Name+eq+'edge'", 1),
        ("$filter=startswith(name,'edge')", 2),
        ("$filter=vendor+eq+'microsoft'&$top=3", 3),
        ("$filter=vendor+eq+'Contoso'+and+isNormalized+eq+false", 1),
        ("$filter=weaknesses+gt+0+and+exposedMachines+ge+3", 2),
        (
            "$orderby=impactScore+desc&$top=1&$filter=category+eq+'OS'",
            1,
        ),
        ("$top=0&$count=true", 0),
    ] {
        let answer = server.read(&format!("/api/Software?{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        assert_eq!(answer.rows().len(), expected, "{query}");
    }
    let counted = server.read("/api/Software?$top=0&$count=true").json();
    assert_eq!(counted["@odata.count"], 5);
}
