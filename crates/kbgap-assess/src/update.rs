//! What the rules read of a fix. The fixes of one KB for hundreds of vulnerabilities are
//! the same to them, so they are judged once.

use kbgap_catalog::{Condition, Fix, KbId, KbIx, Month, Subtype};

use crate::servicing::Track;

/// What the rules read of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Update {
    /// `None` for release notes, Click-to-Run and packages.
    pub(crate) kb: Option<UpdateKb>,
    pub(crate) subtype: Subtype,
    /// The revision in the family of its product.
    pub(crate) revision: Option<u32>,
}

/// The KB of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UpdateKb {
    pub(crate) ix: KbIx,
    pub(crate) id: KbId,
    pub(crate) month: Month,
    /// For what no cumulative update carries: the fact on which it depends.
    pub(crate) condition: Option<Condition>,
}

impl Update {
    pub(crate) fn of(fix: Fix<'_>) -> Self {
        let kb = fix.kb_ix().zip(fix.kb()).and_then(|(ix, kb)| {
            Some(UpdateKb {
                ix,
                id: kb.id()?,
                month: kb.month(),
                condition: kb.condition(),
            })
        });
        Self {
            kb,
            subtype: fix.subtype(),
            revision: fix.revision(),
        }
    }

    pub(crate) fn id(&self) -> Option<KbId> {
        self.kb.map(|kb| kb.id)
    }

    pub(crate) fn is_standalone(&self) -> bool {
        self.kb.is_some_and(|kb| kb.condition.is_some())
    }

    pub(crate) const fn is_hotpatch(&self) -> bool {
        matches!(
            self.subtype,
            Subtype::Hotpatch | Subtype::StandaloneSecurityUpdate
        )
    }

    /// The order in which KBs for the same vulnerability are named, lowest first;
    /// `None` for what is never named on this track.
    pub(crate) fn rank(&self, track: Track) -> Option<u8> {
        match self.subtype {
            Subtype::Hotpatch | Subtype::StandaloneSecurityUpdate => {
                (track == Track::Hotpatch).then_some(0)
            }
            Subtype::SecurityUpdate | Subtype::MonthlyRollup | Subtype::ServicingStack => Some(1),
            Subtype::SecurityOnly | Subtype::IeCumulative => Some(2),
        }
    }
}
