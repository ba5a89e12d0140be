use std::sync::atomic::AtomicBool;

use kbgap_catalog::{Catalog, compile};
use kbgap_inventory::native;
use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;
use kbgap_testkit::feed::{W1909, document, fix, vulnerability};

use super::*;
use crate::clock::Clock;
use crate::history::{Feed, History, Recorder};
use crate::ingest::new_machine;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const NOW: i64 = 1_600_000_000_000;
const DOCUMENT: &str = r#"{"computerDnsName":"pc","os":{"platform":"Windows10",
    "version":"10.0.18363.592","architecture":"x64","installationType":"Client"}}"#;

/// A feed with these CVEs, each fixed by an update of its own.
fn catalog(cves: &[&str]) -> Catalog {
    let fixes = cves.iter().zip(4_500_000..).map(|(cve, kb)| {
        let build = format!("10.0.18363.{}", kb % 1_000 + 900);
        vulnerability(cve, vec![fix(kb, &build, &[])])
    });
    compile(&[document("2020-Mar", &[("11712", W1909)], fixes.collect())]).unwrap()
}

/// The CVEs of the machine's newest row, and the feed under which it was judged.
async fn newest(store: &Arc<dyn Store>, id: &str) -> (Vec<String>, u64) {
    let rows = store.exposures_of(TENANT, vec![id.to_owned()], u64::MAX);
    let row = rows.await.unwrap().pop().unwrap().unwrap();
    let history = History::load(Arc::clone(store)).await.unwrap();
    let sets = history
        .sets(TENANT, [row.set_hash].into_iter())
        .await
        .unwrap();
    let cves = sets[&row.set_hash].findings.iter();
    (cves.map(|f| f.cve.to_string()).collect(), row.judged.feed)
}

/// While a round waits for more, the feed may become another one, in which the same place
/// is that of another CVE.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_judged_under_one_feed_is_recorded_under_that() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbgap.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    let clock = Clock::set_to(NOW);
    let history = Arc::new(History::load(Arc::clone(&store)).await.unwrap());
    let feed = |cves: &[&str], generation| Feed {
        rules: catalog(cves).into(),
        generation,
    };
    let tenants = Arc::new(Tenants::recording(
        Arc::clone(&store),
        feed(&["CVE-2020-0002"], 1),
        clock,
        Recorder::new(history, clock),
    ));
    let machine = native::machine(DOCUMENT).unwrap();
    let id = machine.id.to_string();
    let report = new_machine(&machine, NOW).unwrap();
    let said = Said {
        content_hash: report.content_hash,
        seen_at: report.seen_at_ms,
        machine,
    };
    let put = store.put_machines(TENANT, vec![report]).await.unwrap();
    let mut changed = Vec::new();
    let entered = tenants.enter(TENANT, put, vec![said], &mut changed).await;
    assert!(entered.unwrap());

    let next = feed(&["CVE-2020-0001", "CVE-2020-0002"], 2);
    assert!(tenants.set_feed(next, &Arc::default()).await);
    tenants.show(changed).await.unwrap();
    let recording = tokio::spawn({
        let tenants = Arc::clone(&tenants);
        async move { tenants.record_queued().await }
    });
    tenants.recorded().await;
    recording.abort();
    let (cves, judged) = newest(&store, &id).await;
    assert_eq!((cves, judged), (vec!["CVE-2020-0002".to_owned()], 1));

    tenants.record_all(&AtomicBool::new(false)).await;
    let (cves, judged) = newest(&store, &id).await;
    assert_eq!(cves, ["CVE-2020-0001", "CVE-2020-0002"]);
    assert_eq!(judged, 2);
}
