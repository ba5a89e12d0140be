//! What documents hold.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use kbgap_catalog::map_installed;
use kbgap_generate::{Fleet, Generator};

use crate::{generator, lines, machines};

#[test]
fn the_first_documents_never_change() {
    let text = lines(&generator(), 0..4, 0);
    insta::assert_snapshot!(text);
}

#[test]
fn a_slice_of_a_fleet_is_the_same_as_in_the_whole() {
    let all = lines(&generator(), 0..200, 3);
    let again = generator();
    let parts = lines(&again, 0..50, 3) + &lines(&again, 50..200, 3);
    assert_eq!(all, parts);
    let other = Generator::new(Fleet::new(2));
    assert_ne!(all, lines(&other, 0..200, 3));
}

#[test]
fn documents_have_the_usual_sizes() {
    let middle = |mut values: Vec<usize>| {
        values.sort_unstable();
        values[values.len() / 2]
    };
    let machines = machines(&generator(), 0..10_000, 0);
    let kbs = middle(machines.iter().map(|m| m.installed_kbs.len()).collect());
    let software = middle(machines.iter().map(|m| m.software.len()).collect());
    assert!((24..=26).contains(&kbs), "{kbs} KBs");
    assert!((39..=41).contains(&software), "{software} programs");
    let text = lines(&generator(), 0..10_000, 0);
    let bytes = middle(text.lines().map(str::len).collect());
    assert!((4_000..=4_800).contains(&bytes), "{bytes} bytes");
}

#[test]
fn each_machine_has_an_id_a_name_and_a_program_of_its_own() {
    let machines = machines(&generator(), 0..20_000, 0);
    let ids: HashSet<_> = machines.iter().map(|m| m.id.as_str()).collect();
    let names: HashSet<_> = machines.iter().map(|m| &m.computer_dns_name).collect();
    assert_eq!((ids.len(), names.len()), (20_000, 20_000));
    let mut programs: HashMap<&str, u32> = HashMap::new();
    for software in machines.iter().flat_map(|m| m.software.iter()) {
        *programs.entry(software.name).or_default() += 1;
    }
    for machine in &machines {
        let own = machine.software.iter().find(|s| programs[s.name] == 1);
        let own = own.unwrap_or_else(|| panic!("{machine:?}"));
        assert_eq!(map_installed(own.vendor, own.name, own.version), None);
    }
    assert_eq!(generator().id(7, 0), machines[7].id.as_str());
}

#[test]
fn there_are_two_hundred_groups_of_very_different_sizes() {
    let mut groups: HashMap<String, u32> = HashMap::new();
    for machine in machines(&generator(), 0..20_000, 0) {
        *groups.entry(machine.group.unwrap()).or_default() += 1;
    }
    assert_eq!(groups.len(), 200);
    assert!(kbgap_generate::groups().all(|name| groups.contains_key(&name)));
    let most = groups.values().max().unwrap();
    let least = groups.values().min().unwrap();
    assert!(*most > 2_000 && *least < 60, "{most}, {least}");
}

#[test]
fn most_were_seen_on_the_day_and_few_not_for_a_month() {
    let midnight: Timestamp = "2026-06-16T00:00:00Z".parse().unwrap();
    let seen: Vec<i64> = machines(&generator(), 0..10_000, 0)
        .into_iter()
        .map(|m| (m.seen_at.unwrap().as_second() - midnight.as_second()).div_euclid(86_400))
        .collect();
    let part = |from: i64, to: i64| seen.iter().filter(|day| (from..=to).contains(*day)).count();
    assert_eq!(part(1, i64::MAX), 0);
    assert!((8_500..9_000).contains(&part(0, 0)), "{}", part(0, 0));
    let silent = part(i64::MIN, -31);
    assert!((50..250).contains(&silent), "{silent}");
}

#[test]
fn there_is_every_kind_of_windows() {
    let machines = machines(&generator(), 0..20_000, 0);
    let count = |build: u32| machines.iter().filter(|m| m.os.build == build).count();
    for build in [
        7_601, 9_200, 9_600, 14_393, 17_763, 19_045, 20_348, 22_631, 26_100, 26_200,
    ] {
        assert!(count(build) > 0, "{build}");
    }
    let servers = machines
        .iter()
        .filter(|m| m.os.installation_type.unwrap().is_server())
        .count();
    assert!((4_000..5_000).contains(&servers), "{servers}");
}
