//! Tags, device values and searches.

use serde_json::json;

use crate::harness::{Answer, TestServer};
use crate::host::{Host, W1909};

fn server() -> TestServer {
    let server = TestServer::start();
    server.report([
        Host::new("a", W1909)
            .tags(&["reported"])
            .address("10.0.0.1")
            .seen("2020-03-24T08:00:00Z"),
        Host::new("b", W1909)
            .address("10.0.0.2")
            .seen("2020-03-24T08:00:00Z"),
    ]);
    server
}

fn tag(server: &TestServer, machine: &str, value: &str, action: &str) -> Answer {
    let body = json!({"Value": value, "Action": action});
    server.act(
        "POST",
        &format!("/api/machines/{machine}/tags"),
        &body.to_string(),
    )
}

fn names(answer: &Answer) -> Vec<String> {
    let mut names = answer.texts("computerDnsName");
    names.sort();
    names
}

#[test]
fn tags_are_added_and_removed_and_outlive_reports() {
    let server = server();
    let added = tag(&server, "a", " test Tag 2 ", "add");
    assert_eq!(
        added.json()["machineTags"],
        json!(["reported", "test Tag 2"])
    );
    assert_eq!(
        tag(&server, "a", "test Tag 2", "Add").json()["machineTags"],
        added.json()["machineTags"]
    );
    server.report([Host::new("a", W1909)
        .tags(&["reported"])
        .seen("2020-03-24T09:00:00Z")]);
    assert_eq!(
        server.read("/api/machines/a").json()["machineTags"],
        json!(["reported", "test Tag 2"])
    );
    let seen = server.read("/api/machines/a").json()["lastSeen"].clone();
    let removed = tag(&server, "A", "reported", "Remove").json();
    assert_eq!(removed["lastSeen"], seen, "an edit is no report");
    assert_eq!(removed["machineTags"], json!(["test Tag 2"]));
    assert_eq!(
        tag(&server, "nobody", "x", "Add").code(),
        "ResourceNotFound"
    );
}

#[test]
fn many_machines_are_tagged_at_once_or_none_is() {
    let server = server();
    let many = |machines: &[&str], value: &str| {
        let body = json!({"Value": value, "Action": "Add", "MachineIds": machines}).to_string();
        server.act(
            "POST",
            "/api/machines/AddOrRemoveTagForMultipleMachines",
            &body,
        )
    };
    assert_eq!(names(&many(&["a", "B", "a"], "both")), ["a", "b"]);
    let half = many(&["a", "nobody"], "half");
    assert_eq!(
        (half.status, half.message().as_str()),
        (404, "Machine nobody was not found")
    );
    let tagged = server.read("/api/machines?$filter=machineTags/any(t:%20t%20eq%20'half')");
    assert!(tagged.rows().is_empty());
    let too_many = many(&vec!["a"; 501], "x");
    assert_eq!(
        (too_many.status, too_many.code().as_str()),
        (400, "MaximumBatchSizeExceeded")
    );
    assert!(too_many.message().contains("501") && too_many.message().contains("500"));
    assert_eq!(many(&["a"; 500], "x").status, 200);
}

#[test]
fn names_in_bodies_are_case_sensitive() {
    let server = server();
    let many = "machines/AddOrRemoveTagForMultipleMachines";
    for (path, body, code, says) in [
        (
            "machines/a/tags",
            r#"{"value":"x","Action":"Add"}"#,
            "MissingRequiredParameter",
            "'Value'",
        ),
        (
            "machines/a/tags",
            r#"{"Value":"x","action":"Add"}"#,
            "MissingRequiredParameter",
            "'Action'",
        ),
        (
            "machines/a/tags",
            r#"{"Value":"x","Action":"Replace"}"#,
            "InvalidInput",
            "Add or Remove",
        ),
        (
            "machines/a/tags",
            r#"{"Value":"","Action":"Add"}"#,
            "InvalidInput",
            "'Value'",
        ),
        (
            "machines/a/tags",
            r#"{"Value":7,"Action":"Add"}"#,
            "InvalidRequestBody",
            "incorrect",
        ),
        (
            "machines/a/tags",
            r#"["x","Add"]"#,
            "InvalidRequestBody",
            "object",
        ),
        ("machines/a/tags", "null", "InvalidRequestBody", "object"),
        ("machines/a/tags", "", "InvalidRequestBody", "object"),
        ("machines/a/tags", "{", "InvalidRequestBody", "incorrect"),
        (
            many,
            r#"{"Value":"x","Action":"Add"}"#,
            "MissingRequiredParameter",
            "'MachineIds'",
        ),
        (
            many,
            r#"{"Value":"x","Action":"Add","MachineIds":"a"}"#,
            "InvalidRequestBody",
            "incorrect",
        ),
        (
            "machines/a/setDeviceValue",
            r#"{"deviceValue":"High"}"#,
            "MissingRequiredParameter",
            "'DeviceValue'",
        ),
        (
            "machines/a/setDeviceValue",
            r#"{"DeviceValue":"Huge"}"#,
            "InvalidInput",
            "Normal, Low or High",
        ),
    ] {
        let answer = server.act("POST", &format!("/api/{path}"), body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, code),
            "{body}: {}",
            answer.body
        );
        assert!(
            answer.message().contains(says),
            "{body}: {}",
            answer.message()
        );
    }
    assert_eq!(
        server.read("/api/machines/a").json()["machineTags"],
        json!(["reported"])
    );
}

#[test]
fn device_values_are_kept_and_can_be_filtered() {
    let server = server();
    for value in ["Low", "High", "Normal"] {
        let body = json!({"DeviceValue": value, "Unknown": 1}).to_string();
        let answer = server.act("POST", "/api/machines/b/setDeviceValue", &body);
        assert_eq!(answer.json()["deviceValue"], value);
        let found = server.read(&format!("/api/machines?$filter=deviceValue+eq+'{value}'"));
        assert!(names(&found).contains(&"b".to_owned()), "{value}");
    }
}

#[test]
fn machines_are_found_by_a_tag_or_its_beginning() {
    let server = server();
    tag(&server, "a", "site: Ünder & \"den\" Linden+1", "Add");
    tag(&server, "b", "site", "Add");
    let find = |query: &str| names(&server.read(&format!("/api/machines/findbytag?{query}")));
    assert_eq!(find("tag=site"), ["b"]);
    assert_eq!(find("tag=SITE&useStartsWithFilter=true"), ["a", "b"]);
    assert_eq!(find("Tag=site&usestartswithfilter=False"), ["b"]);
    assert_eq!(find("tag=site:+%C3%9Cnder+%26+%22den%22+Linden%2B1"), ["a"]);
    assert_eq!(find("tag=nothing"), [""; 0]);
    assert_eq!(
        find("tag=site&useStartsWithFilter=true&$filter=computerDnsName+eq+'a'"),
        ["a"]
    );
    for query in ["", "tag=", "useStartsWithFilter=true"] {
        let answer = server.read(&format!("/api/machines/findbytag?{query}"));
        let told = (answer.status, answer.code());
        assert_eq!(
            told,
            (400, "MissingRequiredParameter".to_owned()),
            "{query}"
        );
    }
    let answer = server.read("/api/machines/findbytag?tag=x&useStartsWithFilter=maybe");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "InvalidInput")
    );
}

#[test]
fn machines_are_found_at_the_addresses_that_they_had() {
    let server = server();
    // The address moves from one to the other.
    server.report([
        Host::new("a", W1909)
            .address("10.0.0.9")
            .seen("2020-03-24T10:00:00Z"),
        Host::new("b", W1909)
            .address("10.0.0.1")
            .seen("2020-03-24T11:00:00Z"),
        Host::new("c", W1909)
            .address("FE80::00AB")
            .seen("2020-03-24T11:00:00Z"),
    ]);
    let find = |ip: &str, time: &str| {
        let answer = server.read(&format!(
            "/api/machines/findbyip(ip='{ip}',timestamp={time})"
        ));
        assert_eq!(answer.status, 200, "{}", answer.body);
        names(&answer)
    };
    for (ip, time, expected) in [
        ("10.0.0.1", "2020-03-24T08:14:59Z", &["a"][..]),
        ("10.0.0.1", "2020-03-24T07:45:01.1234567Z", &["a"]),
        ("10.0.0.1", "2020-03-24T08:15:01Z", &[]),
        ("10.0.0.1", "2020-03-24T11:00:00Z", &["b"]),
        ("10.0.0.9", "2020-03-24T10:10:00Z", &["a"]),
        ("10.0.0.9", "2020-03-24T08:00:00Z", &[]),
        ("fe80::ab", "2020-03-24T11:00:00Z", &["c"]),
        ("10.0.0.77", "2020-03-24T11:00:00Z", &[]),
    ] {
        assert_eq!(find(ip, time), expected, "{ip} {time}");
    }
}

#[test]
fn addresses_and_times_that_make_no_sense() {
    let server = server();
    for (parameters, code) in [
        (
            "ip='10.0.0.1',timestamp=2020-02-20T08:00:00Z",
            "InvalidInput",
        ),
        ("ip='10.0.0.1',timestamp=soon", "InvalidInput"),
        (
            "ip='10.0.0',timestamp=2020-03-24T08:00:00Z",
            "InvalidIpAddress",
        ),
        ("ip='',timestamp=2020-03-24T08:00:00Z", "InvalidIpAddress"),
        ("ip='10.0.0.1'", "MissingRequiredParameter"),
        ("timestamp=2020-03-24T08:00:00Z", "MissingRequiredParameter"),
        (
            "ip='10.0.0.1',timestamp=2020-03-24T08:00:00Z,x=1",
            "InvalidInput",
        ),
    ] {
        let answer = server.read(&format!("/api/machines/findbyip({parameters})"));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, code),
            "{parameters}"
        );
    }
}
