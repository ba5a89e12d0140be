//! Office by Windows Installer: every example of the table of branches, on the real feed.

use kbgap_assess::{Assessed, ExplanationVerdict, NotAssessed, Projection, SoftwareFact, explain};
use kbgap_catalog::{Catalog, Component, KbId};
use kbgap_testkit::real_feed::catalog;

use crate::hosts::{assessed, missing, undecided, with};

const OFFICE: &str = "microsoft-_-office";
const MSI: (&str, &str) = ("Microsoft Office Professional Plus 2016", "16.0.4266.1001");
const X64: (&str, &str) = ("Microsoft Office 64-bit Components 2016", "16.0.4266.1001");

fn lacking(found: &Assessed) -> Vec<&'static str> {
    let software = found.not_assessed.iter().filter_map(|n| match n {
        NotAssessed::Software { id, lacking } if id == OFFICE => Some(*lacking),
        _ => None,
    });
    software.collect()
}

fn verdict(catalog: &Catalog, machine: &Projection, kb: u32) -> ExplanationVerdict {
    let explanation = explain(catalog, machine, KbId::new(kb).unwrap()).unwrap();
    explanation.unwrap().verdict
}

fn is_vulnerable(catalog: &Catalog, machine: &Projection, kb: u32, cve: &str) -> bool {
    let explanation = explain(catalog, machine, KbId::new(kb).unwrap()).unwrap();
    let products = explanation.unwrap().products;
    let mut of_excel = products
        .iter()
        .filter(|p| p.software == "microsoft-_-excel");
    of_excel.any(|product| product.vulnerable.iter().any(|known| known == cve))
}

#[test]
fn excel_2016_needs_both_updates() {
    let Some(catalog) = catalog() else { return };
    let cve = "CVE-2025-62561";
    for (kbs, missed) in [
        (&[5_002_811, 5_002_810][..], &[5_002_820, 5_002_818][..]),
        (&[5_002_820], &[5_002_818]),
        (&[5_002_818], &[5_002_820]),
        // 5002831 supersedes 5002820.
        (&[5_002_831], &[5_002_818]),
        (&[5_002_831, 5_002_818], &[]),
    ] {
        let machine = with(catalog, &[MSI, X64], kbs);
        let found = missing(catalog, &machine);
        for kb in [5_002_820, 5_002_818] {
            let is_missing = missed.contains(&kb);
            assert_eq!(found.contains(&kb), is_missing, "KB{kb} with {kbs:?}");
            let vulnerable = is_vulnerable(catalog, &machine, kb, cve);
            assert_eq!(vulnerable, is_missing, "KB{kb} with {kbs:?}");
        }
    }
}

#[test]
fn only_what_windows_installer_installed_has_kbs() {
    let Some(catalog) = catalog() else { return };
    let of_office = |machine: &Projection| {
        let found = assessed(catalog, machine);
        let products = found.products.iter().filter_map(|&ix| catalog.product(ix));
        products
            .filter(|product| product.component() == Some(Component::Office))
            .count()
    };
    for (name, version, is_msi) in [
        (MSI.0, MSI.1, true),
        ("Microsoft Excel 2016", "16.0.4266.1001", true),
        (
            "Microsoft Office Professional Plus 2016 - en-us",
            "16.0.17928.20114",
            false,
        ),
        (
            "Microsoft Office Professional Plus 2019 - en-us",
            "16.0.10405.20018",
            false,
        ),
        (
            "Microsoft 365 Apps for enterprise - en-us",
            "16.0.17928.20114",
            false,
        ),
    ] {
        let machine = with(catalog, &[(name, version), X64], &[5_002_831]);
        assert_eq!(of_office(&machine) > 0, is_msi, "{name}");
    }
}

#[test]
fn each_application_is_judged_by_itself() {
    let Some(catalog) = catalog() else { return };
    // 5002879 is Word's, 5002877 Excel's.
    let word = ("Microsoft Word 2016", "16.0.4266.1001");
    let found = missing(catalog, &with(catalog, &[word, X64], &[5_002_858]));
    assert!(found.contains(&5_002_879) && !found.contains(&5_002_877));
    let suite = missing(catalog, &with(catalog, &[MSI, X64], &[5_002_858]));
    assert!(suite.contains(&5_002_879) && suite.contains(&5_002_877));
    // Parts that are listed tell what of the suite is there.
    let part = ("Microsoft Word MUI (English) 2016", "16.0.4266.1001");
    let found = missing(catalog, &with(catalog, &[MSI, part, X64], &[5_002_858]));
    assert!(found.contains(&5_002_879) && !found.contains(&5_002_877));
    // The release before has updates of its own.
    let other = with(
        catalog,
        &[("Microsoft Office Standard 2013", "15.0.4569.1506"), X64],
        &[5_002_858],
    );
    assert!(!missing(catalog, &other).contains(&5_002_879));
}

#[test]
fn a_list_without_any_update_of_office_tells_nothing() {
    let Some(catalog) = catalog() else { return };
    let windows_alone = with(catalog, &[MSI, X64], &[5_066_791]);
    let found = assessed(catalog, &windows_alone);
    assert_eq!(lacking(&found), ["Office updates"]);
    assert_eq!(found.missing, []);
    // One that the feed knows is enough, and so is one in the software list that it does not.
    let known = with(catalog, &[MSI, X64], &[5_002_831]);
    assert_eq!(lacking(&assessed(catalog, &known)), [""; 0]);
    let update = "Update for Microsoft Office 2016 (KB4000001) 64-Bit Edition";
    let listed = with(catalog, &[MSI, (update, "")], &[]);
    let found = assessed(catalog, &listed);
    assert_eq!(lacking(&found), [""; 0]);
    assert_eq!(
        verdict(catalog, &listed, 5_002_820),
        ExplanationVerdict::Missing
    );
    let named = "Security Update for Microsoft Excel 2016 (KB5002831) 64-Bit Edition";
    let listed = with(catalog, &[MSI, (named, "")], &[]);
    assert_eq!(
        verdict(catalog, &listed, 5_002_820),
        ExplanationVerdict::Present
    );
}

#[test]
fn bits_are_needed_only_where_updates_differ() {
    let Some(catalog) = catalog() else { return };
    // 5002669 is for one of the two editions.
    let unknown = with(catalog, &[MSI], &[5_002_831]);
    let found = assessed(catalog, &unknown);
    assert!(undecided(&found).contains(&(5_002_669, "32 or 64 bits of the software")));
    assert!(missing(catalog, &unknown).contains(&5_002_818));
    let known = with(catalog, &[MSI, X64], &[5_002_831]);
    assert!(undecided(&assessed(catalog, &known)).is_empty());
}

#[test]
fn service_packs_of_older_releases_have_to_be_there() {
    let Some(catalog) = catalog() else { return };
    let office = |version: &str| {
        let entry = ("Microsoft Office Standard 2013", version);
        assessed(catalog, &with(catalog, &[entry, X64], &[5_002_831]))
    };
    assert_eq!(
        lacking(&office("15.0.4420.1017")),
        ["its service pack in the feed"]
    );
    assert_eq!(lacking(&office("")), ["software version"]);
    assert_eq!(lacking(&office("15.0.4569.1506")), [""; 0]);
}

#[test]
fn every_product_by_windows_installer_can_apply() {
    let Some(catalog) = catalog() else { return };
    let all = [
        (
            "Microsoft Office Professional Plus",
            &["2010", "2013", "2016"][..],
        ),
        ("Microsoft Visio Professional", &["2010", "2013", "2016"]),
        ("Microsoft Project Standard", &["2010", "2013", "2016"]),
    ];
    let mut reached: Vec<String> = Vec::new();
    for (name, years) in all {
        for (year, version) in
            years
                .iter()
                .zip(["14.0.7015.1000", "15.0.4569.1506", "16.0.4266.1001"])
        {
            for bits in ["32", "64"] {
                let entry = format!("{name} {year}");
                let update =
                    format!("Update for Microsoft Office {year} (KB4000001) {bits}-Bit Edition");
                let machine = with(catalog, &[(&entry, version), (&update, "")], &[]);
                let found = assessed(catalog, &machine);
                assert_eq!(lacking(&found), [""; 0], "{entry}");
                let products = found.products.iter().filter_map(|&ix| catalog.product(ix));
                reached.extend(products.map(|product| product.name().to_owned()));
            }
        }
    }
    let editions = ["(32-bit edition", "(64-bit edition"];
    let of_feed = catalog.products().filter(|product| {
        product.component() == Some(Component::Office)
            && product.has_kb()
            && editions.iter().any(|edition| product.name().contains(edition))
            // These come by themselves.
            && !product.name().contains("Viewer")
    });
    let lost: Vec<&str> = of_feed
        .map(|product| product.name())
        .filter(|name| !reached.iter().any(|known| known == name))
        .collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn entries_are_facts_of_office() {
    for (name, version, is_msi) in [
        (MSI.0, MSI.1, true),
        (X64.0, X64.1, true),
        (
            "Microsoft Office Professional Plus 2016 - en-us",
            "16.0.17928.20114",
            false,
        ),
        (
            "Visual Studio 2010 Tools for Office Runtime (x64)",
            "10.0.60910",
            false,
        ),
        (
            "Microsoft Visual C++ 2010 x64 Redistributable - 10.0.40219",
            "10.0.40219",
            false,
        ),
    ] {
        let fact = SoftwareFact::of("Microsoft Corporation", name, version);
        assert_eq!(
            matches!(fact, Some(SoftwareFact::Office(_))),
            is_msi,
            "{name}"
        );
    }
}
