//! A snapshot that somebody has changed and given a checksum that holds: it is refused, or
//! machines are assessed with it. It never ends the program.

use kbgap_assess::{Assessor, Projection, explain};
use kbgap_catalog::{Catalog, InstallationType, KbId, compile};
use kbgap_testkit::feed::{W1909, document, fix, vulnerability};
use kbgap_testkit::real_feed::catalog;
use kbgap_testkit::snapshot::{sections, with_checksum};
use proptest::prelude::*;

use crate::drawn::{Draw, windows};

/// What is changed: in which section, where in it, and how.
type Change = (usize, usize, u8);

fn changed(good: &[u8], changes: &[Change]) -> Vec<u8> {
    let sections = sections(good);
    let mut bytes = good.to_vec();
    for &(section, at, value) in changes {
        let range = sections[section % sections.len()].clone();
        if let Some(at) = at.checked_rem(range.len()) {
            bytes[range.start + at] = value;
        }
    }
    with_checksum(bytes)
}

/// All that is told of some machines, whatever it is.
fn assess_all(catalog: &Catalog, machines: &[Projection]) {
    let assessor = Assessor::new(catalog.clone());
    let kbs: Vec<KbId> = catalog.kbs().filter_map(|kb| kb.id()).collect();
    for machine in machines {
        let _ = format!("{:?}", assessor.assess(machine));
        let _ = format!("{:?}", assessor.outline(machine));
        let _ = format!("{:?}", assessor.weaknesses(machine));
        for &kb in kbs.iter().step_by(kbs.len() / 4 + 1) {
            let _ = format!("{:?}", explain(catalog, machine, kb));
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let value = prop_oneof![Just(0), Just(0xff), any::<u8>()];
    proptest::collection::vec((any::<usize>(), any::<usize>(), value), 1..4)
}

fn small() -> Catalog {
    let fixes = |kb, build| vec![fix(kb, build, &[4_532_693])];
    compile(&[document(
        "2020-Mar",
        &[("11713", W1909)],
        vec![
            vulnerability("CVE-2020-0684", fixes(4_540_673, "10.0.18363.719")),
            vulnerability("CVE-2020-0700", fixes(4_532_693, "10.0.18363.657")),
        ],
    )])
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_small_forged_snapshot_never_ends_the_program(changes in changes()) {
        let machines = [None, Some(1), Some(700)].map(|revision| {
            windows(18_363, revision, InstallationType::Client)
        });
        if let Ok(forged) = Catalog::from_bytes(changed(small().as_bytes(), &changes)) {
            assess_all(&forged, &machines);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_real_forged_snapshot_never_ends_the_program(changes in changes(), seed in any::<u64>()) {
        let Some(good) = catalog() else { return Ok(()) };
        let mut draw = Draw::new(good, seed);
        let machines: Vec<_> = (0..6).flat_map(|_| [draw.usual(), draw.any()]).collect();
        if let Ok(forged) = Catalog::from_bytes(changed(good.as_bytes(), &changes)) {
            assess_all(&forged, &machines);
        }
    }
}
