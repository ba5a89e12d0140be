//! .NET Framework: every example of the table of series, on the real feed.

use kbgap_assess::{Assessed, Evidence, ExplanationVerdict, NotAssessed, Projection, explain};
use kbgap_catalog::{Catalog, Component, Kb, KbId};
use kbgap_inventory::native;
use kbgap_testkit::real_feed::catalog;

use crate::hosts::assessed;

const DOT_NET: &str = "microsoft-_-.net_framework";
const FILES: &str = ".NET file version";
const BUILD: &str = "the build that it brings";

/// A host with a Windows, and what else its document tells.
fn host(catalog: &Catalog, version: &str, kind: &str, more: &str) -> Projection {
    let document = format!(
        r#"{{"computerDnsName": "pc", "os": {{"version": "{version}", "architecture": "x64",
        "installationType": "{kind}"}}, "secureBoot": false, "winRe": false{more}}}"#
    );
    Projection::of(&native::machine(&document).unwrap(), catalog)
}

/// Of the KBs that are .NET Framework's: those that are missing, and those that are
/// undecided with what is lacking.
fn found(catalog: &Catalog, machine: &Projection) -> (Vec<u32>, Vec<(u32, &'static str)>) {
    let found = assessed(catalog, machine);
    let is_own = |id: u32| {
        let kb = KbId::new(id).and_then(|id| catalog.kb(id));
        let mut fixes = kb.into_iter().flat_map(Kb::fixes);
        fixes.any(|fix| fix.product().component() == Some(Component::DotNetFramework))
    };
    let missing = found.missing.iter().map(|row| row.id.number());
    let mut missing: Vec<u32> = missing.filter(|&id| is_own(id)).collect();
    missing.sort_unstable();
    let undecided = found.not_assessed.iter().filter_map(|n| match n {
        NotAssessed::Kb { id, lacking } => Some((id.number(), *lacking)),
        NotAssessed::Software { .. } => None,
    });
    (missing, undecided.filter(|(id, _)| is_own(*id)).collect())
}

fn lacking(found: &Assessed) -> Option<&'static str> {
    found.not_assessed.iter().find_map(|n| match n {
        NotAssessed::Software { id, lacking } if id == DOT_NET => Some(*lacking),
        _ => None,
    })
}

fn evidence(catalog: &Catalog, machine: &Projection, kb: u32) -> (ExplanationVerdict, String) {
    let explanation = explain(catalog, machine, KbId::new(kb).unwrap()).unwrap();
    let explanation = explanation.unwrap();
    let products = &explanation.products;
    let own = products.iter().find(|p| p.software == DOT_NET);
    let summary = own.map_or_else(String::new, |own| own.evidence.summary());
    (explanation.verdict, summary)
}

const W22H2: &str = "10.0.19045.31999";

#[test]
fn the_list_proves_nothing_to_be_missing() {
    let Some(catalog) = catalog() else { return };
    let machine = host(catalog, W22H2, "Client", "");
    let (missing, undecided) = found(catalog, &machine);
    assert_eq!(missing, [0_u32; 0]);
    for kb in [5_066_747, 5_050_188, 5_082_426, 5_087_064] {
        assert!(undecided.contains(&(kb, FILES)), "KB{kb}: {undecided:?}");
        let (verdict, _) = evidence(catalog, &machine, kb);
        assert_eq!(verdict, ExplanationVerdict::NotAssessed, "KB{kb}");
    }
    // It has 4.8 in the box and not 4.8.1.
    assert!(undecided.iter().all(|(kb, _)| *kb != 5_087_053));
}

#[test]
fn a_child_stands_for_its_parent_and_all_that_came_before() {
    let Some(catalog) = catalog() else { return };
    let machine = host(catalog, W22H2, "Client", r#", "installedKbs": [5066135]"#);
    assert_eq!(
        found(catalog, &machine),
        (vec![], vec![(5_082_426, FILES), (5_087_064, FILES)])
    );
    let (verdict, why) = evidence(catalog, &machine, 5_066_747);
    assert_eq!(verdict, ExplanationVerdict::Present);
    assert_eq!(why, "covered by KB5066135 of 2025-Oct");
    // That of another release stands for nothing here, nor does that of another Windows.
    for other in [5_066_130, 5_066_137, 5_066_139] {
        let kbs = format!(r#", "installedKbs": [{other}]"#);
        let machine = host(catalog, W22H2, "Client", &kbs);
        let (_, undecided) = found(catalog, &machine);
        assert!(undecided.contains(&(5_066_747, FILES)), "KB{other}");
    }
    // The parent does, and so does a later one of the feed's own.
    let machine = host(catalog, W22H2, "Client", r#", "installedKbs": [5066747]"#);
    assert!(!found(catalog, &machine).1.contains(&(5_066_747, FILES)));
    let machine = host(catalog, W22H2, "Client", r#", "installedKbs": [5087064]"#);
    assert_eq!(found(catalog, &machine), (vec![], vec![]));
    assert_eq!(
        evidence(catalog, &machine, 5_066_747).1,
        "version 4.8.4802 (by KB5087064), fix 4.8.4798"
    );
}

#[test]
fn files_decide_both_ways() {
    let Some(catalog) = catalog() else { return };
    for (file, missing) in [
        // 5066747 brings "4.8.04798.04".
        ("4.8.4797.0", vec![5_066_747, 5_082_426, 5_087_064]),
        ("4.8.4798.0", vec![5_082_426, 5_087_064]),
        ("4.8.4801.0", vec![5_087_064]),
        ("4.8.4802.0", vec![]),
    ] {
        let files = format!(r#", "dotNet": {{"fileVersions": ["{file}"]}}"#);
        let machine = host(catalog, W22H2, "Client", &files);
        assert_eq!(found(catalog, &machine), (missing, vec![]), "{file}");
    }
    // So does the version of an entry, where it is none that was installed first.
    let entry = |version: &str| {
        let software = format!(
            r#", "software": [{{"vendor": "Microsoft Corporation",
            "name": "Microsoft .NET Framework 4.8", "version": "{version}"}}]"#
        );
        host(catalog, W22H2, "Client", &software)
    };
    assert_eq!(found(catalog, &entry("4.8.4801.0")).0, [5_087_064]);
    for first in ["4.8.04084", "4.8.4084.0", ""] {
        assert_eq!(found(catalog, &entry(first)).0, [0_u32; 0], "{first}");
    }
    // A listed update is there whatever the files say.
    let both = r#", "installedKbs": [5087064], "dotNet": {"fileVersions": ["4.8.4084.0"]}"#;
    let machine = host(catalog, W22H2, "Client", both);
    assert_eq!(found(catalog, &machine), (vec![], vec![]));
}

#[test]
fn builds_are_read_in_every_spelling() {
    let Some(catalog) = catalog() else { return };
    let with = |more: &str, file: &str| {
        let files = format!(r#"{more}, "dotNet": {{"fileVersions": ["{file}"]}}"#);
        host(catalog, "10.0.17763.31999", "Client", &files)
    };
    let v48 = r#", "installedKbs": [4486153]"#;
    // 10.0.04614.06 is 4614 and no revision of Windows.
    let machine = with(v48, "4.8.4614.0");
    assert!(!found(catalog, &machine).0.contains(&5_022_782));
    let (verdict, why) = evidence(catalog, &machine, 5_022_782);
    assert_eq!(verdict, ExplanationVerdict::Present);
    assert_eq!(why, "version 4.8.4614, fix 4.8.4614");
    let (missing, _) = found(catalog, &with(v48, "4.8.4613.0"));
    assert!(missing.contains(&5_022_782));
    // Of three the one of the release counts: 4.7.4141.
    let (missing, undecided) = found(catalog, &with("", "4.7.4140.0"));
    assert!(missing.contains(&5_082_413));
    assert!(!missing.contains(&5_087_061) && undecided.contains(&(5_087_061, BUILD)));
    let (missing, undecided) = found(catalog, &with("", "4.7.4141.0"));
    // 5087061 is for 4.7.2, and the feed gives it the builds of 4.8 and 4.8.1.
    assert_eq!((missing, undecided), (vec![], vec![(5_087_061, BUILD)]));
}

#[test]
fn what_is_also_windows_is_decided_with_it() {
    let Some(catalog) = catalog() else { return };
    let at = |revision: u32| {
        let version = format!("10.0.14393.{revision}");
        host(catalog, &version, "Client", "")
    };
    let machine = at(7_698);
    let all = assessed(catalog, &machine);
    let row = all.missing.iter().find(|row| row.id.number() == 5_049_993);
    let row = row.unwrap();
    assert!(matches!(row.evidence, Evidence::Build { .. }));
    assert_eq!(row.vulnerable_software.len(), 2);
    let is_own = |id: &str| catalog.find_software(id);
    let own = is_own(DOT_NET).unwrap();
    assert!(row.software.iter().any(|s| s.software == own));
    assert_eq!(
        evidence(catalog, &machine, 5_049_993),
        (
            ExplanationVerdict::Missing,
            "build 14393.7698, fix 14393.7699".to_owned()
        )
    );
    let machine = at(7_699);
    let (missing, undecided) = found(catalog, &machine);
    assert!(!missing.contains(&5_049_993) && undecided.is_empty());
    assert_eq!(
        evidence(catalog, &machine, 5_049_993),
        (
            ExplanationVerdict::Present,
            "build 14393.7699, fix 14393.7699".to_owned()
        )
    );
    // 4.8 on it has updates of its own.
    let v48 = host(
        catalog,
        "10.0.14393.31999",
        "Server",
        r#", "dotNet": {"versions": ["4.8"], "fileVersions": ["4.8.4801.0"]}"#,
    );
    assert_eq!(found(catalog, &v48), (vec![5_087_065], vec![]));
}

#[test]
fn before_windows_10_the_release_has_to_be_reported() {
    let Some(catalog) = catalog() else { return };
    let with = |more: &str| host(catalog, "6.3.9600.31999", "Server", more);
    let nothing = assessed(catalog, &with(""));
    assert_eq!(lacking(&nothing), Some(".NET release"));
    let unknown = assessed(catalog, &with(r#", "dotNet": {"versions": ["4.5.1"]}"#));
    assert_eq!(lacking(&unknown), Some("its release in the feed"));
    let of_list = assessed(catalog, &with(r#", "installedKbs": [4486105]"#));
    assert_eq!(lacking(&of_list), None);
    // 3.5 counts only where it is reported.
    let v48 =
        r#", "dotNet": {"versions": ["4.8"], "fileVersions": ["4.8.4802.0", "2.0.50727.8976"]}"#;
    assert_eq!(found(catalog, &with(v48)).0, [0_u32; 0]);
    let both = v48.replace(r#"["4.8"]"#, r#"["4.8", "3.5"]"#);
    let (missing, _) = found(catalog, &with(&both));
    // 2.0.50727.8981 and 8982.
    assert!(missing.contains(&5_066_741) && missing.contains(&5_082_406));
    assert!(!missing.contains(&5_082_398), "that of Windows Server 2012");
}

#[test]
fn a_rollup_is_named_before_a_security_only_update() {
    let Some(catalog) = catalog() else { return };
    let told = r#", "dotNet": {"versions": ["4.8"], "fileVersions": ["4.8.4614.0"]}"#;
    let machine = host(catalog, "6.3.9600.31999", "Server", told);
    let all = assessed(catalog, &machine);
    let row = |id: u32| all.missing.iter().find(|row| row.id.number() == id);
    let rollup = row(5_027_542).unwrap();
    assert!(rollup.alternatives.contains(&KbId::new(5_027_533).unwrap()));
    assert!(row(5_027_533).is_none());
    // Either of them is enough.
    let list = told.to_owned() + r#", "installedKbs": [5027533]"#;
    let machine = host(catalog, "6.3.9600.31999", "Server", &list);
    assert!(!found(catalog, &machine).0.contains(&5_027_542));
}

#[test]
fn updates_that_the_feed_has_under_another_release_are_left_out() {
    let Some(catalog) = catalog() else { return };
    let told = r#", "dotNet": {"fileVersions": ["4.8.4801.0"]}"#;
    let machine = host(catalog, "10.0.19044.31999", "Client", told);
    // 5082419 is for 4.8.1.
    assert_eq!(found(catalog, &machine), (vec![5_087_064], vec![]));
}

#[test]
fn machines_that_differ_in_a_fact_share_no_state() {
    let Some(catalog) = catalog() else { return };
    let plain = host(catalog, W22H2, "Client", "");
    for more in [
        r#", "dotNet": {"versions": ["3.5"]}"#,
        r#", "dotNet": {"fileVersions": ["4.8.4801.0"]}"#,
        r#", "installedKbs": [5066135]"#,
        r#", "software": [{"name": "Microsoft .NET Framework 4.8.1"}]"#,
    ] {
        assert_ne!(host(catalog, W22H2, "Client", more), plain, "{more}");
    }
}
