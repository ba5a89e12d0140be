//! What every store must do, written once and run on each.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod addresses;
mod census;
mod exposure;
mod migration;
mod osquery;

use std::sync::Arc;

use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{
    App, FeedDocument, FeedHead, MachineChange, MachineEdit, MachineReport, PackedBody, Put,
    PutOutcome, Store, StoredTask,
};

use osquery::{
    a_node_that_comes_again_has_one_key, enroll_secrets_live_and_die,
    of_two_changes_of_a_node_one_counts, tenants_have_nodes_of_their_own_and_not_too_many,
};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const OTHER: &str = "22222222-2222-2222-2222-222222222222";

async fn outcomes(
    put: impl Future<Output = Result<Put, kbgap_store::StoreError>>,
) -> Vec<PutOutcome> {
    put.await.unwrap().outcomes().collect()
}

/// A store and what has to live as long as it.
struct Backend {
    folder: tempfile::TempDir,
}

impl Backend {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Another handle on the same data, as another process would have.
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.folder.path().join("sub/kbgap.db")).unwrap())
    }
}

fn report(id: &str, name: &str, seen_at_ms: i64, content: u8) -> MachineReport {
    MachineReport {
        id: id.to_owned(),
        computer_dns_name: name.to_owned(),
        seen_at_ms,
        content_hash: [content; 32],
        body: PackedBody::pack(&[content; 100]).unwrap(),
        group: None,
        addresses: Vec::new(),
    }
}

fn document(id: &str, content: u8) -> FeedDocument {
    FeedDocument {
        head: FeedHead {
            id: id.to_owned(),
            kind: "cvrf".to_owned(),
            current_release: "1".to_owned(),
            revision: "1".to_owned(),
            content_hash: [content; 32],
            vulnerabilities: 1,
            fixes: 2,
        },
        body: vec![content; 1_000],
    }
}

use addresses::{addresses_are_found_for_a_time, what_is_over_is_forgotten};
use census::{
    a_put_tells_what_is_kept, a_store_has_a_name_of_its_own, machines_and_their_places_are_counted,
};
use exposure::{
    a_removed_machine_has_no_history, a_step_counts_once, changes_stand_beside_what_they_follow,
    detections_keep_their_earliest_time, exposures_are_as_of_a_place,
    exposures_are_followed_in_order, lists_are_kept_as_long_as_they_are_named,
    old_exposures_are_forgotten,
};

macro_rules! conformance {
    ($($(#[$doc:meta])* $test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(super::Backend::new()).await;
                }
            )*
        }
    };
}

conformance! {
    outcomes_of_reports,
    an_older_report_never_overwrites_a_newer_one,
    the_change_feed_pages_in_order,
    a_removed_machine_is_a_change,
    edits_stay_on_top_of_reports,
    a_machine_that_comes_back_is_a_new_one,
    groups_keep_their_numbers,
    addresses_are_found_for_a_time,
    what_is_over_is_forgotten,
    machines_and_their_places_are_counted,
    a_put_tells_what_is_kept,
    a_store_has_a_name_of_its_own,
    tasks_are_replaced,
    names_are_found_in_any_case,
    tenants_are_apart,
    documents_are_replaced_all_at_once,
    what_is_acknowledged_is_there_after_reopening,
    many_writers_at_once,
    two_handles_on_one_store,
    apps_live_and_die,
    a_node_that_comes_again_has_one_key,
    enroll_secrets_live_and_die,
    of_two_changes_of_a_node_one_counts,
    tenants_have_nodes_of_their_own_and_not_too_many,
    keys_and_tenants_are_made_once,
    a_step_counts_once,
    exposures_are_as_of_a_place,
    lists_are_kept_as_long_as_they_are_named,
    changes_stand_beside_what_they_follow,
    detections_keep_their_earliest_time,
    a_removed_machine_has_no_history,
    old_exposures_are_forgotten,
    exposures_are_followed_in_order,
}

async fn outcomes_of_reports(backend: Backend) {
    let store = backend.open();
    let put = |content, seen| store.put_machines(TENANT, vec![report("a", "pc", seen, content)]);
    assert_eq!(outcomes(put(1, 100)).await, [PutOutcome::Created]);
    assert_eq!(outcomes(put(1, 100)).await, [PutOutcome::Unchanged]);
    assert_eq!(outcomes(put(1, 200)).await, [PutOutcome::Unchanged]);
    assert_eq!(outcomes(put(2, 200)).await, [PutOutcome::Changed]);
    let row = store.machine(TENANT, "a").await.unwrap().unwrap();
    assert_eq!(
        (
            row.report.seen_at_ms,
            row.report.content_hash,
            row.report.body
        ),
        (200, [2; 32], PackedBody::pack(&[2; 100]).unwrap())
    );
    assert_eq!(store.machine(TENANT, "b").await.unwrap(), None);
}

async fn an_older_report_never_overwrites_a_newer_one(backend: Backend) {
    let store = backend.open();
    store
        .put_machines(TENANT, vec![report("a", "pc", 200, 2)])
        .await
        .unwrap();
    let stale = store.put_machines(TENANT, vec![report("a", "old", 199, 1)]);
    assert_eq!(outcomes(stale).await, [PutOutcome::Stale]);
    let row = store.machine(TENANT, "a").await.unwrap().unwrap();
    assert_eq!(
        (
            row.report.seen_at_ms,
            row.report.computer_dns_name.as_str(),
            row.report.content_hash
        ),
        (200, "pc", [2; 32])
    );
    // The same holds inside one batch.
    let batch = vec![
        report("b", "pc", 2, 2),
        report("b", "pc", 1, 1),
        report("b", "pc", 3, 3),
    ];
    assert_eq!(
        outcomes(store.put_machines(TENANT, batch)).await,
        [PutOutcome::Created, PutOutcome::Stale, PutOutcome::Changed]
    );
}

async fn the_change_feed_pages_in_order(backend: Backend) {
    let store = backend.open();
    for i in 0..25 {
        store
            .put_machines(TENANT, vec![report(&format!("m{i}"), "pc", 1, 1)])
            .await
            .unwrap();
    }
    store
        .put_machines(TENANT, vec![report("m0", "pc", 2, 9)])
        .await
        .unwrap();
    let (mut after, mut ids) = (0, Vec::new());
    loop {
        let page = store.changes_after(after, 10).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 10 && page.windows(2).all(|w| w[0].sequence() < w[1].sequence()));
        after = last.sequence();
        ids.extend(page.into_iter().map(|change| match change {
            MachineChange::Put { tenant, machine } => {
                assert_eq!(tenant, TENANT);
                machine.report.id
            }
            MachineChange::Removed { .. } => panic!("nothing was removed"),
        }));
    }
    // Each machine once, at its last change.
    assert_eq!(ids.len(), 25);
    assert_eq!(ids.last().unwrap(), "m0");
}

async fn a_removed_machine_is_a_change(backend: Backend) {
    let store = backend.open();
    store
        .put_machines(TENANT, vec![report("a", "pc", 1, 1)])
        .await
        .unwrap();
    let before = store.changes_after(0, 10).await.unwrap()[0].sequence();
    assert!(store.remove_machine(TENANT, "a").await.unwrap());
    assert!(!store.remove_machine(TENANT, "a").await.unwrap());
    assert_eq!(store.machine(TENANT, "a").await.unwrap(), None);
    let changes = store.changes_after(before, 10).await.unwrap();
    assert!(matches!(&changes[..], [MachineChange::Removed { id, .. }] if id == "a"));
    // It may come back, even with an older clock.
    let back = store.put_machines(TENANT, vec![report("a", "pc", 0, 1)]);
    assert_eq!(outcomes(back).await, [PutOutcome::Created]);
    assert!(store.machine(TENANT, "a").await.unwrap().is_some());
}

async fn edits_stay_on_top_of_reports(backend: Backend) {
    let store = backend.open();
    let put = |seen, content| store.put_machines(TENANT, vec![report("a", "pc", seen, content)]);
    put(100, 1).await.unwrap();
    let before = store.machine(TENANT, "a").await.unwrap().unwrap();
    assert_eq!(
        (before.meta.first_seen_ms, before.meta.device_value.as_str()),
        (100, "")
    );
    let ids = || vec!["a".to_owned(), "unknown".to_owned()];
    for edit in [
        MachineEdit::AddTag("pilot".into()),
        MachineEdit::AddTag("pilot".into()),
        MachineEdit::RemoveTag("reported".into()),
        MachineEdit::DeviceValue("High".into()),
    ] {
        assert_eq!(
            store.edit_machines(TENANT, ids(), edit).await.unwrap(),
            ["a"]
        );
    }
    put(200, 2).await.unwrap();
    let row = store.machine(TENANT, "a").await.unwrap().unwrap();
    assert_eq!(
        row.meta
            .tags
            .apply(&["reported".to_owned(), "x".to_owned()]),
        ["pilot", "x"]
    );
    assert_eq!(
        (row.meta.first_seen_ms, row.meta.device_value.as_str()),
        (100, "High")
    );
    assert!(row.meta.sequence > before.meta.sequence);
    let edit = MachineEdit::AddTag("x".into());
    assert!(
        store
            .edit_machines(OTHER, ids(), edit)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_machine_that_comes_back_is_a_new_one(backend: Backend) {
    let store = backend.open();
    let put = |seen| store.put_machines(TENANT, vec![report("a", "pc", seen, 1)]);
    put(100).await.unwrap();
    let edit = MachineEdit::DeviceValue("Low".into());
    store
        .edit_machines(TENANT, vec!["a".into()], edit)
        .await
        .unwrap();
    assert!(store.remove_machine(TENANT, "a").await.unwrap());
    assert_eq!(outcomes(put(300)).await, [PutOutcome::Created]);
    let row = store.machine(TENANT, "a").await.unwrap().unwrap();
    assert_eq!(
        (row.meta.first_seen_ms, row.meta.device_value.as_str()),
        (300, "")
    );
}

async fn groups_keep_their_numbers(backend: Backend) {
    let store = backend.open();
    let put = |tenant, id: &'static str, group: Option<&str>, seen| {
        let report = MachineReport {
            group: group.map(str::to_owned),
            ..report(id, id, seen, 1)
        };
        store.put_machines(tenant, vec![report])
    };
    for (id, group, seen, expected) in [
        ("a", Some("Finance"), 1, 1),
        ("b", Some("Sales"), 1, 2),
        ("c", None, 1, 0),
        ("b", Some("Finance"), 2, 1),
        ("d", Some("Sales"), 3, 2),
    ] {
        put(TENANT, id, group, seen).await.unwrap();
        let row = store.machine(TENANT, id).await.unwrap().unwrap();
        assert_eq!(row.meta.group_id, expected, "{id} in {group:?}");
    }
    put(OTHER, "e", Some("Legal"), 1).await.unwrap();
    let row = store.machine(OTHER, "e").await.unwrap().unwrap();
    assert_eq!(row.meta.group_id, 1);
}

async fn tasks_are_replaced(backend: Backend) {
    let store = backend.open();
    let task = |body: &[u8]| StoredTask {
        id: "t1".to_owned(),
        created_at_ms: 5,
        body: body.to_vec(),
    };
    store.put_task(TENANT, task(b"one")).await.unwrap();
    store.put_task(TENANT, task(b"two")).await.unwrap();
    assert_eq!(store.tasks(TENANT).await.unwrap(), [task(b"two")]);
    assert_eq!(store.task(TENANT, "t1").await.unwrap(), Some(task(b"two")));
    assert_eq!(store.task(OTHER, "t1").await.unwrap(), None);
}

async fn names_are_found_in_any_case(backend: Backend) {
    let store = backend.open();
    let reports = vec![
        report("a", "PC-Ä.contoso.com", 1, 1),
        report("b", "pc-ä.CONTOSO.com", 2, 1),
    ];
    store.put_machines(TENANT, reports).await.unwrap();
    let found = store
        .machines_by_name(TENANT, "Pc-Ä.Contoso.COM")
        .await
        .unwrap();
    assert_eq!(
        found
            .iter()
            .map(|m| m.report.id.as_str())
            .collect::<Vec<_>>(),
        ["b", "a"]
    );
    assert!(
        store
            .machines_by_name(TENANT, "pc-%")
            .await
            .unwrap()
            .is_empty()
    );
}

async fn tenants_are_apart(backend: Backend) {
    let store = backend.open();
    store
        .put_machines(TENANT, vec![report("a", "pc", 1, 1)])
        .await
        .unwrap();
    assert_eq!(store.machine(OTHER, "a").await.unwrap(), None);
    assert!(
        store
            .machines_by_name(OTHER, "pc")
            .await
            .unwrap()
            .is_empty()
    );
    assert!(!store.remove_machine(OTHER, "a").await.unwrap());
    let other = store.put_machines(OTHER, vec![report("a", "pc", 1, 1)]);
    assert_eq!(outcomes(other).await, [PutOutcome::Created]);
    store.remove_machine(TENANT, "a").await.unwrap();
    // The same inventory of the other tenant is still there.
    assert!(store.machine(OTHER, "a").await.unwrap().is_some());
}

async fn documents_are_replaced_all_at_once(backend: Backend) {
    let store = backend.open();
    assert_eq!(store.feed_generation().await.unwrap(), 0);
    store
        .replace_feed_documents(vec![document("2020-Mar", 1), document("2020-Feb", 1)])
        .await
        .unwrap();
    store
        .replace_feed_documents(vec![document("2020-Mar", 2)])
        .await
        .unwrap();
    assert_eq!(store.feed_generation().await.unwrap(), 2);
    let documents = store.feed_documents().await.unwrap();
    assert_eq!(
        documents,
        [document("2020-Feb", 1), document("2020-Mar", 2)]
    );
    let heads = store.feed_heads().await.unwrap();
    assert_eq!(heads[1].content_hash, [2; 32]);
}

async fn what_is_acknowledged_is_there_after_reopening(backend: Backend) {
    let store = backend.open();
    store
        .put_machines(TENANT, vec![report("a", "pc", 1, 1)])
        .await
        .unwrap();
    store
        .replace_feed_documents(vec![document("2020-Mar", 1)])
        .await
        .unwrap();
    drop(store);
    let store = backend.open();
    assert!(store.machine(TENANT, "a").await.unwrap().is_some());
    assert_eq!(store.feed_heads().await.unwrap().len(), 1);
}

async fn many_writers_at_once(backend: Backend) {
    let store = backend.open();
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..200 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            store
                .put_machines(TENANT, vec![report(&format!("m{i}"), "pc", 1, 1)])
                .await
                .unwrap()
        });
    }
    let mut places = Vec::new();
    while let Some(put) = tasks.join_next().await {
        let put = put.unwrap();
        assert_eq!(put.machines[0].outcome, PutOutcome::Created);
        places.push((put.before, put.machines[0].meta.sequence, put.after));
    }
    // However they were committed, each knows its own place.
    places.sort_unstable();
    assert_eq!(
        places,
        (0..200).map(|i| (i, i + 1, i + 1)).collect::<Vec<_>>()
    );
    assert_eq!(store.changes_after(0, 1_000).await.unwrap().len(), 200);
}

async fn two_handles_on_one_store(backend: Backend) {
    let (one, other) = (backend.open(), backend.open());
    one.put_machines(TENANT, vec![report("a", "pc", 1, 1)])
        .await
        .unwrap();
    other
        .put_machines(TENANT, vec![report("b", "pc", 1, 1)])
        .await
        .unwrap();
    one.replace_feed_documents(vec![document("2020-Mar", 1)])
        .await
        .unwrap();
    assert_eq!(other.changes_after(0, 10).await.unwrap().len(), 2);
    assert_eq!(other.feed_generation().await.unwrap(), 1);
}

async fn apps_live_and_die(backend: Backend) {
    let store = backend.open();
    let app = App {
        tenant: TENANT.to_owned(),
        client_id: "c1".to_owned(),
        name: "script".to_owned(),
        secret_sha256: [7; 32],
        roles: vec![
            "Software.Read.All".to_owned(),
            "Inventory.Write.All".to_owned(),
        ],
        created_at_ms: 5,
    };
    store.create_app(app.clone()).await.unwrap();
    assert!(
        store.create_app(app.clone()).await.is_err(),
        "a client id is given once"
    );
    assert_eq!(store.app("c1").await.unwrap(), Some(app.clone()));
    assert_eq!(
        store.apps(TENANT).await.unwrap(),
        std::slice::from_ref(&app)
    );
    assert!(store.apps(OTHER).await.unwrap().is_empty());
    assert!(
        !format!("{app:?}").contains("7, 7"),
        "the hash of a secret is not for logs"
    );
    assert!(!store.delete_app(OTHER, "c1").await.unwrap());
    assert!(store.delete_app(TENANT, "c1").await.unwrap());
    assert_eq!(store.app("c1").await.unwrap(), None);
}

async fn keys_and_tenants_are_made_once(backend: Backend) {
    let (one, other) = (backend.open(), backend.open());
    assert_eq!(one.signing_key().await.unwrap(), None);
    assert_eq!(one.signing_key_or(vec![1]).await.unwrap(), [1]);
    assert_eq!(other.signing_key_or(vec![2]).await.unwrap(), [1]);
    assert_eq!(other.signing_key().await.unwrap(), Some(vec![1]));
    assert_eq!(one.default_tenant(TENANT.to_owned()).await.unwrap(), TENANT);
    assert_eq!(
        other.default_tenant(OTHER.to_owned()).await.unwrap(),
        TENANT
    );
}

#[test]
#[cfg(unix)]
fn the_file_is_private_and_a_later_schema_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbgap.db");
    drop(SqliteStore::open(&path).unwrap());
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o077,
        0
    );
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute("INSERT INTO migration (number, hash) VALUES (99, 'x')", [])
        .unwrap();
    let error = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(error.contains("schema 5"), "{error}");
}

#[test]
fn what_is_no_database_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbgap.db");
    std::fs::write(
        &path,
        "this is no database at all, but long enough to be looked at",
    )
    .unwrap();
    for open in [SqliteStore::open, SqliteStore::open_to_read] {
        let error = open(&path).err().unwrap().to_string();
        assert!(error.contains("kbgap.db"), "{error}");
        assert!(error.contains("move the file away"), "{error}");
    }
}

#[test]
fn to_read_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/kbgap.db");
    assert!(SqliteStore::open_to_read(&path).is_err());
    assert_eq!(names(folder.path()), [""; 0]);
}

/// What is copied as a single file has to be all there is.
#[tokio::test]
async fn a_store_that_was_closed_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("kbgap.db")).unwrap();
    store
        .replace_feed_documents(vec![document("2020-Mar", 1)])
        .await
        .unwrap();
    assert_eq!(store.feed_heads().await.unwrap().len(), 1);
    drop(store);
    assert_eq!(names(folder.path()), ["kbgap.db"]);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_to_is_read_and_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbgap 1%?#.db");
    let store = SqliteStore::open(&path).unwrap();
    let documents = vec![document("2020-Mar", 1)];
    store
        .replace_feed_documents(documents.clone())
        .await
        .unwrap();
    drop(store);

    let store = SqliteStore::open_unwritable(&path).unwrap();
    assert_eq!(store.feed_documents().await.unwrap(), documents);
    assert_eq!(
        store.default_tenant(TENANT.to_owned()).await.unwrap(),
        TENANT
    );
    assert_eq!(names(folder.path()), ["kbgap 1%?#.db"]);
    let refused = store.replace_feed_documents(documents).await.unwrap_err();
    assert!(
        refused.to_string().contains("needs the right to write"),
        "{refused}"
    );
}

fn names(folder: &std::path::Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
