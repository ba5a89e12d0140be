//! What whoever keeps a copy of the machines is told.

use kbgap_store::{
    Census, MachineEdit, MachineMeta, MachineReport, PutOutcome, Store, Stored, TagEdits,
};

use crate::{Backend, OTHER, TENANT, report};

/// What the census has to be, by what the order of changes says.
async fn counted(store: &dyn Store) -> Vec<Census> {
    let mut all = [TENANT, OTHER].map(|tenant| Census {
        tenant: tenant.to_owned(),
        machines: 0,
        sequence_sum: 0,
    });
    for change in store.changes_after(0, 1_000).await.unwrap() {
        if let kbgap_store::MachineChange::Put { tenant, machine } = change {
            let of = all.iter_mut().find(|of| of.tenant == tenant).unwrap();
            of.machines += 1;
            of.sequence_sum += machine.meta.sequence;
        }
    }
    all.to_vec()
}

pub async fn machines_and_their_places_are_counted(backend: Backend) {
    let (one, other) = (backend.open(), backend.open());
    assert_eq!(one.census().await.unwrap(), []);
    let put = |tenant, id, seen| one.put_machines(tenant, vec![report(id, id, seen, 1)]);
    for (id, seen) in [("a", 1), ("b", 1), ("a", 2), ("b", 0), ("c", 1), ("a", 2)] {
        put(TENANT, id, seen).await.unwrap();
    }
    put(OTHER, "a", 1).await.unwrap();
    assert_eq!(other.census().await.unwrap(), counted(one.as_ref()).await);
    let edit = MachineEdit::AddTag("x".into());
    let ids = vec!["a".into(), "d".into(), "c".into()];
    other.edit_machines(TENANT, ids, edit).await.unwrap();
    assert_eq!(other.census().await.unwrap(), counted(one.as_ref()).await);
    one.remove_machine(TENANT, "c").await.unwrap();
    assert_eq!(other.census().await.unwrap(), counted(one.as_ref()).await);
    put(TENANT, "c", 9).await.unwrap();
    other.remove_machine(OTHER, "a").await.unwrap();
    let census = one.census().await.unwrap();
    assert_eq!(census, counted(one.as_ref()).await);
    assert_eq!((census[0].machines, census[1].machines), (3, 0));
}

pub async fn a_put_tells_what_is_kept(backend: Backend) {
    let store = backend.open();
    let report = |id, seen, group: &str| MachineReport {
        group: Some(group.to_owned()),
        ..report(id, id, seen, 1)
    };
    let reports = vec![report("a", 100, "Sales"), report("b", 100, "Legal")];
    let put = store.put_machines(TENANT, reports).await.unwrap();
    assert_eq!((put.before, put.after), (0, 2));
    let groups: Vec<i32> = put
        .machines
        .iter()
        .map(|stored| stored.meta.group_id)
        .collect();
    assert_eq!(groups, [1, 2]);
    for edit in [
        MachineEdit::AddTag("x".into()),
        MachineEdit::DeviceValue("Low".into()),
    ] {
        let ids = vec!["a".to_owned()];
        store.edit_machines(TENANT, ids, edit).await.unwrap();
    }
    let reports = vec![report("a", 300, "Legal"), report("a", 200, "Sales")];
    let put = store.put_machines(TENANT, reports).await.unwrap();
    assert_eq!((put.before, put.after), (4, 5));
    let tags = TagEdits {
        added: vec!["x".to_owned()],
        removed: Vec::new(),
    };
    let stored = |outcome| Stored {
        outcome,
        meta: MachineMeta {
            sequence: 5,
            first_seen_ms: 100,
            group_id: 2,
            device_value: "Low".to_owned(),
            tags: tags.clone(),
        },
    };
    let expected = [stored(PutOutcome::Unchanged), stored(PutOutcome::Stale)];
    assert_eq!(put.machines, expected);
    let row = store.machine(TENANT, "a").await.unwrap().unwrap();
    assert_eq!(
        (row.meta.sequence, row.meta.group_id, row.meta.tags),
        (5, 2, tags.clone())
    );
}

pub async fn a_store_has_a_name_of_its_own(backend: Backend) {
    let name = backend.open().identity().await.unwrap();
    assert_eq!(name.len(), 32);
    assert_eq!(backend.open().identity().await.unwrap(), name);
    let other = Backend::new().open().identity().await.unwrap();
    assert_ne!(other, name);
}
