//! Servicing families, platforms and what applies (sections 4 and 5).

use kbgap_assess::{Assessment, Unassessable, assess};
use kbgap_catalog::{Architecture, InstallationType};

use crate::hosts::{assessed, client, host, listing, missing, server};
use kbgap_testkit::real_feed::catalog;

#[test]
fn a_client_on_the_newest_update_misses_nothing() {
    let Some(catalog) = catalog() else { return };
    for machine in [
        client(26_100, 8_655),
        client(26_200, 8_655),
        client(28_000, 2_269),
        client(19_045, 7_417),
    ] {
        assert_eq!(missing(catalog, &machine), [0_u32; 0], "{}", machine.build);
    }
    for machine in [
        server(26_100, 32_995),
        server(20_348, 5_256),
        server(17_763, 99_999),
        server(9_600, 99_999),
    ] {
        assert_eq!(missing(catalog, &machine), [0_u32; 0], "{}", machine.build);
    }
}

#[test]
fn a_machine_ahead_of_the_feed_misses_nothing() {
    let Some(catalog) = catalog() else { return };
    assert_eq!(missing(catalog, &client(26_100, 20_000)), [0_u32; 0]);
}

#[test]
fn windows_11_21h2_gets_findings_under_either_spelling() {
    let Some(catalog) = catalog() else { return };
    for architecture in [Architecture::X64, Architecture::Arm64] {
        let mut machine = client(22_000, 1_042);
        machine.architecture = Some(architecture);
        assert!(missing(catalog, &machine).len() > 10, "{architecture}");
    }
}

#[test]
fn a_kb_of_another_family_is_a_mistake_of_the_feed() {
    let Some(catalog) = catalog() else { return };
    // 5055528 is of 22H2 and stands under 24H2; 5055518 is of Windows 10 and
    // stands under 11 21H2; 5094126 is the client's and stands under Server 2025.
    assert!(!missing(catalog, &client(26_100, 1_742)).contains(&5_055_528));
    assert!(!missing(catalog, &client(22_000, 2_538)).contains(&5_055_518));
    assert!(!missing(catalog, &server(26_100, 2_314)).contains(&5_094_126));
    for kb in ["KB5055528", "KB5055518", "KB5094126"] {
        assert!(
            catalog.odd_values().any(|odd| odd.detail.contains(kb)),
            "{kb} is not reported"
        );
    }
}

#[test]
fn server_core_has_products_of_its_own() {
    let Some(catalog) = catalog() else { return };
    let core = assessed(catalog, &host(17_763, 1, InstallationType::ServerCore));
    assert!(
        core.os
            .product
            .to_lowercase()
            .ends_with("(server core installation)"),
        "{}",
        core.os.product
    );
    let full = assessed(catalog, &server(17_763, 1));
    assert_eq!(&*full.os.product, "Windows Server 2019");
    let names = |a: &kbgap_assess::Assessed| {
        a.missing
            .iter()
            .flat_map(|m| m.software.iter().map(|s| s.software))
            .collect::<std::collections::BTreeSet<_>>()
    };
    // No browser on Server Core.
    assert!(names(&core).len() < names(&full).len());
}

#[test]
fn semi_annual_servers_are_core_even_when_said_to_be_full() {
    let Some(catalog) = catalog() else { return };
    for build in [16_299, 17_134, 18_362, 18_363, 19_041, 19_042, 25_398] {
        let product = assessed(catalog, &server(build, 1))
            .os
            .product
            .to_lowercase();
        assert!(
            product.ends_with("(server core installation)"),
            "{build}: {product}"
        );
    }
}

#[test]
fn no_server_release_swallows_another() {
    let Some(catalog) = catalog() else { return };
    for (build, product) in [
        (9_200, "Windows Server 2012"),
        (9_600, "Windows Server 2012 R2"),
        (20_348, "Windows Server 2022"),
    ] {
        assert_eq!(&*assessed(catalog, &server(build, 1)).os.product, product);
    }
}

#[test]
fn nothing_is_guessed_without_installation_type() {
    let Some(catalog) = catalog() else { return };
    let of = |build| {
        let mut machine = client(build, 1);
        machine.installation_type = None;
        assess(catalog, &machine)
    };
    for build in [14_393, 17_763, 26_100, 9_600, 7_601, 9_200] {
        assert_eq!(
            of(build),
            Assessment::NotAssessed(Unassessable::Lacking("os.installationType")),
            "{build}"
        );
    }
    // Builds that only clients or only servers have decide by themselves.
    for build in [22_621, 19_045, 20_348] {
        assert!(matches!(of(build), Assessment::Assessed(_)), "{build}");
    }
}

#[test]
fn nothing_is_guessed_without_architecture() {
    let Some(catalog) = catalog() else { return };
    let mut machine = client(19_045, 1);
    machine.architecture = None;
    assert_eq!(
        assess(catalog, &machine),
        Assessment::NotAssessed(Unassessable::Lacking("os.architecture"))
    );
    let mut machine = server(20_348, 1);
    machine.architecture = None;
    assert!(matches!(assess(catalog, &machine), Assessment::Assessed(_)));
}

#[test]
fn an_unknown_platform_is_not_assessed_with_the_reason() {
    let Some(catalog) = catalog() else { return };
    let Assessment::NotAssessed(reason) = assess(catalog, &client(7_600, 1)) else {
        panic!("assessed")
    };
    assert!(reason.to_string().contains("7600"), "{reason}");
    let mut machine = server(20_348, 1);
    machine.architecture = Some(Architecture::Arm64);
    let Assessment::NotAssessed(reason) = assess(catalog, &machine) else {
        panic!("assessed")
    };
    assert!(
        reason.to_string().contains("Windows Server 2022 arm64"),
        "{reason}"
    );
}

#[test]
fn chromium_edge_takes_the_place_of_the_old_one() {
    let Some(catalog) = catalog() else { return };
    let software = |machine: &kbgap_assess::Projection| -> Vec<String> {
        let result = assessed(catalog, machine);
        let march = result
            .missing
            .iter()
            .find(|m| m.id.number() == 4_540_673)
            .unwrap();
        march
            .software
            .iter()
            .map(|s| catalog.software_id(s.software).to_owned())
            .collect()
    };
    let mut machine = client(18_363, 592);
    assert!(software(&machine).contains(&"microsoft-_-edge".to_owned()));
    machine.chromium_edge = true;
    assert_eq!(
        software(&machine),
        ["microsoft-_-windows_10", "microsoft-_-internet_explorer"]
    );
}

#[test]
fn a_host_without_revision_takes_it_from_its_list() {
    let Some(catalog) = catalog() else { return };
    let machine = listing(client(18_363, None), &[4_540_673]);
    let result = assessed(catalog, &machine);
    assert_eq!(result.os.revision, Some(719));
    assert!(!missing(catalog, &machine).contains(&4_532_693));
    assert!(missing(catalog, &machine).contains(&4_551_762));
    assert!(
        result
            .warnings
            .iter()
            .any(|w| w.contains("18363.719 is taken from KB4540673")),
        "{:?}",
        result.warnings
    );
}

#[test]
fn the_security_only_track_is_not_told_to_install_the_rollup_of_the_same_cves() {
    let Some(catalog) = catalog() else { return };
    // Server 2012 R2: Security Only and Monthly Rollup of June 2019.
    let without = missing(catalog, &server(9_600, None));
    assert!(without.contains(&4_503_276));
    let with = missing(catalog, &listing(server(9_600, None), &[4_503_290]));
    let rollup = assessed(catalog, &listing(server(9_600, None), &[4_503_290]));
    let june = rollup.missing.iter().find(|m| m.id.number() == 4_503_276);
    // The rollup also fixes Internet Explorer, which the Security Only does not.
    if let Some(june) = june {
        let windows = catalog
            .find_software("microsoft-_-windows_server_2012_r2")
            .unwrap();
        assert!(!june.vulnerable_software.contains(&windows), "{with:?}");
    }
}

#[test]
fn standalone_updates_depend_on_what_the_machine_reports() {
    let Some(catalog) = catalog() else { return };
    let mut machine = client(19_044, 7_417);
    machine.secure_boot = Some(true);
    assert!(missing(catalog, &machine).contains(&5_012_170));
    assert!(!missing(catalog, &listing(machine.clone(), &[5_012_170])).contains(&5_012_170));
    machine.secure_boot = Some(false);
    machine.win_re = Some(false);
    let result = assessed(catalog, &machine);
    assert_eq!(crate::hosts::undecided(&result), []);
    machine.win_re = Some(true);
    assert!(missing(catalog, &machine).contains(&5_046_400));
}
