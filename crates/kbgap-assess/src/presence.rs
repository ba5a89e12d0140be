//! Whether one fix is present on a machine (section 5), first answer wins.

use kbgap_catalog::{Fix, KbId, Subtype};

use crate::evidence::Evidence;
use crate::servicing::{Revision, Servicing, Track};

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
    if !standalone
        && let (Some(present), Some(own), Some(fix_revision)) = (
            servicing.compare(fix.revision(), hotpatch),
            servicing.revision,
            fix.revision(),
        )
    {
        return by_build(present, build, own, fix_revision, id, servicing);
    }
    let (Some(kb), Some(id)) = (kb, id) else {
        return Verdict::Missing(Evidence::NotListed);
    };
    // Rules 3 and 4.
    if servicing.runs(id) {
        return Verdict::Present(Evidence::Listed);
    }
    if let Some(chain) = servicing.chain_to(id) {
        return Verdict::Present(Evidence::Supersedence { chain });
    }
    // Rule 5.
    if !standalone
        && !hotpatch
        && let Some((month, through)) = servicing.covered.filter(|(month, _)| kb.month() <= *month)
    {
        return Verdict::Present(Evidence::Series { month, through });
    }
    Verdict::Missing(Evidence::NotListed)
}

fn by_build(
    present: bool,
    build: u32,
    own: Revision,
    fix_revision: u32,
    kb: Option<KbId>,
    servicing: &Servicing,
) -> Verdict {
    let machine = format!("{build}.{}", own.number);
    let fix = format!("{build}.{fix_revision}");
    let evidence = match own.derived_from {
        Some(from) => Evidence::RevisionDerived { machine, fix, from },
        None if !present && kb.is_some_and(|kb| servicing.waits(kb)) => {
            Evidence::PendingRestart { machine, fix }
        }
        None => Evidence::Build { machine, fix },
    };
    if present {
        Verdict::Present(evidence)
    } else {
        Verdict::Missing(evidence)
    }
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
