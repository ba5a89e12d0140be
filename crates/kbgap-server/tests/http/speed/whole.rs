//! Readers see commits and feeds whole, and an ETag stands for one answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kbgap_inventory::native;
use kbgap_server::new_machine;
use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;

use crate::exposure::april;
use crate::harness::{NOW_MS, TestServer, document, import_files};
use crate::host::{PATCHED, W1909};

const WINDOWS: &str = "/api/Software/microsoft-_-windows_10/getmissingkbs";
/// Machines of each of two sets, whose every machine is in one state or another: the sums
/// tell which sets miss something, and no part of a set is one.
const SETS: [(&str, u64); 2] = [("a", 40), ("b", 60)];
const SUMS: [u64; 4] = [0, 40, 60, 100];
const TURNS: u64 = 25;
const APRIL: &str = "4549951";

/// What was answered to all readers.
#[derive(Default)]
struct Told {
    bodies: HashMap<String, String>,
    tags: HashMap<String, String>,
}

impl Told {
    /// A tag and a body belong together, whoever asks and whenever.
    fn note(&mut self, etag: &str, body: &str) {
        let before = self.bodies.insert(etag.to_owned(), body.to_owned());
        assert!(before.is_none_or(|before| before == body), "{etag}: {body}");
        let before = self.tags.insert(body.to_owned(), etag.to_owned());
        assert!(before.is_none_or(|before| before == etag), "{etag}: {body}");
    }
}

struct Reader<'s> {
    server: &'s TestServer,
    token: String,
    told: &'s Mutex<Told>,
    /// What it was told last.
    last: Option<(String, String)>,
    knows_april: bool,
}

impl Reader<'_> {
    /// Asks, and gives on how many machines the update of March is missing.
    fn ask(&mut self) -> u64 {
        let mut headers = vec![("Authorization", self.token.as_str())];
        if let Some((etag, _)) = &self.last {
            headers.push(("If-None-Match", etag));
        }
        let answer = self.server.send("GET", WINDOWS, &headers, b"");
        let etag = answer.header("etag").unwrap().to_owned();
        let body = match (answer.status, &self.last) {
            (200, _) => answer.body,
            (304, Some((known, body))) if *known == etag => body.clone(),
            other => panic!("{other:?}"),
        };
        self.told.lock().unwrap().note(&etag, &body);
        let rows: serde_json::Value = serde_json::from_str(&body).unwrap();
        let rows = rows["value"].as_array().unwrap();
        let rows: BTreeMap<&str, u64> = rows
            .iter()
            .map(|row| (row["id"].as_str().unwrap(), &row["machineMissedOn"]))
            .map(|(id, missed)| (id, missed.as_u64().unwrap()))
            .collect();
        let march = rows.get("4540673").copied().unwrap_or_default();
        let later = rows.get("4551762").copied().unwrap_or_default();
        assert!(SUMS.contains(&march) && march == later, "{body}");
        // The feed comes at once for all, and does not go again.
        let april = rows.get(APRIL).copied();
        assert!([None, Some(100)].contains(&april), "{body}");
        self.knows_april |= april.is_some();
        assert_eq!(self.knows_april, april.is_some(), "{body}");
        self.last = Some((etag, body));
        march
    }
}

fn lines(set: &str, count: u64, version: &str, minute: u64) -> String {
    let seen_at = format!("2020-03-24T{:02}:{:02}:00Z", minute / 60, minute % 60);
    let lines = (0..count).map(|n| document(&format!("{set}-{n}"), version, &seen_at));
    lines.collect::<Vec<_>>().join("\n")
}

fn post(server: &TestServer, body: &str) {
    let token = format!("Bearer {}", server.token(&["Inventory.Write.All"], &[]));
    let headers = [
        ("Authorization", token.as_str()),
        ("Content-Type", "application/x-ndjson"),
    ];
    let answer = server.send("POST", "/ingest/v1/machines", &headers, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn every_answer_is_of_one_moment() {
    let server = TestServer::start();
    for (set, count) in SETS {
        post(&server, &lines(set, count, W1909, 0));
    }
    let told = Mutex::default();
    let reader = || Reader {
        server: &server,
        token: format!("Bearer {}", server.token(&["Software.Read.All"], &[])),
        told: &told,
        last: None,
        knows_april: false,
    };
    let (writing, asked) = (AtomicU64::new(2), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for (set, count) in SETS {
            let (server, writing, mut reader) = (&server, &writing, reader());
            scope.spawn(move || {
                for turn in 1..=TURNS {
                    let version = if turn % 2 == 0 { W1909 } else { PATCHED };
                    post(server, &lines(set, count, version, turn));
                    // It shows when it is answered, whatever others do meanwhile.
                    let march = reader.ask();
                    let other = 100 - count;
                    let expected = match turn % 2 {
                        0 => [count, count + other],
                        _ => [0, other],
                    };
                    assert!(expected.contains(&march), "{set} {turn}: {march}");
                }
                writing.fetch_sub(1, Ordering::SeqCst);
            });
        }
        for _ in 0..2 {
            let (writing, asked, mut reader) = (&writing, &asked, reader());
            scope.spawn(move || {
                while writing.load(Ordering::SeqCst) > 0 || !reader.knows_april {
                    reader.ask();
                    asked.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        // Tags change no row, and yet they have the change feed read in between.
        let (server, writing) = (&server, &writing);
        scope.spawn(move || {
            while writing.load(Ordering::SeqCst) > 0 {
                let edit = r#"{"Value":"x","Action":"Add"}"#;
                let answer = server.act("POST", "/api/machines/a-0/tags", edit);
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        });
        let file = server.data_dir().join("2020-Apr.xml");
        std::fs::write(&file, april(14, APRIL.parse().unwrap())).unwrap();
        let folder = server.data_dir().to_owned();
        server.run(async move { import_files(&folder, vec![file]) });
    });
    assert!(asked.load(Ordering::SeqCst) > 20);
}

/// More machines than are read from the change feed at a time.
const MANY: u64 = 4_500;

#[test]
fn what_another_process_commits_at_once_shows_at_once() {
    let server = TestServer::start();
    let tenant = server.tenant.clone();
    let path = server.data_dir().join("kbgap.db");
    let commit = |version: &str, seen_at: &str| {
        let reports = (0..MANY).map(|n| {
            let json = document(&format!("pc-{n}"), version, seen_at);
            new_machine(&native::machine(&json).unwrap(), NOW_MS).unwrap()
        });
        let (reports, tenant, path) = (reports.collect(), tenant.clone(), path.clone());
        server.run(async move {
            let store = SqliteStore::open(&path).unwrap();
            store.put_machines(&tenant, reports).await.unwrap();
        });
    };
    let missed = || {
        let answer = server.get("/api/Software/microsoft-_-edge/getmissingkbs");
        let missed = answer.json()["value"][0]["machineMissedOn"].as_u64();
        missed.unwrap_or_default()
    };
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (server, ended) = (&server, &ended);
        // Meanwhile somebody reports here, of whom nothing is counted.
        scope.spawn(move || {
            for minute in 0.. {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                post(server, &lines("own", 1, PATCHED, minute % 1_440));
            }
        });
        for (version, seen_at, expected) in [
            (W1909, "2020-03-24T08:00:00Z", MANY),
            (PATCHED, "2020-03-24T09:00:00Z", 0),
        ] {
            commit(version, seen_at);
            loop {
                let now = missed();
                assert!([0, MANY].contains(&now), "{now}");
                if now == expected {
                    break;
                }
            }
        }
        ended.store(true, Ordering::SeqCst);
    });
}
