//! Whether one fix is present on a machine (section 5), first answer wins.

use kbgap_catalog::{Fix, Kb, Subtype};

use crate::evidence::Evidence;
use crate::servicing::{Servicing, Track};

/// A fix, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Present(Evidence),
    Missing(Evidence),
}

pub(crate) fn is_hotpatch(subtype: Subtype) -> bool {
    matches!(
        subtype,
        Subtype::Hotpatch | Subtype::StandaloneSecurityUpdate
    )
}

pub(crate) fn judge(fix: Fix<'_>, build: u32, servicing: &Servicing) -> Verdict {
    let kb = fix.kb();
    let standalone = kb.is_some_and(|kb| kb.condition().is_some());
    let hotpatch = is_hotpatch(fix.subtype());
    let id = kb.and_then(|kb| kb.id());

    // Rule 1. What no cumulative update carries, no build can prove.
    let by_build = if standalone {
        None
    } else {
        by_build(fix, hotpatch, build, servicing)
    };
    let undecided = by_build.is_none();
    let missing = match by_build {
        None => Verdict::Missing(Evidence::NotListed),
        Some(verdict @ Verdict::Present(_)) => return verdict,
        Some(verdict) if servicing.is_revision_reported() => return verdict,
        // A revision that was taken from the list is the least that the machine
        // runs: it cannot take away what the list proves besides.
        Some(verdict) => verdict,
    };
    let (Some(kb), Some(id)) = (kb, id) else {
        return missing;
    };
    // Rules 3 and 4.
    if servicing.runs(id) {
        return Verdict::Present(Evidence::Listed);
    }
    if let Some(chain) = servicing.chain_to(id) {
        return Verdict::Present(Evidence::Supersedence { chain });
    }
    // Rule 5.
    if undecided
        && !standalone
        && !hotpatch
        && let Some((month, through)) = servicing.covered.filter(|(month, _)| kb.month() <= *month)
    {
        return Verdict::Present(Evidence::Series { month, through });
    }
    missing
}

/// Rule 1; `None` where it cannot answer.
fn by_build(fix: Fix<'_>, hotpatch: bool, build: u32, servicing: &Servicing) -> Option<Verdict> {
    let (fix_revision, own) = (fix.revision()?, servicing.revision?);
    let present = servicing.compare(Some(fix_revision), hotpatch)?;
    let kb = fix.kb().and_then(Kb::id);
    let machine = format!("{build}.{}", own.number);
    let fix = format!("{build}.{fix_revision}");
    let evidence = match own.derived_from {
        Some(from) => Evidence::RevisionDerived { machine, fix, from },
        None if !present && kb.is_some_and(|kb| servicing.waits(kb)) => {
            Evidence::PendingRestart { machine, fix }
        }
        None => Evidence::Build { machine, fix },
    };
    Some(if present {
        Verdict::Present(evidence)
    } else {
        Verdict::Missing(evidence)
    })
}

/// The order in which KBs for the same vulnerability are named, lowest first;
/// `None` for what is never named on this machine.
pub(crate) fn rank(subtype: Subtype, track: Track) -> Option<u8> {
    match subtype {
        Subtype::Hotpatch | Subtype::StandaloneSecurityUpdate => {
            (track == Track::Hotpatch).then_some(0)
        }
        Subtype::SecurityUpdate | Subtype::MonthlyRollup | Subtype::ServicingStack => Some(1),
        Subtype::SecurityOnly | Subtype::IeCumulative => Some(2),
    }
}
