//! Running a command and learning what it took.

use std::fmt::Display;
use std::fs;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::Context;
use wait4::Wait4;

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) status: ExitStatus,
    /// From before its start until its end, seconds.
    pub(crate) wall: f64,
    /// User and system time, seconds.
    pub(crate) cpu: f64,
    /// Most memory that was resident, MB (10⁶ bytes). Linux counts what the parent
    /// held at the start as well, so this program has to stay small.
    pub(crate) peak: f64,
}

/// Runs a command to its end; what it prints goes nowhere.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn measure(command: &mut Command) -> anyhow::Result<Usage> {
    let start = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{command:?} does not start"))?;
    let used = child.wait4()?;
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory fit")]
    let peak = used.rusage.maxrss as f64 / 1e6;
    Ok(Usage {
        status: used.status,
        wall: start.elapsed().as_secs_f64(),
        cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak,
    })
}

/// User and system time that a process has taken until now, seconds; `self` is this one.
///
/// # Errors
/// Where there is no `/proc`, or no such process.
pub(crate) fn cpu(process: impl Display) -> anyhow::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name may hold anything; what follows it are numbers.
    let (_, numbers) = text.rsplit_once(')').context("no name")?;
    let mut ticks = numbers.split_whitespace().skip(11).map(str::parse::<f64>);
    let mut next = || ticks.next().context("too few numbers");
    // Linux counts in hundredths of a second whatever its own clock does.
    Ok((next()?? + next()??) / 100.0)
}
