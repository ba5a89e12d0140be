//! Whether one update is present on a machine (section 5), first answer wins.

use kbgap_catalog::{Condition, KbId, KbIx, Month};

use crate::Projection;
use crate::assessor::Assessor;
use crate::evidence::Evidence;
use crate::servicing::{Servicing, Track};
use crate::update::Update;

/// An update, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    Present(Reason),
    Missing(Reason),
}

/// Why, without the words: [`Verdict::evidence`] finds them where somebody reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    Build(Compared),
    PendingRestart(Compared),
    RevisionDerived(Compared, KbId),
    Listed,
    NotListed,
    /// The KB is superseded by a present one.
    Supersedence(KbIx),
    Series(Month, KbId),
}

/// The revisions of a machine and of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Compared {
    machine: u32,
    fix: u32,
}

/// What an update is to a machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) verdict: Verdict,
    pub(crate) naming: Naming,
}

/// Whether an update is named where it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    Never,
    /// It is not known whether the machine needs it.
    Undecided(Condition),
    /// The lowest of those for the same vulnerability are named.
    Ranked(u8),
}

impl Standing {
    pub(crate) fn of(update: &Update, machine: &Projection, servicing: &Servicing) -> Self {
        Self {
            verdict: judge(update, servicing),
            naming: naming(update, machine, servicing.track),
        }
    }

    pub(crate) const fn is_present(&self) -> bool {
        matches!(self.verdict, Verdict::Present(_))
    }
}

fn naming(update: &Update, machine: &Projection, track: Track) -> Naming {
    let Some(kb) = update.kb else {
        return Naming::Never;
    };
    if let Some(condition) = kb.condition {
        match holds(condition, machine) {
            Some(true) => {}
            Some(false) => return Naming::Never,
            None => return Naming::Undecided(condition),
        }
    }
    update.rank(track).map_or(Naming::Never, Naming::Ranked)
}

fn holds(condition: Condition, machine: &Projection) -> Option<bool> {
    match condition {
        Condition::SecureBoot => machine.secure_boot,
        Condition::WinRe => machine.win_re,
    }
}

fn judge(update: &Update, servicing: &Servicing) -> Verdict {
    let standalone = update.is_standalone();
    // Rule 1. What no cumulative update carries, no build can prove.
    let by_build = if standalone {
        None
    } else {
        by_build(update, servicing)
    };
    let undecided = by_build.is_none();
    let missing = match by_build {
        None => Verdict::Missing(Reason::NotListed),
        Some(verdict @ Verdict::Present(_)) => return verdict,
        Some(verdict) if servicing.is_revision_reported() => return verdict,
        // A revision that was taken from the list is the least that the machine
        // runs: it cannot take away what the list proves besides.
        Some(verdict) => verdict,
    };
    let Some(kb) = update.kb else {
        return missing;
    };
    // Rules 3 and 4.
    if servicing.runs(kb.ix) {
        return Verdict::Present(Reason::Listed);
    }
    if servicing.supersedes(kb.ix) {
        return Verdict::Present(Reason::Supersedence(kb.ix));
    }
    // Rule 5.
    if undecided
        && !standalone
        && !update.is_hotpatch()
        && let Some((month, through)) = servicing.covered.filter(|(month, _)| kb.month <= *month)
    {
        return Verdict::Present(Reason::Series(month, through));
    }
    missing
}

/// Rule 1; `None` where it cannot answer.
fn by_build(update: &Update, servicing: &Servicing) -> Option<Verdict> {
    let (fix, own) = (update.revision?, servicing.revision?);
    let present = servicing.compare(fix, update.is_hotpatch())?;
    let compared = Compared {
        machine: own.number,
        fix,
    };
    let reason = match own.derived_from {
        Some(from) => Reason::RevisionDerived(compared, from),
        None if !present && update.kb.is_some_and(|kb| servicing.waits(kb.ix)) => {
            Reason::PendingRestart(compared)
        }
        None => Reason::Build(compared),
    };
    Some(if present {
        Verdict::Present(reason)
    } else {
        Verdict::Missing(reason)
    })
}

impl Verdict {
    /// The reason in full, on a machine of this build.
    pub(crate) fn evidence(
        self,
        build: u32,
        servicing: &Servicing,
        assessor: &Assessor,
    ) -> Evidence {
        let (Self::Present(reason) | Self::Missing(reason)) = self;
        let texts = |revisions: Compared| {
            (
                format!("{build}.{}", revisions.machine),
                format!("{build}.{}", revisions.fix),
            )
        };
        match reason {
            Reason::Build(revisions) => {
                let (machine, fix) = texts(revisions);
                Evidence::Build { machine, fix }
            }
            Reason::PendingRestart(revisions) => {
                let (machine, fix) = texts(revisions);
                Evidence::PendingRestart { machine, fix }
            }
            Reason::RevisionDerived(revisions, from) => {
                let (machine, fix) = texts(revisions);
                Evidence::RevisionDerived { machine, fix, from }
            }
            Reason::Listed => Evidence::Listed,
            Reason::NotListed => Evidence::NotListed,
            Reason::Supersedence(kb) => Evidence::Supersedence {
                chain: servicing.chain_to(kb, assessor),
            },
            Reason::Series(month, through) => Evidence::Series { month, through },
        }
    }
}
