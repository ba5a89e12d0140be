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

/// Whatever a rule reads makes a profile and a state of its own, under any catalogue.
#[test]
fn machines_that_differ_in_a_fact_share_no_state() {
    let office = "Microsoft Office Professional Plus 2016";
    let of_2013 = "Microsoft Office Standard 2013";
    let sharepoint = "Microsoft SharePoint Server 2019";
    let programs = |list: &[(&str, &str)]| {
        let list = list.iter().map(|(name, version)| {
            format!(r#"{{"vendor":"Microsoft Corporation","name":"{name}","version":"{version}"}}"#)
        });
        let list: Vec<String> = list.collect();
        format!(r#","software":[{}]"#, list.join(","))
    };
    let files = |file| format!(r#","dotNet":{{"fileVersions":["{file}"]}}"#);
    let update = "Update for Microsoft Office 2016 (KB5002138) 64-Bit Edition";
    let pairs = [
        (
            String::new(),
            r#","dotNet":{"versions":["3.5"]}"#.to_owned(),
        ),
        (files("4.8.4797.0"), files("4.8.4798.0")),
        (files("2.0.50727.8981"), files("2.0.50727.8982")),
        // What brings a release, and what stands for another update.
        (String::new(), r#","installedKbs":[4486153]"#.to_owned()),
        (String::new(), r#","installedKbs":[5066135]"#.to_owned()),
        (
            programs(&[("Microsoft .NET Framework 4.8", "4.8.4798.0")]),
            programs(&[("Microsoft .NET Framework 4.8", "4.8.4797.0")]),
        ),
        (
            programs(&[(sharepoint, "16.0.10417.20027")]),
            programs(&[(sharepoint, "16.0.10417.20028")]),
        ),
        (
            programs(&[(sharepoint, "")]),
            programs(&[("Microsoft SharePoint Server 2016", "")]),
        ),
        (
            programs(&[(office, "")]),
            programs(&[
                (office, ""),
                ("Microsoft Office 64-bit Components 2016", ""),
            ]),
        ),
        (
            programs(&[(office, "")]),
            programs(&[("Microsoft Office Standard 2016", "")]),
        ),
        (
            programs(&[(office, "")]),
            programs(&[(office, ""), ("Microsoft Visio Standard 2016", "")]),
        ),
        (
            programs(&[(of_2013, "15.0.4420.1017")]),
            programs(&[(of_2013, "15.0.4569.1506")]),
        ),
        // Whether the list has updates of Office at all.
        (
            programs(&[
                (office, ""),
                ("Microsoft Office 64-bit Components 2016", ""),
            ]),
            programs(&[(office, ""), (update, "")]),
        ),
    ];
    for (one, other) in pairs {
        let document = |name: &str, more: &str| {
            format!(r#"{{"computerDnsName":"{name}","os":{{"version":"10.0.19045.1"}}{more}}}"#)
        };
        let index = index_of(&[&document("one", &one), &document("other", &other)]);
        let fleet = index.fleet();
        assert_eq!(fleet.profiles().count(), 2, "{one} {other}");
        let states = fleet.machines_from(None);
        let states: Vec<u64> = states.map(|m| m.patch_state.fingerprint).collect();
        assert_ne!(states[0], states[1], "{one} {other}");
    }
}
