//! The first start of a server that has no data yet.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::figure::{Goal, Report, median};
use crate::kbgap::{Kbgap, folder};

/// Kills the server when the measurement is over, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do then.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

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
    // Bound and freed again: the next to bind it is the server.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("http://{address}/readyz");
    let start = Instant::now();
    let server = kbgap
        .command(data.path())
        .args(["serve", "--listen", &address.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let _running = Running(server);
    while start.elapsed() < Duration::from_secs(30) {
        if ureq::get(&url).call().is_ok() {
            return Ok(start.elapsed().as_secs_f64());
        }
        thread::sleep(Duration::from_micros(500));
    }
    bail!("the server does not answer on {url}")
}
