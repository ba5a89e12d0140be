//! Pages: to the end, without loss or repeat, while machines come and change.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde_json::Value;

use crate::harness::{TestServer, document};
use crate::host::{Host, PATCHED, W1903, W1909};
use kbgap_server::{Config, RateLimits};

const MACHINES: usize = 23;

/// Their order by letters is not that of the ids they begin.
const VENDORS: [&str; 7] = ["A", "A B", "A-", "A.1", "Über", "A!", "Z"];

/// A server whose pages have at most `size` records.
fn server(size: usize) -> TestServer {
    let server = TestServer::with(Config {
        rate_limits: RateLimits::off(),
        list_page: NonZeroUsize::new(size),
        ..Config::default()
    });
    let hosts = (0..MACHINES).map(|i| {
        Host::new(&format!("pc-{i:02}"), [W1909, W1903, PATCHED][i % 3])
            .group(["London", "Paris"][i % 2])
            .tags(&["all"])
            .software(VENDORS[i % VENDORS.len()], &format!("App {i}"), "1.0")
    });
    server.report(hosts);
    server
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pages_of_any_size_make_up_the_list() {
    let whole = server(10_000);
    let lists = [
        "machines",
        "machines?$filter=osBuild+eq+18363",
        "machines?$orderby=osBuild+desc,computerDnsName",
        "machines?$orderby=exposureLevel",
        "machines?$orderby=rbacGroupName+desc&$filter=startswith(computerDnsName,'pc-1')",
        "machines?$skip=3&$count=true",
        "machines?$filter=lastSeen+gt+2020-03-01Z&$select=id,osBuild",
        // All null, and some null.
        "machines?$orderby=lastExternalIpAddress",
        "machines?$orderby=aadDeviceId+desc,rbacGroupName",
        "machines/findbytag?tag=ALL",
        "Software",
        "Software?$orderby=installedMachines+desc",
        "recommendations",
        "recommendations?$orderby=exposureImpact",
        "vulnerabilities?$filter=exposedMachines+gt+0",
        "vulnerabilities?$orderby=cvssV3+desc,publishedOn",
        "vulnerabilities/machinesVulnerabilities?$filter=productName+eq+'internet_explorer'",
        "vulnerabilities/machinesVulnerabilities?$filter=productName+eq+'internet_explorer'&$orderby=cveId",
    ];
    for size in [1, 2, 7] {
        let paged = server(size);
        for path in lists {
            let path = format!("/api/{path}");
            let expected = ids(&whole.read(&path).rows());
            assert!(expected.len() > 2, "{path}");
            let first = size.min(expected.len());
            assert_eq!(paged.read(&path).rows().len(), first, "{path}");
            // Some 150 vulnerabilities, one by one, would take long.
            if size > 1 || expected.len() < 60 {
                assert_eq!(ids(&paged.walk(&path)), expected, "{path} by {size}");
            }
        }
    }
}

#[test]
fn the_next_link_keeps_the_question() {
    let server = server(5);
    let filter = "$filter=startswith(computerDnsName,%27pc%27)+and+osBuild%20gt%201";
    let answer = server.read(&format!(
        "/api/v1.0/Machines/?{filter}&$skip=2&$count=true&$select=id"
    ));
    let link = answer.json()["@odata.nextLink"]
        .as_str()
        .unwrap()
        .to_owned();
    let begins = format!(
        "{}/api/v1.0/Machines/?{filter}&$count=true&$select=id&$skiptoken=",
        server.url
    );
    assert!(link.starts_with(&begins), "{link}");
    assert!(
        answer
            .body
            .ends_with(&format!("],\"@odata.nextLink\":\"{link}\"}}"))
    );
    let second = server.read(server.path_of(&link));
    assert_eq!(second.json()["@odata.count"], MACHINES);
    assert_eq!(second.rows()[0].as_object().unwrap().len(), 1);
}

#[test]
fn with_top_there_is_no_next_page_and_skip_leads_on() {
    let server = server(5);
    let answer = server.read("/api/machines?$top=10");
    assert_eq!(answer.rows().len(), 10, "more than a page");
    assert!(answer.json().get("@odata.nextLink").is_none());
    let mut seen = Vec::new();
    loop {
        let page = server
            .read(&format!("/api/machines?$top=10&$skip={}", seen.len()))
            .ids();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen.len(), MACHINES);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), MACHINES);
}

#[test]
fn nothing_is_lost_or_repeated_while_machines_check_in() {
    let server = server(3);
    for path in [
        "/api/machines",
        "/api/machines?$orderby=computerDnsName+desc",
        "/api/vulnerabilities/machinesVulnerabilities?$filter=cveId+eq+'CVE-2020-0796'",
    ] {
        let expected: BTreeSet<String> = ids(&server.walk(path)).into_iter().collect();
        let (mut seen, mut next, mut round) = (Vec::new(), Some(path.to_owned()), 0);
        while let Some(page) = next {
            let answer = server.read(&page);
            seen.extend(answer.ids());
            let link = answer.json()["@odata.nextLink"].as_str().map(str::to_owned);
            next = link.map(|link| server.path_of(&link).to_owned());
            // One that was there reports again, and a new one comes.
            let version = [W1909, W1903, PATCHED][round % 3];
            let time = format!("2020-03-25T0{}:{:02}:00Z", path.len() % 10, round % 60);
            let old = document(&format!("pc-{:02}", round % MACHINES), version, &time);
            let patched = path.contains("CVE");
            let new = document(&format!("new-{}-{round}", path.len()), W1909, &time);
            let report = if patched {
                new
            } else {
                format!("{old}\n{new}")
            };
            assert_eq!(server.post("/ingest/v1/machines", &report).status, 200);
            round += 1;
        }
        let once: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "{path} repeats");
        assert!(expected.is_subset(&once), "{path} loses");
    }
}

#[test]
fn a_token_of_another_order_is_refused() {
    let server = server(5);
    let link = server.read("/api/machines").json()["@odata.nextLink"].clone();
    let path = server.path_of(link.as_str().unwrap()).to_owned();
    let answer = server.read(&format!("{path}&$orderby=osBuild"));
    assert_eq!((answer.status, answer.code().as_str()), (400, "ODataError"));
}
