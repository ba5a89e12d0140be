//! Small feeds and hosts of every kind that a rule tells apart.

use kbgap_catalog::{
    Catalog, Cvss, FixRecord, Severity, SoftwareId, Subtype, VulnerabilityRecord, compile,
};
use std::sync::Arc;

use kbgap_fleet::{CheckIn, Fleet, FleetIndex};
use kbgap_inventory::{DeviceValue, native};
use kbgap_testkit::feed::{W1909, document, fix, vulnerability};
use proptest::prelude::*;

pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
pub const NOW: i64 = 1_585_137_600_000;

const PRODUCTS: [(&str, &str); 5] = [
    ("1", W1909),
    (
        "2",
        "Internet Explorer 11 on Windows 10 Version 1909 for x64-based Systems",
    ),
    (
        "3",
        "Microsoft Edge (EdgeHTML-based) on Windows 10 Version 1909 for x64-based Systems",
    ),
    ("4", "Microsoft Edge (Chromium-based)"),
    ("5", "Windows 7 for x64-based Systems Service Pack 1"),
];
const CHROMIUM: usize = 3;
const SEVEN: usize = 4;
const MONTHS: [&str; 3] = ["2020-Jan", "2020-Feb", "2020-Mar"];
/// Few enough that chains loop and fixes meet; half of them for each Windows.
pub const FIRST: u32 = 5_000_000;
pub const KBS: u32 = 8;

fn any_fix() -> impl Strategy<Value = FixRecord> {
    (0..PRODUCTS.len(), 0..KBS / 2, 0..KBS / 2, any::<bool>()).prop_map(
        |(product, number, older, supersedes)| {
            let ten = FIRST + number;
            let seven = FIRST + KBS / 2 + number;
            let mut record = match product {
                CHROMIUM => fix(ten, &format!("80.0.361.{}", 50 + number), &[]),
                SEVEN if supersedes => fix(seven, "", &[FIRST + KBS / 2 + older]),
                SEVEN => fix(seven, "", &[]),
                _ => {
                    let build = format!("10.0.18363.{}", 500 + number);
                    let older = [FIRST + older];
                    fix(ten, &build, if supersedes { &older } else { &[] })
                }
            };
            record.products = vec![(u32::try_from(product).unwrap(), Severity::Important)];
            match product {
                // Its version alone tells.
                CHROMIUM => record.kb = None,
                SEVEN if number % 2 == 1 => record.subtype = Subtype::SecurityOnly,
                SEVEN => record.subtype = Subtype::MonthlyRollup,
                _ => {}
            }
            record
        },
    )
}

fn any_vulnerability() -> impl Strategy<Value = VulnerabilityRecord> {
    let fixes = prop::collection::vec(any_fix(), 1..5);
    let flags = (
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    );
    (0_u8..10, prop::option::of(0_u8..=100), flags, fixes).prop_map(
        |(number, tenths, (advisory, exploited, publicly_disclosed), fixes)| {
            let kind = if advisory && number == 0 {
                "ADV20"
            } else {
                "CVE-2020-"
            };
            VulnerabilityRecord {
                cvss: tenths.map(|tenths| Cvss {
                    tenths,
                    vector: String::new(),
                }),
                exploited,
                publicly_disclosed,
                ..vulnerability(&format!("{kind}{number:04}"), fixes)
            }
        },
    )
}

pub fn any_feed() -> impl Strategy<Value = Catalog> {
    let month = prop::collection::vec(any_vulnerability(), 0..5);
    prop::collection::vec(month, MONTHS.len()).prop_map(|months| {
        let documents = months.into_iter().zip(MONTHS);
        let documents: Vec<_> = documents
            .map(|(vulnerabilities, month)| document(month, &PRODUCTS, vulnerabilities))
            .collect();
        compile(&documents).unwrap()
    })
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Windows {
    /// Updates are told by its revision.
    Ten { revision: u32 },
    /// Updates are told by the list alone.
    Seven,
    /// No rule knows it.
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Host {
    pub name: u8,
    pub windows: Windows,
    pub kbs: Vec<u32>,
    /// The last part of the version of its Edge.
    pub edge: Option<u32>,
    /// What else is on its list.
    pub programs: Vec<Program>,
    pub group: u8,
    pub value: DeviceValue,
    pub days_silent: i64,
}

/// An entry of a software list.
#[derive(Clone, Debug)]
pub struct Program {
    vendor: &'static str,
    name: String,
    version: &'static str,
}

/// Names are few, so that one machine has a software, then two, then one again or none;
/// some are known to the tables, some are written in two ways, and one has no vendor.
fn any_program() -> impl Strategy<Value = Program> {
    let named = prop::sample::select(vec![
        ("Contoso", "Agent"),
        ("CONTOSO", "agent"),
        ("Contoso", "Survey  Tool"),
        (
            "Microsoft Corporation",
            "Microsoft SQL Server 2019 (64-bit)",
        ),
        ("Microsoft Corporation", "Microsoft Edge"),
        ("Microsoft Corporation", "Microsoft Edge Update"),
        ("", "Nobody's"),
    ])
    .prop_map(|(vendor, name)| (vendor, name.to_owned()));
    let numbered = (0_u8..12).prop_map(|number| ("Contoso", format!("Asset {number}")));
    // The last is one of the old Edge.
    let version = prop::sample::select(vec!["1.0", "2.0", "", "44.18362.1.0"]);
    (prop_oneof![named, numbered], version).prop_map(|((vendor, name), version)| Program {
        vendor,
        name,
        version,
    })
}

fn any_windows() -> impl Strategy<Value = Windows> {
    prop_oneof![
        4 => (499_u32..505).prop_map(|revision| Windows::Ten { revision }),
        3 => Just(Windows::Seven),
        1 => Just(Windows::Unknown),
    ]
}

pub fn any_host() -> impl Strategy<Value = Host> {
    let value = prop::sample::select(vec![
        DeviceValue::Normal,
        DeviceValue::Low,
        DeviceValue::High,
    ]);
    let kbs = prop::collection::vec(FIRST..FIRST + KBS, 0..3);
    let edge = prop::option::of(49_u32..55);
    let programs = prop::collection::vec(any_program(), 0..5);
    let list = (edge, programs);
    (0_u8..8, any_windows(), kbs, list, 0_u8..3, value, 0_i64..35).prop_map(
        |(name, windows, kbs, (edge, programs), group, value, days_silent)| Host {
            name,
            windows,
            kbs,
            edge,
            programs,
            group,
            value,
            days_silent,
        },
    )
}

impl Host {
    pub fn check_in(&self) -> CheckIn {
        let version = match self.windows {
            Windows::Ten { revision } => format!("10.0.18363.{revision}"),
            Windows::Seven => "6.1.7601".to_owned(),
            Windows::Unknown => "10.0.99999.1".to_owned(),
        };
        let kbs: Vec<String> = self.kbs.iter().map(|kb| format!("\"{kb}\"")).collect();
        let entry = |vendor: &str, name: &str, version: &str| {
            format!(r#"{{"vendor":"{vendor}","name":"{name}","version":"{version}"}}"#)
        };
        let edge = self.edge.map(|edge| {
            let version = format!("80.0.361.{edge}");
            entry("Microsoft Corporation", "Microsoft Edge", &version)
        });
        let programs = self.programs.iter();
        let programs = programs.map(|of| entry(of.vendor, &of.name, of.version));
        let software: Vec<String> = edge.into_iter().chain(programs).collect();
        let group = match self.group {
            0 => String::new(),
            n => format!(r#""group":"Group {n}","#),
        };
        let document = format!(
            r#"{{"computerDnsName":"pc-{}",{group}"os":{{"version":"{version}","architecture":"x64","installationType":"Client"}},"installedKbs":[{}],"software":[{}]}}"#,
            self.name,
            kbs.join(","),
            software.join(",")
        );
        CheckIn {
            group_id: self.group.into(),
            value: self.value,
            ..CheckIn::new(
                native::machine(&document).unwrap(),
                NOW - self.days_silent * DAY_MS,
            )
        }
    }
}

/// A fleet of these; of several with one name the last counts.
pub fn index(catalog: &Catalog, hosts: &[Host]) -> FleetIndex {
    let mut index = FleetIndex::new(catalog.clone());
    for host in hosts {
        index.upsert(&host.check_in());
    }
    index
}

/// The same, as readers see it.
pub fn fleet(catalog: &Catalog, hosts: &[Host]) -> Arc<Fleet> {
    index(catalog, hosts).publish(NOW)
}

/// Every software of which a feed of these says anything.
pub fn all_software() -> Vec<SoftwareId> {
    [
        "microsoft-_-windows_10",
        "microsoft-_-windows_7",
        "microsoft-_-internet_explorer",
        "microsoft-_-edge",
        "microsoft-_-edge_chromium-based",
    ]
    .map(|id| id.parse().unwrap())
    .to_vec()
}
