//! What becomes of places and of what is kept when machines come and go.

use kbgap_catalog::compile;
use kbgap_inventory::native;

use super::*;
use crate::software::Which;

fn index_of(documents: &[&str]) -> FleetIndex {
    let mut index = FleetIndex::new(compile(&[]).unwrap());
    for document in documents {
        let machine = native::machine(document).unwrap();
        index.upsert(&CheckIn::new(machine, 0));
    }
    index
}

const ONE: &str = r#"{"computerDnsName":"one","os":{"version":"10.0.18363.1"},
    "software":[{"vendor":"V","name":"Of one","version":"1"},
                {"vendor":"V","name":"Of both","version":"1"},
                {"vendor":"V","name":"Of both","version":"2"}]}"#;
const OTHER: &str = r#"{"computerDnsName":"other","os":{"version":"10.0.18363.1"},
    "software":[{"vendor":"V","name":"Of BOTH","version":"2"}]}"#;

#[test]
fn a_software_is_in_the_tables_from_its_second_machine_on() {
    let mut index = index_of(&[ONE]);
    let find = |index: &FleetIndex, id| index.fleet.inventory.find(id);
    let own = |place| Some(Which::Own { ordinal: 0, place });
    assert_eq!(find(&index, "v-_-of_both"), own(0));
    assert_eq!(find(&index, "v-_-of_one"), own(2));
    let record = |index: &FleetIndex| index.fleet.inventory.records.get(0).len();
    let alone = record(&index);

    let other = native::machine(OTHER).unwrap();
    index.upsert(&CheckIn::new(other.clone(), 0));
    assert_eq!(find(&index, "v-_-of_both"), Some(Which::Shared(0)));
    assert_eq!(find(&index, "v-_-of_one"), own(0));
    assert!(record(&index) < alone);

    // The first one's record was rewritten, and that is no change of it.
    let one = native::machine(ONE).unwrap();
    assert_eq!(index.upsert(&CheckIn::new(one.clone(), 0)), Upserted::Seen);

    index.remove(&one.id);
    assert_eq!(find(&index, "v-_-of_one"), None);
    index.remove(&other.id);
    assert_eq!(find(&index, "v-_-of_both"), None);
    index.upsert(&CheckIn::new(other, 0));
    let found = find(&index, "v-_-of_both");
    assert!(matches!(found, Some(Which::Own { .. })), "{found:?}");
}

#[test]
fn a_summary_that_is_out_of_date_is_let_go() {
    let mut index = index_of(&[ONE]);
    let summary = Arc::downgrade(&index.publish(0).summary(0));
    assert!(
        index
            .publish(0)
            .summary(0)
            .software(&"v-_-of_one".parse().unwrap())
            .is_some()
    );
    assert!(summary.upgrade().is_some());
    index.upsert(&CheckIn::new(native::machine(OTHER).unwrap(), 0));
    index.publish(0);
    assert!(summary.upgrade().is_none());
}

#[test]
fn places_of_what_is_gone_are_taken_again() {
    let mut index = FleetIndex::new(compile(&[]).unwrap());
    for n in 0..100 {
        let json = format!(
            r#"{{"computerDnsName":"pc-{}","os":{{"version":"10.0.18363.{n}"}},
                "software":[{{"vendor":"V","name":"Of {n}","version":"{n}"}}]}}"#,
            n % 2
        );
        let machine = native::machine(&json).unwrap();
        let id = machine.id.clone();
        index.upsert(&CheckIn::new(machine, n));
        if n % 10 == 9 {
            index.remove(&id);
        }
    }
    let fleet = index.fleet();
    assert!(fleet.profiles.len() <= 3, "{}", fleet.profiles.len());
    assert_eq!((fleet.machines.len(), fleet.len()), (2, 1));
    assert_eq!((fleet.profiles().count(), index.profile_of.len()), (1, 1));
    let machine = fleet.machines_from(None).next().unwrap();
    assert_eq!(machine.software().len(), 1);
}

#[test]
fn one_that_reports_is_no_reason_to_look_for_all_that_are_silent() {
    let mut index = index_of(&[ONE]);
    let last = native::machine(OTHER).unwrap();
    index.upsert(&CheckIn::new(last, 900));
    let now = crate::RETENTION_MS + 1_000;
    let before = index.publish(now);
    assert_eq!(before.silence(now).machines.len(), 2);

    // Late, and of long ago.
    let one = native::machine(&ONE.replace("18363", "19045")).unwrap();
    index.upsert(&CheckIn::new(one, 800));
    assert!(index.fleet.lasting.is_some());
    assert_eq!(index.publish(now).silence(now).machines.len(), 2);

    let other = native::machine(OTHER).unwrap();
    let back = CheckIn::new(other, now);
    assert_eq!(index.upsert(&back), Upserted::Changed);
    assert!(index.fleet.lasting.is_some());
    let after = index.publish(now);
    assert_eq!(after.composition_at(now), Some(index.fleet.composition));
    assert_ne!(after.composition_at(now), before.composition_at(now));
    let silence = after.silence(now);
    let one = index.fleet.ordinal(&native::machine(ONE).unwrap().id);
    assert!(silence.machines.iter().eq(one));
    let afresh = Lasting::of(&index.fleet, now);
    for profile in 0..3 {
        assert_eq!(
            silence.of_profile(profile),
            afresh.silence().of_profile(profile)
        );
    }
    // Who holds on to the one before sees what it was.
    assert_eq!(before.silence(now).machines.len(), 2);
}
