//! Device groups: the index as a library beside an indexed query on SQLite, both in this
//! process and on the same machines, group by group in turn.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, ensure};
use kbgap_catalog::Catalog;
use kbgap_fleet::{CheckIn, FleetIndex, ProductFix, RETENTION_MS, View};
use kbgap_server::feed::snapshot_path;

use super::Scale;
use super::sql::Database;
use super::states::machine;
use crate::figure::{Goal, Report, float, median, say};
use crate::kbgap::folder;
use crate::process::measure;

/// Each so often by the index, whose answers take microseconds.
const TIMES: usize = 5;

pub(super) fn run(scale: &Scale<'_>, report: &mut Report) -> anyhow::Result<()> {
    let data = folder()?;
    let imported = measure(&mut scale.kbgap.import(data.path(), scale.shared)?)?;
    ensure!(imported.status.success(), "the import failed");
    let catalog = Catalog::load(&snapshot_path(data.path()))?;
    say(&format!(
        "putting {} machines into SQLite and the index",
        scale.machines
    ));
    let database = Database::new(&data.path().join("peer.db"), &catalog)?;
    let mut index = FleetIndex::new(catalog);
    let groups: HashMap<String, i32> = kbgap_generate::groups().zip(1..).collect();
    let generator = scale.generator(0)?;
    let mut line = Vec::new();
    for number in 0..scale.machines {
        let machine = machine(&generator, number, &mut line)?;
        let seen_at = machine.seen_at.map_or(0, |at| at.as_millisecond());
        let name = machine.group.as_deref().unwrap_or_default();
        let group = groups.get(name).copied().unwrap_or_default();
        database.add(number, group, &machine, seen_at)?;
        let mut check_in = CheckIn::new(machine, seen_at);
        check_in.group_id = group;
        index.upsert(&check_in);
    }
    database.finish()?;

    let now = jiff::Timestamp::now().as_millisecond();
    let fleet = index.publish(now);
    let software = fleet.catalog().find_software(super::SOFTWARE);
    let software = software.context("the feed does not know the software")?;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut alike = Alike::default();
    for group in 1..=i32::try_from(groups.len())? {
        let mut times = Vec::with_capacity(TIMES);
        let mut rows = Vec::new();
        for _ in 0..TIMES {
            let start = Instant::now();
            rows = fleet.missing_kbs_of_software_in(software, group, now, View::All);
            times.push(start.elapsed().as_secs_f64());
        }
        let start = Instant::now();
        let sql = database.missing(super::SOFTWARE, Some(group), now - RETENTION_MS)?;
        let seconds = start.elapsed().as_secs_f64();
        let time = median(times);
        ratios.push(seconds / time);
        ours.push(time);
        theirs.push(seconds);
        alike.compare(&database, &rows, &sql)?;
    }
    report.add(
        "groups: missing KBs of one of 200, by the index, median",
        median(ours) * 1e3,
        "ms",
        Goal::Under(2.0),
    );
    report.note(
        "groups: by an indexed query on SQLite, median",
        median(theirs) * 1e3,
        "ms",
    );
    report.add(
        "groups: the latter / the former, median group",
        median(ratios.clone()),
        "×",
        Goal::AtLeast(100.0),
    );
    let worst = ratios.into_iter().fold(f64::INFINITY, f64::min);
    report.note("groups: the latter / the former, worst group", worst, "×");
    report.note(
        "groups: machines that both count as missing a KB",
        alike.part(),
        "%",
    );

    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        let all = fleet.missing_kbs_of_software(software, now, View::All);
        times.push(start.elapsed().as_secs_f64());
        ensure!(!all.is_empty(), "nothing is missing");
    }
    let ours = median(times);
    let start = Instant::now();
    database.missing(super::SOFTWARE, None, now - RETENTION_MS)?;
    let theirs = start.elapsed().as_secs_f64();
    report.note("groups: over all machines, by the index", ours * 1e3, "ms");
    report.note("groups: over all machines, by SQLite", theirs * 1e3, "ms");
    report.note(
        "groups: the latter / the former, all machines",
        theirs / ours,
        "×",
    );
    Ok(())
}

/// How much the two have in common: they have different rules.
#[derive(Default)]
struct Alike {
    both: u64,
    either: u64,
}

impl Alike {
    fn compare(
        &mut self,
        database: &Database,
        ours: &[ProductFix],
        theirs: &[(u32, u64)],
    ) -> anyhow::Result<()> {
        let mut theirs: HashMap<u32, u64> = theirs.iter().copied().collect();
        for row in ours {
            if !database.knows(row.id.number())? {
                continue;
            }
            let other = theirs.remove(&row.id.number()).unwrap_or_default();
            self.both += row.machine_missed_on.min(other);
            self.either += row.machine_missed_on.max(other);
        }
        self.either += theirs.into_values().sum::<u64>();
        Ok(())
    }

    fn part(&self) -> f64 {
        100.0 * float(self.both) / float(self.either.max(1))
    }
}
