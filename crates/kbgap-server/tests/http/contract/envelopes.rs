//! Status, context, order of the envelope and types of the fields, for every endpoint;
//! every form of its path; the methods that it does not take.

use super::fixture::{FLEET, task};
use super::table::{self, Endpoint, Shape};
use super::types::mistake;
use crate::harness::{Answer, TestServer};

/// Asks every endpoint, with a task behind those that need one.
fn each(mut check: impl FnMut(&TestServer, &Endpoint, &str)) {
    let server = FLEET.get();
    let task = task(&server);
    for endpoint in table::all() {
        let path = endpoint.path.replace("{task}", &task);
        check(&server, &endpoint, &path);
    }
}

fn ask(server: &TestServer, endpoint: &Endpoint, path: &str) -> Answer {
    server.act(endpoint.method, path, endpoint.body)
}

#[test]
fn every_endpoint_answers_in_its_documented_shape() {
    each(|server, endpoint, path| {
        let answer = ask(server, endpoint, &format!("/api/{path}"));
        let fields = match endpoint.shape {
            Shape::One(fields) | Shape::List(fields) => fields,
            Shape::NoData => {
                let told = (answer.status, answer.code());
                return assert_eq!(told, (403, "DisabledFeature".to_owned()), "{path}");
            }
        };
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let context = format!("{}/api/$metadata#{}", server.url, endpoint.context);
        let begins = format!("{{\"@odata.context\":\"{context}\",");
        assert!(answer.body.starts_with(&begins), "{path}: {}", answer.body);
        let json = answer.header("content-type").unwrap().to_owned();
        assert!(json.starts_with("application/json"), "{path}: {json}");
        assert_eq!(answer.header("odata-version"), Some("4.0"), "{path}");
        let wrong = match endpoint.shape {
            Shape::List(_) => {
                let rows = answer.rows();
                assert!(!rows.is_empty(), "{path} is empty");
                rows.iter()
                    .find_map(|row| mistake(row, fields, &["osBuild"]))
            }
            _ => mistake(
                &answer.json(),
                fields,
                &["@odata.context", "@kbgap.support"],
            ),
        };
        assert_eq!(wrong, None, "{path}");
    });
}

#[test]
fn paths_in_any_case_with_a_version_and_a_slash() {
    each(|server, endpoint, path| {
        // The time of the call, random links and the tasks of other tests may differ.
        let differs = path.starts_with("exposureScore")
            || path.ends_with("Export")
            || path == "remediationTasks";
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{query}")
        };
        let expected = ask(server, endpoint, &format!("/api/{path}{query}"));
        for form in [
            format!("/API/{}{query}", path.to_uppercase()),
            format!("/api/{}{query}", path.to_lowercase()),
            format!("/api/v1.0/{path}{query}"),
            format!("/api/V1.0/{path}/{query}"),
        ] {
            let answer = ask(server, endpoint, &form);
            assert_eq!(answer.status, expected.status, "{form}: {}", answer.body);
            if !differs && expected.status == 200 {
                assert_eq!(answer.body, expected.body, "{form}");
            }
        }
    });
}

#[test]
fn other_methods_are_told_which_ones_there_are() {
    each(|server, endpoint, path| {
        let answer = server.act("DELETE", &format!("/api/{path}"), "");
        let told = (answer.status, answer.header("allow").map(str::to_owned));
        assert_eq!(told, (405, Some(endpoint.allow.to_owned())), "{path}");
        assert!(!answer.code().is_empty(), "{path}");
    });
}

#[test]
fn a_head_is_a_get_without_its_body() {
    each(|server, endpoint, path| {
        if endpoint.method == "GET" {
            let path = format!("/api/{path}");
            let (get, head) = (server.read(&path), server.act("HEAD", &path, ""));
            assert_eq!(
                (head.status, head.body.as_str()),
                (get.status, ""),
                "{path}"
            );
            assert_eq!(
                head.header("content-type"),
                get.header("content-type"),
                "{path}"
            );
        }
    });
}

#[test]
fn what_the_answers_hold_is_declared_in_the_metadata() {
    let server = FLEET.get();
    for path in ["/api/$metadata", "/api/v1.0/$metadata"] {
        let metadata = server.send("GET", path, &[], b"");
        assert_eq!(metadata.status, 200);
        for endpoint in table::all() {
            let (Shape::One(fields) | Shape::List(fields)) = endpoint.shape else {
                continue;
            };
            for (name, _) in fields {
                let declared = format!("Property Name=\"{name}\"");
                assert!(
                    metadata.body.contains(&declared),
                    "{}: {name}",
                    endpoint.path
                );
            }
        }
    }
    let posted = server.act("POST", "/api/$metadata", "");
    assert_eq!(
        (posted.status, posted.header("allow")),
        (405, Some("GET, HEAD"))
    );
    let service = server.send("GET", "/api/v1.0/", &[], b"").json();
    assert_eq!(
        service["@odata.context"],
        format!("{}/api/$metadata", server.url)
    );
    assert_eq!(service["value"][0]["name"], "Machines");
}

#[test]
fn unknown_ids_are_not_found() {
    let server = FLEET.get();
    let nobody = "0000000000000000000000000000000000000000";
    for (path, message) in [
        (
            "Software/contoso-_-nothing",
            "Software contoso-_-nothing was not found",
        ),
        (
            "Software/contoso-_-nothing/distributions",
            "Software contoso-_-nothing",
        ),
        (
            "Software/contoso-_-nothing/machineReferences",
            "Software contoso-_-nothing",
        ),
        (
            "Software/contoso-_-nothing/vulnerabilities",
            "Software contoso-_-nothing",
        ),
        (
            "Software/contoso-_-nothing/getmissingkbs",
            "Software contoso-_-nothing",
        ),
        ("machines/nobody", "Machine nobody was not found"),
        (
            "machines/nobody/getmissingkbs",
            "Machine nobody was not found",
        ),
        ("machines/nobody/software", "Machine nobody was not found"),
        (
            "machines/nobody/vulnerabilities",
            "Machine nobody was not found",
        ),
        (
            "machines/nobody/recommendations",
            "Machine nobody was not found",
        ),
        (
            "vulnerabilities/CVE-1999-99999",
            "CVE-1999-99999 was not found",
        ),
        (
            "vulnerabilities/CVE-1999-99999/machineReferences",
            "CVE-1999-99999",
        ),
        (
            "recommendations/va-_-contoso-_-nothing",
            "va-_-contoso-_-nothing was not found",
        ),
        (
            "recommendations/sca-_-scid-2000/software",
            "sca-_-scid-2000",
        ),
        ("recommendations/x/machineReferences", "x was not found"),
        (
            "recommendations/va-_-microsoft-_-edge_chromium-based/vulnerabilities",
            "was not found",
        ),
        (
            "remediationTasks/03942ef5-aecb-4c6e-b555-d6a97013844c",
            "03942ef5-aecb",
        ),
        ("remediationTasks/x/machineReferences", "x was not found"),
    ] {
        let answer = server.read(&format!("/api/{path}"));
        let told = (answer.status, answer.code());
        assert_eq!(told, (404, "ResourceNotFound".to_owned()), "{path}");
        assert!(
            answer.message().contains(message),
            "{path}: {}",
            answer.message()
        );
    }
    let by_id = server.read(&format!("/api/machines/{nobody}"));
    assert_eq!(by_id.message(), format!("Machine {nobody} was not found"));
    let target = by_id.json()["error"]["target"].as_str().unwrap().to_owned();
    assert!(kbgap_auth::is_guid(&target), "{target}");
}
