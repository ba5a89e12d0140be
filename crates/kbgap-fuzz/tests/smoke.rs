//! Every target over its seeds and some mutations of them, so that none rots between the nights
//! in which libFuzzer runs them.

use std::collections::BTreeSet;
use std::path::Path;

use kbgap_fuzz::{TARGETS, Target, mutated, of_target};

/// Runs a target over its seeds and mutations of each; gives the first input that it fails on.
fn first_failure(target: &Target, shared: Option<&Path>, mutations: usize) -> Option<String> {
    let seeds = of_target(target, shared);
    let mut inputs = vec![Vec::new()];
    for (at, seed) in seeds.iter().enumerate() {
        let other = &seeds[(at + 1) % seeds.len()];
        inputs.extend(mutated(seed, other, mutations));
        inputs.push(seed.clone());
    }
    let mut inputs = inputs.into_iter();
    let failed = inputs.find(|bytes| std::panic::catch_unwind(|| (target.run)(bytes)).is_err())?;
    Some(format!("{}: {}", target.name, failed.escape_ascii()))
}

#[test]
fn every_target_holds_on_its_seeds_and_near_them() {
    let failed: Vec<String> = std::thread::scope(|scope| {
        let halves = TARGETS.chunks(TARGETS.len().div_ceil(2)).map(|half| {
            let run = move || {
                half.iter()
                    .filter_map(|target| first_failure(target, None, 60))
            };
            scope.spawn(move || run().collect::<Vec<_>>())
        });
        let running: Vec<_> = halves.collect();
        running
            .into_iter()
            .flat_map(|half| half.join().expect("it has caught all panics"))
            .collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_target_holds_on_real_files() {
    let Some(shared) = kbgap_testkit::shared() else {
        return;
    };
    let with_files = TARGETS.iter().filter(|target| !target.files.is_empty());
    let failed: Vec<String> = with_files
        .filter_map(|target| first_failure(target, Some(&shared), 2))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for target in TARGETS {
        let own = of_target(target, None).len();
        let all = of_target(target, Some(&shared)).len();
        assert_eq!(
            all > own,
            !target.files.is_empty(),
            "{}: its files are not there",
            target.name
        );
    }
}

#[test]
fn names_are_words_and_each_stands_once() {
    let names: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names.len(), TARGETS.len());
    let is_word = |c: u8| c.is_ascii_lowercase() || c == b'_';
    assert!(names.iter().all(|name| name.bytes().all(is_word)));
}
