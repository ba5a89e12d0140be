//! What the machine can do at best, beside which all other figures stand.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use kbgap_generate::{Fleet, Generator};
use kbgap_inventory::native;

use super::least;
use crate::figure::{Report, float, median};
use crate::kbgap::folder;

const SYNCS: usize = 101;
const PAGE: usize = 4 << 10;
const COPY: usize = 256 << 20;
const WRITE: usize = 1 << 30;
const DOCUMENTS: u64 = 20_000;

pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    report.note("bounds: one fdatasync of 4 KiB", fdatasync()? * 1e3, "ms");
    report.note("bounds: writing one file to the disk", write()?, "MB/s");
    report.note("bounds: copying memory, one core", copy(), "MB/s");
    let (any, native) = parse()?;
    report.note(
        "bounds: parsing documents as any JSON, one core",
        any,
        "MB/s",
    );
    report.note("bounds: reading them as machines, one core", native, "MB/s");
    least::run(report)
}

/// Seconds, the median of many.
pub(super) fn fdatasync() -> anyhow::Result<f64> {
    let folder = folder()?;
    let mut file = File::create(folder.path().join("sync"))?;
    let page = vec![7; PAGE];
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64());
    }
    Ok(median(times))
}

fn write() -> anyhow::Result<f64> {
    let folder = folder()?;
    let mut file = File::create(folder.path().join("write"))?;
    let piece = vec![7; 1 << 20];
    let start = Instant::now();
    for _ in 0..WRITE / piece.len() {
        file.write_all(&piece)?;
    }
    file.sync_data()?;
    Ok(rate(WRITE, start))
}

fn copy() -> f64 {
    let from = vec![7_u8; COPY];
    let mut to = vec![0_u8; COPY];
    let best = (0..5).map(|_| {
        let start = Instant::now();
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
        rate(COPY, start)
    });
    best.fold(0.0, f64::max)
}

/// As any JSON, and as machines.
fn parse() -> anyhow::Result<(f64, f64)> {
    let generator = Generator::new(Fleet::new(super::SEED));
    let mut bytes = Vec::new();
    for number in 0..DOCUMENTS {
        generator.write(number, 0, &mut bytes);
    }
    let text = std::str::from_utf8(&bytes)?;
    let start = Instant::now();
    for line in text.lines() {
        black_box(serde_json::from_str::<serde_json::Value>(line)?);
    }
    let any = rate(bytes.len(), start);
    let start = Instant::now();
    for line in text.lines() {
        black_box(native::machine(line)?);
    }
    Ok((any, rate(bytes.len(), start)))
}

fn rate(bytes: usize, since: Instant) -> f64 {
    float(bytes) / 1e6 / since.elapsed().as_secs_f64()
}
