//! The token endpoint.

use crate::harness::{AUDIENCE, TestServer};

fn form(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes()
            .map(|b| format!("%{b:02X}"))
            .collect::<String>()
    };
    let pairs: Vec<String> = fields
        .iter()
        .map(|(n, v)| format!("{n}={}", escape(v)))
        .collect();
    pairs.join("&")
}

#[test]
fn a_token_by_either_endpoint_opens_the_api() {
    let server = TestServer::start();
    let scope = format!("{AUDIENCE}/.default");
    let credentials = [
        ("grant_type", "client_credentials"),
        ("client_id", &server.client_id),
        ("client_secret", &server.secret),
    ];
    for (path, field, value, number) in [
        ("oauth2/v2.0/token", "scope", scope.as_str(), true),
        ("oauth2/token", "resource", AUDIENCE, false),
    ] {
        let mut fields = credentials.to_vec();
        fields.push((field, value));
        let answer = server.send(
            "POST",
            &format!("/{}/{path}", server.tenant),
            &[],
            form(&fields).as_bytes(),
        );
        let json = answer.json();
        assert_eq!(
            (answer.status, json["token_type"].as_str()),
            (200, Some("Bearer")),
            "{}",
            answer.body
        );
        assert_eq!(json["expires_in"].is_number(), number);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let token = json["access_token"].as_str().unwrap();
        assert_eq!(
            server
                .get_as("/api/Software/microsoft-_-edge/getmissingkbs", token)
                .status,
            200
        );
    }
}

#[test]
fn refusals_have_the_issuers_shape_and_hide_the_secret() {
    let server = TestServer::start();
    let scope = format!("{AUDIENCE}/.default");
    for (client_id, secret, tenant, status, error) in [
        (
            server.client_id.as_str(),
            "wrong",
            server.tenant.as_str(),
            401,
            "invalid_client",
        ),
        (
            "nobody",
            "wrong",
            &server.tenant,
            400,
            "unauthorized_client",
        ),
        (
            &server.client_id,
            &server.secret,
            "ffffffff-1111-4111-8111-111111111111",
            400,
            "unauthorized_client",
        ),
    ] {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
            ("scope", &scope),
        ];
        let answer = server.send(
            "POST",
            &format!("/{tenant}/oauth2/v2.0/token"),
            &[],
            form(&fields).as_bytes(),
        );
        let json = answer.json();
        assert_eq!(
            (answer.status, json["error"].as_str()),
            (status, Some(error))
        );
        assert!(
            json["error_description"]
                .as_str()
                .unwrap()
                .starts_with("AADSTS")
        );
        assert!(!answer.body.contains(&server.secret));
    }
    let large = format!("grant_type={}", "x".repeat(100_000));
    for (body, status) in [
        (&b"grant_type=%zz"[..], 400),
        (b"grant_type=\xff", 400),
        (large.as_bytes(), 413),
    ] {
        let answer = server.send("POST", "/x/oauth2/v2.0/token", &[], body);
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (status, Some("invalid_request")),
            "{}",
            answer.body
        );
    }
}

#[test]
fn the_case_of_a_client_id_does_not_matter() {
    let server = TestServer::start();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &*server.client_id.to_uppercase()),
        ("client_secret", &server.secret),
        ("resource", AUDIENCE),
    ];
    let path = format!("/{}/oauth2/token", server.tenant);
    let answer = server.send("POST", &path, &[], form(&fields).as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
}
