//! What a server takes of memory.

use crate::harness::{kbgap, sample_feed};
use crate::served::Served;

const LINES: usize = 2_000;
/// The body is of 60 MB, less than may come.
const LINE: usize = 30_000;
/// Less than the body; whoever held it as a whole would need twice as much.
const BOUND_KB: u64 = 55_000;

/// The most memory that a process ever had, in kB; `None` where the system does not tell.
fn most(served: &Served) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn lines(name: &str, length: usize) -> Vec<u8> {
    let lines = (0..LINES).map(|n| {
        let line = format!(
            r#"{{"computerDnsName":"{name}-{n}","os":{{"version":"10.0.18363.592","architecture":"x64"}}}}"#
        );
        format!("{line:<length$}\n")
    });
    lines.collect::<String>().into_bytes()
}

#[test]
fn a_large_body_is_never_held_as_a_whole() {
    let data = sample_feed();
    let served = Served::plainly(data.path());
    let url = format!("{}/ingest/v1/machines", served.url);
    let token = kbgap(data.path(), &["token", "--role", "Inventory.Write.All"]).ok();
    let post = |body: &[u8]| {
        let mut answer = ureq::post(&url)
            .header("Authorization", format!("Bearer {}", token.stdout.trim()))
            .header("Content-Type", "application/x-ndjson")
            .send(body)
            .unwrap();
        let answer = answer.body_mut().read_to_string().unwrap();
        assert!(answer.starts_with(&format!("{{\"accepted\":{LINES},")));
    };
    // What a server has once it has taken reports.
    post(&lines("small", 100));
    let before = most(&served);
    post(&lines("large", LINE));
    let after = most(&served);
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after - before < BOUND_KB, "from {before} kB to {after} kB");
    }
}
