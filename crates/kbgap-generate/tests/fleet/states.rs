//! What the rules read of a fleet, and how it changes from day to day.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kbgap_assess::{Assessment, Projection, assess};
use kbgap_catalog::{Catalog, compile};
use kbgap_generate::{Fleet, Generator};
use kbgap_testkit::shared;

use crate::{generator, machines};

/// The months of the real feed that know what machines list.
static CATALOG: LazyLock<Option<Catalog>> = LazyLock::new(|| {
    let folder = shared()?.join("data/msrc-cvrf-xml");
    let entries = std::fs::read_dir(folder).unwrap();
    let paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_month(path))
        .collect();
    let read =
        |path: &Path| kbgap_feed::cvrf::read(kbgap_feed::source::open(path).unwrap()).unwrap();
    let documents: Vec<_> = std::thread::scope(|scope| {
        let readers: Vec<_> = paths
            .chunks(paths.len().div_ceil(2))
            .map(|part| scope.spawn(move || part.iter().map(|p| read(p)).collect::<Vec<_>>()))
            .collect();
        let parts = readers.into_iter().map(|reader| reader.join().unwrap());
        parts.flatten().collect()
    });
    Some(compile(&documents).unwrap())
});

fn is_month(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.as_str() >= "2022" && path.extension().is_some_and(|e| e == "zst")
}

/// What the rules read of some machines.
fn projections(generator: &Generator, machines_of: u64, day: u32) -> Option<Vec<Projection>> {
    let catalog = CATALOG.as_ref()?;
    let machines = machines(generator, 0..machines_of, day);
    Some(
        machines
            .iter()
            .map(|m| Projection::of(m, catalog))
            .collect(),
    )
}

#[test]
fn there_are_about_as_many_states_as_asked_for() {
    // Of so few machines, that is: the benchmark counts those of a million.
    for (states, low, high) in [(730, 350, 560), (20_000, 4_500, 8_000)] {
        let fleet = Fleet {
            states,
            ..Fleet::new(1)
        };
        let Some(all) = projections(&Generator::new(fleet), 20_000, 0) else {
            return;
        };
        let distinct: HashSet<_> = all.into_iter().collect();
        assert!((low..high).contains(&distinct.len()), "{}", distinct.len());
    }
}

#[test]
fn the_feed_knows_nearly_all_kbs_and_the_rules_assess_nearly_all_machines() {
    let (Some(catalog), Some(all)) = (CATALOG.as_ref(), projections(&generator(), 4_000, 0)) else {
        return;
    };
    let listed: usize = machines(&generator(), 0..4_000, 0)
        .iter()
        .map(|m| m.installed_kbs.len())
        .sum();
    let known: usize = all.iter().map(|p| p.kbs.len()).sum();
    assert!(known * 10 > listed * 9, "{known} of {listed}");
    let assessed: Vec<_> = all
        .iter()
        .filter_map(|p| match assess(catalog, p) {
            Assessment::Assessed(assessed) => Some(assessed),
            Assessment::NotAssessed(_) => None,
        })
        .collect();
    assert!(assessed.len() > 3_900, "{}", assessed.len());
    let clean = assessed.iter().filter(|a| a.missing.is_empty()).count();
    assert!((400..3_000).contains(&clean), "{clean}");
}

#[test]
fn from_day_to_day_few_machines_change() {
    let of = |day| machines(&generator(), 0..10_000, day);
    for day in [0, 3, 20] {
        let (before, after) = (of(day), of(day + 1));
        let pairs = || before.iter().zip(&after);
        let changed = pairs()
            .filter(|(a, b)| a.encoded().unwrap().1 != b.encoded().unwrap().1)
            .count();
        assert!((150..1_800).contains(&changed), "{day}: {changed}");
        let replaced = pairs().filter(|(a, b)| a.id != b.id).count();
        assert!((1..30).contains(&replaced), "{day}: {replaced}");
        let seen = pairs().filter(|(a, b)| a.seen_at < b.seen_at).count();
        assert!(seen > 9_000, "{day}: {seen}");
    }
}

#[test]
fn within_a_month_most_install_its_updates() {
    let newest = |day| {
        let machines = machines(&generator(), 0..5_000, day);
        let windows = machines.iter().filter(|m| m.os.build == 26_100);
        let current = windows.filter(|m| m.os.revision == Some(8_655));
        current.count()
    };
    let (first, later) = (newest(0), newest(30));
    assert!(first > 100 && later > 2 * first, "{first}, {later}");
}
