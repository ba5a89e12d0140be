//! Hosts that report by osquery.

use kbgap_store::{EnrollSecret, Enrollment, NodeTable, NodeUpdate, PackedBody};

use crate::{Backend, OTHER, TENANT};

fn enrollment(tenant: &str, host: &str, key: u8) -> Enrollment {
    Enrollment {
        tenant: tenant.to_owned(),
        host_identifier: host.to_owned(),
        key_sha256: [key; 32],
        platform: "windows".to_owned(),
        name: "pc-1".to_owned(),
        agent_version: "5.12.1".to_owned(),
        at_ms: i64::from(key),
    }
}

fn table(query: &str, content: u8, is_lacking: bool) -> NodeTable {
    NodeTable {
        query: query.to_owned(),
        is_lacking,
        body: PackedBody::pack(&[content; 50]).unwrap(),
    }
}

fn update(number: i64, version: i64, tables: Vec<NodeTable>) -> NodeUpdate {
    NodeUpdate {
        number,
        version,
        machine_id: Some("m".to_owned()),
        seen_at_ms: 99,
        tables,
    }
}

pub async fn enroll_secrets_live_and_die(backend: Backend) {
    let store = backend.open();
    let secret = EnrollSecret {
        tenant: TENANT.to_owned(),
        id: "s1".to_owned(),
        name: "head office".to_owned(),
        sha256: [77; 32],
        created_at_ms: 5,
    };
    store.create_enroll_secret(secret.clone()).await.unwrap();
    let same_secret = EnrollSecret {
        id: "s2".to_owned(),
        ..secret.clone()
    };
    assert!(store.create_enroll_secret(same_secret).await.is_err());
    let found = store.enroll_secret([77; 32]).await.unwrap();
    assert_eq!(found.as_ref(), Some(&secret));
    assert_eq!(store.enroll_secret([78; 32]).await.unwrap(), None);
    assert_eq!(
        store.enroll_secrets(TENANT).await.unwrap(),
        std::slice::from_ref(&secret)
    );
    assert!(store.enroll_secrets(OTHER).await.unwrap().is_empty());
    assert!(!format!("{secret:?}").contains("77"), "{secret:?}");
    assert!(!store.delete_enroll_secret(OTHER, "s1").await.unwrap());
    assert!(store.delete_enroll_secret(TENANT, "s1").await.unwrap());
    assert_eq!(store.enroll_secret([77; 32]).await.unwrap(), None);
}

pub async fn a_node_that_comes_again_has_one_key(backend: Backend) {
    let store = backend.open();
    assert!(
        store
            .enroll_node(enrollment(TENANT, "h", 1), 9)
            .await
            .unwrap()
    );
    let first = store.node([1; 32]).await.unwrap().unwrap();
    let tables = vec![table("q", 1, false)];
    assert!(
        store
            .update_node(update(first.number, first.version, tables.clone()))
            .await
            .unwrap()
    );
    assert!(
        store
            .enroll_node(enrollment(TENANT, "h", 2), 9)
            .await
            .unwrap()
    );
    // Another process sees the same.
    let store = backend.open();
    assert_eq!(store.node([1; 32]).await.unwrap(), None);
    let second = store.node([2; 32]).await.unwrap().unwrap();
    assert_eq!(second.number, first.number);
    assert_eq!(second.machine_id.as_deref(), Some("m"));
    assert_eq!((second.enrollment.at_ms, second.seen_at_ms), (2, 2));
    assert_eq!(store.node_tables(second.number).await.unwrap(), tables);
    assert_eq!(
        store.nodes(TENANT).await.unwrap(),
        std::slice::from_ref(&second)
    );
    assert!(!format!("{second:?}").contains("[2"), "{second:?}");
}

pub async fn of_two_changes_of_a_node_one_counts(backend: Backend) {
    let store = backend.open();
    store
        .enroll_node(enrollment(TENANT, "h", 1), 9)
        .await
        .unwrap();
    let node = store.node([1; 32]).await.unwrap().unwrap();
    let one = update(
        node.number,
        node.version,
        vec![table("a", 1, true), table("b", 2, false)],
    );
    let two = update(node.number, node.version, vec![table("a", 3, false)]);
    assert!(store.update_node(one).await.unwrap());
    assert!(!store.update_node(two.clone()).await.unwrap());
    let queries = store.node_queries(node.number).await.unwrap();
    assert_eq!(queries, [("a".to_owned(), true), ("b".to_owned(), false)]);
    let node = store.node([1; 32]).await.unwrap().unwrap();
    assert_eq!(
        (node.machine_id.as_deref(), node.seen_at_ms),
        (Some("m"), 99)
    );
    let again = NodeUpdate {
        version: node.version,
        ..two
    };
    assert!(store.update_node(again).await.unwrap());
    let tables = store.node_tables(node.number).await.unwrap();
    assert_eq!(tables, [table("a", 3, false), table("b", 2, false)]);
    // Who enrolls anew is another version, too: what was under way begins anew.
    store
        .enroll_node(enrollment(TENANT, "h", 2), 9)
        .await
        .unwrap();
    let late = update(node.number, node.version + 1, vec![table("a", 4, false)]);
    assert!(!store.update_node(late).await.unwrap());
}

pub async fn tenants_have_nodes_of_their_own_and_not_too_many(backend: Backend) {
    let store = backend.open();
    assert!(
        store
            .enroll_node(enrollment(TENANT, "h", 1), 1)
            .await
            .unwrap()
    );
    assert!(
        !store
            .enroll_node(enrollment(TENANT, "g", 2), 1)
            .await
            .unwrap()
    );
    assert_eq!(store.node([2; 32]).await.unwrap(), None);
    // A node that is there may come again; other tenants count apart.
    assert!(
        store
            .enroll_node(enrollment(TENANT, "h", 3), 1)
            .await
            .unwrap()
    );
    assert!(
        store
            .enroll_node(enrollment(OTHER, "h", 4), 1)
            .await
            .unwrap()
    );
    let (own, other) = (store.node([3; 32]).await, store.node([4; 32]).await);
    let (own, other) = (own.unwrap().unwrap(), other.unwrap().unwrap());
    assert_ne!(own.number, other.number);
    assert!(
        store
            .update_node(update(own.number, own.version, vec![table("a", 1, false)]))
            .await
            .unwrap()
    );
    assert!(store.node_tables(other.number).await.unwrap().is_empty());
    assert!(!store.delete_node(OTHER, "g").await.unwrap());
    assert!(store.delete_node(TENANT, "h").await.unwrap());
    assert_eq!(store.node([3; 32]).await.unwrap(), None);
    assert!(store.node_tables(own.number).await.unwrap().is_empty());
    assert_eq!(store.nodes(OTHER).await.unwrap().len(), 1);
}
