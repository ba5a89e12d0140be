//! A machine, as its history is recorded.

use std::cell::OnceCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kbgap_assess::{Assessor, Projection, Weakness};
use kbgap_catalog::{Catalog, SoftwareIx, Version};
use kbgap_inventory::MachineId;

use crate::RETENTION_MS;
use crate::fleet::{Fleet, Slot};
use crate::packed::Packed;
use crate::profile::Profile;
use crate::software::Inventory;
use crate::state::PatchState;

/// What decides about a machine's history, taken out of the index. It holds on to no piece
/// of it that changes with every machine: many may wait to be recorded.
#[derive(Debug)]
pub struct JudgedMachine {
    id: MachineId,
    /// When it was seen last, in milliseconds since 1970.
    pub seen_at: i64,
    /// When it was seen first.
    pub first_seen: i64,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    /// Its place in the order of all changes; later ones are higher.
    pub sequence: u64,
    /// What the caller keeps with it; 0 where nothing. See [`FleetIndex::mark`].
    ///
    /// [`FleetIndex::mark`]: crate::FleetIndex::mark
    pub mark: u64,
    /// All that decides what [`JudgedMachine::weaknesses`] gives and in which versions,
    /// hashed: while it stays the same, so does that. Another release of this program
    /// may hash otherwise, which costs no more than running the rules once.
    pub fingerprint: u64,
    /// Of what it is vulnerable in.
    versions: Box<[(SoftwareIx, Option<Arc<str>>)]>,
    facts: Arc<Projection>,
    assessor: Arc<Assessor>,
}

impl JudgedMachine {
    pub(crate) fn new(
        (ordinal, slot, profile): (u32, &Slot, &Profile),
        packed: &Packed<'_>,
        fleet: &Fleet,
    ) -> Option<Self> {
        let (first_seen, version) = packed.begin()?;
        let state = &profile.state;
        let told = Told {
            catalog: fleet.catalog(),
            inventory: &fleet.inventory,
            facts: &profile.facts,
            state,
            ordinal,
            version,
            windows: OnceCell::new(),
        };
        let vulnerable = state.vulnerable().iter();
        let versions: Box<[_]> = vulnerable
            .map(|v| (v.software, told.version_of(v.software)))
            .collect();
        let mut hasher = DefaultHasher::new();
        state.fingerprint.hash(&mut hasher);
        for (_, version) in &versions {
            version.hash(&mut hasher);
        }
        Some(Self {
            id: MachineId::from_bytes(*packed.id),
            seen_at: slot.seen_at,
            first_seen,
            group_id: slot.group,
            sequence: slot.sequence,
            mark: slot.mark,
            fingerprint: hasher.finish(),
            versions,
            facts: Arc::clone(&profile.facts),
            assessor: Arc::clone(&fleet.rules.assessor),
        })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &MachineId {
        &self.id
    }

    /// The catalogue under which it was judged.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.assessor.catalog()
    }

    /// Whether it was seen within 30 days of `now` (milliseconds since 1970), so that
    /// it counts.
    #[must_use]
    pub const fn is_active(&self, now: i64) -> bool {
        self.seen_at >= now.saturating_sub(RETENTION_MS)
    }

    /// What it is vulnerable to, in the order of software and CVE, with a KB that fixes
    /// each. The rules run for it.
    #[must_use]
    pub fn weaknesses(&self) -> Vec<Weakness> {
        self.assessor
            .weaknesses(&narrow(&self.facts, &self.assessor))
    }

    /// The version of a software that it is vulnerable in: of several the lowest.
    #[must_use]
    pub fn version_of(&self, software: SoftwareIx) -> Option<&str> {
        let mut versions = self.versions.iter();
        let (_, version) = versions.find(|(of, _)| *of == software)?;
        version.as_deref()
    }
}

/// What the rules read of a machine with these facts.
pub(crate) fn narrow(facts: &Projection, assessor: &Assessor) -> Projection {
    let mut projection = facts.clone();
    projection.narrow(assessor.catalog());
    projection
}

/// What tells in which version a machine has a software.
pub(crate) struct Told<'m> {
    pub(crate) catalog: &'m Catalog,
    pub(crate) inventory: &'m Inventory,
    pub(crate) facts: &'m Projection,
    pub(crate) state: &'m PatchState,
    pub(crate) ordinal: u32,
    /// Major and minor version of Windows.
    pub(crate) version: (u32, u32),
    /// The version of Windows, once it was asked for.
    pub(crate) windows: OnceCell<Arc<str>>,
}

impl Told<'_> {
    fn version_of(&self, software: SoftwareIx) -> Option<Arc<str>> {
        self.find(Some(software), self.catalog.software_id(software))
    }

    /// The version of a software that is installed: of several the lowest, which is
    /// the one that was assessed.
    pub(crate) fn version_of_id(&self, id: &str) -> Option<Arc<str>> {
        self.find(self.catalog.find_software(id), id)
    }

    fn find(&self, software: Option<SoftwareIx>, id: &str) -> Option<Arc<str>> {
        if software.is_some_and(|ix| self.state.parts().contains(&ix)) {
            let windows = || self.state.os_version(self.facts, self.version).into();
            return Some(Arc::clone(self.windows.get_or_init(windows)));
        }
        if let Some(assessed) = self.facts.version_of(id) {
            return Some(assessed.into());
        }
        let which = self.inventory.find(id)?;
        let listed = self.inventory.listed(self.ordinal, which);
        let mut versions: Vec<Arc<str>> = listed.map(|listed| listed.version()).collect();
        // Of equal ones written otherwise always the same is named.
        versions.sort_unstable();
        versions
            .into_iter()
            .min_by_key(|text| (Version::parse(text).is_none(), Version::parse(text)))
    }
}
