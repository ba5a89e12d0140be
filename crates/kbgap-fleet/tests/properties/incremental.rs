//! A fleet that has seen check-ins, removals and other feeds is the one that would be
//! built afresh.

use std::collections::BTreeMap;

use kbgap_catalog::Catalog;
use kbgap_fleet::{Fleet, View};
use proptest::prelude::*;

use crate::world::{Host, NOW, all_software, any_feed, any_host, fleet};

#[derive(Clone, Debug)]
enum Event {
    CheckIn(Host),
    Remove(u8),
    Feed(bool),
    /// Somebody asks, so that something is kept that has to be made anew later.
    Look,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => any_host().prop_map(Event::CheckIn),
        2 => (0_u8..8).prop_map(Event::Remove),
        1 => any::<bool>().prop_map(Event::Feed),
        2 => Just(Event::Look),
    ]
}

/// All that the index says, in words.
fn told(fleet: &Fleet) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    let summary = fleet.summary(NOW);
    told.insert(
        "scores".to_owned(),
        format!("{} {:?}", summary.score, summary.groups),
    );
    for (id, own) in &summary.software {
        let names = |set: &roaring::RoaringBitmap| -> Vec<String> {
            let machines = fleet.machines_of(set);
            machines.iter().map(|m| m.name().to_owned()).collect()
        };
        let text = format!(
            "{:?} {:?} {:?} {} {} {} {}",
            names(&own.installed),
            names(&own.exposed),
            own.cves,
            own.public_exploit,
            own.impact,
            own.is_known,
            own.exposed_of_high_value
        );
        told.insert(format!("summary of {id}"), text);
        let versions = fleet.distributions(id, NOW);
        told.insert(format!("versions of {id}"), format!("{versions:?}"));
    }
    for view in [View::All, View::Effective] {
        for id in all_software() {
            let Some(ix) = fleet.catalog().find_software(id.as_str()) else {
                continue;
            };
            let rows = fleet.missing_kbs_of_software(ix, NOW, view);
            told.insert(format!("{view:?} of {id}"), format!("{rows:?}"));
        }
        for machine in fleet.machines_from(None) {
            let rows = fleet.missing_kbs_of_machine(machine, view);
            told.insert(
                format!("{view:?} of {}", machine.name()),
                format!("{rows:?}"),
            );
        }
    }
    for cve in fleet.catalog().vulnerabilities() {
        let ix = fleet.catalog().find_vulnerability(cve.id()).unwrap();
        told.insert(
            format!("exposed to {}", cve.id()),
            summary.exposed_machines(ix).to_string(),
        );
    }
    told
}

fn play(catalogs: &[Catalog; 2], events: &[Event]) -> (Fleet, Fleet) {
    let mut catalog = &catalogs[0];
    let mut played = Fleet::new(catalog.clone());
    let mut there: BTreeMap<u8, Host> = BTreeMap::new();
    for event in events {
        match event {
            Event::CheckIn(host) => {
                played.upsert(host.check_in());
                there.insert(host.name, host.clone());
            }
            Event::Remove(name) => {
                let id = played.find(&format!("pc-{name}")).map(|m| m.id().clone());
                if let Some(id) = id {
                    played.remove(&id);
                }
                there.remove(name);
            }
            Event::Feed(second) => {
                catalog = &catalogs[usize::from(*second)];
                played = played.under(catalog.clone());
            }
            Event::Look => drop(played.summary(NOW)),
        }
    }
    // In another order than they came.
    let hosts: Vec<Host> = there.into_values().rev().collect();
    (played, fleet(catalog, &hosts))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_happened_it_is_as_if_built_afresh(
        first in any_feed(),
        second in any_feed(),
        events in prop::collection::vec(any_event(), 0..24),
    ) {
        let (played, afresh) = play(&[first, second], &events);
        prop_assert_eq!(told(&played), told(&afresh));
    }
}
