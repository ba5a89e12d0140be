//! Software about which no rule decides: it is told, with what is lacking.

use kbgap_assess::{Lacking, NotAssessed, SoftwareFact, runtime_not_assessed};
use kbgap_inventory::Software;
use kbgap_testkit::real_feed::catalog;

use crate::hosts::{assessed, with};

/// Of software that rules decide, what none of them reads is told with what is lacking.
#[test]
fn what_no_rule_reads_is_told() {
    const SQL: &str = "microsoft-_-sql_server";
    const SHAREPOINT: &str = "microsoft-_-sharepoint_server";
    const EDGE: &str = "microsoft-_-edge_chromium-based";
    for (name, version, expected) in [
        (
            "Microsoft SQL Server 2005 (64-bit)",
            "9.00.5000.00",
            Some((SQL, Lacking::Rules)),
        ),
        (
            "SQL Server 2031 Database Engine Services",
            "19.0.1000.1",
            Some((SQL, Lacking::Rules)),
        ),
        (
            "SQL Server Database Engine Services",
            "19.0.1000.1",
            Some((SQL, Lacking::Rules)),
        ),
        ("Microsoft SQL Server", "", Some((SQL, Lacking::Release))),
        ("sql_server", "?", Some((SQL, Lacking::Release))),
        (
            "Microsoft SQL Server (64-bit)",
            "",
            Some((SQL, Lacking::Release)),
        ),
        (
            "SQL Server Database Engine Services",
            "",
            Some((SQL, Lacking::Release)),
        ),
        (
            "Microsoft SharePoint Server 2031",
            "17.0.1.1",
            Some((SHAREPOINT, Lacking::Rules)),
        ),
        (
            "Microsoft Office SharePoint Server 2007 ",
            "12.0.6612.1000",
            Some((SHAREPOINT, Lacking::Rules)),
        ),
        (
            "Microsoft Office Professional Edition 2003",
            "11.0.8173.0",
            Some(("microsoft-_-office", Lacking::Rules)),
        ),
        (
            "Microsoft Edge Beta",
            "140.0.3485.11",
            Some((EDGE, Lacking::BetaFixes)),
        ),
        ("Microsoft Edge Dev", "", Some((EDGE, Lacking::DevFixes))),
        (
            "Microsoft Edge Canary",
            "142.0.3590.0",
            Some((EDGE, Lacking::CanaryFixes)),
        ),
        (
            "Microsoft Edge SxS",
            "142.0.3590.0",
            Some((EDGE, Lacking::CanaryFixes)),
        ),
        // Parts and tools have no rules to wait for.
        (
            "Microsoft SharePoint Server 2019 Core",
            "16.0.10337.1",
            None,
        ),
        ("Microsoft SharePoint Designer 2013", "15.0.4569.1506", None),
        ("SQL Server 2005 Client Tools", "9.00.5000.00", None),
        ("Microsoft SQL Server Browser", "", None),
        ("SQL Server Native Client", "", None),
        ("Microsoft Edge Update", "1.3.195.61", None),
        ("Microsoft Edge WebView2 Runtime", "140.0.3485.11", None),
        ("Knowledge Base", "1.0", None),
    ] {
        let found = match SoftwareFact::of("Microsoft Corporation", name, version) {
            Some(SoftwareFact::Unsupported { what, .. }) => Some(what),
            Some(other) => panic!("{name}: {other:?}"),
            None => None,
        };
        let found = found.as_ref().map(|what| (what.id.as_str(), what.lacking));
        assert_eq!(found, expected, "{name} {version}");
    }
    assert_eq!(
        SoftwareFact::of("Contoso", "Microsoft Edge Beta", "1.0"),
        None
    );
}

/// Beside Stable a channel before it changes nothing but that it is told.
#[test]
fn channels_of_edge_are_not_decided_by_stable() {
    let Some(catalog) = catalog() else { return };
    let of = |software: &[(&str, &str)]| with(catalog, software, &[]);
    let stable = ("Microsoft Edge", "120.0.2210.61");
    let beta = ("Microsoft Edge Beta", "99.0.1150.7");
    let (alone, beside) = (of(&[stable]), of(&[stable, beta]));
    let (alone, beside) = (assessed(catalog, &alone), assessed(catalog, &beside));
    assert_eq!(alone.vulnerable, beside.vulnerable);
    assert!(!alone.vulnerable.is_empty());
    assert_eq!(alone.warnings, beside.warnings);
    let lacks = NotAssessed::Software {
        id: "microsoft-_-edge_chromium-based".to_owned(),
        lacking: "fixed versions of the Beta channel",
    };
    assert!(!alone.not_assessed.contains(&lacks));
    assert!(beside.not_assessed.contains(&lacks));
    let beta_alone = of(&[beta]);
    assert!(!beta_alone.chromium_edge);
    assert_eq!(
        beta_alone.version_of("microsoft-_-edge_chromium-based"),
        None
    );
    let both = of(&[beta, stable]);
    assert_eq!(
        both.version_of("microsoft-_-edge_chromium-based")
            .as_deref(),
        Some("120.0.2210.61")
    );
}

#[test]
fn the_webview2_runtime_is_told_apart_from_edge() {
    let entry = |vendor, name| Software {
        vendor,
        name,
        version: "140.0.3485.11",
    };
    let lacking = NotAssessed::Software {
        id: "microsoft-_-edge_webview2".to_owned(),
        lacking: "fixed versions in the feed",
    };
    for (vendor, name, is_told) in [
        (
            "Microsoft Corporation",
            "Microsoft Edge WebView2 Runtime",
            true,
        ),
        ("", "Microsoft Edge WebView2-Laufzeit", false),
        ("microsoft", "edge_webview2", true),
        ("Microsoft Corporation", "Microsoft Edge", false),
        ("Contoso", "Microsoft Edge WebView2 Runtime", false),
    ] {
        let told = runtime_not_assessed([entry("Contoso", "A"), entry(vendor, name)].into_iter());
        assert_eq!(told, is_told.then(|| lacking.clone()), "{vendor} {name}");
    }
    assert_eq!(runtime_not_assessed(std::iter::empty()), None);
}
