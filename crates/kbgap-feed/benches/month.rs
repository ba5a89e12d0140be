//! What reading one document of the real feed takes: `cargo bench -p kbgap-feed`. Skipped
//! where there is no real feed.

#![expect(clippy::unwrap_used, reason = "benches fail by panicking")]

use divan::Bencher;
use kbgap_feed::{cvrf, source};
use kbgap_testkit::{shared, skipped};

fn main() {
    divan::main();
}

#[divan::bench(args = ["2020-Mar", "2026-Mar"])]
fn month(bencher: Bencher<'_, '_>, id: &str) {
    let Some(folder) = shared() else { return };
    let file = folder
        .join("data/msrc-cvrf-xml")
        .join(format!("{id}.xml.zst"));
    if !file.is_file() {
        return skipped(&format!("no {}", file.display()));
    }
    bencher.bench(|| cvrf::read(source::open(&file).unwrap()).unwrap());
}
