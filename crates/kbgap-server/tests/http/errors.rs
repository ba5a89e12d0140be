//! Errors: their bodies, their headers and their order.

use crate::harness::TestServer;

const EDGE: &str = "/api/Software/microsoft-_-edge/getmissingkbs";

#[test]
fn without_or_with_a_bad_token() {
    let server = TestServer::start();
    let good = server.token(&["Software.Read.All"], &[]);
    let cut = format!("Bearer {}", &good[..good.len() - 2]);
    let basic = format!("Basic {good}");
    for headers in [
        &[][..],
        &[("Authorization", cut.as_str())],
        &[("Authorization", basic.as_str())],
        &[("Authorization", "Bearer")],
    ] {
        let answer = server.send("GET", EDGE, headers, b"");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "Unauthorized")
        );
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert!(
            !answer.json()["error"]["target"]
                .as_str()
                .unwrap()
                .is_empty()
        );
    }
}

#[test]
fn without_the_permission_it_is_named() {
    let server = TestServer::start();
    let answer = server.get_as(EDGE, &server.token(&["Inventory.Write.All"], &[]));
    assert_eq!((answer.status, answer.code().as_str()), (403, "Forbidden"));
    assert_eq!(
        answer.json()["error"]["message"],
        "Missing application roles. API required roles: Software.Read.All, application roles: Inventory.Write.All."
    );
    let answer = server.get_as(EDGE, &server.token(&[], &["Score.Read"]));
    assert!(
        answer.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("Software.Read")
    );
    let answer = server.send(
        "POST",
        "/ingest/v1/machines",
        &[(
            "Authorization",
            &format!("Bearer {}", server.token(&["Software.Read.All"], &[])),
        )],
        b"{}",
    );
    assert_eq!(answer.status, 403);
}

#[test]
fn what_is_not_there() {
    let server = TestServer::start();
    for (path, code) in [
        (
            "/api/Software/microsoft-_-nonsense/getmissingkbs",
            "ResourceNotFound",
        ),
        ("/api/Software/nonsense/getmissingkbs", "ResourceNotFound"),
        ("/api/machines/nobody/getmissingkbs", "ResourceNotFound"),
        ("/api/Nonsense", "NotFound"),
        ("/nonsense", "NotFound"),
    ] {
        let answer = server.get(path);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, code),
            "{path}"
        );
    }
    let answer = server.get("/api/machines/nobody/getmissingkbs");
    assert_eq!(
        answer.json()["error"]["message"],
        "Machine nobody was not found"
    );
}

#[test]
fn bad_options() {
    let server = TestServer::start();
    for option in ["$foo=1", "$top=-1", "$top=x", "$top=1&$top=2"] {
        let answer = server.get(&format!("{EDGE}?{option}"));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "ODataError"),
            "{option}"
        );
    }
    assert_eq!(server.get(&format!("{EDGE}?view=nonsense")).status, 400);
    assert_eq!(server.get("/api/Software/%zz/getmissingkbs").status, 400);
}

#[test]
fn the_order_is_401_403_404_400() {
    let server = TestServer::start();
    let bad = "/api/Software/microsoft-_-nonsense/getmissingkbs?$top=x";
    assert_eq!(server.send("GET", bad, &[], b"").status, 401);
    assert_eq!(
        server
            .get_as(bad, &server.token(&["Score.Read.All"], &[]))
            .status,
        403
    );
    assert_eq!(server.get(bad).status, 404);
    assert_eq!(server.get(&format!("{EDGE}?$top=x")).status, 400);
}

#[test]
fn methods_that_are_not_allowed() {
    let server = TestServer::start();
    let token = format!(
        "Bearer {}",
        server.token(&["Software.Read.All", "Inventory.Write.All"], &[])
    );
    let headers = [("Authorization", token.as_str())];
    for (method, path, allow) in [
        ("POST", EDGE, "GET, HEAD"),
        ("DELETE", "/api/machines/x/getmissingkbs", "GET, HEAD"),
        ("GET", "/ingest/v1/machines", "POST"),
        ("GET", "/x/oauth2/v2.0/token", "POST"),
    ] {
        let answer = server.send(method, path, &headers, b"");
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allow)),
            "{method} {path}"
        );
    }
}

#[test]
fn hostile_ids_come_back_as_text() {
    let server = TestServer::start();
    let answer = server.get("/api/machines/%3Cscript%3Ealert(1)%3C%2Fscript%3E/getmissingkbs");
    assert_eq!(answer.status, 404);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/json")
    );
    assert!(
        answer.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("<script>")
    );
}

#[test]
fn health() {
    let server = TestServer::start();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.send("GET", path, &[], b"").status, 200);
    }
}
