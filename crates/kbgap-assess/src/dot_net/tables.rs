//! The reviewed tables about .NET Framework: what a Windows has in the box, what updates
//! bring a release, and what stands in lists in place of what is offered.

use std::collections::HashMap;
use std::sync::LazyLock;

use kbgap_catalog::{KbId, Month};

use super::framework::{Framework, FrameworkLine};
use crate::table::rows;

const RELEASES: &str = include_str!("../../data/dot-net-releases.tsv");
const UPDATES: &str = include_str!("../../data/dot-net-updates.tsv");

/// What a listed update is on some Windows.
#[derive(Debug)]
pub(super) struct ListedUpdate {
    pub(super) month: Month,
    /// Whether it carries all that came before.
    pub(super) is_cumulative: bool,
    builds: Vec<u32>,
    lines: Vec<FrameworkLine>,
    /// The update that is offered in its place.
    pub(super) parent: Option<KbId>,
}

/// The .NET Framework 4 that a Windows of this build has in the box.
pub(super) fn in_the_box(build: u32) -> Option<Framework> {
    RELEASE_TABLE.get(&Brings::Build(build)).copied()
}

/// The .NET Framework 4 that an update brings.
pub(super) fn brought_by(kb: KbId) -> Option<Framework> {
    RELEASE_TABLE.get(&Brings::Kb(kb)).copied()
}

/// Whether the table of updates names a KB.
pub(super) fn is_listed_update(kb: KbId) -> bool {
    UPDATE_TABLE.contains_key(&kb)
}

/// What a listed KB is for a line on a Windows of this build.
pub(super) fn listed_update(
    kb: KbId,
    build: u32,
    line: FrameworkLine,
) -> Option<&'static ListedUpdate> {
    let mut updates = UPDATE_TABLE.get(&kb)?.iter();
    updates.find(|update| update.builds.contains(&build) && update.lines.contains(&line))
}

#[derive(PartialEq, Eq, Hash)]
enum Brings {
    Build(u32),
    Kb(KbId),
}

static RELEASE_TABLE: LazyLock<HashMap<Brings, Framework>> =
    LazyLock::new(|| rows(RELEASES, release));

static UPDATE_TABLE: LazyLock<HashMap<KbId, Vec<ListedUpdate>>> = LazyLock::new(|| {
    let mut table: HashMap<KbId, Vec<ListedUpdate>> = HashMap::new();
    for (kb, update) in rows::<_, Vec<_>, 6>(UPDATES, update) {
        table.entry(kb).or_default().push(update);
    }
    table
});

fn release([what, number, release]: [&str; 3]) -> Option<(Brings, Framework)> {
    let brings = match what {
        "build" => Brings::Build(number.parse().ok()?),
        "kb" => Brings::Kb(number.parse().ok()?),
        _ => return None,
    };
    Some((brings, Framework::of_name(release)?))
}

fn update([month, kind, kb, builds, releases, parent]: [&str; 6]) -> Option<(KbId, ListedUpdate)> {
    let builds = builds.split(',').map(|build| build.parse().ok());
    let releases = releases.split(',').map(Framework::of_name);
    let update = ListedUpdate {
        month: Month::from_document_id(month)?,
        is_cumulative: match kind {
            "cumulative" => true,
            "security-only" => false,
            _ => return None,
        },
        builds: builds.collect::<Option<_>>()?,
        lines: releases
            .map(|release| release.map(Framework::line))
            .collect::<Option<_>>()?,
        parent: match parent {
            "-" => None,
            kb => Some(kb.parse().ok()?),
        },
    };
    Some((kb.parse().ok()?, update))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::count;

    #[test]
    fn every_row_is_read() {
        assert_eq!(RELEASE_TABLE.len(), count(RELEASES));
        let updates: usize = UPDATE_TABLE.values().map(Vec::len).sum();
        assert_eq!(updates, count(UPDATES));
    }

    #[test]
    fn one_kb_is_one_thing_for_a_line_on_a_windows() {
        for (kb, updates) in UPDATE_TABLE.iter() {
            for (place, update) in updates.iter().enumerate() {
                for other in &updates[..place] {
                    let shares = |line| other.lines.contains(line);
                    let is_apart = update.builds.iter().all(|b| !other.builds.contains(b))
                        || !update.lines.iter().any(shares);
                    assert!(is_apart, "KB{kb}");
                    assert_eq!(update.month, other.month, "KB{kb}");
                }
            }
        }
    }
}
