//! The hotpatch track (section 5, rule 1).

use kbgap_assess::{Evidence, Track, explain};
use kbgap_catalog::KbId;

use crate::hosts::{assessed, client, listing, missing, server};
use kbgap_testkit::real_feed::catalog;

/// Server 2025 on the hotpatch of November 2025.
const NOVEMBER_2025: u32 = 7_092;

#[test]
fn a_hotpatched_server_is_not_told_to_install_that_months_cumulative_update() {
    let Some(catalog) = catalog() else { return };
    // Server 2022 on the hotpatch of May 2026; 5087545 is that month's LCU.
    let machine = server(20_348, 5_074);
    let result = assessed(catalog, &machine);
    assert_eq!(result.os.track, Track::Hotpatch);
    let ids = missing(catalog, &machine);
    assert!(
        !ids.contains(&5_087_545) && !ids.contains(&5_087_424),
        "{ids:?}"
    );
    // What came after is still missing: June was a baseline.
    assert_eq!(ids, [5_094_128]);
}

#[test]
fn what_only_the_cumulative_update_fixes_is_missing_on_the_hotpatch_track() {
    let Some(catalog) = catalog() else { return };
    // The hotpatches of May 2024 and of February 2025, and the cumulative updates
    // of those months, which fix five and one CVEs more.
    for (machine, lcu, hotpatch, beyond) in [
        (server(20_348, 2_458), 5_037_782, 5_037_848, 5),
        (server(26_100, 3_107), 5_051_987, 5_052_105, 1),
    ] {
        let result = assessed(catalog, &machine);
        assert_eq!(result.os.track, Track::Hotpatch);
        let ids = missing(catalog, &machine);
        assert!(ids.contains(&lcu) && !ids.contains(&hotpatch), "{ids:?}");
        let explanation = explain(catalog, &machine, KbId::new(lcu).unwrap())
            .unwrap()
            .unwrap();
        assert_eq!(explanation.products.len(), 1, "{lcu}");
        assert_eq!(explanation.products[0].vulnerable.len(), beyond, "{lcu}");
    }
}

#[test]
fn baseline_and_out_of_band_updates_below_the_hotpatch_are_present() {
    let Some(catalog) = catalog() else { return };
    let ids = missing(catalog, &server(26_100, NOVEMBER_2025));
    // October's baseline, and the standalone update for hotpatched machines.
    for kb in [5_066_835, 5_070_893, 5_070_881] {
        assert!(!ids.contains(&kb), "{kb} in {ids:?}");
    }
}

#[test]
fn the_next_hotpatch_is_named_and_not_the_full_update() {
    let Some(catalog) = catalog() else { return };
    // December 2025: hotpatch 5072014, LCU 5072033.
    let result = assessed(catalog, &server(26_100, NOVEMBER_2025));
    let hotpatch = result
        .missing
        .iter()
        .find(|m| m.id.number() == 5_072_014)
        .expect("December's hotpatch");
    assert!(
        hotpatch
            .alternatives
            .iter()
            .any(|kb| kb.number() == 5_072_033),
        "{:?}",
        hotpatch.alternatives
    );
    assert!(
        matches!(&hotpatch.evidence, Evidence::Build { machine, fix } if machine == "26100.7092" && fix == "26100.7392")
    );
}

#[test]
fn on_the_cumulative_track_no_hotpatch_is_named() {
    let Some(catalog) = catalog() else { return };
    for machine in [
        server(26_100, 6_899),
        server(20_348, 3_328),
        client(26_100, 3_775),
    ] {
        let result = assessed(catalog, &machine);
        assert_eq!(result.os.track, Track::Lcu);
        for kb in &result.missing {
            let own = catalog.kb(kb.id).unwrap();
            assert!(
                !own.fixes()
                    .all(|f| f.subtype() == kbgap_catalog::Subtype::Hotpatch),
                "{}",
                kb.id
            );
            for alternative in &kb.alternatives {
                let other = catalog.kb(*alternative).unwrap();
                assert!(
                    !other
                        .fixes()
                        .all(|f| f.subtype() == kbgap_catalog::Subtype::Hotpatch)
                );
            }
        }
    }
}

#[test]
fn a_hotpatch_under_another_subtype_is_still_a_hotpatch() {
    let Some(catalog) = catalog() else { return };
    // 5074204 is listed as Security Update and Security Only at a hotpatch's revision.
    let ids = missing(catalog, &client(26_100, 6_899));
    assert!(!ids.contains(&5_074_204), "{ids:?}");
    let ids = missing(catalog, &server(20_348, 4_405));
    assert!(!ids.contains(&5_074_353), "{ids:?}");
}

#[test]
fn the_one_update_of_a_month_is_no_hotpatch_for_sharing_its_revision() {
    let Some(catalog) = catalog() else { return };
    // June 2022: LCU 5014678 and hotpatch 5014677 both bring 20348.770.
    assert_eq!(assessed(catalog, &server(20_348, 770)).os.track, Track::Lcu);
    let ids = missing(catalog, &server(20_348, 707));
    assert!(
        ids.contains(&5_014_678) && !ids.contains(&5_014_677),
        "{ids:?}"
    );
}

#[test]
fn the_reported_field_decides_the_track() {
    let Some(catalog) = catalog() else { return };
    let mut machine = server(20_348, 5_074);
    machine.hotpatch = Some(false);
    assert_eq!(assessed(catalog, &machine).os.track, Track::Lcu);
    assert!(missing(catalog, &machine).contains(&5_087_545));
    let mut machine = server(20_348, 5_020);
    machine.hotpatch = Some(true);
    assert_eq!(assessed(catalog, &machine).os.track, Track::Hotpatch);
    let ids = missing(catalog, &machine);
    assert!(
        ids.contains(&5_087_424) && !ids.contains(&5_087_545),
        "{ids:?}"
    );
}

#[test]
fn a_listed_hotpatch_tells_the_track_where_the_revision_is_not_reported() {
    let Some(catalog) = catalog() else { return };
    let machine = listing(server(20_348, None), &[5_082_142, 5_087_424]);
    let result = assessed(catalog, &machine);
    assert_eq!(
        (result.os.track, result.os.revision),
        (Track::Hotpatch, Some(5_074))
    );
    assert_eq!(missing(catalog, &machine), [5_094_128]);
}

#[test]
fn the_out_of_band_cumulative_update_is_named_off_the_hotpatch_track() {
    let Some(catalog) = catalog() else { return };
    // October 2025, WSUS: 5070884 and the standalone update for hotpatched
    // servers, 5070892, both bring 20348.4297.
    let ids = missing(catalog, &server(20_348, 4_294));
    assert!(
        ids.contains(&5_070_884) && !ids.contains(&5_070_892),
        "{ids:?}"
    );
    let ids = missing(catalog, &server(20_348, 4_297));
    assert!(!ids.contains(&5_070_884), "{ids:?}");
    let mut machine = server(20_348, 4_294);
    machine.hotpatch = Some(true);
    let ids = missing(catalog, &machine);
    assert!(
        ids.contains(&5_070_892) && !ids.contains(&5_070_884),
        "{ids:?}"
    );
}
