//! What an earlier version has stored is there after a migration.

use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{MachineChange, MachineReport, PutOutcome, Store, TagEdits};
use rusqlite::Connection;

use crate::{OTHER, TENANT, outcomes, report};

const ONE: &str = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07";
const TWO: &str = "1e5bc9d7e413ddd7902c2932e418702b84d0cc08";
const THREE: &str = "1e5bc9d7e413ddd7902c2932e418702b84d0cc09";

/// A store as the version with three migrations left it, opened by this one.
fn migrated(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("kbgap.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    let migrations = [
        (
            "05fe7256901c859a",
            include_str!("../../migrations/sqlite/0001_first.sql"),
        ),
        (
            "c0800824a8b36f01",
            include_str!("../../migrations/sqlite/0002_tvm.sql"),
        ),
        (
            "4efcbaab896190eb",
            include_str!("../../migrations/sqlite/0003_exposure.sql"),
        ),
    ];
    connection
        .execute_batch(
            "CREATE TABLE migration (number INTEGER PRIMARY KEY, hash TEXT NOT NULL) STRICT",
        )
        .unwrap();
    for (number, (hash, sql)) in (1..).zip(migrations) {
        connection.execute_batch(sql).unwrap();
        connection
            .execute("INSERT INTO migration VALUES (?1, ?2)", (number, hash))
            .unwrap();
    }
    connection
        .execute_batch(include_str!("migration/three.sql"))
        .unwrap();
    drop(connection);
    SqliteStore::open(&path).unwrap()
}

#[tokio::test]
async fn machines_are_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder);
    let one = store.machine(TENANT, ONE).await.unwrap().unwrap();
    assert_eq!(one.report.body.unpack().unwrap(), br#"{"of":"one"}"#);
    assert_eq!(
        (one.report.id.as_str(), one.report.content_hash),
        (ONE, [1; 32])
    );
    assert_eq!(one.report.computer_dns_name, "PC-1.contoso.com");
    assert_eq!(
        (one.report.seen_at_ms, one.meta.first_seen_ms),
        (5_000, 1_000)
    );
    assert_eq!(
        (
            one.meta.sequence,
            one.meta.group_id,
            one.meta.device_value.as_str()
        ),
        (9, 1, "High")
    );
    let tags = TagEdits {
        added: vec!["pilot".to_owned()],
        removed: Vec::new(),
    };
    assert_eq!(one.meta.tags, tags);
    let other = store.machine(OTHER, ONE).await.unwrap().unwrap();
    assert_eq!(other.report.body.unpack().unwrap(), br#"{"of":"other"}"#);
    let named = store
        .machines_by_name(TENANT, "pc-1.CONTOSO.com")
        .await
        .unwrap();
    assert_eq!(named, [one]);
    let changes = store.changes_after(3, 10).await.unwrap();
    let told: Vec<(u64, bool)> = changes
        .iter()
        .map(|change| {
            (
                change.sequence(),
                matches!(change, MachineChange::Put { .. }),
            )
        })
        .collect();
    assert_eq!(told, [(7, true), (8, false), (9, true)]);
    assert_eq!(store.machine(TENANT, THREE).await.unwrap(), None);
    let census = store.census().await.unwrap();
    let census: Vec<_> = census
        .iter()
        .map(|c| (c.tenant.as_str(), c.machines, c.sequence_sum))
        .collect();
    assert_eq!(census, [(TENANT, 2, 16), (OTHER, 1, 3)]);
    assert_eq!(store.identity().await.unwrap().len(), 32);
}

#[tokio::test]
async fn machines_go_on_from_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder);
    let seen = |id, seen, content| MachineReport {
        group: Some("Sales".to_owned()),
        addresses: vec!["10.0.0.1".parse().unwrap()],
        ..report(id, id, seen, content)
    };
    let reports = vec![
        seen(ONE, 4_000, 1),
        seen(ONE, 6_000, 1),
        seen(TWO, 6_000, 9),
        seen(THREE, 1, 1),
    ];
    let put = store.put_machines(TENANT, reports);
    assert_eq!(
        outcomes(put).await,
        [
            PutOutcome::Stale,
            PutOutcome::Unchanged,
            PutOutcome::Changed,
            PutOutcome::Created
        ]
    );
    let one = store.machine(TENANT, ONE).await.unwrap().unwrap();
    assert_eq!(
        (one.meta.sequence, one.meta.group_id, one.meta.first_seen_ms),
        (10, 2, 1_000)
    );
    let had =
        |address: &str, from, to| store.seen_at_address(TENANT, address.parse().unwrap(), from, to);
    assert_eq!(had("10.0.0.1", 0, 1_000).await.unwrap(), [ONE, THREE]);
    assert_eq!(had("10.0.0.1", 2_000, 4_000).await.unwrap(), [""; 0]);
    assert_eq!(had("10.0.0.1", 5_000, 5_000).await.unwrap(), [ONE]);
    assert_eq!(had("fe80::1", 0, 9_000).await.unwrap(), [TWO]);
    assert_eq!(store.forget_sightings(2_001).await.unwrap(), 2);
}

#[tokio::test]
async fn history_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder);
    let ids = || vec![ONE.to_owned(), TWO.to_owned()];
    let newest = store.exposures_of(TENANT, ids(), 9).await.unwrap();
    let told: Vec<_> = newest
        .iter()
        .flatten()
        .map(|e| (e.sequence, e.number, e.set_hash, e.first_seen.clone()))
        .collect();
    assert_eq!(told, [(5, 3, [4; 32], vec![13]), (4, 1, [3; 32], vec![12])]);
    let before = store.exposures_of(TENANT, ids(), 3).await.unwrap();
    let told: Vec<_> = before
        .iter()
        .map(|e| e.as_ref().map(|e| e.sequence))
        .collect();
    assert_eq!(told, [Some(1), None]);
    assert_eq!(store.last_exposure().await.unwrap(), 5);
    let window = store.exposure_window(TENANT, 150).await.unwrap().unwrap();
    assert_eq!(window, 4..=5);
    let changes = store
        .exposure_changes(TENANT, 150, window, 10)
        .await
        .unwrap();
    assert_eq!(changes[0].before, None);
    let (old, group) = changes[1].before.as_ref().unwrap();
    assert_eq!(
        (old.number, old.group_id, group.as_deref()),
        (2, 1, Some("Finance"))
    );
    assert_eq!(changes[1].group.as_deref(), Some("Sales"));
    let detections = store.detections().await.unwrap();
    assert_eq!(
        (detections[0].cve.as_str(), detections[0].at_ms),
        ("CVE-2020-0001", 90)
    );
    // Lists go with the last exposure that names them.
    assert_eq!(store.forget_exposures(301).await.unwrap(), 1);
    store.remove_machine(TENANT, ONE).await.unwrap();
    store.forget_exposures(301).await.unwrap();
    let sets = store
        .finding_sets(TENANT, vec![[3; 32], [4; 32]])
        .await
        .unwrap();
    assert_eq!(sets.len(), 1);
    let others = store.finding_sets(OTHER, vec![[3; 32]]).await.unwrap();
    assert_eq!(others[0].body, [0x33]);
}

#[tokio::test]
async fn the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder);
    assert_eq!(store.feed_generation().await.unwrap(), 3);
    assert_eq!(store.default_tenant("x".to_owned()).await.unwrap(), TENANT);
    assert_eq!(store.tasks(TENANT).await.unwrap().len(), 1);
    assert_eq!(store.app("c1").await.unwrap().unwrap().roles, ["A", "B"]);
    assert_eq!(store.signing_key().await.unwrap(), Some(vec![9]));
}
