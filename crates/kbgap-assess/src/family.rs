//! The updates of one Windows as its servicing family knows them: what can be told of
//! them before any machine is looked at.

use kbgap_catalog::{Catalog, Family, KbId, KbIx, Month, ServicingKind, ServicingUpdate, Subtype};

use crate::platform::MachinePlatform;

/// The updates of a family.
pub(crate) struct FamilyUpdates {
    /// Whether each update carries all that came before: from Windows 10 on.
    pub(crate) is_cumulative: bool,
    /// By revision.
    pub(crate) updates: Vec<FamilyUpdate>,
    pub(crate) hotpatches: Vec<KbId>,
    /// The cumulative updates that concern a product of this Windows, newest first.
    pub(crate) series: Vec<FamilyUpdate>,
    /// The KBs that bring a revision, in order.
    revisions: Vec<KbRevision>,
}

/// A cumulative update or hotpatch.
#[derive(Clone, Copy)]
pub(crate) struct FamilyUpdate {
    pub(crate) id: KbId,
    pub(crate) ix: KbIx,
    pub(crate) revision: Option<u32>,
    pub(crate) month: Month,
    pub(crate) kind: ServicingKind,
}

/// The revision that a KB brings.
pub(crate) struct KbRevision {
    id: KbId,
    pub(crate) number: u32,
    /// What kind of update it is; `None` for what is neither cumulative nor a hotpatch,
    /// and for previews, which the update history alone knows.
    pub(crate) kind: Option<ServicingKind>,
    /// Whether no cumulative update carries it.
    pub(crate) is_standalone: bool,
    /// Whether it is known to leave out what came before.
    pub(crate) is_partial: bool,
}

impl FamilyUpdates {
    /// `kbs` are those of the platform's products, in order.
    pub(crate) fn of(
        platform: &MachinePlatform<'_>,
        kbs: &[(KbIx, KbId)],
        catalog: &Catalog,
    ) -> Self {
        let family = Family::of_platform(&platform.platform);
        let updates = family.into_iter().flat_map(|f| catalog.servicing(f));
        let updates: Vec<FamilyUpdate> = updates
            .filter_map(|update| FamilyUpdate::of(update, catalog))
            .collect();
        let is_hotpatch = |update: &&FamilyUpdate| update.kind == ServicingKind::Hotpatch;
        let concerns = |id: KbId| kbs.binary_search_by_key(&id, |&(_, id)| id).is_ok();
        let mut series: Vec<FamilyUpdate> = (updates.iter())
            .filter(|update| !is_hotpatch(update) && concerns(update.id))
            .copied()
            .collect();
        series.sort_unstable_by_key(|update| std::cmp::Reverse((update.month, update.id)));
        let revisions = family.into_iter().flat_map(|f| catalog.revisions_in(f));
        Self {
            is_cumulative: family.is_some_and(Family::is_cumulative),
            hotpatches: updates.iter().filter(is_hotpatch).map(|u| u.id).collect(),
            series,
            revisions: revisions
                .map(|(id, number)| KbRevision::of(id, number, &updates, catalog))
                .collect(),
            updates,
        }
    }

    /// The revision that a KB brings, where it brings one.
    pub(crate) fn revision_of(&self, kb: KbId) -> Option<&KbRevision> {
        let place = self.revisions.binary_search_by_key(&kb, |known| known.id);
        Some(&self.revisions[place.ok()?])
    }
}

impl FamilyUpdate {
    fn of(update: ServicingUpdate, catalog: &Catalog) -> Option<Self> {
        Some(Self {
            id: update.kb,
            ix: catalog.kb_ix(update.kb)?,
            revision: update.revision,
            month: update.month,
            kind: update.kind,
        })
    }
}

impl KbRevision {
    fn of(id: KbId, number: u32, updates: &[FamilyUpdate], catalog: &Catalog) -> Self {
        let update = updates.iter().find(|update| update.id == id);
        let kb = catalog.kb(id);
        let is_standalone = kb.is_some_and(|kb| kb.condition().is_some());
        // Of what is cumulative nobody asks, and looking takes long.
        let is_partial = update.is_none()
            && kb.is_some_and(|kb| {
                is_standalone
                    || kb
                        .fixes()
                        .any(|fix| fix.subtype() != Subtype::SecurityUpdate)
            });
        Self {
            id,
            number,
            kind: update.map(|update| update.kind),
            is_standalone,
            is_partial,
        }
    }
}
