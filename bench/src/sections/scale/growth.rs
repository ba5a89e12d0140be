//! What grows with the fleet and what does not.

use super::Scale;
use super::loaded::Loaded;
use crate::drive::ask_each;
use crate::figure::{Report, float};
use crate::http::Ask;

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
        let path = format!("/api/Software/{}/getmissingkbs", super::SOFTWARE);
        let asks = vec![Ask::get(loaded.address(), &path, &loaded.bearer); ASKED];
        report.note(
            &name("getmissingkbs, median"),
            ask_each(&asks)?.median(),
            "ms",
        );
        let scoped: Vec<Ask> = kbgap_generate::groups()
            .map(|group| format!("{path}?rbacGroupName={}", group.replace(' ', "%20")))
            .map(|path| Ask::get(loaded.address(), &path, &loaded.bearer))
            .collect();
        report.note(
            &name("of a device group, median"),
            ask_each(&scoped)?.median(),
            "ms",
        );
        let size = float(loaded.machines);
        report.note(
            &name("memory for each"),
            loaded.server.memory()? * 1e6 / size,
            "bytes",
        );
    }
    Ok(())
}
