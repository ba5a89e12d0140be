//! `kbgap fleet generate`.

use std::io::Read;

use serde_json::Value;

use crate::harness::{kbgap, sample_feed};

fn generate(args: &[&str]) -> crate::harness::Run {
    let nowhere = tempfile::tempdir().unwrap();
    let all = [&["fleet", "generate", "--seed", "7"], args].concat();
    kbgap(&nowhere.path().join("none"), &all)
}

#[test]
fn a_fleet_needs_no_feed_and_any_part_of_it_can_be_made() {
    let all = generate(&["--machines", "30", "--as-of", "2026-06-16"]).ok();
    assert_eq!(all.stdout.lines().count(), 30);
    let part = generate(&["--machines", "10", "--from", "20", "--as-of", "2026-06-16"]).ok();
    assert!(all.stdout.ends_with(&part.stdout));
    for line in all.stdout.lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        assert!(document["computerDnsName"].is_string());
    }
    let later = generate(&["--machines", "30", "--as-of", "2026-06-16", "--day", "9"]).ok();
    assert_ne!(all.stdout, later.stdout);
}

#[test]
fn nothing_is_seen_in_the_future() {
    let run = generate(&["--machines", "200"]).ok();
    let now = jiff::Timestamp::now();
    for line in run.stdout.lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        let seen: jiff::Timestamp = document["seenAt"].as_str().unwrap().parse().unwrap();
        assert!(seen < now, "{seen}");
    }
}

#[test]
fn files_are_packed_as_their_names_say() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| {
        let file = folder.path().join(name);
        generate(&[
            "--machines",
            "300",
            "--as-of",
            "2026-06-16",
            "--out",
            file.to_str().unwrap(),
        ])
        .ok();
        std::fs::read(file).unwrap()
    };
    let plain = read("fleet.ndjson");
    assert_eq!(plain.iter().filter(|b| **b == b'\n').count(), 300);
    let gz = read("fleet.ndjson.gz");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&gz[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain);
    let zst = read("fleet.ndjson.zst");
    assert_eq!(zstd::decode_all(&zst[..]).unwrap(), plain);
}

#[test]
fn what_is_generated_can_be_imported() {
    let data = sample_feed();
    let file = data.path().join("fleet.ndjson");
    generate(&["--machines", "50", "--out", file.to_str().unwrap()]).ok();
    let imported = kbgap(
        data.path(),
        &[
            "machine",
            "import",
            file.to_str().unwrap(),
            "--format",
            "json",
        ],
    )
    .ok();
    assert_eq!(imported.json()["created"], 50);
}

#[test]
fn wrong_options_are_told() {
    for (args, told) in [
        (&["--machines", "0"][..], "0"),
        (&["--machines", "many"], "many"),
        (&[], "--machines"),
        (&["--machines", "1", "--states", "0"], "--states"),
        (&["--machines", "1", "--day", "4000"], "--day"),
        (
            &["--machines", "1", "--as-of", "1999-01-01"],
            "expected a date",
        ),
        (&["--machines", "1", "--from", "-1"], "-1"),
    ] {
        let run = generate(args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(told), "{args:?}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    let run = generate(&["--machines", "1", "--out", "/nowhere/fleet.ndjson"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("/nowhere/fleet.ndjson"),
        "{}",
        run.stderr
    );
}
