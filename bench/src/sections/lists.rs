//! Lists of a large fleet: what a page takes, whether it takes the same in a smaller
//! fleet, and whether paging loses or repeats anything while machines check in.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use serde::Deserialize;

use crate::figure::{Goal, Report, float, median, say};
use crate::fleet::{STATES, document, name};
use crate::kbgap::{Kbgap, folder};
use crate::process::measure;
use crate::server::{Client, Server, Taken};

const LARGE: usize = 100_000;
const SMALL: usize = 10_000;
/// Machines of one report.
const BATCH: usize = 2_000;
/// Clients that read at once.
const CLIENTS: usize = 10;

const ROLES: [&str; 3] = [
    "Machine.Read.All",
    "Vulnerability.Read.All",
    "Inventory.Write.All",
];

pub(crate) fn run(
    kbgap: &Kbgap,
    shared: &Path,
    runs: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let small = Setting::new(kbgap, shared, SMALL)?;
    let small_page = small.page(runs)?;
    drop(small);
    let large = Setting::new(kbgap, shared, LARGE)?;
    report.note(
        "lists: patch states of 100,000 machines",
        float(STATES),
        "states",
    );
    report.note("lists: 100,000 machines checked in", large.loaded, "s");
    let page = large.page(runs)?;
    report.note("lists: start with them", large.server.started, "s");
    report.note(
        "lists: page of 10,000 of 100,000 machines",
        page.taken.seconds * 1e3,
        "ms",
    );
    report.note("lists: its size", float(page.taken.bytes) / 1e6, "MB");
    report.note("lists: memory of the server before", page.before, "MB");
    report.add(
        "lists: more memory while one reads it",
        page.one,
        "MB",
        Goal::Under(10.0),
    );
    report.add(
        "lists: more memory while ten read it",
        page.ten,
        "MB",
        Goal::Under(40.0),
    );
    report.add(
        "lists: time of that page, of 100,000 / of 10,000",
        page.taken.seconds / small_page.taken.seconds,
        "×",
        Goal::Under(1.5),
    );
    large.paging(report)?;
    large.filters(runs, report)?;
    large.export(report)
}

struct Setting {
    server: Server,
    client: Client,
    /// Seconds to report all machines.
    loaded: f64,
    machines: usize,
    // Dropped after the server that writes into it.
    data: tempfile::TempDir,
}

struct PageFigures {
    taken: Taken,
    /// Memory in MB: before, and how much more while one and while ten read.
    before: f64,
    one: f64,
    ten: f64,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Id>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

impl Setting {
    fn new(kbgap: &Kbgap, shared: &Path, machines: usize) -> anyhow::Result<Self> {
        let data = folder()?;
        let imported = measure(&mut kbgap.import(data.path(), shared)?)?;
        ensure!(imported.status.success(), "the import failed");
        let server = Server::start(kbgap, data.path())?;
        let client = Client::new(kbgap, data.path(), &ROLES)?;
        let mut setting = Self {
            server,
            client,
            loaded: 0.0,
            machines,
            data,
        };
        say(&format!("reporting {machines} machines"));
        let start = std::time::Instant::now();
        for first in (0..machines).step_by(BATCH) {
            setting.report(first..(first + BATCH).min(machines))?;
        }
        setting.loaded = start.elapsed().as_secs_f64();
        // What was needed to take reports is not what lists take.
        drop(setting.server);
        setting.server = Server::start(kbgap, setting.data.path())?;
        Ok(setting)
    }

    fn report(&self, numbers: std::ops::Range<usize>) -> anyhow::Result<()> {
        let now = Timestamp::now();
        let lines: Vec<String> = numbers.map(|n| document(n, now).to_string()).collect();
        let url = self.url("/ingest/v1/machines");
        self.client.post(&url, &lines.join("\n"))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    fn page(&self, runs: usize) -> anyhow::Result<PageFigures> {
        let url = self.url("/api/machines");
        let take = || self.client.take(&url);
        take()?;
        let before = self.server.memory()?;
        let (taken, one) = self
            .server
            .peak(|| (0..runs.max(1)).map(|_| take()).collect())?;
        let ((), ten) = self.server.peak(|| {
            thread::scope(|scope| {
                let readers: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(take)).collect();
                for reader in readers {
                    reader.join().ok().context("a reader has panicked")??;
                }
                Ok(())
            })
        })?;
        let taken: Vec<Taken> = taken;
        Ok(PageFigures {
            taken: Taken {
                seconds: median(taken.iter().map(|t| t.seconds).collect()),
                ..taken[0]
            },
            before,
            one: one - before,
            ten: ten - before,
        })
    }

    /// From the first page to the last, while machines check in: known ones again and
    /// new ones. Every machine that was there from the beginning is told once.
    fn paging(&self, report: &mut Report) -> anyhow::Result<()> {
        let done = AtomicBool::new(false);
        let (ids, reported) = thread::scope(|scope| {
            let reporter = scope.spawn(|| {
                let mut reported = 0;
                while !done.load(Ordering::Relaxed) && reported < self.machines {
                    self.report(reported..reported + 50)?;
                    let new = self.machines + reported;
                    self.report(new..new + 50)?;
                    reported += 50;
                }
                anyhow::Ok(2 * reported)
            });
            let ids = self.all_ids();
            done.store(true, Ordering::Relaxed);
            let reported = reporter
                .join()
                .ok()
                .context("the reporter has panicked")??;
            anyhow::Ok((ids?, reported))
        })?;
        let told: HashSet<&String> = ids.iter().collect();
        let mut lost = 0;
        for first in (0..self.machines).step_by(self.machines / 1_000) {
            // An id is looked up by the name from which it was made.
            let machine: Id = self
                .client
                .read(&self.url(&format!("/api/machines/{}", name(first))))?;
            lost += usize::from(!told.contains(&machine.id));
        }
        lost += self.machines.saturating_sub(told.len());
        report.note(
            "lists: machines that checked in while paging",
            float(reported),
            "machines",
        );
        report.add(
            "lists: machines lost by paging",
            float(lost),
            "machines",
            Goal::Under(1.0),
        );
        report.add(
            "lists: machines told twice by paging",
            float(ids.len() - told.len()),
            "machines",
            Goal::Under(1.0),
        );
        Ok(())
    }

    fn all_ids(&self) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::with_capacity(self.machines);
        let mut next = Some(self.url("/api/machines?$select=id"));
        while let Some(url) = next {
            let page: Page = self.client.read(&url)?;
            ids.extend(page.value.into_iter().map(|machine| machine.id));
            next = page.next;
        }
        Ok(ids)
    }

    fn filters(&self, runs: usize, report: &mut Report) -> anyhow::Result<()> {
        let time = |filter: &str| {
            let url = self.url(&format!("/api/machines?$filter={filter}"));
            let found: Page = self.client.read(&url)?;
            ensure!(
                found.value.len() == 1,
                "{filter} finds {}",
                found.value.len()
            );
            let times = (0..runs.max(1)).map(|_| Ok(self.client.take(&url)?.seconds));
            Ok(median(times.collect::<anyhow::Result<_>>()?))
        };
        let indexed = time(&format!("computerDnsName%20eq%20'{}'", name(70_001)))?;
        let scanned = time("aadDeviceId%20eq%20'00000000-0000-4000-8000-000000011171'")?;
        report.note("lists: $filter by name", indexed * 1e3, "ms");
        report.note("lists: $filter by what has no index", scanned * 1e3, "ms");
        report.add(
            "lists: time of the latter / of the former",
            scanned / indexed,
            "×",
            Goal::AtLeast(10.0),
        );
        Ok(())
    }

    fn export(&self, report: &mut Report) -> anyhow::Result<()> {
        let url = self.url("/api/machines/SoftwareVulnerabilitiesByMachine");
        let before = self.server.memory()?;
        let (taken, peak) = self.server.peak(|| self.client.take(&url))?;
        report.note(
            "lists: page of 50,000 vulnerabilities",
            taken.seconds * 1e3,
            "ms",
        );
        report.note("lists: its size", float(taken.bytes) / 1e6, "MB");
        report.add(
            "lists: more memory while one reads it",
            peak - before,
            "MB",
            Goal::Under(40.0),
        );
        Ok(())
    }
}
