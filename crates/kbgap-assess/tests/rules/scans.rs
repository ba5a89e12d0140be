//! Real scans: what Windows Update offered them must not be lost.

use kbgap_assess::{Evidence, Projection};
use kbgap_catalog::{Architecture, InstallationType, KbId, Platform, Version};

use kbgap_testkit::shared;

use crate::hosts::{assessed, host, undecided};
use kbgap_testkit::real_feed::catalog;

/// Facts that a scan result of Vuls holds of a host.
struct Scan {
    release: String,
    machine: Projection,
    unapplied: Vec<KbId>,
}

fn scan(name: &str) -> Option<Scan> {
    let path = shared()?.join("data/inventories/vuls-scan").join(name);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let kbs = |key: &str| -> Vec<KbId> {
        let list = json["windowsKB"][key]
            .as_array()
            .cloned()
            .unwrap_or_default();
        list.iter()
            .filter_map(|kb| kb.as_str()?.parse().ok())
            .collect()
    };
    let release = json["release"].as_str().unwrap().to_owned();
    let version = Version::parse(json["runningKernel"]["version"].as_str().unwrap()).unwrap();
    let platform = Platform::parse(&release).unwrap_or_else(|| panic!("{release}"));
    let kind = if release.contains("Server") {
        InstallationType::Server
    } else {
        InstallationType::Client
    };
    let mut machine = host(version.parts()[2], version.parts().get(3).copied(), kind);
    machine.architecture = Some(platform.architecture);
    machine.kbs = kbs("applied");
    machine.kbs.sort_unstable();
    let packages = json["packages"].as_object().unwrap();
    machine.chromium_edge = packages.contains_key("Microsoft Edge");
    assert_eq!(platform.architecture, Architecture::X64);
    Some(Scan {
        release,
        machine,
        unapplied: kbs("unapplied"),
    })
}

/// Every unapplied KB that the feed knows as a security KB of the product must be
/// missing in our answer too, or listed with a reason.
fn offers_are_kept(name: &str) {
    let (Some(catalog), Some(scan)) = (catalog(), scan(name)) else {
        return;
    };
    let result = assessed(catalog, &scan.machine);
    assert_eq!(
        result.os.product.to_lowercase(),
        scan.release.to_lowercase()
    );
    let mut lost: Vec<u32> = Vec::new();
    for &id in &scan.unapplied {
        let Some(kb) = catalog.kb(id) else { continue };
        let concerned = kb.fixes().any(|fix| {
            fix.product()
                .component()
                .is_some_and(|c| c.is_part_of_windows())
                && fix.product().platform() == Platform::parse(&scan.release)
                && !fix.vulnerability().is_advisory()
        });
        let kept = result.missing.iter().any(|m| m.id == id)
            || result.advisories.contains(&id)
            || undecided(&result).iter().any(|(kb, _)| *kb == id.number())
            || catalog
                .odd_values()
                .any(|odd| odd.detail.contains(&id.to_string()));
        if concerned && !kept {
            lost.push(id.number());
        }
    }
    assert_eq!(lost, [0_u32; 0], "{name} loses what it was offered");
}

/// A KB that is applied may be named only where the running revision shows that
/// it waits for a restart, as on the 21H2 host.
fn what_is_applied_is_named_only_before_a_restart(name: &str) {
    let (Some(catalog), Some(scan)) = (catalog(), scan(name)) else {
        return;
    };
    let result = assessed(catalog, &scan.machine);
    for missing in result.missing.iter().filter(|m| scan.machine.lists(m.id)) {
        assert!(
            matches!(missing.evidence, Evidence::PendingRestart { .. }),
            "{name}: KB{} {:?}",
            missing.id,
            missing.evidence
        );
        assert!(result.warnings.iter().any(|w| w.contains("restart")));
    }
}

macro_rules! scans {
    ($($test:ident: $file:literal),* $(,)?) => {
        $(mod $test {
            #[test]
            fn offers_are_kept() {
                super::offers_are_kept($file);
            }

            #[test]
            fn what_is_applied_is_named_only_before_a_restart() {
                super::what_is_applied_is_named_only_before_a_restart($file);
            }
        })*
    };
}

scans! {
    windows_10_1809: "windows_10_1809.json",
    windows_10_1903: "windows_10_1903.json",
    windows_10_20h2: "windows_10_20h2.json",
    windows_10_21h2: "windows_10_21h2.json",
    windows_11_22h2: "windows_11_22h2.json",
    windows_11_24h2: "windows_11_24h2.json",
    windows_7: "windows_7.json",
    windows_server_2012_r2: "windows_server_2012_r2.json",
    windows_server_2019: "windows_server_2019.json",
    windows_server_2022: "windows_server_2022_sql_server_2019.json",
}

#[test]
fn the_21h2_host_waits_for_a_restart() {
    let (Some(catalog), Some(scan)) = (catalog(), scan("windows_10_21h2.json")) else {
        return;
    };
    let result = assessed(catalog, &scan.machine);
    let waiting = result
        .missing
        .iter()
        .find(|m| m.id.number() == 5_066_791)
        .unwrap();
    assert_eq!(
        waiting.evidence,
        Evidence::PendingRestart {
            machine: "19044.1645".into(),
            fix: "19044.6456".into()
        }
    );
}
