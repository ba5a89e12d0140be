//! Who may call what: every endpoint with each right, with wrong and with no permission.

use super::fixture::{FLEET, task};
use super::table::{self, Endpoint, Shape};
use crate::harness::TestServer;

fn each(mut check: impl FnMut(&TestServer, &Endpoint, &str)) {
    let server = FLEET.get();
    let task = task(&server);
    for endpoint in table::all() {
        let path = format!("/api/{}", endpoint.path.replace("{task}", &task));
        check(&server, &endpoint, &path);
    }
}

/// What the endpoint answers to who may call it.
fn granted(endpoint: &Endpoint) -> u16 {
    match endpoint.shape {
        Shape::NoData => 403,
        _ => 200,
    }
}

#[test]
fn each_documented_permission_is_enough() {
    each(|server, endpoint, path| {
        let roles = endpoint.roles.iter().map(|role| server.token(&[role], &[]));
        let scopes = endpoint
            .scopes
            .iter()
            .map(|scope| server.token(&[], &[scope]));
        for token in roles.chain(scopes) {
            let answer = server.act_as(endpoint.method, path, endpoint.body, &token);
            assert_eq!(answer.status, granted(endpoint), "{path}: {}", answer.body);
            if matches!(endpoint.shape, Shape::NoData) {
                assert_eq!(answer.code(), "DisabledFeature", "{path}");
            }
        }
    });
}

#[test]
fn an_application_is_told_which_roles_it_lacks() {
    each(|server, endpoint, path| {
        let other = match endpoint.roles[0] {
            "Score.Read.All" => "Software.Read.All",
            _ => "Score.Read.All",
        };
        let token = server.token(&[other, "Inventory.Write.All"], &[]);
        let answer = server.act_as(endpoint.method, path, endpoint.body, &token);
        let told = (answer.status, answer.code());
        assert_eq!(told, (403, "Forbidden".to_owned()), "{path}");
        let expected = format!(
            "Missing application roles. API required roles: {}, application roles: {other},Inventory.Write.All.",
            endpoint.roles.join(",")
        );
        assert_eq!(answer.message(), expected, "{path}");
    });
}

#[test]
fn a_user_needs_the_delegated_permission() {
    each(|server, endpoint, path| {
        let other = match endpoint.scopes[0] {
            "Score.Read" => "Software.Read",
            _ => "Score.Read",
        };
        let token = server.token(&[], &[other]);
        let answer = server.act_as(endpoint.method, path, endpoint.body, &token);
        let told = (answer.status, answer.code());
        assert_eq!(told, (403, "Forbidden".to_owned()), "{path}");
        assert!(
            answer.message().contains(endpoint.scopes[0]),
            "{path}: {}",
            answer.message()
        );
    });
}

#[test]
fn reading_machines_is_no_leave_to_change_them() {
    each(|server, endpoint, path| {
        if endpoint.method == "POST" {
            for token in [
                server.token(&["Machine.Read.All"], &[]),
                server.token(&[], &["Machine.Read"]),
            ] {
                let answer = server.act_as("POST", path, endpoint.body, &token);
                assert_eq!((answer.status, answer.code().as_str()), (403, "Forbidden"));
            }
        }
    });
}

#[test]
fn nothing_is_told_without_a_token() {
    each(|server, endpoint, path| {
        let none: &[(&str, &str)] = &[];
        for headers in [
            none,
            &[("Authorization", "Bearer x")],
            &[("Authorization", "Basic eDp5")],
        ] {
            let answer = server.send(endpoint.method, path, headers, endpoint.body.as_bytes());
            let told = (answer.status, answer.code());
            assert_eq!(told, (401, "Unauthorized".to_owned()), "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
        }
    });
}

#[test]
fn only_the_role_of_ours_makes_and_changes_tasks() {
    let server = FLEET.get();
    let task = format!("/api/remediationTasks/{}", task(&server));
    for (method, path) in [("POST", "/api/remediationTasks"), ("PATCH", task.as_str())] {
        for token in [
            server.token(&["RemediationTasks.Read.All"], &[]),
            server.token(&[], &["RemediationTask.Read"]),
        ] {
            let answer = server.act_as(method, path, "{}", &token);
            assert_eq!((answer.status, answer.code().as_str()), (403, "Forbidden"));
            assert!(answer.message().contains("RemediationTasks.ReadWrite.All"));
        }
    }
}
