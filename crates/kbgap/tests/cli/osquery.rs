//! `kbgap osquery`.

use crate::harness::kbgap;

#[test]
fn secrets_are_shown_once_and_listed_without() {
    let data = tempfile::tempdir().unwrap();
    let create = ["osquery", "secret", "create", "head office"];
    let made = kbgap(data.path(), &[&create[..], &["--format", "json"]].concat()).ok();
    let made = made.json();
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    let shown = kbgap(data.path(), &create).ok().stdout;
    assert!(shown.contains("--enroll_secret_path"), "{shown}");
    let listed = kbgap(
        data.path(),
        &["osquery", "secret", "list", "--format", "json"],
    )
    .ok();
    assert_eq!(listed.json().as_array().unwrap().len(), 2);
    assert!(!listed.stdout.contains(secret));
    let id = made["id"].as_str().unwrap();
    let delete = ["osquery", "secret", "delete", id];
    kbgap(data.path(), &delete).ok();
    let again = kbgap(data.path(), &delete);
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.contains("osquery secret list"),
        "{}",
        again.stderr
    );
    let nameless = kbgap(data.path(), &["osquery", "secret", "create", " "]);
    assert!(
        nameless.stderr.contains("needs a name"),
        "{}",
        nameless.stderr
    );
}

#[test]
fn hosts_are_listed_with_why_they_are_not_assessed() {
    use kbgap_store::sqlite::SqliteStore;
    use kbgap_store::{Enrollment, NodeStore, NodeUpdate, Store};

    let data = tempfile::tempdir().unwrap();
    kbgap(data.path(), &["osquery", "secret", "create", "x"]).ok();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = SqliteStore::open(&data.path().join("kbgap.db")).unwrap();
        let tenant = store.default_tenant(String::new()).await.unwrap();
        for (key, platform, machine) in [
            (1, "Windows", None),
            (2, "ubuntu", None),
            (3, "windows", Some("a")),
            (4, "windows", Some("a")),
            (5, "windows", Some("b")),
        ] {
            let node = Enrollment {
                tenant: tenant.clone(),
                host_identifier: format!("host-{key}"),
                key_sha256: [key; 32],
                platform: platform.to_owned(),
                name: "pc".to_owned(),
                agent_version: "5.12.1".to_owned(),
                at_ms: 1_585_137_600_000,
            };
            assert!(store.enroll_node(node, 9).await.unwrap());
            let node = store.node([key; 32]).await.unwrap().unwrap();
            let update = NodeUpdate {
                number: node.number,
                version: node.version,
                machine_id: machine.map(str::to_owned),
                seen_at_ms: node.seen_at_ms,
                tables: Vec::new(),
            };
            assert!(store.update_node(update).await.unwrap());
        }
    });
    let list = ["osquery", "node", "list", "--format", "json"];
    let nodes = kbgap(data.path(), &list).ok().json();
    let states: Vec<_> = nodes
        .as_array()
        .unwrap()
        .iter()
        .map(|n| &n["state"])
        .collect();
    let shared = "reports, and so does another host of the same name";
    let expected = [
        "has not told its Windows yet",
        "not assessed: no Windows",
        shared,
        shared,
        "reports",
    ];
    assert_eq!(states, expected);
    assert_eq!(nodes[0]["enrolledAt"], "2020-03-25T12:00:00Z");
    let table = kbgap(data.path(), &["osquery", "node", "list"]).ok().stdout;
    assert!(table.contains("host-2"), "{table}");
    kbgap(data.path(), &["osquery", "node", "delete", "host-1"]).ok();
    assert_eq!(
        kbgap(data.path(), &list)
            .ok()
            .json()
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let gone = kbgap(data.path(), &["osquery", "node", "delete", "host-1"]);
    assert_eq!(gone.code, 1);
}
