//! What is read of the history while it goes on, and what is not written into it.

use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;
use serde_json::Value;

use crate::exposure::{EXPORT, MARCH, OLD, april, ask, field, import, report, rows};
use crate::harness::{TestServer, document};

/// What the store says: the last place of history, the feed under which the newest
/// exposure of a machine holds, and the feed that there is.
fn stored(server: &TestServer, device: &str) -> (u64, u64, u64) {
    let (folder, tenant) = (server.data_dir().to_owned(), server.tenant.clone());
    let ids = vec![device.to_owned()];
    let (sender, receiver) = std::sync::mpsc::channel();
    server.run(async move {
        let store = SqliteStore::open(&folder.join("kbgap.db")).unwrap();
        let newest = store.exposures_of(&tenant, ids, u64::MAX).await.unwrap();
        let feed = newest[0].as_ref().unwrap().judged.feed;
        let last = store.last_exposure().await.unwrap();
        let generation = store.feed_generation().await.unwrap();
        sender.send((last, feed, generation)).unwrap();
    });
    receiver.recv().unwrap()
}

#[test]
fn an_export_shows_one_moment_while_history_goes_on() {
    let server = TestServer::start();
    for number in 0..6 {
        for seen_at in ["2020-03-20T08:00:00Z", "2020-03-24T08:00:00Z"] {
            report(&server, &format!("pc-{number}"), OLD, seen_at, "");
        }
    }
    let whole = rows(&server, EXPORT);
    assert_eq!(
        field(&whole[0], "firstSeenTimestamp"),
        "2020-03-20 08:00:00"
    );
    let mut link = format!("{EXPORT}?pageSize=97");
    let mut paged: Vec<Value> = Vec::new();
    for page in 0.. {
        let body = ask(&server, &link).json();
        paged.extend(body["value"].as_array().unwrap().iter().cloned());
        let name = format!("pc-{}", page % 6);
        // To another list, and with that to other times.
        report(&server, &name, MARCH, "2020-03-25T08:00:00Z", "");
        let Some(next) = body["@odata.nextLink"].as_str() else {
            break;
        };
        link = next.strip_prefix(&server.url).unwrap().to_owned();
    }
    assert_eq!(paged, whole);
    assert_ne!(rows(&server, EXPORT), whole);
}

#[test]
fn what_a_feed_leaves_alone_is_not_written() {
    let server = TestServer::start();
    report(&server, "pc-1", MARCH, "2020-03-25T08:00:00Z", "");
    let device = field(&rows(&server, EXPORT)[0], "deviceId").to_owned();
    let (last, ..) = stored(&server, &device);
    // Of another Windows.
    let other = april(14, 4_549_951).replace("11713", "11715");
    let other = other.replace("Version 1909", "Version 1803");
    import(&server, "2020-Apr.xml", &other, || {
        let (_, feed, generation) = stored(&server, &device);
        feed == generation && generation > 1
    });
    assert_eq!(stored(&server, &device).0, last);
    // What is new after it is dated by the report, not by the feed.
    report(&server, "pc-1", OLD, "2020-03-25T09:00:00Z", "");
    let times = rows(&server, EXPORT);
    let times = times.iter().map(|row| field(row, "firstSeenTimestamp"));
    assert_eq!(times.max(), Some("2020-03-25 09:00:00"));
}

#[test]
fn a_machine_that_changes_and_changes_back_at_once_has_both_rows() {
    let server = TestServer::start();
    report(&server, "pc-1", OLD, "2020-03-25T08:00:00Z", "");
    let device = field(&rows(&server, EXPORT)[0], "deviceId").to_owned();
    let newest = || {
        let (folder, tenant) = (server.data_dir().to_owned(), server.tenant.clone());
        let ids = vec![device.clone()];
        let (sender, receiver) = std::sync::mpsc::channel();
        server.run(async move {
            let store = SqliteStore::open(&folder.join("kbgap.db")).unwrap();
            let newest = store.exposures_of(&tenant, ids, u64::MAX).await.unwrap();
            let newest = newest.into_iter().flatten().next().unwrap();
            sender.send((newest.set_hash, newest.number)).unwrap();
        });
        receiver.recv().unwrap()
    };
    let (old, number) = newest();
    let lines = [
        document("pc-1", MARCH, "2020-03-25T09:00:00Z"),
        document("pc-1", OLD, "2020-03-25T10:00:00Z"),
    ];
    let answer = server.post("/ingest/v1/machines", &lines.join("\n"));
    assert_eq!(answer.json()["accepted"], 2, "{}", answer.body);
    assert_eq!(newest(), (old, number + 2));
}
