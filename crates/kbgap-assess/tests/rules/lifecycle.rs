//! The tables of lifecycles, against the vendor's real feed.

use std::collections::BTreeSet;

use kbgap_catalog::{Component, SoftwareId, software_releases, windows_lifecycles};
use kbgap_testkit::real_feed::catalog;

/// Products of Windows that no machine of ours can have, and why they have no row.
const NONE_OF_OURS: [(&str, &str); 4] = [
    ("windows 10 mobile", "telephones are not assessed"),
    ("for hololens", "headsets are not assessed"),
    ("windows rt", "tablets with Windows RT are not assessed"),
    ("itanium", "no report has this architecture"),
];

/// Families of which each software has rows, or a reason.
const FAMILIES: [Component; 5] = [
    Component::SqlServer,
    Component::Exchange,
    Component::SharePoint,
    Component::Office,
    Component::DotNetFramework,
];

/// Software of these families without a row, and why.
const WITHOUT: [(&str, &str); 11] = [
    ("excel_viewer", "viewers have no lifecycle of their own"),
    ("powerpoint_viewer", "as the others"),
    ("visio_viewer", "as the others"),
    ("word_viewer", "as the others"),
    ("office_compatibility_pack", "as the viewers"),
    ("excel_web_app", "it is part of Office Web Apps"),
    ("office_web_apps", "they are part of SharePoint"),
    ("office_web_apps_server", "its version tells no release"),
    ("office_online_server", "its version tells no release"),
    ("project_server", "it is part of SharePoint from 2016 on"),
    (
        "infopath",
        "that of 2013 goes on after the other programs of its Office",
    ),
];

#[test]
fn every_windows_of_the_feed_has_a_lifecycle_or_a_reason_to_have_none() {
    let Some(catalog) = catalog() else { return };
    let mut platforms = 0;
    for product in catalog.products() {
        if product.component() != Some(Component::Windows) {
            continue;
        }
        match product.platform() {
            Some(platform) => {
                platforms += 1;
                let rows = windows_lifecycles(platform.release);
                assert!(!rows.is_empty(), "{}", product.name());
            }
            None => {
                let name = product.name().to_lowercase();
                let known = NONE_OF_OURS.iter().any(|(part, _)| name.contains(part));
                // Server Core of 2008 without a service pack is in no list of releases.
                let bare = name.contains("server core") && !name.contains("service pack");
                assert!(known || bare, "{name}");
            }
        }
    }
    assert!(platforms > 60, "{platforms}");
}

#[test]
fn every_software_with_rules_has_lifecycles_or_a_reason_to_have_none() {
    let Some(catalog) = catalog() else { return };
    let products = catalog.products().filter_map(|product| {
        let component = product.component()?;
        let id = catalog.software_id(product.software()?).to_owned();
        FAMILIES.contains(&component).then_some(id)
    });
    let all: BTreeSet<String> = products.collect();
    assert!(all.len() > 15, "{all:?}");
    let mistaken: Vec<&String> = all
        .iter()
        .filter(|id| {
            let id: SoftwareId = id.parse().unwrap();
            let has = !software_releases(&id).is_empty();
            has == WITHOUT.iter().any(|(name, _)| *name == id.name())
        })
        .collect();
    assert_eq!(mistaken, Vec::<&String>::new());
    for (name, _) in WITHOUT {
        assert!(all.contains(&format!("microsoft-_-{name}")), "{name}");
    }
}
