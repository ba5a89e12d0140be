//! Single values, and the rules.

use kbgap_assess::{Assessment, ExplanationVerdict, Projection, assess, explain};
use kbgap_catalog::{
    CveId, KbId, Platform, SoftwareId, Version, map_product, recognise, versions_in,
};
use kbgap_inventory::{MachineId, native};
use kbgap_odata::Time;

use super::snapshots::CATALOG;
use crate::make;

pub(super) const SEEDS: &[&str] = &[
    "2018-08-02T14:55:03.7791856Z",
    "2018-08-01Z",
    "10.0.17763.5936; V5.0 & 4.8.4801.0.",
    "KB4540673",
    "CVE-2020-0684",
    "1e5bc9d7e413ddd7902c2932e418702b84d0cc07",
    "microsoft-_-windows_10",
];

pub(super) const NAMES: &[&str] = &[
    "Windows 10 Version 1909 for x64-based Systems",
    "Windows Server 2012 R2  (Server Core installation)",
    "Microsoft .NET Framework 3.5 AND 4.8 on Windows 10 Version 22H2 for ARM64-based Systems",
    "Microsoft SQL Server 2019 for x64-based Systems (CU 32)\nMicrosoft Corporation\n15.0.4430.1",
    "Hotfix 4430 for SQL Server 2019 (KB5054833)\n\n15.0.4430.1",
    "Microsoft Exchange Server 2019 Cumulative Update 14\nMicrosoft\n15.2.1544.4",
    "Microsoft 365 Apps for enterprise - en-us\nMicrosoft Corporation\n16.0.17928.20440",
];

/// A value that is read is written so that it reads the same again.
pub(super) fn all(bytes: &[u8]) {
    let text = make::text(bytes);
    if let Some(time) = Time::parse(&text) {
        assert_eq!(Time::parse(&time.to_string()), Some(time), "{time}");
        assert_eq!(Time::from_ms(time.as_ms()).as_ms(), time.as_ms());
        let _ = time.for_export();
    }
    for version in versions_in(&text).chain(Version::parse(&text)) {
        assert_eq!(Version::parse(&version.to_string()), Some(version));
        if let Some(build) = version.build_and_revision() {
            assert!(version.to_string().ends_with(&build.to_string()));
        }
    }
    if let Ok(kb) = text.parse::<KbId>() {
        assert_eq!(kb.to_string().parse(), Ok(kb));
    }
    if let Ok(cve) = text.parse::<CveId>() {
        assert_eq!(cve.to_string().parse(), Ok(cve));
        assert!(cve.to_string().eq_ignore_ascii_case(&text));
    }
    if let Ok(id) = text.parse::<MachineId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(id) = text.parse::<SoftwareId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    let _ = MachineId::from_name(&text);
}

/// Names of products and programs: case and blanks do not matter.
pub(super) fn names(bytes: &[u8]) {
    let text = make::text(bytes);
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (name, vendor, version) = (next(), next(), next());
    assert_eq!(
        Platform::parse(name).is_some(),
        Platform::parse(&name.to_ascii_uppercase()).is_some()
    );
    let mapped = |name: &str| map_product(name).map(|m| format!("{m:?}"));
    assert_eq!(
        mapped(name),
        mapped(&format!(" {}", name.to_ascii_lowercase())),
        "{name}"
    );
    let _ = recognise(vendor, name, version);
}

/// A machine: the list of what is missing and the explanations say the same.
pub(super) fn assessment(bytes: &[u8]) {
    let Ok(machine) = native::machine(&make::text(bytes)) else {
        return;
    };
    let projection = Projection::of(&machine, &CATALOG);
    match assess(&CATALOG, &projection) {
        Assessment::Assessed(assessed) => {
            for kb in CATALOG.kbs().filter_map(|kb| kb.id()) {
                let explanation = explain(&CATALOG, &projection, kb);
                let verdict = explanation.expect("it is assessed").map(|e| e.verdict);
                let is_missing = assessed.missing.iter().any(|missing| missing.id == kb);
                assert_eq!(
                    is_missing,
                    verdict == Some(ExplanationVerdict::Missing),
                    "{kb} {verdict:?}"
                );
            }
        }
        Assessment::NotAssessed(_) => {
            for kb in CATALOG.kbs().filter_map(|kb| kb.id()) {
                assert!(explain(&CATALOG, &projection, kb).is_err());
            }
        }
    }
}
