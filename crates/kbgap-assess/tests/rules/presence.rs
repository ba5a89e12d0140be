//! When a fix is present (section 5), on feeds of a few lines.

use kbgap_assess::{Assessment, Evidence, ExplanationVerdict, assess, explain};
use kbgap_catalog::{Catalog, FixRecord, Month, Subtype, compile};
use kbgap_testkit::feed::{W1909, document, fix, kb, vulnerability};

use crate::hosts::{assessed, client, listing, missing, server};

const W7: &str = "Windows 7 for x64-based Systems Service Pack 1";
const S2008: &str = "Windows Server 2008 for x64-based Systems Service Pack 2";
const S2022: &str = "Windows Server 2022";

/// One month for each entry from January 2020 on, with one CVE that all its fixes cure.
fn feed(product: &str, months: Vec<Vec<FixRecord>>) -> Catalog {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"];
    let documents: Vec<_> = months
        .into_iter()
        .zip(1..)
        .map(|(fixes, number)| {
            let cve = vulnerability(&format!("CVE-2020-{number:04}"), fixes);
            let month = format!("2020-{}", names[number - 1]);
            document(&month, &[("1", product)], vec![cve])
        })
        .collect();
    compile(&documents).unwrap()
}

fn of_kind(mut fix: FixRecord, subtype: Subtype) -> FixRecord {
    fix.subtype = subtype;
    fix
}

fn rollup(number: u32, build: &str, supersedes: &[u32]) -> FixRecord {
    of_kind(fix(number, build, supersedes), Subtype::MonthlyRollup)
}

fn security_only(number: u32, build: &str) -> FixRecord {
    of_kind(fix(number, build, &[]), Subtype::SecurityOnly)
}

fn evidence(
    catalog: &Catalog,
    machine: &kbgap_assess::Projection,
    id: u32,
) -> (ExplanationVerdict, Evidence) {
    let explanation = explain(catalog, machine, kb(id)).unwrap().unwrap();
    let [product] = explanation.products.as_slice() else {
        panic!("{:?}", explanation.products)
    };
    (explanation.verdict, product.evidence.clone())
}

#[test]
fn the_build_beats_the_list_both_ways() {
    let catalog = feed(W1909, vec![vec![fix(5_100_001, "10.0.18363.900", &[])]]);
    // Present though no list tells it.
    assert_eq!(missing(&catalog, &client(18_363, 900)), [0_u32; 0]);
    // Listed, but the machine still runs what was before: it waits for a restart.
    let waiting = listing(client(18_363, 899), &[5_100_001]);
    assert_eq!(missing(&catalog, &waiting), [5_100_001]);
    assert_eq!(
        evidence(&catalog, &waiting, 5_100_001).1,
        Evidence::PendingRestart {
            machine: "18363.899".to_owned(),
            fix: "18363.900".to_owned()
        }
    );
}

#[test]
fn what_waits_for_a_restart_supersedes_nothing_yet() {
    let old = of_kind(fix(5_100_001, "", &[]), Subtype::ServicingStack);
    let new = fix(5_100_002, "10.0.18363.900", &[5_100_001]);
    let catalog = feed(W1909, vec![vec![old], vec![new]]);
    let waiting = listing(client(18_363, 800), &[5_100_002]);
    assert_eq!(missing(&catalog, &waiting), [5_100_001, 5_100_002]);
}

#[test]
fn supersedence_runs_in_any_number_of_steps_and_tells_each() {
    let catalog = feed(
        W7,
        vec![
            vec![security_only(4_100_001, "")],
            vec![of_kind(
                fix(4_100_002, "", &[4_100_001]),
                Subtype::SecurityOnly,
            )],
            vec![of_kind(
                fix(4_100_003, "", &[4_100_002]),
                Subtype::SecurityOnly,
            )],
        ],
    );
    let machine = listing(client(7_601, None), &[4_100_003]);
    assert_eq!(missing(&catalog, &machine), [0_u32; 0]);
    assert_eq!(
        evidence(&catalog, &machine, 4_100_001),
        (
            ExplanationVerdict::Present,
            Evidence::Supersedence {
                chain: vec![kb(4_100_003), kb(4_100_002), kb(4_100_001)]
            }
        )
    );
}

#[test]
fn supersedence_that_loops_ends() {
    let catalog = feed(
        W7,
        vec![
            vec![of_kind(
                fix(4_100_001, "", &[4_100_003]),
                Subtype::SecurityOnly,
            )],
            vec![of_kind(
                fix(4_100_002, "", &[4_100_001]),
                Subtype::SecurityOnly,
            )],
            // Itself, and round again.
            vec![of_kind(
                fix(4_100_003, "", &[4_100_003, 4_100_002]),
                Subtype::SecurityOnly,
            )],
        ],
    );
    for listed in [4_100_001, 4_100_002, 4_100_003] {
        let machine = listing(client(7_601, None), &[listed]);
        assert_eq!(missing(&catalog, &machine), [0_u32; 0], "{listed} listed");
    }
    // Of a loop of missing updates none is left out for another.
    let found = assessed(&catalog, &client(7_601, None));
    assert_eq!(found.missing.len(), 3);
    assert!(found.missing.iter().all(|kb| !kb.superseded));
}

#[test]
fn the_cumulative_series_covers_what_no_build_decides_up_to_its_month() {
    let stack = |number| of_kind(fix(number, "", &[]), Subtype::ServicingStack);
    let catalog = feed(
        W1909,
        vec![
            vec![stack(5_100_011)],
            vec![fix(5_100_002, "10.0.18363.900", &[])],
            vec![stack(5_100_013)],
        ],
    );
    let machine = client(18_363, 900);
    // Of January: covered by February's. Of March: not.
    assert_eq!(missing(&catalog, &machine), [5_100_013]);
    assert_eq!(
        evidence(&catalog, &machine, 5_100_011).1,
        Evidence::Series {
            month: Month::from_document_id("2020-Feb").unwrap(),
            through: kb(5_100_002)
        }
    );
}

#[test]
fn of_several_that_cure_the_same_the_rollup_is_named_and_the_other_told() {
    let catalog = feed(
        W7,
        vec![vec![
            rollup(4_100_001, "", &[]),
            security_only(4_100_002, ""),
        ]],
    );
    let found = assessed(&catalog, &client(7_601, None));
    assert_eq!(found.missing.len(), 1);
    assert_eq!(found.missing[0].id, kb(4_100_001));
    assert_eq!(found.missing[0].alternatives, [kb(4_100_002)]);
    // Either cures it.
    for listed in [4_100_001, 4_100_002] {
        let machine = listing(client(7_601, None), &[listed]);
        assert_eq!(missing(&catalog, &machine), [0_u32; 0], "{listed} listed");
    }
}

#[test]
fn a_derived_revision_never_takes_away_what_the_list_proves() {
    let catalog = feed(
        W7,
        vec![
            vec![rollup(4_100_001, "6.1.7601.25000", &[])],
            vec![
                rollup(4_100_002, "6.1.7601.26000", &[4_100_001]),
                security_only(4_100_003, "6.1.7601.26000"),
            ],
        ],
    );
    // January's rollup, then February's Security Only update: the rollup alone
    // tells the revision, but the other is installed as well.
    let machine = listing(client(7_601, None), &[4_100_001, 4_100_003]);
    assert_eq!(missing(&catalog, &machine), [0_u32; 0]);
    assert_eq!(
        evidence(&catalog, &machine, 4_100_003),
        (ExplanationVerdict::Present, Evidence::Listed)
    );
    // Without it, the revision decides.
    let machine = listing(client(7_601, None), &[4_100_001]);
    assert_eq!(missing(&catalog, &machine), [4_100_002]);
}

#[test]
fn an_advisory_is_shown_and_never_counted() {
    let advisory = document(
        "2020-Jan",
        &[("1", W1909)],
        vec![vulnerability("ADV200001", vec![fix(5_100_001, "", &[])])],
    );
    let catalog = compile(&[advisory]).unwrap();
    let found = assessed(&catalog, &client(18_363, 900));
    assert!(found.missing.is_empty());
    assert_eq!(found.advisories, [kb(5_100_001)]);
}

#[test]
fn an_advisory_adds_no_alternative_to_a_row() {
    let advised = vulnerability(
        "ADV200001",
        vec![
            rollup(4_100_001, "", &[]),
            of_kind(fix(4_100_002, "", &[]), Subtype::IeCumulative),
        ],
    );
    let cve = vulnerability("CVE-2020-0001", vec![rollup(4_100_001, "", &[])]);
    let month = document("2020-Jan", &[("1", W7)], vec![advised, cve]);
    let catalog = compile(&[month]).unwrap();
    let found = assessed(&catalog, &client(7_601, None));
    assert_eq!(found.missing.len(), 1);
    assert_eq!(found.missing[0].alternatives, []);
    assert_eq!(found.advisories, []);
}

#[test]
fn a_long_term_release_reports_no_display_version_and_has_findings_by_its_build() {
    let catalog = feed(
        "Windows 10 Version 1809 for x64-based Systems",
        vec![vec![fix(5_100_001, "10.0.17763.900", &[])]],
    );
    let text = r#"{"computerDnsName": "ltsc", "os": {"version": "10.0.17763.800", "architecture": "x64",
        "installationType": "Client", "platform": "Windows 10 Enterprise LTSC 2019", "edition": "EnterpriseS"}}"#;
    let machine = kbgap_inventory::read_reports(text.as_bytes())
        .unwrap()
        .pop()
        .unwrap()
        .unwrap();
    let kbgap_inventory::Report::Machine { machine, .. } = machine else {
        panic!("{machine:?}")
    };
    let projection = kbgap_assess::Projection::of(&machine, &catalog);
    assert_eq!(missing(&catalog, &projection), [5_100_001]);
}

#[test]
fn products_whose_name_holds_the_system_add_no_finding() {
    for other in [
        "Windows 10 Version 1909 for x64-based Systems Hardware Lab Kit",
        "Windows Hardware Lab Kit for Windows 10 Version 1909",
        "HLK for Windows 10 Version 1909 for x64-based Systems",
    ] {
        let catalog = feed(other, vec![vec![fix(5_100_001, "10.0.18363.900", &[])]]);
        let machine = client(18_363, 100);
        let found = match assess(&catalog, &machine) {
            Assessment::Assessed(found) => found.missing.len(),
            Assessment::NotAssessed(_) => 0,
        };
        assert_eq!(found, 0, "{other}");
    }
}

#[test]
fn server_2008_has_findings_at_either_of_its_builds() {
    let catalog = feed(
        S2008,
        vec![
            vec![rollup(4_100_001, "", &[])],
            vec![rollup(4_100_002, "6.0.6003.21400", &[4_100_001])],
        ],
    );
    for build in [6_002, 6_003] {
        let machine = server(build, None);
        assert_eq!(
            missing(&catalog, &machine),
            [4_100_001, 4_100_002],
            "{build}"
        );
        let machine = listing(machine, &[4_100_001]);
        assert_eq!(missing(&catalog, &machine), [4_100_002], "{build}");
    }
    // 6002 counted far beyond where 6003 began: its revision tells nothing.
    let machine = server(6_002, 24_000);
    assert_eq!(missing(&catalog, &machine), [4_100_001, 4_100_002]);
}

#[test]
fn a_hotpatch_that_is_listed_and_runs_is_present_on_any_track() {
    let hotpatch = of_kind(fix(5_100_003, "10.0.20348.2100", &[]), Subtype::Hotpatch);
    let catalog = feed(
        S2022,
        vec![
            vec![fix(5_100_001, "10.0.20348.2000", &[])],
            vec![fix(5_100_002, "10.0.20348.2110", &[]), hotpatch],
        ],
    );
    // It took hotpatches once and is enrolled no more.
    let mut machine = listing(server(20_348, 2_100), &[5_100_003]);
    machine.hotpatch = Some(false);
    assert_eq!(missing(&catalog, &machine), [0_u32; 0]);
    let found = assessed(&catalog, &machine);
    assert_eq!(found.warnings, [""; 0]);
    // Not listed, the revision alone proves no hotpatch.
    machine.kbs.clear();
    assert_eq!(missing(&catalog, &machine), [5_100_002]);
    // Listed, but what runs is older.
    let mut machine = listing(server(20_348, 2_050), &[5_100_003]);
    machine.hotpatch = Some(false);
    assert_eq!(missing(&catalog, &machine), [5_100_002]);
}
