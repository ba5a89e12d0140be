//! A machine, as it is shown.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use kbgap_assess::{Assessor, ON_EVERY_WINDOWS, OsFacts, Projection, Support, Weakness};
use kbgap_catalog::{
    Architecture, Edition, InstallationType, KbId, Release, SoftwareId, SoftwareIx, VulnerabilityIx,
};
use kbgap_inventory::{DeviceValue, MachineId};
use roaring::RoaringBitmap;

use crate::RETENTION_MS;
use crate::fleet::{Fleet, Slot};
use crate::judged::{Told, narrow};
use crate::packed::{Packed, Reported};
use crate::profile::Profile;
use crate::score::ExposureLevel;
use crate::software::{Installed, Inventory};
use crate::state::PatchState;

/// A machine, taken out of the index: it stays as it was, so that answers can outlive
/// the index.
#[derive(Debug)]
pub struct FleetMachine {
    id: MachineId,
    name: String,
    /// What it has reported of itself.
    pub reported: Reported,
    /// When it was seen last, in milliseconds since 1970.
    pub seen_at: i64,
    /// When it was seen first.
    pub first_seen: i64,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    group: Option<Arc<str>>,
    /// What it is worth.
    pub value: DeviceValue,
    /// Its tags, reported or given, in order.
    pub tags: Vec<String>,
    ordinal: u32,
    version: (u32, u32),
    edition: Option<Edition>,
    facts: Arc<Projection>,
    pub(crate) patch_state: Arc<PatchState>,
    inventory: Inventory,
    assessor: Arc<Assessor>,
}

impl FleetMachine {
    pub(crate) fn new(
        (ordinal, slot, profile): (u32, &Slot, &Profile),
        packed: &Packed<'_>,
        fleet: &Fleet,
    ) -> Option<Self> {
        let words = &fleet.inventory.words;
        let details = packed.details()?;
        let group = fleet.groups.get(&slot.group);
        Some(Self {
            group: group.map(|group| Arc::clone(&group.name)),
            inventory: fleet.inventory.clone(),
            assessor: Arc::clone(&fleet.rules.assessor),
            id: MachineId::from_bytes(*packed.id),
            name: details.name(words),
            reported: details.reported(words),
            seen_at: slot.seen_at,
            first_seen: details.first_seen,
            group_id: slot.group,
            value: slot.value,
            tags: details.tags(words),
            ordinal,
            version: details.version,
            edition: details.edition,
            facts: Arc::clone(&profile.facts),
            patch_state: Arc::clone(&profile.state),
        })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &MachineId {
        &self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its device group.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Whether it is in a set of machines of its index.
    #[must_use]
    pub fn is_in(&self, ordinals: &RoaringBitmap) -> bool {
        ordinals.contains(self.ordinal)
    }

    /// Its Windows build.
    #[must_use]
    pub fn build(&self) -> u32 {
        self.facts.build
    }

    /// Its architecture, where it reports one.
    #[must_use]
    pub fn architecture(&self) -> Option<Architecture> {
        self.facts.architecture
    }

    /// Client, Server or Server Core, where it is known.
    #[must_use]
    pub fn installation_type(&self) -> Option<InstallationType> {
        self.facts.installation_type
    }

    /// Whether it was seen within 30 days of `now` (milliseconds since 1970), so that
    /// it counts.
    #[must_use]
    pub const fn is_active(&self, now: i64) -> bool {
        self.seen_at >= now.saturating_sub(RETENTION_MS)
    }

    /// The Windows release that it runs, where its report tells.
    #[must_use]
    pub fn release(&self) -> Option<&'static Release> {
        self.facts.release()
    }

    /// Whether its Windows is supported on a day; `None` where no table has it.
    #[must_use]
    pub fn support(&self, on: Date) -> Option<Support> {
        Support::of_windows(self.release()?, self.edition, on)
    }

    /// Whether a software that is installed on it is supported on a day; `None` where no
    /// table has its release, or no day is set.
    #[must_use]
    pub fn support_of(&self, installed: &Installed, on: Date) -> Option<Support> {
        let compared = self
            .facts
            .compared_version(installed.id.as_str(), &installed.version);
        let version = compared.as_deref().unwrap_or(&installed.version);
        Support::of_software(&installed.id, None, version, on).map(|(_, support)| support)
    }

    /// What is installed, by software and version; Windows and its parts among it.
    #[must_use]
    pub fn software(&self) -> Vec<Installed> {
        let version: Arc<str> = self.os_version().into();
        let parts = self.patch_state.parts();
        let mut all: Vec<Installed> = parts
            .iter()
            .filter_map(|&ix| {
                Some(Installed {
                    id: self.assessor.catalog().software_id(ix).parse().ok()?,
                    version: Arc::clone(&version),
                    is_known: true,
                    is_assessed: true,
                })
            })
            .collect();
        let parts: BTreeSet<SoftwareId> = all.iter().map(|part| part.id.clone()).collect();
        let catalog = self.assessor.catalog();
        let listed = self.inventory.list(self.ordinal).filter_map(|listed| {
            let id = listed.id()?;
            Some(Installed {
                version: listed.version(),
                is_known: listed.is_known(),
                is_assessed: self
                    .patch_state
                    .decides_about(&id, catalog.find_software(id.as_str())),
                id,
            })
        });
        // What is part of Windows is there once, whatever the list says.
        all.extend(listed.filter(|installed| !parts.contains(&installed.id)));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The KBs that it misses for a software and that no other of them supersedes.
    pub fn kbs_to_install(&self, software: SoftwareIx) -> impl Iterator<Item = KbId> {
        let missed = self.patch_state.missed_in(software).into_iter();
        missed
            .flat_map(|kbs| kbs.iter())
            .filter(|missed| !missed.superseded)
            .map(|missed| missed.id)
    }

    /// Its operating system, where it could be assessed.
    #[must_use]
    pub fn os(&self) -> Option<&OsFacts> {
        self.patch_state.outcome().map(|outcome| &outcome.os)
    }

    /// The software that its Windows is, where it could be assessed.
    #[must_use]
    pub fn os_software(&self) -> Option<SoftwareIx> {
        self.patch_state.parts().first().copied()
    }

    /// Why it could not be assessed, where it could not.
    #[must_use]
    pub fn not_assessed(&self) -> Option<String> {
        self.patch_state.not_assessed().map(str::to_owned)
    }

    /// The software with a product code about which no rule decides, by id, also what every
    /// Windows has without being asked: that it has no vulnerability there says nothing.
    #[must_use]
    pub fn undecided(&self) -> BTreeSet<SoftwareId> {
        let listed = self.software().into_iter();
        let listed = listed
            .filter(|s| s.is_known && !s.is_assessed)
            .map(|s| s.id);
        let on_windows = ON_EVERY_WINDOWS.iter().filter(|id| {
            let ix = self.assessor.catalog().find_software(id);
            // Of what the feed has no updates nothing could be missing.
            self.os().is_some() && ix.is_some_and(|ix| !self.patch_state.decides(ix))
        });
        let on_windows = on_windows.filter_map(|id| id.parse().ok());
        listed.chain(on_windows).collect()
    }

    /// Its score, 0 to 100; `None` where it could not be assessed.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.patch_state.outcome()?;
        Some(self.patch_state.risk.score().points())
    }

    /// How exposed it is; `None` where it could not be assessed.
    #[must_use]
    pub fn exposure_level(&self) -> Option<ExposureLevel> {
        Some(ExposureLevel::of(self.score()?))
    }

    /// What it is vulnerable to, software by software, with a KB that fixes each. The
    /// rules run for it: not for every machine of a large fleet at once.
    #[must_use]
    pub fn weaknesses(&self) -> Vec<Weakness> {
        self.assessor.weaknesses(&self.projection())
    }

    /// What the rules read of it.
    pub(crate) fn projection(&self) -> Projection {
        narrow(&self.facts, &self.assessor)
    }

    /// A number that machines in the same patch state share, while one of them lives.
    #[must_use]
    pub fn state_key(&self) -> usize {
        Arc::as_ptr(&self.patch_state).addr()
    }

    /// How many pairs of software and CVE it is vulnerable in.
    #[must_use]
    pub fn weakness_count(&self) -> usize {
        let vulnerable = self.patch_state.vulnerable();
        vulnerable.iter().map(|v| v.cves.len()).sum()
    }

    /// How many CVEs it has in one software.
    #[must_use]
    pub fn weaknesses_in(&self, software: SoftwareIx) -> usize {
        let vulnerable = self.patch_state.vulnerable_in(software);
        vulnerable.map_or(0, |v| v.cves.len())
    }

    /// The CVEs to which it is vulnerable in whatever software, in order.
    #[must_use]
    pub fn cves(&self) -> Vec<VulnerabilityIx> {
        let vulnerable = self.patch_state.vulnerable();
        let mut cves: Vec<VulnerabilityIx> = vulnerable
            .iter()
            .flat_map(|v| v.cves.iter().copied())
            .collect();
        cves.sort_unstable();
        cves.dedup();
        cves
    }

    /// The software that it is vulnerable in.
    pub fn vulnerable_software(&self) -> impl Iterator<Item = SoftwareIx> {
        self.patch_state.vulnerable().iter().map(|v| v.software)
    }

    /// The version of a software that is installed: of several the lowest, which is
    /// the one that was assessed.
    #[must_use]
    pub fn version_of(&self, id: &str) -> Option<Arc<str>> {
        let told = Told {
            catalog: self.assessor.catalog(),
            inventory: &self.inventory,
            facts: &self.facts,
            state: &self.patch_state,
            ordinal: self.ordinal,
            version: self.version,
            windows: OnceCell::new(),
        };
        told.version_of_id(id)
    }

    /// The version of Windows with its revision, such as `10.0.18363.592`: the
    /// reported one, else the one that installed updates tell.
    #[must_use]
    pub fn os_version(&self) -> String {
        self.patch_state.os_version(&self.facts, self.version)
    }
}
