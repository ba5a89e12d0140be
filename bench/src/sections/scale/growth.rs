//! What grows with the fleet and what does not.

use super::loaded::Loaded;
use super::{Scale, ask_all, ask_groups};
use crate::drive::ask_each;
use crate::figure::{Report, float};

const ASKED: usize = 300;

pub(super) fn run(scale: &Scale<'_>, report: &mut Report) -> anyhow::Result<()> {
    for machines in [scale.machines / 100, scale.machines / 10, scale.machines] {
        let mut loaded = Loaded::new(scale, machines)?;
        let name = |what: &str| format!("growth: {machines} machines, {what}");
        report.note(&name("loaded in"), loaded.seconds(), "s");
        report.note(&name("loaded"), loaded.per_second(), "machines/s");
        report.note(&name("memory"), loaded.server.memory()?, "MB");
        loaded.restart(scale)?;
        report.note(&name("restart"), loaded.server.started, "s");
        report.note(&name("memory after it"), loaded.server.memory()?, "MB");
        let asks = vec![ask_all(loaded.address(), &loaded.bearer); ASKED];
        let all = ask_each(&asks)?.median();
        report.note(&name("getmissingkbs, median"), all, "ms");
        let asks = ask_groups(loaded.address(), &loaded.bearer, machines);
        let scoped = ask_each(&asks)?.median();
        report.note(&name("of a device group, median"), scoped, "ms");
        let size = float(loaded.machines);
        report.note(
            &name("memory for each"),
            loaded.server.memory()? * 1e6 / size,
            "bytes",
        );
    }
    Ok(())
}
