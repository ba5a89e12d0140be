//! What the index takes under the vendor's real feed with 50,000 synthetic machines:
//! `cargo bench -p kbgap-fleet`. Skipped where there is no real feed.

#![expect(clippy::unwrap_used, reason = "benches fail by panicking")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use kbgap_catalog::SoftwareIx;
use kbgap_fleet::{CheckIn, FleetIndex, View};
use kbgap_generate::{Fleet, Generator, groups};
use kbgap_inventory::native;
use kbgap_testkit::real_feed::catalog;

const MACHINES: u64 = 50_000;
/// By then a machine has other updates and other versions.
const MONTH: u32 = 35;

fn main() {
    // What is lacking is said once, and reading the feed is no part of the first bench.
    if catalog().is_some() {
        divan::main();
    }
}

/// Who reports.
struct Reports {
    generator: Generator,
    groups: HashMap<String, i32>,
    document: Vec<u8>,
    sequence: u64,
}

impl Reports {
    fn new() -> Self {
        Self {
            generator: Generator::new(Fleet::new(1)),
            groups: groups().zip(1..).collect(),
            document: Vec::new(),
            sequence: 0,
        }
    }

    fn check_in(&mut self, machine: u64, day: u32) -> CheckIn {
        self.document.clear();
        self.generator.write(machine, day, &mut self.document);
        let document = std::str::from_utf8(&self.document).unwrap();
        let machine = native::machine(document).unwrap();
        let seen_at = machine.seen_at.unwrap().as_millisecond();
        let group = machine.group.as_ref();
        self.sequence += 1;
        CheckIn {
            group_id: group.map_or(0, |group| self.groups[group]),
            sequence: self.sequence,
            // What day it was first seen is kept by others.
            first_seen: 0,
            ..CheckIn::new(machine, seen_at)
        }
    }
}

/// A fleet, and when its last machine was seen.
fn filled(reports: &mut Reports) -> (FleetIndex, i64) {
    let mut index = FleetIndex::new(catalog().unwrap().clone());
    let mut now = 0;
    for machine in 0..MACHINES {
        let check_in = reports.check_in(machine, 0);
        now = now.max(check_in.seen_at);
        index.upsert(&check_in);
    }
    index.publish(now);
    (index, now)
}

/// One check-in after another: from which machine on, and on which day.
fn upsert(bencher: Bencher<'_, '_>, first: u64, day: impl Fn(u64) -> u32) {
    let mut reports = Reports::new();
    let (mut index, _) = filled(&mut reports);
    let mut number = 0;
    let next = || {
        let day = day(number / MACHINES);
        let machine = first + number % MACHINES;
        number += 1;
        reports.check_in(machine, day)
    };
    bencher
        .with_inputs(next)
        .bench_local_refs(|check_in| index.upsert(check_in));
}

#[divan::bench]
fn upsert_new(bencher: Bencher<'_, '_>) {
    upsert(bencher, MACHINES, |_| 0);
}

#[divan::bench]
fn upsert_unchanged(bencher: Bencher<'_, '_>) {
    upsert(bencher, 0, |_| 0);
}

#[divan::bench]
fn upsert_changed(bencher: Bencher<'_, '_>) {
    upsert(bencher, 0, |round| (1 + round as u32) * MONTH);
}

/// A check-in in no order of machines; one in ten changes something.
fn usual(reports: &mut Reports, number: u64) -> CheckIn {
    let day = if number.is_multiple_of(10) { MONTH } else { 0 };
    reports.check_in(number * 7_919 % MACHINES, day)
}

/// After so many check-ins.
#[divan::bench(args = [256, 5_000], sample_count = 20, sample_size = 1)]
fn publish_after(bencher: Bencher<'_, '_>, check_ins: u64) {
    let mut reports = Reports::new();
    let (index, now) = filled(&mut reports);
    let index = RefCell::new(index);
    let mut numbers = 0..;
    let report = || {
        for number in numbers.by_ref().take(check_ins as usize) {
            let check_in = usual(&mut reports, number);
            index.borrow_mut().upsert(&check_in);
        }
    };
    bencher
        .with_inputs(report)
        .bench_local_values(|()| index.borrow_mut().publish(now));
}

/// So many check-ins, which copy what the last snapshot shares, and the next snapshot.
#[divan::bench(args = [256, 5_000], sample_count = 20, sample_size = 1)]
fn check_ins_and_publish(bencher: Bencher<'_, '_>, check_ins: u64) {
    let mut reports = Reports::new();
    let (mut index, now) = filled(&mut reports);
    let mut held = index.publish(now);
    let mut numbers = 0..;
    let report = || -> Vec<CheckIn> {
        let numbers = numbers.by_ref().take(check_ins as usize);
        numbers.map(|number| usual(&mut reports, number)).collect()
    };
    bencher
        .counter(ItemsCount::new(check_ins))
        .with_inputs(report)
        .bench_local_refs(|check_ins| {
            for check_in in check_ins {
                index.upsert(check_in);
            }
            held = index.publish(now);
        });
    black_box(held);
}

fn windows_10() -> SoftwareIx {
    let catalog = catalog().unwrap();
    catalog.find_software("microsoft-_-windows_10").unwrap()
}

#[divan::bench]
fn missing_kbs_of_windows_10(bencher: Bencher<'_, '_>) {
    let (mut index, now) = filled(&mut Reports::new());
    let (fleet, windows) = (index.publish(now), windows_10());
    bencher.bench_local(|| fleet.missing_kbs_of_software(black_box(windows), now, View::All));
}

#[divan::bench]
fn missing_kbs_of_windows_10_in_a_group(bencher: Bencher<'_, '_>) {
    let (mut index, now) = filled(&mut Reports::new());
    let (fleet, windows) = (index.publish(now), windows_10());
    // The largest of them.
    let group = 1;
    bencher.bench_local(|| {
        fleet.missing_kbs_of_software_in(black_box(windows), group, now, View::All)
    });
}

/// Bringing in a feed under which all states are assessed already.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn adopt(bencher: Bencher<'_, '_>) {
    let (index, now) = filled(&mut Reports::new());
    let index = RefCell::new(index);
    let reassess = || {
        let fleet = index.borrow_mut().publish(now);
        let stop = AtomicBool::new(false);
        FleetIndex::reassess(&fleet, catalog().unwrap().clone(), &stop).unwrap()
    };
    bencher
        .with_inputs(reassess)
        .bench_local_values(|reassessed| index.borrow_mut().adopt(reassessed));
}
