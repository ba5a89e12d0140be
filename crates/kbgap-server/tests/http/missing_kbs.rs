//! Both getmissingkbs.

use kbgap_server::Config;

use crate::harness::{TestServer, document};

const EDGE: &str = "/api/Software/microsoft-_-edge/getmissingkbs";

#[test]
fn the_documented_answer() {
    let server = TestServer::start();
    server.fleet(130, "10.0.18363.592");
    server.fleet(110, "10.0.18362.592");
    server.fleet(7, "10.0.18363.720");
    let answer = server.get(EDGE);
    let expected = format!(
        r#"{{"@odata.context":"{}/api/$metadata#Collection(microsoft.windowsDefenderATP.api.PublicProductFixDto)","value":[{{"id":"4540673","name":"March 2020 Security Updates","productsNames":["edge"],"url":"https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB4540673","machineMissedOn":240,"cveAddressed":14}}]}}"#,
        server.url
    );
    assert_eq!(answer.body, expected);
    assert_eq!(answer.header("odata-version"), Some("4.0"));
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/json")
    );
}

#[test]
fn a_build_that_all_share_is_told() {
    let server = TestServer::start();
    server.fleet(2, "10.0.18363.592");
    assert_eq!(server.get(EDGE).json()["value"][0]["osBuild"], 18_363);
    server.fleet(1, "10.0.18362.592");
    assert!(server.get(EDGE).json()["value"][0].get("osBuild").is_none());
}

#[test]
fn machines_are_counted_as_they_check_in() {
    let server = TestServer::start();
    let missed = || server.get(EDGE).json()["value"][0]["machineMissedOn"].as_u64();
    server.fleet(3, "10.0.18363.592");
    assert_eq!(missed(), Some(3));
    server.post(
        "/ingest/v1/machines",
        &document("x", "10.0.18363.592", "2020-03-20T08:00:00Z"),
    );
    assert_eq!(missed(), Some(4));
    // An older report changes nothing, a newer one does.
    let stale = server.post(
        "/ingest/v1/machines",
        &document("x", "10.0.18363.720", "2020-03-19T08:00:00Z"),
    );
    assert_eq!(stale.json()["records"][0]["outcome"], "stale");
    assert_eq!(missed(), Some(4));
    server.post(
        "/ingest/v1/machines",
        &document("x", "10.0.18363.720", "2020-03-21T08:00:00Z"),
    );
    assert_eq!(missed(), Some(3));
}

#[test]
fn machines_that_are_silent_for_30_days_no_longer_count() {
    let server = TestServer::start();
    server.fleet(1, "10.0.18363.592");
    for (name, seen_at) in [
        ("old", "2020-02-24T11:00:00Z"),
        ("recent", "2020-02-24T13:00:00Z"),
    ] {
        server.post(
            "/ingest/v1/machines",
            &document(name, "10.0.18363.592", seen_at),
        );
    }
    assert_eq!(server.get(EDGE).json()["value"][0]["machineMissedOn"], 2);
}

#[test]
fn one_machine_by_id_or_name() {
    let server = TestServer::start();
    let id = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07";
    let machine = document(
        "PC-017.contoso.com",
        "10.0.18363.592",
        "2020-03-24T08:00:00Z",
    );
    server.post(
        "/ingest/v1/machines",
        &machine.replacen('{', &format!(r#"{{"id":"{id}","#), 1),
    );
    for name in [id, "pc-017.contoso.com", "PC-017.CONTOSO.COM"] {
        let answer = server.get(&format!("/api/machines/{name}/getmissingkbs"));
        let march = answer.json()["value"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["id"] == "4540673")
            .unwrap()
            .clone();
        assert_eq!(march["cveAddressed"], 97, "{name}");
        assert_eq!(
            march["productsNames"],
            serde_json::json!(["windows_10", "edge", "internet_explorer"])
        );
        assert_eq!(
            (march["machineMissedOn"].as_u64(), march["osBuild"].as_u64()),
            (Some(1), Some(18_363))
        );
        assert_eq!(answer.ids(), ["4551762", "4540673"]);
    }
    let effective = server
        .get(&format!("/api/machines/{id}/getmissingkbs?view=effective"))
        .json();
    assert_eq!(effective["value"].as_array().unwrap().len(), 1);
    assert_eq!(effective["value"][0]["id"], "4551762");
    assert_eq!(effective["value"][0]["cveAddressed"], 98);
    assert_eq!(effective["value"][0]["productsNames"][1], "edge");
}

#[test]
fn what_is_not_assessed_never_reads_as_clean() {
    let server = TestServer::start();
    server.post(
        "/ingest/v1/machines",
        &document("odd", "10.0.12345.1", "2020-03-24T08:00:00Z"),
    );
    let answer = server.get("/api/machines/odd/getmissingkbs").json();
    assert_eq!(answer["value"], serde_json::json!([]));
    assert!(
        answer["@kbgap.notAssessed"]
            .as_str()
            .unwrap()
            .contains("12345"),
        "{answer}"
    );
}

#[test]
fn paths_in_every_form() {
    let server = TestServer::start();
    server.fleet(1, "10.0.18363.592");
    let expected = server.get(EDGE).body;
    for path in [
        "/API/SOFTWARE/microsoft-_-edge/GETMISSINGKBS",
        "/api/v1.0/Software/microsoft-_-edge/getmissingkbs",
        "/api/Software/Microsoft-_-Edge/getmissingkbs/",
        "/api/Software/microsoft%2D_-edge/getmissingkbs",
        "/api/Software('microsoft-_-edge')/getmissingkbs()",
    ] {
        assert_eq!(server.get(path).body, expected, "{path}");
    }
}

#[test]
fn options_page_the_list() {
    let server = TestServer::start();
    server.fleet(1, "10.0.18363.592");
    let windows = "/api/Software/microsoft-_-windows_10/getmissingkbs";
    assert_eq!(server.get(windows).ids(), ["4551762", "4540673"]);
    assert_eq!(server.get(&format!("{windows}?$top=1")).ids(), ["4551762"]);
    assert_eq!(
        server
            .get(&format!("{windows}?%24skip=1&$count=true"))
            .json()["@odata.count"],
        2
    );
    assert_eq!(server.get(&format!("{windows}?$skip=5")).ids(), [""; 0]);
    assert_eq!(
        server.get(&format!("{windows}?unknown=ignored")).status,
        200
    );
}

#[test]
fn a_software_that_misses_nothing_has_an_empty_list() {
    let server = TestServer::start();
    let answer = server.get("/api/Software/microsoft-_-sql_server/getmissingkbs");
    assert_eq!(
        (answer.status, answer.json()["value"].clone()),
        (200, serde_json::json!([]))
    );
    // Known by an inventory alone.
    let machine = document("a", "10.0.18363.720", "2020-03-24T08:00:00Z");
    let listing = r#"{"software":[{"vendor":"Mozilla","name":"Firefox","version":"1"}],"#;
    server.post("/ingest/v1/machines", &machine.replacen('{', listing, 1));
    assert_eq!(
        server
            .get("/api/Software/mozilla-_-firefox/getmissingkbs")
            .status,
        200
    );
    assert_eq!(
        server
            .get("/api/Software/mozilla-_-thunderbird/getmissingkbs")
            .status,
        404
    );
}

#[test]
fn tenants_see_their_own_machines_only() {
    let server = TestServer::start();
    server.fleet(3, "10.0.18363.592");
    let other = server.token_of(
        "ffffffff-1111-4111-8111-111111111111",
        &["Software.Read.All"],
        &[],
    );
    assert_eq!(server.get_as(EDGE, &other).ids(), [""; 0]);
    assert_eq!(
        server
            .get_as("/api/machines/10.0.18363.592-0/getmissingkbs", &other)
            .status,
        404
    );
}

#[test]
fn the_context_begins_with_the_public_url_or_the_requests_host() {
    let server = TestServer::with(Config {
        public_url: Some("https://kbgap.example".into()),
        ..Config::default()
    });
    let context = server.get(EDGE).json()["@odata.context"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        context.starts_with("https://kbgap.example/api/$metadata#"),
        "{context}"
    );
    let server = TestServer::start();
    let token = format!("Bearer {}", server.token(&["Software.Read.All"], &[]));
    let headers = [
        ("Authorization", token.as_str()),
        ("Host", "eu.kbgap.example:8443"),
    ];
    let answer = server.send("GET", EDGE, &headers, b"");
    assert!(
        answer
            .body
            .contains(r#""http://eu.kbgap.example:8443/api/$metadata#"#),
        "{}",
        answer.body
    );
}

#[test]
fn head_has_the_headers_and_a_gets_body_is_ignored() {
    let server = TestServer::start();
    server.fleet(1, "10.0.18363.592");
    let token = format!("bearer {}", server.token(&[], &["Software.Read"]));
    let headers = [("Authorization", token.as_str())];
    let get = server.send("GET", EDGE, &headers, b"{\"ignored\":true}");
    assert_eq!(get.status, 200, "{}", get.body);
    let head = server.send("HEAD", EDGE, &headers, b"");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(
        head.header("content-length"),
        Some(get.body.len().to_string().as_str())
    );
}
