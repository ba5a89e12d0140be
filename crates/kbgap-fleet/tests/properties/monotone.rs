//! Installing an update never raises a number.

use std::collections::BTreeSet;

use kbgap_catalog::Catalog;
use kbgap_fleet::{Fleet, View};
use proptest::prelude::*;

use crate::world::{FIRST, Host, KBS, NOW, Windows, any_feed, any_host, fleet, index};

#[derive(Clone, Copy, Debug)]
enum Update {
    /// A cumulative update raises the revision.
    Revision(u32),
    /// A KB is listed.
    Kb(u32),
    /// The browser updates itself.
    Edge(u32),
}

fn any_update() -> impl Strategy<Value = Update> {
    prop_oneof![
        (1_u32..5).prop_map(Update::Revision),
        (FIRST..FIRST + KBS).prop_map(Update::Kb),
        (1_u32..5).prop_map(Update::Edge),
    ]
}

fn installed(host: &Host, update: Update) -> Host {
    let mut host = host.clone();
    match update {
        Update::Revision(by) => {
            if let Windows::Ten { revision } = &mut host.windows {
                *revision += by;
            }
        }
        Update::Kb(kb) => host.kbs.push(kb),
        Update::Edge(by) => host.edge = host.edge.map(|edge| edge + by),
    }
    host
}

fn missed(fleet: &Fleet, name: &str) -> BTreeSet<kbgap_catalog::KbId> {
    let machine = fleet.find(name).unwrap();
    let rows = fleet.missing_kbs_of_machine(&machine, View::All).rows;
    rows.into_iter().map(|row| row.id).collect()
}

fn nothing_rises(catalog: &Catalog, hosts: &[Host], update: Update) -> Result<(), TestCaseError> {
    let before = fleet(catalog, hosts);
    let mut after = index(catalog, hosts);
    // Of several with one name the last is in the fleet.
    let host = hosts.last().unwrap();
    after.upsert(&installed(host, update).check_in());
    let after = after.publish(NOW);

    let name = format!("pc-{}", host.name);
    let score = |fleet: &Fleet| fleet.find(&name).unwrap().score();
    prop_assert!(
        score(&after) <= score(&before),
        "{:?} {:?}",
        score(&before),
        score(&after)
    );
    let level = |fleet: &Fleet| fleet.find(&name).unwrap().exposure_level();
    prop_assert!(level(&after) <= level(&before));
    prop_assert!(missed(&after, &name).is_subset(&missed(&before, &name)));

    let (then, now) = (before, after);
    let (before, after) = (then.summary(NOW), now.summary(NOW));
    prop_assert!(
        after.score <= before.score,
        "{} {}",
        before.score,
        after.score
    );
    for (before, after) in before.groups.iter().zip(&after.groups) {
        prop_assert_eq!(before.id, after.id);
        prop_assert!(after.score <= before.score, "{:?} {:?}", before, after);
    }
    for (id, after) in after.all_software(None) {
        let before = before.software(&id).unwrap();
        if let Some(ix) = catalog.find_software(id.as_str()) {
            let exposed = |fleet: &Fleet| fleet.machines_exposed_in(ix, NOW);
            prop_assert!(exposed(&now).is_subset(&exposed(&then)), "{}", id);
        }
        prop_assert!(after.exposed <= before.exposed, "{}", id);
        prop_assert!(
            after.cves.iter().all(|cve| before.cves.contains(cve)),
            "{}",
            id
        );
        prop_assert!(after.public_exploit <= before.public_exploit);
        prop_assert!(after.exposed_of_high_value <= before.exposed_of_high_value);
        prop_assert_eq!(after.installed, before.installed);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn installing_an_update_never_raises_a_number(
        catalog in any_feed(),
        hosts in prop::collection::vec(any_host(), 1..10),
        update in any_update(),
    ) {
        nothing_rises(&catalog, &hosts, update)?;
    }
}
