//! The first start of a server that has no data yet.

use crate::figure::{Goal, Report, median};
use crate::kbgap::{Kbgap, folder};
use crate::server::Server;

pub(crate) fn run(kbgap: &Kbgap, runs: usize, report: &mut Report) -> anyhow::Result<()> {
    let times = (0..runs)
        .map(|_| first_answer(kbgap))
        .collect::<anyhow::Result<Vec<f64>>>()?;
    report.add(
        "first start without data until /readyz answers",
        median(times) * 1e3,
        "ms",
        Goal::Under(100.0),
    );
    #[expect(clippy::cast_precision_loss, reason = "the size of a file fits")]
    let size = kbgap.binary.metadata()?.len() as f64 / 1e6;
    report.add("release binary", size, "MB", Goal::Under(40.0));
    Ok(())
}

/// Seconds.
fn first_answer(kbgap: &Kbgap) -> anyhow::Result<f64> {
    let data = folder()?;
    Ok(Server::start(kbgap, data.path())?.started)
}
