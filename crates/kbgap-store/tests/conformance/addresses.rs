//! Who had an address.

use kbgap_store::{MachineReport, Store};

use crate::{Backend, OTHER, TENANT, report};

const HOUR: i64 = 60 * 60 * 1_000;

/// A machine is seen with addresses.
async fn seen(store: &dyn Store, id: &str, seen_at_ms: i64, addresses: &[&str]) {
    let report = MachineReport {
        addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
        ..report(id, id, seen_at_ms, 1)
    };
    store.put_machines(TENANT, vec![report]).await.unwrap();
}

async fn had(store: &dyn Store, address: &str, from: i64, to: i64) -> Vec<String> {
    let address = address.parse().unwrap();
    store
        .seen_at_address(TENANT, address, from, to)
        .await
        .unwrap()
}

pub async fn addresses_are_found_for_a_time(backend: Backend) {
    let store = backend.open();
    let store = store.as_ref();
    seen(store, "a", 0, &["10.0.0.1"]).await;
    seen(store, "b", HOUR, &["10.0.0.1", "fe80::1", "10.0.0.1"]).await;
    seen(store, "c", HOUR, &["10.0.0.2"]).await;
    assert_eq!(had(store, "10.0.0.1", 0, HOUR).await, ["a", "b"]);
    assert_eq!(had(store, "10.0.0.1", 1, HOUR).await, ["b"]);
    assert_eq!(had(store, "fe80::1", 0, HOUR).await, ["b"]);
    // Seen again, it had the address in between; seen elsewhere, it did not.
    seen(store, "a", 8 * HOUR, &["10.0.0.1"]).await;
    seen(store, "b", 8 * HOUR, &["10.0.0.9", "fe80::1"]).await;
    assert_eq!(had(store, "10.0.0.1", 4 * HOUR, 4 * HOUR).await, ["a"]);
    assert_eq!(had(store, "fe80::1", 4 * HOUR, 4 * HOUR).await, ["b"]);
    assert_eq!(had(store, "10.0.0.9", 0, 8 * HOUR - 1).await, [""; 0]);
    assert_eq!(had(store, "10.0.0.9", 0, 8 * HOUR).await, ["b"]);
    // After days of silence nobody knows.
    seen(store, "a", 80 * HOUR, &["10.0.0.1"]).await;
    assert_eq!(had(store, "10.0.0.1", 9 * HOUR, 79 * HOUR).await, [""; 0]);
    assert_eq!(had(store, "10.0.0.1", 9 * HOUR, 80 * HOUR).await, ["a"]);
    // All in one call, back and forth.
    let report = |hour, address: &str| MachineReport {
        addresses: vec![address.parse().unwrap()],
        ..report("d", "d", hour * HOUR, 1)
    };
    let reports = vec![
        report(1, "10.0.0.7"),
        report(2, "10.0.0.8"),
        report(3, "10.0.0.7"),
        report(4, "10.0.0.7"),
    ];
    store.put_machines(TENANT, reports).await.unwrap();
    for (half_hours, expected) in [
        (2, 1),
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 1),
        (7, 1),
        (8, 1),
        (9, 0),
    ] {
        let time = half_hours * HOUR / 2;
        let found = had(store, "10.0.0.7", time, time).await;
        assert_eq!(found.len(), expected, "{half_hours}");
    }
    let address = "10.0.0.1".parse().unwrap();
    let other = store.seen_at_address(OTHER, address, 0, 80 * HOUR).await;
    assert_eq!(other.unwrap(), [""; 0]);
}

pub async fn what_is_over_is_forgotten(backend: Backend) {
    let store = backend.open();
    let store = store.as_ref();
    for (id, first) in [("a", "10.0.0.1"), ("b", "10.0.0.2"), ("c", "10.0.0.3")] {
        seen(store, id, 0, &[first]).await;
    }
    seen(store, "a", HOUR, &["10.0.0.9"]).await;
    seen(store, "b", 2 * HOUR, &["10.0.0.2"]).await;
    store.remove_machine(TENANT, "c").await.unwrap();
    assert_eq!(had(store, "10.0.0.3", 0, HOUR).await, ["c"]);
    assert_eq!(store.forget_sightings(0).await.unwrap(), 0);
    assert_eq!(store.forget_sightings(1).await.unwrap(), 2);
    assert_eq!(store.forget_sightings(1).await.unwrap(), 0);
    assert_eq!(had(store, "10.0.0.1", 0, HOUR).await, [""; 0]);
    assert_eq!(had(store, "10.0.0.3", 0, HOUR).await, [""; 0]);
    // What a machine still has stays from its beginning.
    assert_eq!(had(store, "10.0.0.2", 0, 0).await, ["b"]);
    assert_eq!(had(store, "10.0.0.9", 0, HOUR).await, ["a"]);
}
