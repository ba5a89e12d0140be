//! `kbgap check` beside WES-NG, one systeminfo file after the other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::figure::{Goal, Report, median, say};
use crate::kbgap::{Kbgap, folder};
use crate::process::{Usage, measure};
use crate::wesng::Wes;

pub(crate) fn run(
    kbgap: &Kbgap,
    wes: Option<&Wes>,
    shared: &Path,
    runs: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let data = folder()?;
    let imported = measure(&mut kbgap.import(data.path(), shared)?)?;
    ensure!(imported.status.success(), "the import failed");
    let definitions = shared.join("data/wes/definitions.zip");
    let (mut walls, mut peaks, mut ratios, mut memory) = (vec![], vec![], vec![], vec![]);
    for file in systeminfo_files(shared)? {
        let ours = check(kbgap, data.path(), &file, runs)?;
        walls.push(ours.wall);
        peaks.push(ours.peak);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let line = format!(
            "{name}: kbgap {:.1} ms, {:.1} MB",
            ours.wall * 1e3,
            ours.peak
        );
        let Some(wes) = wes else {
            say(&line);
            continue;
        };
        let theirs = wes.check(&definitions, &file)?;
        if theirs.status.success() {
            ratios.push(theirs.wall / ours.wall);
            memory.push(theirs.peak / ours.peak);
            say(&format!(
                "{line}; WES-NG {:.2} s ({:.2} s CPU), {:.0} MB; {:.0} times faster, {:.0} times less memory",
                theirs.wall,
                theirs.cpu,
                theirs.peak,
                theirs.wall / ours.wall,
                theirs.peak / ours.peak
            ));
        } else {
            say(&format!("{line}; WES-NG does not read it"));
        }
    }
    report.note("check: systeminfo files read", count(&walls), "files");
    report.add(
        "check: time, slowest file",
        most(&walls) * 1e3,
        "ms",
        Goal::Under(25.0),
    );
    report.add(
        "check: peak memory, largest",
        most(&peaks),
        "MB",
        Goal::Under(50.0),
    );
    if wes.is_some() {
        report.note("check: of these WES-NG can read", count(&ratios), "files");
        report.add(
            "check: WES-NG's time / ours, median file",
            median(ratios.clone()),
            "×",
            Goal::AtLeast(100.0),
        );
        report.add(
            "check: WES-NG's time / ours, worst file",
            least(&ratios),
            "×",
            Goal::AtLeast(100.0),
        );
        report.add(
            "check: WES-NG's memory / ours, worst file",
            least(&memory),
            "×",
            Goal::AtLeast(10.0),
        );
    }
    Ok(())
}

/// The run with the median time, with the largest peak of all.
fn check(kbgap: &Kbgap, data: &Path, file: &Path, runs: usize) -> anyhow::Result<Usage> {
    let mut all = Vec::with_capacity(runs);
    for _ in 0..runs.max(1) {
        let used = measure(kbgap.command(data).arg("check").arg(file))?;
        ensure!(
            used.status.success(),
            "check {} failed: {}",
            file.display(),
            used.status
        );
        all.push(used);
    }
    all.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    let peak = all.iter().map(|used| used.peak).fold(0.0, f64::max);
    let middle = all[all.len() / 2];
    Ok(Usage { peak, ..middle })
}

fn systeminfo_files(shared: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = shared.join("data/inventories/systeminfo");
    let entries = fs::read_dir(&folder).with_context(|| {
        format!(
            "no inventories at {}: name the folder with --shared",
            folder.display()
        )
    })?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|file| {
        file.file_name()
            .is_some_and(|name| name.to_string_lossy().contains("systeminfo"))
    });
    files.sort();
    Ok(files)
}

#[expect(clippy::cast_precision_loss, reason = "a handful of files")]
const fn count(values: &[f64]) -> f64 {
    values.len() as f64
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
