//! Assessing all patch states of a fleet under another feed, for more and more of them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, ensure};
use kbgap_assess::Projection;
use kbgap_catalog::Catalog;
use kbgap_fleet::{CheckIn, FleetIndex};
use kbgap_generate::{Fleet, Generator};
use kbgap_inventory::{Machine, native};
use kbgap_server::feed::snapshot_path;

use super::Scale;
use super::loaded::HELD_BACK;
use crate::figure::{Report, float, say};
use crate::kbgap::{feed_files, folder};
use crate::process::measure;

const SERIES: [usize; 4] = [20_000, 50_000, 100_000, 200_000];
/// The fleet of which its states are; it has some more than are wanted.
const STATES: u32 = 250_000;

pub(super) fn run(scale: &Scale<'_>, report: &mut Report) -> anyhow::Result<()> {
    let data = folder()?;
    let files = feed_files(scale.shared)?;
    let (older, newer) = files.split_at(files.len().saturating_sub(HELD_BACK));
    let before = import(scale, data.path(), older)?;
    let after = import(scale, data.path(), newer)?;

    count(scale, &after, report)?;
    say("looking for patch states");
    let fleet = Fleet {
        states: STATES,
        ..Fleet::new(super::SEED)
    };
    let mut states = Distinct::of(Generator::new(fleet), &after);
    let mut index = FleetIndex::new(before);
    let mut made = 0;
    // As many as the fleet is large, where it is small.
    let most = usize::try_from(scale.machines)?;
    for wanted in SERIES
        .into_iter()
        .filter(|wanted| *wanted <= most.max(SERIES[0]))
    {
        while made < wanted {
            index.upsert(&CheckIn::new(states.next()?, 0));
            made += 1;
        }
        let start = Instant::now();
        let stop = AtomicBool::new(false);
        let reassessed =
            FleetIndex::reassess(index.fleet(), after.clone(), &stop).context("it was stopped")?;
        let seconds = start.elapsed().as_secs_f64();
        drop(reassessed);
        report.note(&format!("states: {wanted} assessed anew"), seconds, "s");
        let each = seconds / float(wanted) * 1e6;
        report.note(&format!("states: {wanted}, for each"), each, "µs");
    }
    Ok(())
}

/// How many states the fleet has.
fn count(scale: &Scale<'_>, catalog: &Catalog, report: &mut Report) -> anyhow::Result<()> {
    say("counting the patch states of the fleet");
    let generator = scale.generator(0)?;
    let mut distinct = HashSet::new();
    let mut line = Vec::new();
    for number in 0..scale.machines {
        distinct.insert(Projection::of(
            &machine(&generator, number, &mut line)?,
            catalog,
        ));
    }
    report.note("states: of the fleet", float(distinct.len()), "states");
    Ok(())
}

fn import(scale: &Scale<'_>, data: &Path, files: &[PathBuf]) -> anyhow::Result<Catalog> {
    let mut import = scale.kbgap.command(data);
    let imported = measure(import.args(["feed", "import"]).args(files))?;
    ensure!(imported.status.success(), "the import failed");
    Ok(Catalog::load(&snapshot_path(data))?)
}

/// Machines no two of which have the same patch state.
struct Distinct<'a> {
    generator: Generator,
    catalog: &'a Catalog,
    number: u64,
    known: HashSet<Projection>,
    line: Vec<u8>,
}

impl<'a> Distinct<'a> {
    fn of(generator: Generator, catalog: &'a Catalog) -> Self {
        Self {
            generator,
            catalog,
            number: 0,
            known: HashSet::new(),
            line: Vec::new(),
        }
    }

    fn next(&mut self) -> anyhow::Result<Machine> {
        loop {
            let machine = machine(&self.generator, self.number, &mut self.line)?;
            self.number += 1;
            if self.known.insert(Projection::of(&machine, self.catalog)) {
                return Ok(machine);
            }
        }
    }
}

/// A machine as the server takes it.
pub(super) fn machine(
    generator: &Generator,
    number: u64,
    line: &mut Vec<u8>,
) -> anyhow::Result<Machine> {
    line.clear();
    generator.write(number, 0, line);
    Ok(native::machine(std::str::from_utf8(line)?)?.normalized())
}
