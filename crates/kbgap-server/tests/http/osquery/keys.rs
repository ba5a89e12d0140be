//! Secrets and keys: who is let in, and to what.

use serde_json::{Value, json};

use super::host::{NOW, Osquery, client, enrollment, machines, secret, send, snapshot};
use crate::harness::{Answer, TestServer};

const OTHER: &str = "22222222-2222-2222-2222-222222222222";
const WITH_KEY: [&str; 4] = ["config", "log", "distributed/read", "distributed/write"];

fn assert_invalid(answer: &Answer) {
    // osquery looks at the body alone; an error beside it is for its log.
    assert_eq!(answer.status, 200, "{}", answer.body);
    let json = answer.json();
    assert_eq!(json["node_invalid"], true, "{}", answer.body);
    assert!(json["error"].is_string() && json.get("node_key").is_none());
}

#[test]
fn only_a_secret_enrolls() {
    let server = TestServer::start();
    let secret = secret(&server, &server.tenant);
    for wrong in ["", "x", &secret[1..], &format!("{secret} ")] {
        assert_invalid(&send(&server, "enroll", &enrollment(wrong, "h", "windows")));
    }
    assert_invalid(&send(&server, "enroll", &json!({"host_identifier": "h"})));
    assert_invalid(&send(
        &server,
        "enroll",
        &enrollment(&secret, " ", "windows"),
    ));
    // Nor does a token, or the secret of an application.
    let token = server.token(&kbgap_auth::ROLES, &[]);
    for wrong in [&token, &server.secret] {
        assert_invalid(&send(&server, "enroll", &enrollment(wrong, "h", "windows")));
    }
    let one = Osquery::enroll(&server, &secret, "h");
    let two = Osquery::enroll(&server, &secret, "g");
    assert!(one.key.len() == 43 && one.key != two.key);
}

#[test]
fn every_route_but_enrolling_needs_a_key() {
    let server = TestServer::start();
    let secret = secret(&server, &server.tenant);
    let token = server.token(&kbgap_auth::ROLES, &[]);
    for path in WITH_KEY {
        for body in [
            json!({}),
            json!({"node_key": ""}),
            json!({"node_key": "x"}),
            json!({"node_key": secret}),
        ] {
            assert_invalid(&send(&server, path, &body));
        }
        // A token opens nothing here.
        let answer = server.act_as("POST", &format!("/osquery/v1/{path}"), "{}", &token);
        assert_invalid(&answer);
    }
    // And a key opens nothing elsewhere.
    let node = Osquery::enroll(&server, &secret, "h");
    assert_eq!(server.get_as("/api/machines", &node.key).status, 401);
    assert_eq!(
        server
            .act_as("POST", "/ingest/v1/machines", "{}", &node.key)
            .status,
        401
    );
}

#[test]
fn who_enrolls_anew_has_one_key() {
    let server = TestServer::start();
    let secret = secret(&server, &server.tenant);
    let first = Osquery::enroll(&server, &secret, "h");
    first.tell(&[snapshot("kbgap_registry", NOW, &client("PC-017", 592))]);
    let second = Osquery::enroll(&server, &secret, "h");
    for path in WITH_KEY {
        assert_invalid(&first.ask(path));
        assert_eq!(second.ask(path).json().get("node_invalid"), None, "{path}");
    }
    // It is the same machine as before.
    second.tell(&[snapshot("kbgap_registry", NOW + 5, &client("PC-NEW", 700))]);
    assert_eq!(machines(&server), ["PC-NEW.contoso.com"]);
}

#[test]
fn a_key_reaches_its_own_tenant() {
    let server = TestServer::start();
    let own = Osquery::enroll(&server, &secret(&server, &server.tenant), "h");
    let other = Osquery::enroll(&server, &secret(&server, OTHER), "h");
    assert_ne!(own.key, other.key);
    // Nothing in a body says otherwise.
    let mut line = snapshot("kbgap_registry", NOW, &client("PC-OTHER", 592));
    line["tenant"] = Value::from(server.tenant.as_str());
    other.tell(&[line]);
    own.tell(&[snapshot("kbgap_registry", NOW, &client("PC-OWN", 592))]);
    let names = |tenant: &str| {
        let token = server.token_of(tenant, &kbgap_auth::ROLES, &[]);
        server
            .get_as("/api/machines", &token)
            .texts("computerDnsName")
    };
    assert_eq!(names(&server.tenant), ["PC-OWN.contoso.com"]);
    assert_eq!(names(OTHER), ["PC-OTHER.contoso.com"]);
}

#[test]
fn other_methods_are_told_so_and_bad_bodies_are_errors() {
    let server = TestServer::start();
    for path in WITH_KEY.into_iter().chain(["enroll"]) {
        let path = format!("/osquery/v1/{path}");
        for method in ["GET", "PUT", "DELETE"] {
            let answer = server.send(method, &path, &[], b"");
            assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
        }
        for body in ["", "x", "[]", "{\"node_key\":", "5"] {
            let answer = server.send("POST", &path, &[], body.as_bytes());
            // With a member of this name osquery sends the same again.
            let refused = answer.status == 400 && answer.json()["error"].is_string();
            assert!(refused, "{path} {body}: {}", answer.body);
        }
        let answer = server.send("POST", &path, &[("Content-Encoding", "br")], b"{}");
        assert_eq!(answer.status, 415, "{path}");
    }
}

#[test]
fn hosts_of_other_platforms_are_asked_nothing() {
    let server = TestServer::start();
    let secret = secret(&server, &server.tenant);
    let linux = Osquery::of_platform(&server, &secret, "l", "ubuntu");
    assert_eq!(
        linux.ask("config").json(),
        json!({"schedule": {}, "packs": {}})
    );
    assert!(linux.asked().is_empty());
    linux.tell(&[snapshot("kbgap_registry", NOW, &client("PC-LINUX", 592))]);
    assert!(machines(&server).is_empty());
}
