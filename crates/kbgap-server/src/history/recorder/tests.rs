use kbgap_fleet::{CheckIn, FleetIndex};
use kbgap_inventory::native;
use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;

use super::*;
use crate::ingest::new_machine;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const DOCUMENT: &str = r#"{"computerDnsName":"pc","os":{"version":"10.0.18363.592"}}"#;

/// A process with one machine, and that machine with a mark.
async fn process(store: &Arc<dyn Store>, machine_mark: u64) -> (Recorder, Feed, FleetIndex) {
    let history = History::load(Arc::clone(store)).await.unwrap();
    let feed = Feed {
        rules: kbgap_catalog::compile(&[]).unwrap().into(),
        generation: 0,
    };
    let mut index = FleetIndex::new(feed.rules.clone());
    index.upsert(&CheckIn {
        sequence: 1,
        mark: machine_mark,
        ..CheckIn::new(native::machine(DOCUMENT).unwrap(), 1)
    });
    let clock = Clock::set_to(1);
    (Recorder::new(Arc::new(history), clock), feed, index)
}

/// The mark that the machine gets.
async fn recorded((recorder, feed, index): &mut (Recorder, Feed, FleetIndex)) -> u64 {
    let fleet = index.fleet();
    let machines = fleet.all_judged().map(|machine| {
        let mark = fleet.mark_of(machine.id());
        (machine, mark)
    });
    let news = recorder.record(TENANT, machines.collect(), feed);
    let (.., mark) = news.await.unwrap().marks.pop().unwrap();
    mark
}

/// Two processes may both take a machine for one without a row.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_recorded_first_is_found_when_the_store_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbgap.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    let machine = native::machine(DOCUMENT).unwrap();
    let report = new_machine(&machine, 1).unwrap();
    store.put_machines(TENANT, vec![report]).await.unwrap();

    let mut one = process(&store, NO_ROW).await;
    let mut other = process(&store, NO_ROW).await;
    let mark = recorded(&mut one).await;
    assert!(mark > NO_ROW);
    assert_eq!(store.last_exposure().await.unwrap(), 1);
    assert_eq!(recorded(&mut other).await, mark);
    assert_eq!(store.last_exposure().await.unwrap(), 1);
}

/// So many machines with builds of their own, none of which has a row.
fn fleet(machines: u32, builds: u32) -> Vec<Candidate> {
    let mut index = FleetIndex::new(kbgap_catalog::compile(&[]).unwrap());
    for machine in 0..machines {
        let revision = machine % builds;
        let document = format!(
            r#"{{"computerDnsName":"pc-{machine}","os":{{"version":"10.0.18363.{revision}"}}}}"#
        );
        let machine = native::machine(&document).unwrap();
        index.upsert(&CheckIn::new(machine, 1));
    }
    let machines = index.fleet().all_judged().map(|machine| {
        let judged = Judged {
            fingerprint: machine.fingerprint.cast_signed(),
            feed: 0,
            sequence: 0,
        };
        Candidate {
            is_new: true,
            ..Candidate::again(machine, judged)
        }
    });
    machines.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_large_where_lists_are_known_and_small_where_they_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("kbgap.db")).unwrap();
    let (mut recorder, ..) = process(&(Arc::new(store) as Arc<dyn Store>), NO_ROW).await;
    let tenant = Arc::from(TENANT);
    let many = fleet(u32::try_from(ROUND).unwrap() + 500, 300);
    assert_eq!(recorder.round_of(TENANT, &many), UNLISTED);
    assert_eq!(recorder.round_of(TENANT, &many[..7]), 7);

    // Whoever is made a step has its list made.
    recorder.steps(&tenant, fleet(300, 300), Vec::new(), 1);
    assert_eq!(recorder.round_of(TENANT, &many), ROUND);
    // A list of a machine that may have a row has to be read beside that of the row.
    let again = many.iter().take(900).map(|c| {
        let machine = Arc::clone(&c.machine);
        Candidate::again(machine, c.judged)
    });
    let again: Vec<Candidate> = again.collect();
    assert_eq!(recorder.round_of(TENANT, &again), UNLISTED);
}
