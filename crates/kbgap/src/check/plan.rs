//! Which of the missing KBs would do.
//!
//! The feed's supersedence reaches only about half of what a cumulative update replaces, so
//! the rules are asked instead: what is still missing once the newest one is installed?

use kbgap_assess::{Assessed, Assessment, Evidence, MissingKb, Projection, Track, assess};
use kbgap_catalog::{Catalog, KbId};

/// The KBs to install, in the order of the missing ones.
pub(super) fn to_install(
    catalog: &Catalog,
    machine: &Projection,
    assessed: &Assessed,
) -> Vec<KbId> {
    let candidates = || assessed.missing.iter().filter(|kb| !kb.superseded);
    // KBs are numbered as they come out.
    let Some(newest) = candidates().max_by_key(|kb| (compared(kb), kb.id)) else {
        return Vec::new();
    };
    let missing_on = |machine: &Projection| match assess(catalog, machine) {
        Assessment::Assessed(after) => after.missing,
        Assessment::NotAssessed(_) => Vec::new(),
    };
    let mut after = with(machine, newest, assessed.os.track);
    let mut left = missing_on(&after);
    let mut planned = vec![newest.id];
    // Each branch of other software has a newest update of its own.
    while let Some(next) = newest_by_version(&left, &planned) {
        list(&mut after, next);
        planned.push(next);
        left = missing_on(&after);
    }
    candidates()
        .map(|kb| kb.id)
        .filter(|id| planned.contains(id) || left.iter().any(|kb| kb.id == *id))
        .collect()
}

fn newest_by_version(missing: &[MissingKb], planned: &[KbId]) -> Option<KbId> {
    let by_version = missing.iter().filter(|kb| {
        !kb.superseded
            && !planned.contains(&kb.id)
            && matches!(kb.evidence, Evidence::Version { .. })
    });
    by_version.map(|kb| kb.id).max()
}

fn list(machine: &mut Projection, kb: KbId) {
    if let Err(place) = machine.kbs.binary_search(&kb) {
        machine.kbs.insert(place, kb);
    }
}

/// The machine as it would be with this KB.
fn with(machine: &Projection, kb: &MissingKb, track: Track) -> Projection {
    let mut after = machine.clone();
    list(&mut after, kb.id);
    if compared(kb) {
        // The revision of now would contradict the list; the rules take the new one from it.
        after.revision = None;
    }
    after.hotpatch = Some(track == Track::Hotpatch);
    after
}

/// Whether the KB brings a revision of the machine's family.
const fn compared(kb: &MissingKb) -> bool {
    matches!(
        kb.evidence,
        Evidence::Build { .. } | Evidence::PendingRestart { .. } | Evidence::RevisionDerived { .. }
    )
}
