//! Exchange Server: every example of the table of branches, on the real feed.

use std::collections::BTreeSet;

use kbgap_assess::{
    Assessed, Evidence, ExchangeServer, ExplanationVerdict, NotAssessed, Projection, SoftwareFact,
    explain, weaknesses,
};
use kbgap_catalog::{Component, Kb, KbId, Version};
use kbgap_testkit::real_feed::catalog;

use crate::hosts::{assessed, listing, missing, server, undecided};

const EXCHANGE: &str = "microsoft-_-exchange_server";

/// A Windows ahead of the feed, so that nothing but Exchange can miss anything.
fn with(version: &str) -> Projection {
    Projection {
        exchange: Some(ExchangeServer {
            version: Version::parse(version),
        }),
        secure_boot: Some(false),
        win_re: Some(false),
        ..server(20_348, 31_999)
    }
}

fn summary(found: &Assessed, kb: u32) -> String {
    let row = found.missing.iter().find(|row| row.id.number() == kb);
    let row = row.unwrap_or_else(|| panic!("KB{kb} is not missing"));
    row.evidence.summary()
}

fn lacking(found: &Assessed) -> Vec<&'static str> {
    let software = found.not_assessed.iter().filter_map(|n| match n {
        NotAssessed::Software { id, lacking } if id == EXCHANGE => Some(*lacking),
        _ => None,
    });
    software.collect()
}

/// Those of CU 14 after 5049233 (15.2.1544.14).
const SIX: [u32; 6] = [
    5_050_673, 5_063_222, 5_066_368, 5_071_874, 5_074_994, 5_094_142,
];

#[test]
fn versions_are_compared_by_number_within_a_cumulative_update() {
    let Some(catalog) = catalog() else { return };
    let both = [5_037_224, 5_049_233];
    for (version, expected) in [
        ("15.2.1544.4", [&both[..], &SIX].concat()),
        ("15.02.1544.004", [&both[..], &SIX].concat()),
        ("15.2.1544.11", [&both[1..], &SIX].concat()),
        ("15.2.1544.14", SIX.to_vec()),
        ("15.2.1544.41", vec![]),
        ("15.2.1748.46", vec![]),
        ("15.2.2562.43", vec![]),
        ("15.2.2562.42", vec![5_094_139]),
        ("15.1.2507.69", vec![]),
        ("15.1.2507.68", vec![5_094_144]),
    ] {
        assert_eq!(missing(catalog, &with(version)), expected, "{version}");
    }
    let found = assessed(catalog, &with("15.2.1544.4"));
    assert_eq!(
        summary(&found, 5_049_233),
        "version 15.2.1544.4, fix 15.2.1544.14"
    );
    assert_eq!((undecided(&found), lacking(&found)), (vec![], vec![]));
}

#[test]
fn what_is_made_for_a_later_cumulative_update_requires_it() {
    let Some(catalog) = catalog() else { return };
    for (version, expected) in [
        (
            "15.2.1258.12",
            vec![
                5_026_261, 5_030_524, 5_030_877, 5_032_146, 5_035_606, 5_037_224, 5_049_233,
            ],
        ),
        ("15.2.1258.39", vec![5_035_606]),
    ] {
        let found = assessed(catalog, &with(version));
        assert_eq!(missing(catalog, &with(version)), expected, "{version}");
        assert_eq!(
            summary(&found, 5_035_606),
            format!("version {version}, fix 15.2.1544.4, requires CU 14")
        );
        // The feed went on without this one, and that is told.
        let told = found
            .warnings
            .iter()
            .any(|w| w.contains("CU 13") && w.contains("CU 15"));
        assert!(told, "{:?}", found.warnings);
    }
    let newest = assessed(catalog, &with("15.2.1748.46"));
    assert!(newest.warnings.is_empty(), "{:?}", newest.warnings);
}

#[test]
fn versions_are_pooled_over_all_products_of_a_kb() {
    // The feed has those of 5037224 swapped between CU 13 and CU 14.
    let Some(catalog) = catalog() else { return };
    for (version, fix) in [
        ("15.2.1258.28", "15.2.1258.34"),
        ("15.2.1544.4", "15.2.1544.11"),
    ] {
        let found = assessed(catalog, &with(version));
        let expected = format!("version {version}, fix {fix}");
        assert_eq!(summary(&found, 5_037_224), expected);
    }
    for version in ["15.2.1258.34", "15.2.1544.11"] {
        let missing = missing(catalog, &with(version));
        assert!(!missing.contains(&5_037_224), "{version}");
    }
}

#[test]
fn a_version_of_another_cumulative_update_is_not_known() {
    // 5007409 stands under 2019 CU 10 with the version that it has on CU 8.
    let Some(catalog) = catalog() else { return };
    let before = assessed(catalog, &with("15.2.922.14"));
    assert_eq!(
        undecided(&before),
        [(5_007_409, "the build that it brings")]
    );
    let id = KbId::new(5_007_409).unwrap();
    let told = explain(catalog, &with("15.2.922.14"), id).unwrap().unwrap();
    assert_eq!(told.verdict, ExplanationVerdict::NotAssessed);
    // A present one supersedes it.
    assert_eq!(undecided(&assessed(catalog, &with("15.2.922.20"))), []);
}

#[test]
fn a_listed_update_proves_itself_and_what_came_before_it() {
    // The version of the program stays at that of the cumulative update.
    let Some(catalog) = catalog() else { return };
    let listed = listing(with("15.2.1544.4"), &[5_074_994]);
    assert_eq!(missing(catalog, &listed), [5_094_142]);
    assert_eq!(
        summary(&assessed(catalog, &listed), 5_094_142),
        "version 15.2.1544.39 (by KB5074994), fix 15.2.1544.41"
    );
}

#[test]
fn entries_of_a_software_list_are_read() {
    let facts: Vec<SoftwareFact> = [
        (
            "Microsoft Exchange Server 2019 Cumulative Update 14",
            "15.2.1544.4",
        ),
        (
            "Security Update for Exchange Server 2019 Cumulative Update 14 (KB5074994)",
            "15.2.1544.4",
        ),
        (
            "Microsoft Exchange Server Language Pack - German",
            "15.2.1748.10",
        ),
    ]
    .iter()
    .filter_map(|(name, version)| SoftwareFact::of("Microsoft Corporation", name, version))
    .collect();
    let document = r#"{"computerDnsName":"mail","os":{"version":"10.0.20348.1"}}"#;
    let machine = kbgap_inventory::native::machine(document).unwrap();
    let machine = Projection::wide_with(&machine, &facts);
    assert_eq!(machine.exchange, with("15.2.1544.4").exchange);
    assert_eq!(machine.kbs, [KbId::new(5_074_994).unwrap()]);
    assert_eq!(machine.unsupported, []);
}

#[test]
fn what_cannot_be_told_is_not_assessed() {
    let Some(catalog) = catalog() else { return };
    for (version, expected) in [
        ("", "software version"),
        // 2010 has no cumulative updates, and the feed no version of its updates.
        ("14.3.513.0", "its cumulative update in the feed"),
        ("15.2.9999.1", "its cumulative update in the feed"),
        // 2016 CU 4 has no product.
        ("15.1.669.32", "its cumulative update in the feed"),
    ] {
        let found = assessed(catalog, &with(version));
        assert_eq!(lacking(&found), [expected], "{version}");
        assert!(found.missing.is_empty(), "{version}");
    }
}

#[test]
fn lists_weaknesses_and_explanations_agree() {
    let Some(catalog) = catalog() else { return };
    let is_exchange = |kb: &Kb<'_>| {
        kb.fixes()
            .any(|fix| fix.product().component() == Some(Component::Exchange))
    };
    for version in ["15.2.1258.12", "15.2.922.14", "15.0.1497.2", "15.1.2507.6"] {
        let machine = with(version);
        let found = assessed(catalog, &machine);
        let software = catalog.find_software(EXCHANGE).unwrap();
        let vulnerable = found.vulnerable.iter().find(|v| v.software == software);
        let listed: Vec<_> = vulnerable.map_or_else(Vec::new, |v| v.cves.to_vec());
        let weak = weaknesses(catalog, &machine).into_iter();
        let weak: Vec<_> = weak
            .filter(|w| w.software == software)
            .map(|w| w.vulnerability)
            .collect();
        assert!(!weak.is_empty(), "{version}");
        assert_eq!(weak, listed, "{version}");
        let missing: BTreeSet<KbId> = found.missing.iter().map(|row| row.id).collect();
        for id in catalog.kbs().filter(is_exchange).filter_map(Kb::id) {
            let told = explain(catalog, &machine, id).unwrap().unwrap();
            let is_missing = told.verdict == ExplanationVerdict::Missing;
            assert_eq!(is_missing, missing.contains(&id), "{version} {id}");
            let is_undecided = told.verdict == ExplanationVerdict::NotAssessed;
            let undecided = undecided(&found).iter().any(|(kb, _)| *kb == id.number());
            assert_eq!(is_undecided, undecided, "{version} {id}");
        }
        for row in &found.missing {
            assert!(matches!(row.evidence, Evidence::Version { .. }));
        }
    }
}

#[test]
fn every_product_since_2013_is_some_cumulative_update() {
    let Some(catalog) = catalog() else { return };
    let products = catalog.products();
    let products = products.filter(|p| p.component() == Some(Component::Exchange));
    let explained = |name: &str| {
        // Older releases have none, and 2013 by itself names no one of its own.
        ["2007", "2010", "2013"].iter().any(|old| {
            let rest = name.strip_prefix("Microsoft Exchange Server ");
            rest.and_then(|rest| rest.strip_prefix(old))
                .is_some_and(|rest| *old != "2013" || rest.is_empty())
        })
    };
    let versions = [
        "15.0.847",
        "15.0.1156",
        "15.0.1178",
        "15.0.1210",
        "15.0.1236",
        "15.0.1293",
        "15.0.1320",
        "15.0.1347",
        "15.0.1365",
        "15.0.1367",
        "15.0.1395",
        "15.0.1473",
        "15.0.1497",
        "15.1.225",
        "15.1.396",
        "15.1.466",
        "15.1.544",
        "15.1.845",
        "15.1.1034",
        "15.1.1261",
        "15.1.1415",
        "15.1.1466",
        "15.1.1531",
        "15.1.1591",
        "15.1.1713",
        "15.1.1779",
        "15.1.1847",
        "15.1.1913",
        "15.1.1979",
        "15.1.2044",
        "15.1.2106",
        "15.1.2176",
        "15.1.2242",
        "15.1.2308",
        "15.1.2375",
        "15.1.2507",
        "15.2.221",
        "15.2.330",
        "15.2.397",
        "15.2.464",
        "15.2.529",
        "15.2.595",
        "15.2.659",
        "15.2.721",
        "15.2.792",
        "15.2.858",
        "15.2.922",
        "15.2.986",
        "15.2.1118",
        "15.2.1258",
        "15.2.1544",
        "15.2.1748",
        "15.2.2562",
    ];
    let applied: BTreeSet<_> = versions
        .iter()
        .flat_map(|version| {
            let found = assessed(catalog, &with(&format!("{version}.0")));
            assert_eq!(lacking(&found), [""; 0], "{version}");
            found.products
        })
        .collect();
    let lost = products.filter(|p| p.has_kb() && !applied.contains(&p.ix) && !explained(p.name()));
    assert_eq!(lost.map(|p| p.name()).collect::<Vec<_>>(), [""; 0]);
}
