//! getmissingkbs over HTTP, with the token checked, beside a route of the same server that
//! only sends as many bytes. Short rounds alternate, so that noise meets both.

use std::env;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::loaded::Loaded;
use super::peer::STATIC;
use super::{ask_all, ask_groups};
use crate::drive::{Driven, answer, ask_each, ask_for};
use crate::figure::{Goal, Report, float, median};
use crate::http::Ask;
use crate::server::Server;

const CONNECTIONS: usize = 32;
const ROUNDS: usize = 10;
const TIME: Duration = Duration::from_secs(1);

pub(super) fn run(mut loaded: Loaded, report: &mut Report) -> anyhow::Result<()> {
    loaded.server.stop()?;
    let mut command = Command::new(env::current_exe()?);
    command.arg("--serve").arg(loaded.data.path());
    let server = Server::of(command)?;
    let ours = ask_all(server.address, &loaded.bearer);
    let fixed = Ask::get(server.address, STATIC, &loaded.bearer);
    let body = answer(&ours)?;
    ureq::post(format!("{}{STATIC}", server.url))
        .send(&body[..])
        .context("the static route takes no body")?;
    report.note("ask: size of the answer", float(body.len()) / 1e3, "kB");

    let rested = server.rest()?;
    report.note("ask: after the start, until the server rests", rested, "s");
    // The first round of each only warms up.
    measured(&server, &ours)?;
    measured(&server, &fixed)?;
    let (mut answers, mut bytes) = (Driven::default(), Driven::default());
    let (mut ratios, mut costs) = (Vec::new(), (Cost::default(), Cost::default()));
    for _ in 0..ROUNDS {
        let (of_answer, cost) = measured(&server, &ours)?;
        costs.0 = costs.0.and(cost);
        let (of_bytes, cost) = measured(&server, &fixed)?;
        costs.1 = costs.1.and(cost);
        ratios.push(of_answer.per_second() / of_bytes.per_second());
        answers = answers.and(of_answer);
        bytes = bytes.and(of_bytes);
    }
    report.note(
        "ask: getmissingkbs of Windows 10",
        answers.per_second(),
        "requests/s",
    );
    report.note(
        "ask: the same bytes by a static route",
        bytes.per_second(),
        "requests/s",
    );
    report.add(
        "ask: the former / the latter",
        100.0 * median(ratios),
        "%",
        Goal::AtLeast(80.0),
    );
    for (name, driven, cost) in [
        ("ask: getmissingkbs", &answers, costs.0),
        ("ask: static route", &bytes, costs.1),
    ] {
        report.note(&format!("{name}, median"), driven.median(), "ms");
        report.note(&format!("{name}, 99 of 100"), driven.p99(), "ms");
        let each = |seconds: f64| seconds / float(driven.latencies.len()) * 1e6;
        let (cpu, waited) = (each(cost.cpu), each(cost.waited));
        report.note(&format!("{name}, processor time of the server"), cpu, "µs");
        report.note(&format!("{name}, its wait for a core"), waited, "µs");
    }
    report.add(
        "ask: getmissingkbs, 99 of 100 / median",
        answers.p99() / answers.median(),
        "×",
        Goal::Under(5.0),
    );
    report.note(
        "ask: static route, 99 of 100 / median",
        bytes.p99() / bytes.median(),
        "×",
    );
    let groups = ask_groups(server.address, &loaded.bearer, loaded.machines);
    let scoped = ask_each(&groups)?;
    report.add(
        "ask: one of 200 device groups, uncached, median",
        scoped.median(),
        "ms",
        Goal::Under(2.0),
    );
    report.note("ask: the slowest of them", slowest(&scoped), "ms");
    Ok(())
}

/// What requests cost the server, in seconds.
#[derive(Clone, Copy, Default)]
struct Cost {
    cpu: f64,
    /// Its threads were ready and others had the cores.
    waited: f64,
}

impl Cost {
    fn until_now(server: &Server) -> anyhow::Result<Self> {
        Ok(Self {
            cpu: server.cpu()?,
            waited: server.waited()?,
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            waited: self.waited + other.waited,
        }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            cpu: self.cpu - earlier.cpu,
            waited: self.waited - earlier.waited,
        }
    }
}

/// A round, and what the server took for it.
fn measured(server: &Server, ask: &Ask) -> anyhow::Result<(Driven, Cost)> {
    let before = Cost::until_now(server)?;
    let driven = ask_for(ask, CONNECTIONS, TIME)?;
    Ok((driven, Cost::until_now(server)?.since(before)))
}

fn slowest(driven: &Driven) -> f64 {
    driven.latencies.iter().copied().fold(0.0, f64::max) * 1e3
}
