//! The history of exposure.

use kbgap_store::{
    Exposure, ExposureBatch, ExposureStep, FindingSet, Judged, MachineReport, StepOutcome, Store,
};

use crate::{Backend, OTHER, TENANT, report};

fn exposure(machine_id: &str, number: u64, at_ms: i64, set: u8) -> Exposure {
    Exposure {
        machine_id: machine_id.to_owned(),
        number,
        at_ms,
        seen_at_ms: at_ms - 1,
        set_hash: [set; 32],
        first_seen: vec![set; 3],
        group_id: 0,
        judged: judged(i64::MIN),
    }
}

const fn judged(fingerprint: i64) -> Judged {
    Judged {
        fingerprint,
        feed: 1,
        sequence: 2,
    }
}

fn append(exposure: &Exposure) -> ExposureBatch {
    ExposureBatch {
        steps: vec![ExposureStep::Append(exposure.clone())],
        sets: vec![set(exposure.set_hash[0])],
        detected: Vec::new(),
    }
}

fn set(set: u8) -> FindingSet {
    FindingSet {
        hash: [set; 32],
        body: vec![set; 9],
    }
}

async fn machines(store: &dyn Store, tenant: &str, ids: &[&str]) {
    let reports = ids.iter().map(|id| report(id, id, 1, 1)).collect();
    store.put_machines(tenant, reports).await.unwrap();
}

/// What becomes of the one step of a batch.
async fn outcome(store: &dyn Store, tenant: &str, batch: ExposureBatch) -> StepOutcome {
    let recorded = store.record_exposures(tenant, batch).await.unwrap();
    assert_eq!(recorded.outcomes.len(), 1);
    recorded.outcomes.into_iter().next().unwrap()
}

/// Records an exposure, which has to be taken.
async fn record(store: &dyn Store, tenant: &str, exposure: &Exposure) {
    let outcome = outcome(store, tenant, append(exposure)).await;
    assert_eq!(outcome, StepOutcome::Taken);
}

async fn newest(store: &dyn Store) -> Vec<(String, Exposure)> {
    let first = (String::new(), String::new());
    store.newest_exposures(first, 100).await.unwrap()
}

pub async fn a_step_counts_once(backend: Backend) {
    let (one, other) = (backend.open(), backend.open());
    machines(one.as_ref(), TENANT, &["a"]).await;
    let (first, second) = (exposure("a", 1, 10, 1), exposure("a", 2, 20, 2));
    record(one.as_ref(), TENANT, &first).await;
    let outcome = |batch| outcome(other.as_ref(), TENANT, batch);
    assert_eq!(
        outcome(append(&first)).await,
        StepOutcome::Overtaken(Some(first.clone()))
    );
    record(other.as_ref(), TENANT, &second).await;
    let confirm = |number| ExposureBatch {
        steps: vec![ExposureStep::Confirm {
            machine_id: "a".to_owned(),
            number,
            judged: judged(7),
        }],
        ..ExposureBatch::default()
    };
    assert_eq!(
        outcome(confirm(1)).await,
        StepOutcome::Overtaken(Some(second.clone()))
    );
    assert_eq!(outcome(confirm(2)).await, StepOutcome::Taken);
    let confirmed = Exposure {
        judged: judged(7),
        ..second
    };
    assert_eq!(newest(one.as_ref()).await, [(TENANT.to_owned(), confirmed)]);
    // A machine that nobody knows, and one whose history begins anew.
    assert_eq!(
        outcome(append(&exposure("b", 1, 10, 1))).await,
        StepOutcome::Gone
    );
    machines(one.as_ref(), TENANT, &["b"]).await;
    assert_eq!(
        outcome(append(&exposure("b", 5, 10, 1))).await,
        StepOutcome::Overtaken(None)
    );
}

pub async fn the_newest_exposures_page_over_tenants(backend: Backend) {
    let store = backend.open();
    let ids = ["a", "b", "c"];
    for tenant in [OTHER, TENANT] {
        machines(store.as_ref(), tenant, &ids).await;
        for id in ids {
            record(store.as_ref(), tenant, &exposure(id, 1, 10, 1)).await;
        }
        record(store.as_ref(), tenant, &exposure("b", 2, 20, 2)).await;
    }
    drop(store);
    let store = backend.open();
    let (mut after, mut all) = ((String::new(), String::new()), Vec::new());
    loop {
        let page = store.newest_exposures(after.clone(), 4).await.unwrap();
        let Some((tenant, last)) = page.last() else {
            break;
        };
        after = (tenant.clone(), last.machine_id.clone());
        all.extend(
            page.into_iter()
                .map(|(tenant, e)| (tenant, e.machine_id, e.number)),
        );
    }
    let expected = [TENANT, OTHER].into_iter().flat_map(|tenant| {
        [("a", 1), ("b", 2), ("c", 1)]
            .map(|(id, number)| (tenant.to_owned(), id.to_owned(), number))
    });
    assert_eq!(all, expected.collect::<Vec<_>>());
    let sets = store.finding_sets(TENANT, vec![[2; 32], [9; 32], [1; 32]]);
    assert_eq!(sets.await.unwrap(), [set(2), set(1)]);
}

pub async fn changes_stand_beside_what_they_follow(backend: Backend) {
    let store = backend.open();
    let in_group = |group: &str, seen| MachineReport {
        group: Some(group.to_owned()),
        ..report("a", "a", seen, 1)
    };
    // Groups get the numbers 1 and 2.
    for (group, seen) in [("Finance", 1), ("Sales", 2)] {
        let reports = vec![in_group(group, seen)];
        store.put_machines(TENANT, reports).await.unwrap();
    }
    machines(store.as_ref(), TENANT, &["b"]).await;
    let first = Exposure {
        group_id: 1,
        ..exposure("a", 1, 10, 1)
    };
    let second = Exposure {
        group_id: 2,
        ..exposure("a", 2, 20, 1)
    };
    record(store.as_ref(), TENANT, &first).await;
    record(store.as_ref(), TENANT, &exposure("b", 1, 15, 2)).await;
    record(store.as_ref(), TENANT, &second).await;
    assert_eq!(store.exposure_window(TENANT, 21).await.unwrap(), None);
    assert_eq!(store.exposure_window(OTHER, 0).await.unwrap(), None);
    let window = store.exposure_window(TENANT, 15).await.unwrap().unwrap();
    // What is recorded later is not in the window.
    record(store.as_ref(), TENANT, &exposure("b", 2, 30, 3)).await;
    let changes = |window, limit| store.exposure_changes(TENANT, 15, window, limit);
    let all = changes(window.clone(), 10).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].now, exposure("b", 1, 15, 2));
    assert_eq!((all[0].group.as_deref(), &all[0].before), (None, &None));
    assert_eq!(all[1].now, second);
    assert_eq!(all[1].group.as_deref(), Some("Sales"));
    assert_eq!(all[1].before, Some((first, Some("Finance".to_owned()))));
    let one = changes(window.clone(), 1).await.unwrap();
    assert_eq!(one, all[..1]);
    let rest = all[0].sequence + 1..=*window.end();
    assert_eq!(changes(rest, 10).await.unwrap(), all[1..]);
}

pub async fn detections_keep_their_earliest_time(backend: Backend) {
    let store = backend.open();
    let detect = |tenant, detected: &[(&str, i64)]| {
        let detected = detected.iter().map(|&(cve, at)| (cve.to_owned(), at));
        let batch = ExposureBatch {
            detected: detected.collect(),
            ..ExposureBatch::default()
        };
        store.record_exposures(tenant, batch)
    };
    detect(TENANT, &[("CVE-1", 10), ("CVE-2", 10)])
        .await
        .unwrap();
    detect(TENANT, &[("CVE-1", 20), ("CVE-2", 5)])
        .await
        .unwrap();
    detect(OTHER, &[("CVE-1", 1)]).await.unwrap();
    let mut found: Vec<_> = store
        .detections()
        .await
        .unwrap()
        .into_iter()
        .map(|d| (d.tenant, d.cve, d.at_ms))
        .collect();
    found.sort();
    let expected = [
        (TENANT, "CVE-1", 10),
        (TENANT, "CVE-2", 5),
        (OTHER, "CVE-1", 1),
    ];
    assert_eq!(
        found,
        expected.map(|(tenant, cve, at)| (tenant.to_owned(), cve.to_owned(), at))
    );
}

pub async fn a_removed_machine_has_no_history(backend: Backend) {
    let store = backend.open();
    for tenant in [TENANT, OTHER] {
        machines(store.as_ref(), tenant, &["a", "b"]).await;
        for id in ["a", "b"] {
            record(store.as_ref(), tenant, &exposure(id, 1, 10, 1)).await;
        }
    }
    store.remove_machine(TENANT, "a").await.unwrap();
    let left: Vec<_> = newest(store.as_ref())
        .await
        .into_iter()
        .map(|(tenant, e)| (tenant, e.machine_id))
        .collect();
    let expected = [(TENANT, "b"), (OTHER, "a"), (OTHER, "b")];
    assert_eq!(
        left,
        expected.map(|(tenant, id)| (tenant.to_owned(), id.to_owned()))
    );
    let again = append(&exposure("a", 2, 20, 2));
    assert_eq!(
        outcome(store.as_ref(), TENANT, again).await,
        StepOutcome::Gone
    );
}

pub async fn old_exposures_are_forgotten(backend: Backend) {
    let store = backend.open();
    machines(store.as_ref(), TENANT, &["a", "b"]).await;
    for (number, at, content) in [(1, 10, 1), (2, 20, 2), (3, 30, 3), (4, 40, 4)] {
        record(store.as_ref(), TENANT, &exposure("a", number, at, content)).await;
    }
    record(store.as_ref(), TENANT, &exposure("b", 1, 10, 5)).await;
    assert_eq!(store.forget_exposures(35).await.unwrap(), 2);
    assert_eq!(store.forget_exposures(35).await.unwrap(), 0);
    let window = store.exposure_window(TENANT, 0).await.unwrap().unwrap();
    let kept = store.exposure_changes(TENANT, 0, window, 10).await.unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|change| (change.now.machine_id.as_str(), change.now.number))
        .collect();
    assert_eq!(kept, [("a", 3), ("a", 4), ("b", 1)]);
    // Lists that no exposure names go with them.
    let hashes = (1..=5).map(|content| [content; 32]).collect();
    let sets = store.finding_sets(TENANT, hashes).await.unwrap();
    assert_eq!(sets, [set(3), set(4), set(5)]);
}

pub async fn exposures_are_followed_in_order(backend: Backend) {
    let (one, other) = (backend.open(), backend.open());
    assert_eq!(one.last_exposure().await.unwrap(), 0);
    for (tenant, ids) in [(TENANT, ["a", "b"]), (OTHER, ["a", "c"])] {
        machines(one.as_ref(), tenant, &ids).await;
    }
    let both = ExposureBatch {
        steps: vec![
            ExposureStep::Append(exposure("a", 1, 10, 1)),
            ExposureStep::Append(exposure("b", 2, 10, 1)),
            ExposureStep::Append(exposure("b", 1, 10, 1)),
        ],
        ..ExposureBatch::default()
    };
    let recorded = one.record_exposures(TENANT, both).await.unwrap();
    assert_eq!(
        recorded.outcomes,
        [
            StepOutcome::Taken,
            StepOutcome::Overtaken(None),
            StepOutcome::Taken
        ]
    );
    assert_eq!((recorded.before, recorded.after), (0, 2));
    record(other.as_ref(), OTHER, &exposure("a", 1, 20, 2)).await;
    assert_eq!(one.last_exposure().await.unwrap(), 3);
    let told = |rows: Vec<(u64, String, Exposure)>| -> Vec<(u64, String, String)> {
        let told = rows.into_iter();
        told.map(|(sequence, tenant, e)| (sequence, tenant, e.machine_id))
            .collect()
    };
    let row = |sequence, tenant: &str, id: &str| (sequence, tenant.to_owned(), id.to_owned());
    assert_eq!(
        told(one.exposures_after(0, 2).await.unwrap()),
        [row(1, TENANT, "a"), row(2, TENANT, "b")]
    );
    assert_eq!(
        told(one.exposures_after(2, 2).await.unwrap()),
        [row(3, OTHER, "a")]
    );
}
