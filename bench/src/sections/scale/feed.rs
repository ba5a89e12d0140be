//! The newest months of the feed come while the server runs: when do answers know them?

use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;

use super::loaded::{HELD_BACK, Loaded};
use super::{Scale, ask_all};
use crate::drive::{answer, block_on};
use crate::figure::{Goal, Report};
use crate::kbgap::feed_files;

const PATIENCE: Duration = Duration::from_secs(1_200);
const LOOK: Duration = Duration::from_millis(5);

pub(super) fn run(scale: &Scale<'_>, loaded: &Loaded, report: &mut Report) -> anyhow::Result<()> {
    let ask = ask_all(loaded.address(), &loaded.bearer);
    let before = answer(&ask)?;
    let store = Arc::new(SqliteStore::open_to_read(
        &loaded.data.path().join("kbgap.db"),
    )?);
    let generation = || {
        let store = Arc::clone(&store);
        block_on(async move { Ok(store.feed_generation().await?) })
    };
    let known = generation()?;
    let files = feed_files(scale.shared)?;
    let mut import = scale.kbgap.command(loaded.data.path());
    import
        .args(["feed", "import"])
        .args(files.iter().rev().take(HELD_BACK));
    let start = Instant::now();
    let mut import = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    until("the import commits nothing", || Ok(generation()? != known))?;
    let committed = Instant::now();
    until("answers stay as they were", || Ok(answer(&ask)? != before))?;
    let published = Instant::now();
    ensure!(import.wait()?.success(), "the import failed");
    report.note(
        "feed: import of a month until it is committed",
        committed.duration_since(start).as_secs_f64(),
        "s",
    );
    report.add(
        "feed: from then until all answers are under it",
        published.duration_since(committed).as_secs_f64(),
        "s",
        Goal::Under(3.0),
    );
    report.note("feed: memory at most", loaded.server.most_memory()?, "MB");
    Ok(())
}

fn until(
    otherwise: &'static str,
    mut happened: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if happened()? {
            return Ok(());
        }
        thread::sleep(LOOK);
    }
    None.context(otherwise)
}
