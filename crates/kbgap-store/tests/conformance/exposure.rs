//! The history of exposure.

use kbgap_store::{
    Exposure, ExposureBatch, ExposureStep, FindingSet, Judged, MachineReport, StepOutcome, Store,
};

use crate::{Backend, OTHER, TENANT, report};

/// An exposure at a place, as it is recorded at a time and as it is read.
fn exposure(machine_id: &str, sequence: u64, number: u64, at_ms: i64, set: u8) -> Exposure {
    Exposure {
        machine_id: machine_id.to_owned(),
        sequence,
        number,
        at_ms,
        seen_at_ms: at_ms - 1,
        set_hash: [set; 32],
        first_seen: vec![set; 3],
        group_id: 0,
        judged: Judged {
            fingerprint: i64::MIN,
            feed: 1,
            sequence: 2,
        },
    }
}

fn step(follows: u64, exposure: &Exposure) -> ExposureStep {
    ExposureStep {
        follows,
        machine_id: exposure.machine_id.clone(),
        number: exposure.number,
        seen_at_ms: exposure.seen_at_ms,
        set_hash: exposure.set_hash,
        first_seen: exposure.first_seen.clone(),
        group_id: exposure.group_id,
        judged: exposure.judged,
    }
}

fn append(follows: u64, exposure: &Exposure) -> ExposureBatch {
    ExposureBatch {
        at_ms: exposure.at_ms,
        steps: vec![step(follows, exposure)],
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

/// Records an exposure, which has to be taken, behind the one at a place.
async fn record(store: &dyn Store, tenant: &str, follows: u64, exposure: &Exposure) {
    let outcome = outcome(store, tenant, append(follows, exposure)).await;
    assert_eq!(outcome, StepOutcome::Taken);
}

/// The newest exposures of machines when a place was the last.
async fn as_of(store: &dyn Store, tenant: &str, ids: &[&str], until: u64) -> Vec<Option<Exposure>> {
    let ids = ids.iter().map(|&id| id.to_owned()).collect();
    store.exposures_of(tenant, ids, until).await.unwrap()
}

pub async fn a_step_counts_once(backend: Backend) {
    let (one, other) = (backend.open(), backend.open());
    machines(one.as_ref(), TENANT, &["a"]).await;
    let (first, second) = (exposure("a", 1, 1, 10, 1), exposure("a", 2, 2, 20, 2));
    record(one.as_ref(), TENANT, 0, &first).await;
    let outcome = |batch| outcome(other.as_ref(), TENANT, batch);
    assert_eq!(outcome(append(0, &first)).await, StepOutcome::Overtaken);
    record(other.as_ref(), TENANT, 1, &second).await;
    assert_eq!(outcome(append(1, &second)).await, StepOutcome::Overtaken);
    // A machine that nobody knows, and one whose history begins anew.
    let unknown = exposure("b", 3, 1, 10, 1);
    assert_eq!(outcome(append(0, &unknown)).await, StepOutcome::Gone);
    machines(one.as_ref(), TENANT, &["b"]).await;
    assert_eq!(outcome(append(2, &unknown)).await, StepOutcome::Overtaken);
    // What holds under a later feed is told so of the newest alone.
    one.judged_all(TENANT, 7).await.unwrap();
    one.judged_all(TENANT, 6).await.unwrap();
    let told = as_of(other.as_ref(), TENANT, &["a"], 2).await;
    let feeds: Vec<u64> = told.iter().flatten().map(|e| e.judged.feed).collect();
    assert_eq!(feeds, [7]);
    assert_eq!(
        as_of(other.as_ref(), TENANT, &["a"], 1).await,
        [Some(first)]
    );
}

pub async fn exposures_are_as_of_a_place(backend: Backend) {
    let store = backend.open();
    let store = store.as_ref();
    for tenant in [TENANT, OTHER] {
        machines(store, tenant, &["a", "b", "c"]).await;
    }
    let one = exposure("a", 1, 1, 10, 1);
    let two = exposure("b", 2, 1, 20, 2);
    let three = exposure("a", 3, 2, 30, 2);
    record(store, TENANT, 0, &one).await;
    record(store, TENANT, 0, &two).await;
    record(store, TENANT, 1, &three).await;
    let ids = ["c", "a", "unknown", "b"];
    for (until, expected) in [
        (0, [None, None, None, None]),
        (1, [None, Some(&one), None, None]),
        (2, [None, Some(&one), None, Some(&two)]),
        (3, [None, Some(&three), None, Some(&two)]),
        (u64::MAX >> 1, [None, Some(&three), None, Some(&two)]),
    ] {
        let told = as_of(store, TENANT, &ids, until).await;
        assert_eq!(told, expected.map(|e| e.cloned()), "until {until}");
        assert_eq!(as_of(store, OTHER, &ids, until).await, vec![None; 4]);
    }
}

pub async fn lists_are_kept_as_long_as_they_are_named(backend: Backend) {
    let store = backend.open();
    machines(store.as_ref(), TENANT, &["a", "b"]).await;
    let (one, other) = (exposure("a", 1, 1, 10, 1), exposure("b", 2, 1, 10, 1));
    let unlisted = ExposureBatch {
        sets: Vec::new(),
        ..append(0, &one)
    };
    let outcome = outcome(store.as_ref(), TENANT, unlisted.clone()).await;
    assert_eq!(outcome, StepOutcome::Unlisted);
    record(store.as_ref(), TENANT, 0, &one).await;
    // The list is known by now; those of other tenants do not count.
    let step = vec![step(0, &other)];
    let batch = ExposureBatch {
        steps: step.clone(),
        ..unlisted
    };
    let recorded = store.record_exposures(TENANT, batch.clone()).await.unwrap();
    assert_eq!(recorded.outcomes, [StepOutcome::Taken]);
    machines(store.as_ref(), OTHER, &["b"]).await;
    let recorded = store.record_exposures(OTHER, batch).await.unwrap();
    assert_eq!(recorded.outcomes, [StepOutcome::Unlisted]);
    let sets = || store.finding_sets(TENANT, vec![[2; 32], [1; 32]]);
    for (removed, left) in [(None, 1), (Some("a"), 1), (Some("b"), 0)] {
        if let Some(id) = removed {
            store.remove_machine(TENANT, id).await.unwrap();
        }
        store.forget_exposures(0).await.unwrap();
        assert_eq!(sets().await.unwrap().len(), left, "{removed:?}");
    }
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
        ..exposure("a", 1, 1, 10, 1)
    };
    let second = Exposure {
        group_id: 2,
        ..exposure("a", 4, 2, 20, 1)
    };
    let of_b = exposure("b", 2, 1, 15, 2);
    record(store.as_ref(), TENANT, 0, &first).await;
    record(store.as_ref(), TENANT, 0, &of_b).await;
    // Another tenant's is in no window.
    machines(store.as_ref(), OTHER, &["a"]).await;
    record(store.as_ref(), OTHER, 0, &exposure("a", 3, 1, 20, 1)).await;
    record(store.as_ref(), TENANT, 1, &second).await;
    assert_eq!(store.exposure_window(TENANT, 21).await.unwrap(), None);
    assert_eq!(store.exposure_window(OTHER, 0).await.unwrap(), Some(3..=3));
    let window = store.exposure_window(TENANT, 15).await.unwrap().unwrap();
    // What is recorded later is not in the window.
    record(store.as_ref(), TENANT, 2, &exposure("b", 5, 2, 30, 3)).await;
    let changes = |window, limit| store.exposure_changes(TENANT, 15, window, limit);
    let all = changes(window.clone(), 10).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].now, of_b);
    assert_eq!((all[0].group.as_deref(), &all[0].before), (None, &None));
    assert_eq!(all[1].now, second);
    assert_eq!(all[1].group.as_deref(), Some("Sales"));
    assert_eq!(all[1].before, Some((first, Some("Finance".to_owned()))));
    let one = changes(window.clone(), 1).await.unwrap();
    assert_eq!(one, all[..1]);
    let rest = all[0].now.sequence + 1..=*window.end();
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
    let store = store.as_ref();
    machines(store, TENANT, &["a", "b"]).await;
    record(store, TENANT, 0, &exposure("a", 1, 1, 10, 1)).await;
    record(store, TENANT, 0, &exposure("b", 2, 1, 10, 1)).await;
    record(store, TENANT, 1, &exposure("a", 3, 2, 20, 2)).await;
    store.remove_machine(TENANT, "a").await.unwrap();
    let left = as_of(store, TENANT, &["a", "b"], 9).await;
    assert_eq!(left, [None, Some(exposure("b", 2, 1, 10, 1))]);
    let window = store.exposure_window(TENANT, 0).await.unwrap().unwrap();
    let changes = store.exposure_changes(TENANT, 0, window, 10).await.unwrap();
    assert_eq!(changes.len(), 1);
    let again = append(3, &exposure("a", 4, 3, 30, 2));
    assert_eq!(outcome(store, TENANT, again).await, StepOutcome::Gone);
    // It comes back as a new one.
    machines(store, TENANT, &["a"]).await;
    record(store, TENANT, 0, &exposure("a", 4, 1, 40, 1)).await;
}

pub async fn old_exposures_are_forgotten(backend: Backend) {
    let store = backend.open();
    let store = store.as_ref();
    machines(store, TENANT, &["a", "b"]).await;
    for (number, at, content) in [(1, 10, 1), (2, 20, 2), (3, 30, 3), (4, 40, 4)] {
        let of_a = exposure("a", number, number, at, content);
        record(store, TENANT, number - 1, &of_a).await;
    }
    record(store, TENANT, 0, &exposure("b", 5, 1, 10, 5)).await;
    assert_eq!(store.forget_exposures(35).await.unwrap(), 2);
    assert_eq!(store.forget_exposures(35).await.unwrap(), 0);
    // What follows what is no more is told without it.
    let three = exposure("a", 3, 3, 30, 3);
    let four = exposure("a", 4, 4, 40, 4);
    let window = store.exposure_window(TENANT, 35).await.unwrap().unwrap();
    let kept = store
        .exposure_changes(TENANT, 35, window, 10)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (&kept[0].now, &kept[0].before),
        (&four, &Some((three.clone(), None)))
    );
    for (until, of_a) in [(2, None), (3, Some(three)), (4, Some(four))] {
        assert_eq!(as_of(store, TENANT, &["a"], until).await, [of_a]);
    }
    let of_b = exposure("b", 5, 1, 10, 5);
    assert_eq!(as_of(store, TENANT, &["b"], 9).await, [Some(of_b)]);
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
    let (of_a, of_b) = (exposure("a", 1, 1, 10, 1), exposure("b", 2, 1, 10, 1));
    let both = |follows| ExposureBatch {
        steps: vec![step(0, &of_a), step(follows, &of_b)],
        detected: vec![("CVE-1".to_owned(), 10)],
        ..append(0, &of_a)
    };
    // What a batch detects is by all of it, so it is all or nothing.
    let recorded = one.record_exposures(TENANT, both(1)).await.unwrap();
    assert_eq!(
        recorded.outcomes,
        [StepOutcome::Held, StepOutcome::Overtaken]
    );
    assert_eq!((recorded.before, recorded.after), (0, 0));
    assert_eq!(one.detections().await.unwrap(), []);
    let recorded = one.record_exposures(TENANT, both(0)).await.unwrap();
    assert_eq!(recorded.outcomes, [StepOutcome::Taken; 2]);
    assert_eq!((recorded.before, recorded.after), (0, 2));
    assert_eq!(one.detections().await.unwrap().len(), 1);
    record(other.as_ref(), OTHER, 0, &exposure("a", 3, 1, 20, 2)).await;
    assert_eq!(one.last_exposure().await.unwrap(), 3);
    let row = |sequence, tenant: &str, id: &str| (sequence, tenant.to_owned(), id.to_owned());
    assert_eq!(
        one.exposures_after(0, 2).await.unwrap(),
        [row(1, TENANT, "a"), row(2, TENANT, "b")]
    );
    assert_eq!(
        one.exposures_after(2, 2).await.unwrap(),
        [row(3, OTHER, "a")]
    );
}
