//! What sign-in libraries ask before they ask for a token.

use kbgap_server::Config;
use serde_json::Value;

use crate::harness::{Answer, TestServer};

fn get(server: &TestServer, path: &str) -> Answer {
    server.send("GET", path, &[], b"")
}

/// The path of one of the server's own URLs.
fn path<'a>(server: &TestServer, url: &'a Value) -> &'a str {
    url.as_str().unwrap().strip_prefix(&server.url).unwrap()
}

#[test]
fn the_configuration_leads_to_the_token_endpoint_and_the_key() {
    let server = TestServer::start();
    for (version, issuer) in [
        ("", format!("https://sts.windows.net/{}/", server.tenant)),
        ("/v2.0", format!("{}/{}/v2.0", server.url, server.tenant)),
    ] {
        let document = format!(
            "/{}{version}/.well-known/openid-configuration",
            server.tenant
        );
        let answer = get(&server, &document);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let json = answer.json();
        assert_eq!(json["issuer"], issuer);
        let token = server.send("POST", path(&server, &json["token_endpoint"]), &[], b"x=");
        assert_eq!(
            (token.status, token.json()["error"].as_str()),
            (400, Some("invalid_request"))
        );
        let keys = get(&server, path(&server, &json["jwks_uri"])).json();
        let header = header_of(&server.token(&[], &[]));
        assert_eq!(keys["keys"][0]["kid"], header["kid"]);
        assert_eq!(keys["keys"][0]["kty"], "RSA");
        assert!(json["authorization_endpoint"].is_string());
    }
}

fn header_of(token: &str) -> Value {
    use base64::Engine as _;
    let header = token.split('.').next().unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header);
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

#[test]
fn tenants_by_word_and_by_domain_name() {
    let server = TestServer::start();
    let issuer = |tenant: &str| {
        let path = format!("/{tenant}/.well-known/openid-configuration");
        get(&server, &path).json()["issuer"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let own = format!("https://sts.windows.net/{}/", server.tenant);
    assert_eq!(issuer(&server.tenant.to_ascii_uppercase()), own);
    assert_eq!(issuer("contoso.onmicrosoft.com"), own);
    assert_eq!(
        issuer("organizations"),
        "https://sts.windows.net/{tenantid}/"
    );
}

#[test]
fn tenants_that_are_not_here() {
    let server = TestServer::start();
    for tenant in [
        "ffffffff-1111-4111-8111-111111111111",
        "nonsense",
        "%3Cb%3E",
    ] {
        for document in [
            ".well-known/openid-configuration",
            "v2.0/.well-known/openid-configuration",
            "discovery/keys",
            "discovery/v2.0/keys",
        ] {
            let answer = get(&server, &format!("/{tenant}/{document}"));
            let json = answer.json();
            assert_eq!(
                (answer.status, json["error"].as_str()),
                (400, Some("invalid_tenant")),
                "{tenant}/{document}"
            );
            assert_eq!(json["error_codes"][0], 90_002);
        }
    }
}

#[test]
fn this_instance_is_known_and_no_other() {
    let server = TestServer::start();
    let ask = |endpoint: &str| {
        get(
            &server,
            &format!(
                "/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}"
            ),
        )
    };
    let host = server.url.strip_prefix("http://").unwrap();
    let (name, _port) = host.split_once(':').unwrap();
    for host in [host, name] {
        let answer = ask(&format!(
            "https%3A%2F%2F{host}%2F{}%2Foauth2%2Fv2.0%2Fauthorize",
            server.tenant
        ));
        let json = answer.json();
        let found = path(&server, &json["tenant_discovery_endpoint"]);
        assert_eq!(get(&server, found).status, 200, "{found}");
        assert_eq!(
            json["metadata"][0]["preferred_network"],
            server.url.strip_prefix("http://").unwrap()
        );
    }
    let answer = ask("https://login.microsoftonline.com/common/oauth2/v2.0/authorize");
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (400, Some("invalid_instance"))
    );
    assert_eq!(get(&server, "/common/discovery/instance").status, 400);
}

#[test]
fn urls_begin_as_contexts_do() {
    let server = TestServer::with(Config {
        public_url: Some("https://kbgap.example/tvm/".into()),
        ..Config::default()
    });
    let answer = get(&server, "/common/v2.0/.well-known/openid-configuration");
    assert_eq!(
        answer.json()["token_endpoint"],
        "https://kbgap.example/tvm/common/oauth2/v2.0/token"
    );
    let answer = server.send("POST", "/common/discovery/keys", &[], b"");
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD"))
    );
}
