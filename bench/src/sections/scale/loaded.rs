//! A server with the whole fleet, and how it got there.

use std::io::Write;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use flate2::Compression;
use flate2::write::GzEncoder;
use kbgap_generate::Generator;

use super::{Scale, bounds};
use crate::drive::{Driven, drive};
use crate::figure::{Goal, Report, float, say};
use crate::http::Ask;
use crate::kbgap::{feed_files, folder};
use crate::process::measure;
use crate::server::{Client, Server};

/// Machines of one request.
pub(super) const BATCH: u64 = 1_000;
const CONNECTIONS: usize = 4;
/// Months of the feed that come later: the newest may have begun only days ago.
pub(super) const HELD_BACK: usize = 2;
/// How long after the last answer memory is looked at: what the fleet takes, and no more what
/// loading took. SQLite gives its pages back after half of it.
const REST: Duration = Duration::from_secs(10);
const ROLES: [&str; 2] = ["Software.Read.All", "Inventory.Write.All"];

/// A server with a fleet.
pub(super) struct Loaded {
    pub(super) server: Server,
    pub(super) bearer: String,
    pub(super) machines: u64,
    loads: Vec<Load>,
    // Dropped after the server that writes into it.
    pub(super) data: tempfile::TempDir,
}

/// A part of the fleet, sent in one encoding.
struct Load {
    encoding: Option<&'static str>,
    machines: u64,
    /// Bytes of the documents, unpacked.
    bytes: u64,
    driven: Driven,
    /// Processor time of the server.
    cpu: f64,
}

impl Loaded {
    /// Starts a server that knows the feed without its newest months, and sends it the
    /// fleet: a third plain, a third with gzip, a third with Zstandard.
    pub(super) fn new(scale: &Scale<'_>, machines: u64) -> anyhow::Result<Self> {
        let data = folder()?;
        let files = feed_files(scale.shared)?;
        let known: Vec<&PathBuf> = files.iter().rev().skip(HELD_BACK).collect();
        let mut import = scale.kbgap.command(data.path());
        let imported = measure(import.args(["feed", "import"]).args(known))?;
        ensure!(imported.status.success(), "the import failed");
        let server = Server::start(scale.kbgap, data.path())?;
        let bearer = Client::new(scale.kbgap, data.path(), &ROLES)?.bearer;
        say(&format!("sending {machines} machines"));
        let mut loaded = Self {
            server,
            bearer,
            machines,
            loads: Vec::new(),
            data,
        };
        let third = machines / 3;
        let ends = [0, third, 2 * third, machines];
        for (part, encoding) in [None, Some("gzip"), Some("zstd")].into_iter().enumerate() {
            let load = loaded.load(scale.generator(0)?, ends[part]..ends[part + 1], encoding)?;
            loaded.loads.push(load);
        }
        Ok(loaded)
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Machines in a second, over all parts.
    pub(super) fn per_second(&self) -> f64 {
        float(self.machines) / self.seconds()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.loads.iter().map(|load| load.driven.seconds).sum()
    }

    fn load(
        &self,
        generator: Generator,
        mut numbers: Range<u64>,
        encoding: Option<&'static str>,
    ) -> anyhow::Result<Load> {
        let ask = Ask::report(self.address(), &self.bearer, encoding);
        let count = numbers.end - numbers.start;
        let mut bytes = 0;
        let cpu = self.server.cpu()?;
        let driven = match encoding {
            // Plain documents are made as they are sent, which takes a fortieth of a core.
            None => {
                let source = move |body: &mut Vec<u8>| {
                    write_batch(&generator, &mut numbers, body);
                    !body.is_empty()
                };
                let driven = drive(&ask, CONNECTIONS, source, none_refused)?;
                bytes = driven.sent;
                driven
            }
            // Packing them is not what is measured, so it comes before.
            Some(encoding) => {
                let mut bodies = Vec::new();
                let mut plain = Vec::new();
                while !numbers.is_empty() {
                    plain.clear();
                    write_batch(&generator, &mut numbers, &mut plain);
                    bytes += plain.len() as u64;
                    bodies.push(pack(encoding, &plain)?);
                }
                let mut bodies = bodies.into_iter();
                let source =
                    move |body: &mut Vec<u8>| bodies.next().map(|packed| *body = packed).is_some();
                drive(&ask, CONNECTIONS, source, none_refused)?
            }
        };
        ensure!(driven.unexpected == 0, "machines were refused");
        Ok(Load {
            encoding,
            machines: count,
            bytes,
            driven,
            cpu: self.server.cpu()? - cpu,
        })
    }

    pub(super) fn tell(&self, report: &mut Report) {
        report.add(
            "load: NDJSON over HTTP, durable",
            self.per_second(),
            "machines/s",
            Goal::AtLeast(40_000.0),
        );
        for load in &self.loads {
            let name = load.encoding.unwrap_or("plain");
            let (machines, seconds) = (float(load.machines), load.driven.seconds);
            report.note(&format!("load: {name}"), machines / seconds, "machines/s");
            let rate = float(load.bytes) / 1e6 / seconds;
            report.note(&format!("load: {name}, documents unpacked"), rate, "MB/s");
            let cpu = load.cpu / machines * 1e6;
            report.note(&format!("load: {name}, processor time"), cpu, "µs/machine");
        }
    }

    /// Memory, and a restart.
    pub(super) fn start_again(
        &mut self,
        scale: &Scale<'_>,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        report.note(
            "load: one fdatasync beside it",
            bounds::fdatasync()? * 1e3,
            "ms",
        );
        report.note("memory as loading ends", self.server.memory()?, "MB");
        std::thread::sleep(REST);
        report.add(
            "memory with the fleet loaded",
            self.server.memory()?,
            "MB",
            Goal::Under(500.0),
        );
        report.note(
            "memory at most while loading",
            self.server.most_memory()?,
            "MB",
        );
        self.restart(scale)?;
        report.add(
            "restart with the fleet until ready",
            self.server.started,
            "s",
            Goal::Under(3.0),
        );
        report.note("memory after the restart", self.server.memory()?, "MB");
        Ok(())
    }

    /// Stops the server and starts another on the same data.
    pub(super) fn restart(&mut self, scale: &Scale<'_>) -> anyhow::Result<()> {
        self.server.stop()?;
        self.server = Server::start(scale.kbgap, self.data.path())?;
        Ok(())
    }
}

pub(super) fn write_batch(generator: &Generator, numbers: &mut Range<u64>, body: &mut Vec<u8>) {
    for number in numbers.take(usize::try_from(BATCH).unwrap_or_default()) {
        generator.write(number, 0, body);
    }
}

pub(super) fn pack(encoding: &str, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
    if encoding == "zstd" {
        return Ok(zstd::bulk::compress(plain, 1)?);
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(plain)?;
    Ok(packer.finish()?)
}

fn none_refused(answer: &[u8]) -> bool {
    const NONE: &[u8] = br#""refused":0"#;
    answer
        .windows(NONE.len())
        .take(200)
        .any(|part| part == NONE)
}
