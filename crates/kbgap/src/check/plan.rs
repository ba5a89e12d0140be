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
    let left = match assess(catalog, &with(machine, newest, assessed.os.track)) {
        Assessment::Assessed(after) => after.missing,
        Assessment::NotAssessed(_) => assessed.missing.clone(),
    };
    candidates()
        .map(|kb| kb.id)
        .filter(|id| *id == newest.id || left.iter().any(|kb| kb.id == *id))
        .collect()
}

/// The machine as it would be with this KB.
fn with(machine: &Projection, kb: &MissingKb, track: Track) -> Projection {
    let mut after = machine.clone();
    if let Err(place) = after.kbs.binary_search(&kb.id) {
        after.kbs.insert(place, kb.id);
    }
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
