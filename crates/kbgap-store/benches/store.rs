//! What a fleet costs the store: rows a second by kind, and the bytes that they take.
//!
//! `cargo bench -p kbgap-store --bench store -- 1000000 1024` for a fleet of that size
//! that checks in by so many machines a commit; 50,000 and 256 otherwise.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement fails by panicking and prints what it found"
)]

use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{
    ExposureBatch, ExposureStep, FindingSet, Judged, MachineReport, PackedBody, Store,
};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const HOUR_MS: i64 = 60 * 60 * 1_000;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let machines: usize = numbers.next().unwrap_or(50_000);
    let group: usize = numbers.next().unwrap_or(256);
    let folder = tempfile::tempdir().unwrap();
    println!("fdatasync of 1 MiB: {:?}", fdatasync(folder.path()));
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    packing();
    runtime.block_on(run(folder.path(), machines, group));
}

fn packing() {
    let plain: Vec<String> = (0..2_000).map(|n| document(n, 0)).collect();
    let start = Instant::now();
    let packed: Vec<PackedBody> = plain
        .iter()
        .map(|p| PackedBody::pack(p.as_bytes()).unwrap())
        .collect();
    let packing = start.elapsed();
    let start = Instant::now();
    for body in &packed {
        body.unpack().unwrap();
    }
    println!(
        "a body of {} bytes: {} packed, {:?} to pack, {:?} to unpack",
        plain.iter().map(String::len).sum::<usize>() / plain.len(),
        packed.iter().map(|p| p.packed().len()).sum::<usize>() / plain.len(),
        packing / 2_000,
        start.elapsed() / 2_000,
    );
}

async fn run(folder: &Path, machines: usize, at_once: usize) {
    let store = SqliteStore::open(&folder.join("kbgap.db")).unwrap();
    let start = 1_700_000_000_000;
    let mut meter = Meter::new();
    for group in numbers(machines).chunks(20_000) {
        let reports = group.iter().map(|&n| report(n, 0, start)).collect();
        meter.writing(store.put_machines(TENANT, reports)).await;
    }
    meter.tell("put, new", machines);
    let checked_in: Vec<usize> = scattered(machines).take(machines / 5).collect();
    for group in checked_in.chunks(at_once) {
        let reports = group
            .iter()
            .map(|&n| report(n, 0, start + HOUR_MS))
            .collect();
        meter.writing(store.put_machines(TENANT, reports)).await;
    }
    meter.tell("put, unchanged", checked_in.len());
    for group in checked_in.chunks(at_once) {
        let reports = group
            .iter()
            .map(|&n| report(n, 1, start + 2 * HOUR_MS))
            .collect();
        meter.writing(store.put_machines(TENANT, reports)).await;
    }
    meter.tell("put, changed", checked_in.len());
    let (mut after, mut rows) = (0, 0);
    loop {
        let page = meter.writing(store.changes_after(after, 2_000)).await;
        let Some(last) = page.last() else { break };
        (after, rows) = (last.sequence(), rows + page.len());
    }
    meter.tell("read changes", rows);
    for group in numbers(machines).chunks(2_000) {
        let batch = ExposureBatch {
            at_ms: start,
            steps: group.iter().map(|&n| exposure(n, start)).collect(),
            sets: group.iter().map(|&n| set(n)).take(320).collect(),
            detected: Vec::new(),
        };
        meter.writing(store.record_exposures(TENANT, batch)).await;
    }
    meter.tell("record first exposures", machines);
    for group in checked_in.chunks(1_000) {
        let ids = group.iter().map(|&n| report_id(n)).collect();
        meter
            .writing(store.exposures_of(TENANT, ids, u64::MAX))
            .await;
    }
    meter.tell("read newest exposures", checked_in.len());
    drop(store);
    let size = std::fs::metadata(folder.join("kbgap.db")).unwrap().len();
    println!(
        "file: {} bytes a machine; memory: {}",
        size / machines as u64,
        status("VmHWM")
    );
}

fn numbers(machines: usize) -> Vec<usize> {
    (0..machines).collect()
}

/// All machines, each once, in an order far from the one in which they came.
fn scattered(machines: usize) -> impl Iterator<Item = usize> {
    (0..machines).map(move |n| n.wrapping_mul(7_368_787) % machines)
}

fn report(number: usize, version: usize, seen_at_ms: i64) -> MachineReport {
    let body = document(number, version);
    let mut content_hash = [0; 32];
    for (i, part) in content_hash.chunks_mut(8).enumerate() {
        part.copy_from_slice(&spread((number * 8 + version) as u64, 2 + i as u64).to_le_bytes());
    }
    MachineReport {
        id: report_id(number),
        computer_dns_name: format!("pc-{number:06}.corp.example.com"),
        seen_at_ms,
        content_hash,
        body: PackedBody::pack(body.as_bytes()).unwrap(),
        group: Some(format!("Site {:02}", number % 40)),
        addresses: addresses(number),
    }
}

fn addresses(number: usize) -> Vec<IpAddr> {
    let place = spread(number as u64, 9).to_le_bytes();
    let low = (number as u128 + 0xfd) << 64 | number as u128;
    vec![
        IpAddr::from([10, place[0], place[1], place[2]]),
        IpAddr::from(low.to_be_bytes()),
    ]
}

/// A report of some 4 kB as agents send it: 60 programs of the 400 that there are.
fn document(number: usize, version: usize) -> String {
    let mut text = format!(
        "{{\"id\":\"{:040x}\",\"computerDnsName\":\"pc-{number:06}.corp.example.com\",\"os\":{{\"build\":19045,\"revision\":{},\"version\":[10,0],\"architecture\":\"x64\",\"installationType\":\"Client\"}},\"installedKbs\":[{{\"id\":\"5011048\"}},{{\"id\":\"5015684\"}}],\"software\":[",
        spread(number as u64, 1),
        4_000 + number % 16
    );
    for i in 0..48_u64 {
        let program = (i * 8 + spread(number as u64, i) % 8) as usize;
        let vendor = VENDORS[program % VENDORS.len()];
        text += &format!(
            "{{\"vendor\":\"{vendor}\",\"name\":\"{vendor} {} {program}\",\"version\":\"{}.{}.{}\"}},",
            KINDS[program % KINDS.len()],
            program % 30,
            program % 7,
            spread(number as u64, 100 + i) % 5 + version as u64,
        );
    }
    text.pop();
    text += &format!(
        "],\"softwareReported\":true,\"tags\":[],\"ipAddresses\":[{{\"ipAddress\":\"10.1.2.3\",\"macAddress\":\"{number:012X}\",\"type\":\"Ethernet\"}}],\"aadDeviceId\":\"00000000-0000-4000-8000-{number:012x}\"}}"
    );
    text
}

const VENDORS: [&str; 11] = [
    "Microsoft Corporation",
    "Adobe",
    "Google LLC",
    "Mozilla",
    "Igor Pavlov",
    "Oracle Corporation",
    "VideoLAN",
    "Intel Corporation",
    "Zoom",
    "The Git Development Community",
    "Notepad++ Team",
];
const KINDS: [&str; 7] = [
    "Redistributable (x64)",
    "Runtime",
    "Driver",
    "Client",
    "Update Helper",
    "Reader",
    "Tools",
];

fn exposure(number: usize, at_ms: i64) -> ExposureStep {
    ExposureStep {
        follows: 0,
        machine_id: report_id(number),
        number: 1,
        seen_at_ms: at_ms,
        set_hash: set(number).hash,
        first_seen: vec![1; 12],
        group_id: 1,
        judged: Judged {
            fingerprint: i64::MAX - number as i64,
            feed: 1,
            sequence: number as u64,
        },
    }
}

fn report_id(number: usize) -> String {
    let id = spread(number as u64, 1);
    format!("{id:016x}{:016x}{:08x}", id.rotate_left(17), id >> 32)
}

fn set(number: usize) -> FindingSet {
    FindingSet {
        hash: [u8::try_from(number % 64).unwrap(); 32],
        body: vec![7; 8_000],
    }
}

/// A number that looks random.
const fn spread(number: u64, salt: u64) -> u64 {
    let mut x =
        (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^= x >> 32;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^= x >> 29;
    x
}

/// Counts the time of waiting for the store, and what the process has written.
struct Meter {
    waited: Duration,
    written: u64,
    cpu: Duration,
}

impl Meter {
    fn new() -> Self {
        Self {
            waited: Duration::ZERO,
            written: written(),
            cpu: Duration::ZERO,
        }
    }

    async fn writing<T, E: std::fmt::Debug>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> T {
        let (start, cpu) = (Instant::now(), cpu());
        let result = work.await.unwrap();
        self.waited += start.elapsed();
        self.cpu += self::cpu() - cpu;
        result
    }

    fn tell(&mut self, what: &str, rows: usize) {
        let seconds = self.waited.as_secs_f64();
        println!(
            "{what:24} {rows:9} rows  {:9.0} rows/s  {:6.1} us a row  {:6.1} us cpu  {:6} bytes written a row",
            rows as f64 / seconds,
            seconds * 1e6 / rows as f64,
            self.cpu.as_secs_f64() * 1e6 / rows as f64,
            (written() - self.written) / rows as u64,
        );
        *self = Self::new();
    }
}

fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|n| n.parse::<u64>().unwrap_or(0))
        .sum();
    Duration::from_millis(ticks * 10)
}

fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or("").trim_matches([':', '\t', ' ']).to_owned()
}

fn fdatasync(folder: &Path) -> Duration {
    let mut file = std::fs::File::create(folder.join("probe")).unwrap();
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            file.write_all(&vec![1; 1 << 20]).unwrap();
            let start = Instant::now();
            file.sync_data().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[4]
}
