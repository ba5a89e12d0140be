//! Remediation tasks: reading is documented, making and changing them is ours.

use serde_json::json;

use super::fixture::{ALPHA, BETA, DELTA, GAMMA, fill, task};
use crate::harness::{Answer, TestServer};
use crate::host::{Host, PATCHED};

const TASKS: &str = "/api/remediationTasks";

fn server() -> TestServer {
    let server = TestServer::start();
    fill(&server);
    server
}

fn refused(answer: &Answer, code: &str, says: &str) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, code),
        "{}",
        answer.body
    );
    assert!(answer.message().contains(says), "{}", answer.message());
}

#[test]
fn a_task_from_its_making_to_its_end() {
    let server = server();
    let body = json!({
        "RecommendationId": "va-_-microsoft-_-windows_10",
        "Priority": "high",
        "DueOn": "2020-04-11T00:00:00Z",
        "RequesterNotes": "test",
    });
    let made = server.act("POST", TASKS, &body.to_string());
    assert_eq!(made.status, 201, "{}", made.body);
    let task = made.json();
    let path = format!("{TASKS}/{}", task["id"].as_str().unwrap());
    assert_eq!(
        made.header("location"),
        Some(format!("{}{path}", server.url).as_str())
    );
    for (name, value) in [
        ("title", json!("Update Windows 10")),
        ("status", json!("Active")),
        ("targetDevices", json!(3)),
        ("fixedDevices", json!(0)),
        ("rbacGroupNames", json!(["London", "The-A-Team"])),
        ("priority", json!("High")),
        ("dueOn", json!("2020-04-11T00:00:00Z")),
        ("requesterNotes", json!("test")),
        ("productId", json!("microsoft-_-windows_10")),
        ("vendorId", json!("microsoft")),
        ("nameId", json!("windows_10")),
        ("completionMethod", json!(null)),
    ] {
        assert_eq!(task[name], value, "{name}");
    }
    assert_eq!(server.read(&path).json(), task);
    assert_eq!(
        server.read(&format!("{path}/machinereferences")).ids(),
        [ALPHA, BETA, GAMMA]
    );

    let later = "2020-03-25T08:00:00Z";
    let patched = |name: &str, id: &str| Host::new(name, PATCHED).id(id).seen(later);
    server.report([patched("Alpha.contoso.com", ALPHA), patched("beta", BETA)]);
    let fixed = server.read(&path).json();
    assert_eq!(
        (&fixed["fixedDevices"], &fixed["status"]),
        (&json!(2), &json!("Active"))
    );
    server.report([Host::new("gamma", "10.0.18362.720").id(GAMMA).seen(later)]);
    let done = server.read(&path).json();
    let ends = (
        &done["status"],
        &done["completionMethod"],
        &done["completerId"],
    );
    assert_eq!(
        ends,
        (&json!("Completed"), &json!("Automatic"), &json!(null))
    );
    // It stays so, with the time at which it was.
    assert_eq!(server.read(&path).json(), done);
}

#[test]
fn a_task_is_changed_and_closed_by_hand() {
    let server = server();
    let path = format!("{TASKS}/{}", task(&server));
    let change = |body: &str| server.act("PATCH", &path, body);
    let changed = change(r#"{"Title":"Now","Priority":"Low","DueOn":"2020-05-01"}"#).json();
    assert_eq!(
        (&changed["title"], &changed["priority"]),
        (&json!("Now"), &json!("Low"))
    );
    assert_eq!(changed["dueOn"], "2020-05-01T00:00:00Z");
    let closed = change(r#"{"Status":"completed"}"#).json();
    let ends = (
        &closed["status"],
        &closed["completionMethod"],
        &closed["completerId"],
    );
    assert_eq!(
        ends,
        (&json!("Completed"), &json!("Manual"), &json!("test"))
    );
    let opened = change(r#"{"Status":"Active"}"#).json();
    assert_eq!(
        (&opened["status"], &opened["completerId"]),
        (&json!("Active"), &json!(null))
    );

    refused(
        &change(r#"{"Status":"Done"}"#),
        "InvalidInput",
        "Active or Completed",
    );
    refused(&change(r#"{"DueOn":"soon"}"#), "InvalidInput", "DueOn");
    refused(&change(r#"{"Title":7}"#), "InvalidRequestBody", "incorrect");
    // A name in the wrong case must not be left out in silence.
    refused(
        &change(r#"{"status":"Completed"}"#),
        "InvalidRequestBody",
        "status",
    );
    refused(&change(r#"["Completed"]"#), "InvalidRequestBody", "object");
    refused(&change(""), "InvalidRequestBody", "object");
    assert_eq!(server.read(&path).json()["status"], "Active");
    // A date can be taken away; a task has always a title.
    let undated = change(r#"{"DueOn":null}"#);
    assert_eq!(
        (undated.status, &undated.json()["dueOn"]),
        (200, &json!(null))
    );
    assert_eq!(server.read(&path).json()["dueOn"], json!(null));
    let silent = change(r#"{"RequesterNotes":null}"#).json();
    assert_eq!(silent["requesterNotes"], json!(null));
    for body in [r#"{"Title":" "}"#, r#"{"Title":null}"#] {
        refused(&change(body), "InvalidInput", "Title");
    }
    let nobody = server.act("PATCH", &format!("{TASKS}/nobody"), "{}");
    assert_eq!(
        (nobody.status, nobody.code().as_str()),
        (404, "ResourceNotFound")
    );
}

#[test]
fn changes_that_come_at_once_are_all_kept() {
    let server = server();
    let path = format!("{TASKS}/{}", task(&server));
    for round in 0..10 {
        let title = format!("Round {round}");
        let bodies = [
            json!({ "Title": title }),
            json!({ "RequesterNotes": title }),
            json!({ "Description": title }),
        ];
        std::thread::scope(|scope| {
            for body in &bodies {
                scope.spawn(|| {
                    let changed = server.act("PATCH", &path, &body.to_string());
                    assert_eq!(changed.status, 200, "{}", changed.body);
                });
            }
        });
        let now = server.read(&path).json();
        for name in ["title", "requesterNotes", "description"] {
            assert_eq!(now[name], title, "{name}");
        }
    }
}

#[test]
fn bodies_that_make_no_task() {
    let server = server();
    let make = |body: &str| server.act("POST", TASKS, body);
    refused(&make("{}"), "MissingRequiredParameter", "ProductId");
    refused(
        &make(r#"{"productId":"microsoft-_-edge"}"#),
        "InvalidRequestBody",
        "productId",
    );
    refused(
        &make(r#"{"ProductId":"microsoft-_-edge""#),
        "InvalidRequestBody",
        "incorrect",
    );
    refused(
        &make(r#"{"ProductId":"microsoft-_-silverlight"}"#),
        "InvalidInput",
        "0 machines",
    );
    let clean = format!(r#"{{"ProductId":"microsoft-_-edge","MachineIds":["{DELTA}"]}}"#);
    refused(&make(&clean), "InvalidInput", "exposed");
    let unknown = make(r#"{"ProductId":"microsoft-_-edge","MachineIds":["nobody"]}"#);
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (404, "ResourceNotFound")
    );
    // Which of the two was meant nobody can say.
    refused(
        &make(
            r#"{"ProductId":"microsoft-_-edge","RecommendationId":"va-_-microsoft-_-windows_10"}"#,
        ),
        "InvalidInput",
        "RecommendationId",
    );
    // What GET does not find, POST does not either.
    for id in [
        "va-_-microsoft-_-silverlight",
        "microsoft-_-edge",
        "sca-_-scid-1",
    ] {
        let body = json!({"RecommendationId": id}).to_string();
        let unknown = make(&body);
        assert_eq!(
            (unknown.status, unknown.message()),
            (404, format!("Recommendation {id} was not found"))
        );
    }
    refused(
        &make(r#"{"ProductId":"microsoft-_-edge","Title":""}"#),
        "InvalidInput",
        "Title",
    );
    let one = make(
        r#"{"ProductId":"Microsoft-_-Edge","RecommendationId":"va-_-microsoft-_-edge","MachineIds":["beta","BETA"]}"#,
    );
    assert_eq!((one.status, &one.json()["targetDevices"]), (201, &json!(1)));
    assert_eq!(server.read(TASKS).rows().len(), 1);
}

#[test]
fn the_list_filters_by_the_documented_properties() {
    let server = server();
    let (first, second) = (task(&server), task(&server));
    let closed = format!("{TASKS}/{first}");
    server.act("PATCH", &closed, r#"{"Status":"Completed"}"#);
    let ids = |filter: &str| {
        server
            .read(&format!("/api/remediationtasks/?$filter={filter}"))
            .ids()
    };
    assert_eq!(ids("status+eq+'Completed'"), std::slice::from_ref(&first));
    assert_eq!(
        ids("status eq 'active'".replace(' ', "%20").as_str()),
        [second]
    );
    assert_eq!(ids("createdon+gt+2020-03-25T00:00:00Z").len(), 2);
    assert!(ids("createdon+gt+2020-03-26Z").is_empty());
    let sorted = server.read(
        "/api/remediationTasks?$orderby=status desc&$top=1"
            .replace(' ', "%20")
            .as_str(),
    );
    assert_eq!(sorted.ids(), [first], "Completed comes after Active");
}
