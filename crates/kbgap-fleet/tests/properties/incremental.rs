//! A fleet that has seen check-ins, removals and other feeds is at every step the one
//! that would be built afresh, and those that readers hold stay as they were.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_catalog::Catalog;
use kbgap_fleet::{Fleet, FleetIndex, FleetMachine, View};
use proptest::prelude::*;
use roaring::RoaringBitmap;

use crate::world::{Host, NOW, all_software, any_feed, any_host, fleet};

#[derive(Clone, Debug)]
enum Event {
    CheckIn(Host),
    /// Two machines change what is on their lists beside Edge.
    Swap(u8, u8),
    Remove(u8),
    Feed(bool),
    /// The index is written to a file and read again.
    Restart,
    /// Somebody asks, so that something is kept that has to be made anew later; and holds
    /// on to the fleet.
    Look,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => any_host().prop_map(Event::CheckIn),
        2 => (0_u8..8, 0_u8..8).prop_map(|(one, other)| Event::Swap(one, other)),
        2 => (0_u8..8).prop_map(Event::Remove),
        1 => any::<bool>().prop_map(Event::Feed),
        1 => Just(Event::Restart),
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
    for (id, own) in summary.all_software(None) {
        let names = |set: &RoaringBitmap| -> Vec<String> {
            let machines = fleet.machines_of(set);
            machines.iter().map(|m| m.name().to_owned()).collect()
        };
        let ix = fleet.catalog().find_software(id.as_str());
        let exposed = ix.map(|ix| names(&fleet.machines_exposed_in(ix, NOW)));
        let text = format!(
            "{:?} {exposed:?} {own:?}",
            names(&fleet.machines_with(&id, NOW))
        );
        told.insert(format!("summary of {id}"), text);
        let versions = fleet.distributions(&id, NOW);
        told.insert(format!("versions of {id}"), format!("{versions:?}"));
        assert!(fleet.has_installed(&id));
        let undecided = fleet.undecided_on(&id, NOW);
        told.insert(format!("undecided on {id}"), format!("{undecided:?}"));
        for machine in fleet.machines_from(None) {
            let version = machine.version_of(id.as_str());
            let of = format!("version of {id} on {}", machine.name());
            told.insert(of, format!("{version:?}"));
        }
    }
    for view in [View::All, View::Effective] {
        for id in all_software() {
            let Some(ix) = fleet.catalog().find_software(id.as_str()) else {
                continue;
            };
            let rows = fleet.missing_kbs_of_software(ix, NOW, view);
            told.insert(format!("{view:?} of {id}"), format!("{rows:?}"));
            for group in 0..3 {
                let rows = fleet.missing_kbs_of_software_in(ix, group, NOW, view);
                told.insert(format!("{view:?} of {id} in {group}"), format!("{rows:?}"));
            }
        }
        assert_eq!(
            fleet.all_judged().count(),
            fleet.machines_from(None).count()
        );
        for machine in fleet.machines_from(None) {
            let judged = fleet.judged(machine.id()).unwrap();
            for software in machine.vulnerable_software() {
                let id = fleet.catalog().software_id(software);
                assert_eq!(
                    judged.version_of(software),
                    machine.version_of(id).as_deref()
                );
            }
            assert_eq!(judged.weaknesses(), machine.weaknesses());
            let rows = fleet.missing_kbs_of_machine(&machine, view);
            told.insert(
                format!("{view:?} of {}", machine.name()),
                format!("{rows:?}"),
            );
            let what = format!(
                "{:?} {:?} {:?} {} {}",
                machine.software(),
                machine.cves(),
                machine.group(),
                machine.seen_at,
                judged.fingerprint,
            );
            told.insert(machine.name().to_owned(), what);
        }
    }
    for cve in fleet.catalog().vulnerabilities() {
        let ix = fleet.catalog().find_vulnerability(cve.id()).unwrap();
        told.insert(
            format!("exposed to {}", cve.id()),
            summary.exposed_machines(ix).to_string(),
        );
        check_walk(fleet, &fleet.machines_exposed_to(&[ix], NOW));
    }
    told
}

/// Walking through all machines finds those of a set as sorting them does, from any id on.
fn check_walk(fleet: &Fleet, set: &RoaringBitmap) {
    let ids = |machines: Vec<Arc<FleetMachine>>| -> Vec<String> {
        machines.iter().map(|m| m.id().to_string()).collect()
    };
    let sorted = ids(fleet.machines_of(set));
    let walked = |from| ids(fleet.machines_among(set.clone(), from).collect());
    assert_eq!(walked(None), sorted);
    for (position, id) in sorted.iter().enumerate() {
        assert_eq!(walked(Some(id)), sorted[position..]);
    }
}

struct Played {
    index: FleetIndex,
    catalog: usize,
    there: BTreeMap<u8, Host>,
    /// What readers hold, with what it said when they got it.
    held: Vec<(Arc<Fleet>, BTreeMap<String, String>)>,
}

impl Played {
    fn step(&mut self, catalogs: &[Catalog; 2], event: &Event) {
        match event {
            Event::CheckIn(host) => self.check_in(host.clone()),
            Event::Swap(one, other) => {
                let there = |name| self.there.get(name).cloned();
                if let (Some(mut one), Some(mut other)) = (there(one), there(other)) {
                    std::mem::swap(&mut one.programs, &mut other.programs);
                    self.check_in(one);
                    self.check_in(other);
                }
            }
            Event::Remove(name) => {
                let machine = self.index.fleet().find(&format!("pc-{name}"));
                if let Some(machine) = machine {
                    self.index.remove(machine.id());
                }
                self.there.remove(name);
            }
            Event::Feed(second) => {
                self.catalog = usize::from(*second);
                let catalog = catalogs[self.catalog].clone();
                let stop = AtomicBool::new(false);
                let reassessed = FleetIndex::reassess(self.index.fleet(), catalog, &stop);
                self.index.adopt(reassessed.unwrap());
            }
            Event::Restart => {
                let mut file = Vec::new();
                self.index.fleet().save(&mut file).unwrap();
                let catalog = catalogs[self.catalog].clone();
                self.index = FleetIndex::load(catalog, &mut &file[..]).unwrap();
            }
            Event::Look => {
                let fleet = self.index.publish(NOW);
                let told = told(&fleet);
                self.held.push((fleet, told));
            }
        }
    }

    fn check_in(&mut self, host: Host) {
        self.index.upsert(&host.check_in());
        self.there.insert(host.name, host);
    }

    fn afresh(&self, catalogs: &[Catalog; 2]) -> Arc<Fleet> {
        // In another order than they came.
        let hosts: Vec<Host> = self.there.values().rev().cloned().collect();
        fleet(&catalogs[self.catalog], &hosts)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn at_every_step_it_is_as_if_built_afresh(
        first in any_feed(),
        second in any_feed(),
        events in prop::collection::vec(any_event(), 0..24),
    ) {
        let catalogs = [first, second];
        let mut played = Played {
            index: FleetIndex::new(catalogs[0].clone()),
            catalog: 0,
            there: BTreeMap::new(),
            held: Vec::new(),
        };
        for event in &events {
            played.step(&catalogs, event);
            let afresh = told(&played.afresh(&catalogs));
            prop_assert_eq!(&told(played.index.fleet()), &afresh, "unpublished");
            prop_assert_eq!(&told(&played.index.publish(NOW)), &afresh, "published");
        }
        for (fleet, said) in &played.held {
            prop_assert_eq!(&told(fleet), said, "held by a reader");
        }
    }
}
