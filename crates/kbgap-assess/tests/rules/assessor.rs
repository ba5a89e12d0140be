//! One assessor for many machines tells of each what one of its own would, in every form.

use std::sync::Arc;

use kbgap_assess::{Assessed, Assessment, Assessor, Outline, OutlinedKb, assess};
use kbgap_catalog::Catalog;
use kbgap_testkit::real_feed::catalog;

use crate::drawn::Draw;

/// The machines that a mix of both kinds draws.
const MACHINES: usize = 400;

fn agree(outline: &Outline, assessed: &Assessed) {
    assert_eq!(outline.os, assessed.os);
    assert_eq!(*outline.software, *assessed.software);
    assert_eq!(outline.vulnerable.len(), assessed.vulnerable.len());
    for (outlined, vulnerable) in outline.vulnerable.iter().zip(&assessed.vulnerable) {
        assert_eq!(outlined.software, vulnerable.software);
        assert_eq!(outlined.cves, vulnerable.cves);
        let missing = assessed.missing.iter();
        let mut kbs: Vec<OutlinedKb> = missing
            .filter(|kb| kb.vulnerable_software.contains(&outlined.software))
            .map(|kb| OutlinedKb {
                id: kb.id,
                superseded: kb.superseded,
            })
            .collect();
        kbs.sort_unstable();
        assert_eq!(*outlined.missing, *kbs);
    }
}

/// The pairs of software and CVE, as the weaknesses and as the lists tell them.
fn weaknesses_agree(assessor: &Assessor, catalog: &Catalog, draw: &mut Draw<'_>) {
    let machine = draw.any();
    let Assessment::Assessed(assessed) = assessor.assess(&machine) else {
        assert_eq!(assessor.weaknesses(&machine), []);
        return;
    };
    let weaknesses = assessor.weaknesses(&machine);
    let mut told: Vec<_> = weaknesses
        .iter()
        .map(|w| (w.software, w.vulnerability))
        .collect();
    told.dedup();
    let listed: Vec<_> = assessed
        .vulnerable
        .iter()
        .flat_map(|v| v.cves.iter().map(|&cve| (v.software, cve)))
        .collect();
    assert_eq!(told, listed);
    for kb in weaknesses.iter().filter_map(|w| w.fixing_kb) {
        assert!(catalog.kb(kb).is_some());
        assert!(assessed.missing.iter().any(|missing| missing.id == kb));
    }
}

#[test]
fn what_was_found_before_changes_nothing() {
    let Some(catalog) = catalog() else { return };
    let assessor = Assessor::new(catalog.clone());
    let mut draw = Draw::new(catalog, 11);
    for number in 0..MACHINES {
        let machine = if number % 2 == 0 {
            draw.usual()
        } else {
            draw.any()
        };
        let alone = assess(catalog, &machine);
        assert_eq!(assessor.assess(&machine), alone, "{machine:?}");
        match (assessor.outline(&machine), &alone) {
            (Ok(outline), Assessment::Assessed(assessed)) => agree(&outline, assessed),
            (Err(reason), Assessment::NotAssessed(other)) => assert_eq!(reason, *other),
            (outline, _) => panic!("{machine:?}: {outline:?}, {alone:?}"),
        }
    }
}

#[test]
fn weaknesses_are_what_is_listed() {
    let Some(catalog) = catalog() else { return };
    let assessor = Assessor::new(catalog.clone());
    let mut draw = Draw::new(catalog, 12);
    for _ in 0..MACHINES {
        weaknesses_agree(&assessor, catalog, &mut draw);
    }
}

#[test]
fn threads_share_an_assessor_and_its_lists() {
    let Some(catalog) = catalog() else { return };
    let assessor = Assessor::new(catalog.clone());
    let outlines = || -> Vec<Option<Outline>> {
        let mut draw = Draw::new(catalog, 13);
        let machines = (0..MACHINES).map(|_| draw.usual());
        machines
            .map(|machine| assessor.outline(&machine).ok())
            .collect()
    };
    let (here, there) = std::thread::scope(|scope| {
        let there = scope.spawn(outlines);
        (outlines(), there.join().unwrap())
    });
    assert_eq!(here, there);
    for (here, there) in here.iter().flatten().zip(there.iter().flatten()) {
        let lists = here.vulnerable.iter().zip(there.vulnerable.iter());
        for (here, there) in lists {
            assert!(Arc::ptr_eq(&here.cves, &there.cves));
            assert!(here.missing.is_empty() || Arc::ptr_eq(&here.missing, &there.missing));
        }
    }
}
