//! What loading a machine takes at least: its document unpacked, read, packed and stored, each
//! by itself on one core, and nothing of what a server does beside that. There is no
//! connection, no index and no history, and the table is the simplest that can be asked for a
//! machine.

use std::hint::black_box;
use std::io::Read;
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use kbgap_generate::{Fleet, Generator};
use kbgap_inventory::{Machine, native};
use kbgap_server::new_machine;
use kbgap_store::MachineReport;
use rusqlite::{Connection, params};
use serde::de::IgnoredAny;

use super::loaded::{BATCH, pack, write_batch};
use crate::figure::{Report, float};
use crate::kbgap::folder;
use crate::process::cpu;

const MACHINES: u64 = 20 * BATCH;
/// How often the machines are stored, as others each time: a small index by id is too fast.
const TIMES: u8 = 20;
/// Bytes of a device id.
const ID: usize = 20;

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE machine (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, body BLOB NOT NULL);
";

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let generator = Generator::new(Fleet::new(super::SEED));
    let mut numbers = 0..MACHINES;
    let mut bodies = Vec::new();
    while !numbers.is_empty() {
        let mut body = Vec::new();
        write_batch(&generator, &mut numbers, &mut body);
        bodies.push(String::from_utf8(body)?);
    }
    let documents = || bodies.iter().flat_map(|body| body.lines());

    let unpack = unpack(&bodies)?;
    let check = each(|| {
        for document in documents() {
            black_box(serde_json::from_str::<IgnoredAny>(document)?);
        }
        Ok(())
    })?;
    let mut machines: Vec<Machine> = Vec::new();
    let read = each(|| {
        for document in documents() {
            machines.push(native::machine(document)?);
        }
        Ok(())
    })?;
    let mut reports: Vec<MachineReport> = Vec::new();
    let pack = each(|| {
        for machine in &machines {
            reports.push(new_machine(machine, i64::MAX)?);
        }
        Ok(())
    })?;
    let store = store(&reports)?;

    let mut tell =
        |what: &str, figure| report.note(&format!("bounds: {what}"), figure, "µs/machine");
    tell("unpacking, mean of plain, gzip and Zstandard", unpack);
    tell("checking that a document is JSON", check);
    tell("reading it as a machine", read);
    tell("encoding, hashing and packing a machine", pack);
    tell("storing it alone, 1,000 a commit", store);
    let all = unpack + read + pack + store;
    tell("all of it but the check", all);
    let per_second = 2e6 / all;
    report.note("bounds: that on two cores", per_second, "machines/s");
    Ok(())
}

/// What a step that waits for nothing takes for each machine: µs.
fn each(step: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = Instant::now();
    step()?;
    Ok(start.elapsed().as_secs_f64() * 1e6 / float(MACHINES))
}

/// A third of the bodies' bytes come plain, a third each in one of the packings.
fn unpack(bodies: &[String]) -> anyhow::Result<f64> {
    let mut unpacked = Vec::new();
    let mut all = 0.0;
    for encoding in ["gzip", "zstd"] {
        let packed = bodies.iter().map(|body| pack(encoding, body.as_bytes()));
        let packed = packed.collect::<anyhow::Result<Vec<_>>>()?;
        all += each(|| {
            for body in &packed {
                unpacked.clear();
                match encoding {
                    "gzip" => MultiGzDecoder::new(&body[..]).read_to_end(&mut unpacked)?,
                    _ => zstd::Decoder::new(&body[..])?.read_to_end(&mut unpacked)?,
                };
            }
            Ok(())
        })?;
    }
    Ok(all / 3.0)
}

/// Processor time alone: while it waits for the disk others go on. What a machine says is
/// of no matter here, only how long it is.
fn store(reports: &[MachineReport]) -> anyhow::Result<f64> {
    let folder = folder()?;
    let mut connection = Connection::open(folder.path().join("least.db"))?;
    connection.execute_batch(SCHEMA)?;
    let before = cpu("self")?;
    for time in 0..TIMES {
        for batch in reports.chunks(usize::try_from(BATCH)?) {
            let transaction = connection.transaction()?;
            let mut put =
                transaction.prepare_cached("INSERT INTO machine (id, body) VALUES (?1, ?2)")?;
            for report in batch {
                // Another one each time, in no order.
                let id = report.content_hash.map(|byte| byte ^ time);
                put.execute(params![&id[..ID], report.body.packed()])?;
            }
            drop(put);
            transaction.commit()?;
        }
    }
    Ok((cpu("self")? - before) * 1e6 / (float(reports.len()) * f64::from(TIMES)))
}
