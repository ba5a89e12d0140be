//! What an assessment takes under the vendor's real feed: `cargo bench -p kbgap-assess`.
//! Skipped where there is no real feed.

#![expect(clippy::unwrap_used, reason = "benches fail by panicking")]

#[path = "../tests/rules/drawn.rs"]
mod drawn;

use divan::{Bencher, black_box, counter::ItemsCount};
use drawn::Draw;
use kbgap_assess::{Assessor, Projection, assess, weaknesses};
use kbgap_catalog::{Catalog, InstallationType, KbId, Version};
use kbgap_inventory::native;
use kbgap_testkit::real_feed::catalog;

const MIX: usize = 20_000;

fn main() {
    // What is lacking is said once, and reading the feed is no part of the first bench.
    if catalog().is_some() {
        divan::main();
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Client,
    Server,
    Windows7,
}

const KINDS: [Kind; 3] = [Kind::Client, Kind::Server, Kind::Windows7];

impl Kind {
    fn machine(self) -> Projection {
        let (build, revision, kind, kbs): (u32, _, _, &[u32]) = match self {
            Self::Client => (
                19_045,
                Some(4_170),
                InstallationType::Client,
                &[5_011_048, 5_015_684, 5_020_683, 5_033_909, 5_035_845],
            ),
            Self::Server => (
                17_763,
                Some(5_122),
                InstallationType::Server,
                &[4_589_208, 5_005_112, 5_012_170, 5_031_361, 5_032_196],
            ),
            Self::Windows7 => (
                7_601,
                None,
                InstallationType::Client,
                &[
                    2_534_111, 2_999_226, 4_012_212, 4_474_419, 4_490_628, 4_499_164, 4_516_655,
                ],
            ),
        };
        Projection {
            kbs: kbs.iter().map(|&kb| KbId::new(kb).unwrap()).collect(),
            chromium_edge: revision.is_some(),
            edge_version: Version::parse("120.0.2210.61").filter(|_| revision.is_some()),
            ..drawn::windows(build, revision, kind)
        }
    }
}

fn feed() -> &'static Catalog {
    catalog().unwrap()
}

/// Distinct patch states: what agents report, or whatever may be odd or lacking.
fn mix(is_odd: bool) -> Vec<Projection> {
    let mut draw = Draw::new(feed(), 1);
    let mut machine = || if is_odd { draw.any() } else { draw.usual() };
    (0..MIX).map(|_| machine()).collect()
}

#[divan::bench(args = KINDS)]
fn alone(bencher: Bencher<'_, '_>, kind: Kind) {
    let machine = kind.machine();
    bencher.bench(|| assess(feed(), black_box(&machine)));
}

#[divan::bench(args = KINDS)]
fn weaknesses_alone(bencher: Bencher<'_, '_>, kind: Kind) {
    let machine = kind.machine();
    bencher.bench(|| weaknesses(feed(), black_box(&machine)));
}

#[divan::bench(args = KINDS)]
fn again(bencher: Bencher<'_, '_>, kind: Kind) {
    let (assessor, machine) = (Assessor::new(feed().clone()), kind.machine());
    bencher.bench(|| assessor.assess(black_box(&machine)));
}

#[divan::bench(args = KINDS)]
fn outlined_again(bencher: Bencher<'_, '_>, kind: Kind) {
    let (assessor, machine) = (Assessor::new(feed().clone()), kind.machine());
    bencher.bench(|| assessor.outline(black_box(&machine)));
}

#[divan::bench(args = KINDS)]
fn weaknesses_again(bencher: Bencher<'_, '_>, kind: Kind) {
    let (assessor, machine) = (Assessor::new(feed().clone()), kind.machine());
    bencher.bench(|| assessor.weaknesses(black_box(&machine)));
}

/// From a report with 40 programs to what the rules read of it.
#[divan::bench]
fn projected(bencher: Bencher<'_, '_>) {
    let program = |n: usize| {
        let (vendor, name) = match n % 8 {
            0 => ("Microsoft Corporation", format!("Microsoft Program {n}")),
            _ => ("Another Publisher", format!("Program {n} (x64)")),
        };
        format!(r#"{{"vendor":"{vendor}","name":"{name}","version":"{n}.1"}}"#)
    };
    let software: Vec<String> = (0..40).map(program).collect();
    let json = format!(
        r#"{{"computerDnsName":"pc","os":{{"version":"10.0.19045.4170"}},"installedKbs":["5011048","5015684","5035845"],"software":[{}]}}"#,
        software.join(",")
    );
    let machine = native::machine(&json).unwrap();
    bencher.bench(|| Projection::of(black_box(&machine), feed()));
}

/// All of a mix by a new assessor, as after a new month.
#[divan::bench(args = [false, true], sample_count = 5, sample_size = 1)]
fn mixed(bencher: Bencher<'_, '_>, is_odd: bool) {
    let machines = mix(is_odd);
    bencher.counter(ItemsCount::new(MIX)).bench(|| {
        let assessor = Assessor::new(feed().clone());
        for machine in &machines {
            black_box(assessor.assess(machine));
        }
    });
}

#[divan::bench(args = [false, true], sample_count = 5, sample_size = 1)]
fn mixed_outlines(bencher: Bencher<'_, '_>, is_odd: bool) {
    let machines = mix(is_odd);
    bencher.counter(ItemsCount::new(MIX)).bench(|| {
        let assessor = Assessor::new(feed().clone());
        for machine in &machines {
            let _ = black_box(assessor.outline(machine));
        }
    });
}
