//! The rows of getmissingkbs of all machines and of each device group are, after whatever
//! has happened, the sums over machines each of which is looked at alone: machines come,
//! change, move between groups, fall silent, come back and go; groups are renamed, feeds
//! change, time passes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_catalog::{Catalog, KbId, SoftwareId, SoftwareIx};
use kbgap_fleet::{CheckIn, Fleet, FleetIndex, RETENTION_MS, View};
use proptest::prelude::*;

use crate::world::{DAY_MS, Host, NOW, all_software, any_feed, any_host};

const GROUPS: i32 = 3;

#[derive(Clone, Debug)]
enum Event {
    /// The name of its group is the usual one, or another one under the same number.
    CheckIn(Host, bool),
    Remove(u8),
    Feed(bool),
    Restart,
    /// So many days after the first moment, or before: clocks are set.
    Clock(i64),
    /// Somebody holds on to what is published.
    Publish,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (any_host(), prop::bool::weighted(0.1)).prop_map(|(host, renamed)| Event::CheckIn(host, renamed)),
        2 => (0_u8..8).prop_map(Event::Remove),
        1 => any::<bool>().prop_map(Event::Feed),
        1 => Just(Event::Restart),
        3 => (-5_i64..35).prop_map(Event::Clock),
        3 => Just(Event::Publish),
    ]
}

/// Of each KB: machines, the build that they share, CVEs.
type Rows = BTreeMap<KbId, (u64, Option<u32>, u64)>;

fn told(fleet: &Fleet, software: SoftwareIx, group: Option<i32>, now: i64) -> Rows {
    let rows = match group {
        None => fleet.missing_kbs_of_software(software, now, View::All),
        Some(group) => fleet.missing_kbs_of_software_in(software, group, now, View::All),
    };
    let order: Vec<_> = rows.iter().map(|r| (r.machine_missed_on, r.id)).collect();
    assert!(order.is_sorted_by(|a, b| a > b), "{order:?}");
    let rows = rows.into_iter();
    rows.map(|row| {
        (
            row.id,
            (row.machine_missed_on, row.os_build, row.cve_addressed),
        )
    })
    .collect()
}

/// A machine by itself: what it misses under each feed, by software.
#[derive(Clone)]
struct Alone {
    seen_at: i64,
    group: i32,
    missed: [BTreeMap<SoftwareId, Rows>; 2],
}

impl Alone {
    fn new(check_in: &CheckIn, catalogs: &[Catalog; 2]) -> Self {
        Self {
            seen_at: check_in.seen_at,
            group: check_in.group_id,
            missed: catalogs.each_ref().map(|catalog| missed(check_in, catalog)),
        }
    }

    fn counts(&self, group: Option<i32>, now: i64) -> bool {
        self.seen_at >= now - RETENTION_MS && group.is_none_or(|group| group == self.group)
    }
}

fn missed(check_in: &CheckIn, catalog: &Catalog) -> BTreeMap<SoftwareId, Rows> {
    let mut index = FleetIndex::new(catalog.clone());
    index.upsert(check_in);
    let machine = index.fleet().machines_from(None).next().unwrap();
    let own = index.fleet().missing_kbs_of_machine(&machine, View::All);
    let own: BTreeSet<KbId> = own.rows.into_iter().map(|row| row.id).collect();
    let software = all_software().into_iter().filter_map(|id| {
        let ix = catalog.find_software(id.as_str())?;
        let rows = told(index.fleet(), ix, None, check_in.seen_at);
        let wanted = machine.kbs_to_install(ix).collect::<Vec<_>>();
        assert!(wanted.iter().all(|kb| rows.contains_key(kb)), "{id}");
        for (kb, (machines, build, cves)) in &rows {
            assert!(own.contains(kb), "{id} {kb}");
            assert_eq!((*machines, *build), (1, Some(machine.build())));
            assert_eq!(*cves, cves_of(catalog, *kb, ix));
        }
        Some((id, rows))
    });
    software.collect()
}

fn cves_of(catalog: &Catalog, kb: KbId, software: SoftwareIx) -> u64 {
    let kb = catalog.kb(kb).unwrap();
    let fixes = kb
        .fixes()
        .filter(|fix| fix.product().software() == Some(software));
    let fixes = fixes.filter(|fix| !fix.vulnerability().is_advisory());
    fixes
        .map(|fix| fix.vulnerability_ix())
        .collect::<BTreeSet<_>>()
        .len() as u64
}

/// What the machines give that are there.
fn plain<'a>(machines: impl Iterator<Item = &'a Rows>) -> Rows {
    let mut all = Rows::new();
    for (kb, (machines, build, cves)) in machines.flatten() {
        all.entry(*kb)
            .and_modify(|(sum, shared, _)| {
                *sum += machines;
                *shared = shared.filter(|shared| Some(*shared) == *build);
            })
            .or_insert((*machines, *build, *cves));
    }
    all
}

/// Who was there, and under which feed.
#[derive(Clone)]
struct There {
    catalog: usize,
    machines: BTreeMap<u8, Alone>,
}

fn is_right(fleet: &Fleet, there: &There, now: i64) -> Result<(), TestCaseError> {
    for id in all_software() {
        let Some(software) = fleet.catalog().find_software(id.as_str()) else {
            continue;
        };
        for group in std::iter::once(None).chain((1..GROUPS).map(Some)) {
            let machines = there.machines.values().filter(|m| m.counts(group, now));
            let rows = machines.map(|machine| &machine.missed[there.catalog][&id]);
            prop_assert_eq!(
                told(fleet, software, group, now),
                plain(rows),
                "{} in {:?}",
                id,
                group
            );
        }
        let nobody = fleet.missing_kbs_of_software_in(software, 0, now, View::All);
        prop_assert_eq!(nobody, vec![], "0 is no group");
    }
    Ok(())
}

struct Played {
    index: FleetIndex,
    there: There,
    now: i64,
    /// What readers hold, since when, and who was there then.
    held: Vec<(Arc<Fleet>, i64, There)>,
}

impl Played {
    fn step(&mut self, catalogs: &[Catalog; 2], event: &Event) {
        match event {
            Event::CheckIn(host, renamed) => {
                let mut check_in = host.check_in();
                if let Some(name) = check_in.machine.group.as_mut().filter(|_| *renamed) {
                    name.push_str(" as it is now");
                }
                self.index.upsert(&check_in);
                let alone = Alone::new(&check_in, catalogs);
                self.there.machines.insert(host.name, alone);
            }
            Event::Remove(name) => {
                let machine = self.index.fleet().find(&format!("pc-{name}"));
                if let Some(machine) = machine {
                    self.index.remove(machine.id());
                }
                self.there.machines.remove(name);
            }
            Event::Feed(second) => {
                self.there.catalog = usize::from(*second);
                let catalog = catalogs[self.there.catalog].clone();
                let stop = AtomicBool::new(false);
                let reassessed = FleetIndex::reassess(self.index.fleet(), catalog, &stop);
                self.index.adopt(reassessed.unwrap());
            }
            Event::Restart => {
                let mut file = Vec::new();
                self.index.fleet().save(&mut file).unwrap();
                let catalog = catalogs[self.there.catalog].clone();
                self.index = FleetIndex::load(catalog, &mut &file[..]).unwrap();
            }
            Event::Clock(days) => self.now = NOW + days * DAY_MS,
            Event::Publish => {
                let fleet = self.index.publish(self.now);
                self.held.push((fleet, self.now, self.there.clone()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn rows_of_groups_are_what_their_machines_give(
        first in any_feed(),
        second in any_feed(),
        events in prop::collection::vec(any_event(), 0..32),
    ) {
        let catalogs = [first, second];
        let mut played = Played {
            index: FleetIndex::new(catalogs[0].clone()),
            there: There {
                catalog: 0,
                machines: BTreeMap::new(),
            },
            now: NOW,
            held: Vec::new(),
        };
        for event in &events {
            played.step(&catalogs, event);
            is_right(played.index.fleet(), &played.there, played.now)?;
        }
        is_right(&played.index.publish(played.now), &played.there, played.now)?;
        for (fleet, published, there) in &played.held {
            is_right(fleet, there, *published)?;
            // Whoever holds on to it may ask much later.
            is_right(fleet, there, played.now)?;
        }
    }
}
