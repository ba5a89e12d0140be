//! Importing the whole feed, and loading what came of it.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use kbgap_catalog::Catalog;
use kbgap_server::feed::snapshot_path;

use crate::figure::{Goal, Report, median};
use crate::kbgap::{Kbgap, folder};
use crate::process::measure;

/// Few runs are enough: an import takes seconds.
const IMPORTS: usize = 3;

pub(crate) fn run(
    kbgap: &Kbgap,
    shared: &Path,
    runs: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let data = folder()?;
    let (mut walls, mut peaks) = (Vec::new(), Vec::new());
    for run in 0..IMPORTS {
        let folder = data.path().join(run.to_string());
        let used = measure(&mut kbgap.import(&folder, shared)?)?;
        ensure!(used.status.success(), "the import failed: {}", used.status);
        walls.push(used.wall);
        peaks.push(used.peak);
    }
    report.add(
        "import of the whole feed",
        median(walls),
        "s",
        Goal::Under(3.0),
    );
    report.add(
        "import of the whole feed, peak memory",
        median(peaks),
        "MB",
        Goal::Under(300.0),
    );

    let folder = data.path().join("0");
    let again = measure(&mut kbgap.import(&folder, shared)?)?;
    report.note("import of what is known already", again.wall, "s");

    let snapshot = snapshot_path(&folder);
    let loads = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let catalog = Catalog::load(&snapshot)?;
            ensure!(catalog.kbs().len() > 0, "the catalogue is empty");
            Ok(start.elapsed().as_secs_f64())
        })
        .collect::<anyhow::Result<Vec<f64>>>()?;
    report.add(
        "loading the compiled catalogue",
        median(loads) * 1e3,
        "ms",
        Goal::Under(10.0),
    );
    Ok(())
}
