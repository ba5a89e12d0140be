//! What the index keeps of a machine.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kbgap_assess::{Assessment, OsFacts, Weakness, weaknesses};
use kbgap_catalog::{
    Catalog, Component, KbId, SoftwareId, SoftwareIx, Version, VulnerabilityIx, is_mapped_software,
    map_installed,
};
use kbgap_inventory::{DeviceValue, Machine, MachineId, Software};
use roaring::RoaringBitmap;

use crate::RETENTION_MS;
use crate::pool::Pools;
use crate::score::ExposureLevel;
use crate::state::PatchState;

/// A report with what else is kept of its machine.
#[derive(Clone, Debug)]
pub struct CheckIn {
    /// What was reported.
    pub machine: Machine,
    /// When it was seen last, in milliseconds since 1970.
    pub seen_at: i64,
    /// When it was seen first.
    pub first_seen: i64,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    /// What it is worth.
    pub value: DeviceValue,
    /// Its tags, reported or given.
    pub tags: Vec<String>,
    /// Its place in the order of all changes; later ones are higher.
    pub sequence: u64,
}

impl CheckIn {
    /// A report of a machine of which nothing else is known.
    #[must_use]
    pub fn new(machine: Machine, seen_at: i64) -> Self {
        Self {
            tags: machine.tags.clone(),
            machine,
            seen_at,
            first_seen: seen_at,
            group_id: 0,
            value: DeviceValue::Normal,
            sequence: 0,
        }
    }
}

/// A machine in the index: unchanging, so that answers can outlive the index.
#[derive(Debug)]
pub struct FleetMachine {
    /// Its report, without its software, which is in [`FleetMachine::software`].
    pub facts: Machine,
    /// When it was seen last, in milliseconds since 1970.
    pub seen_at: i64,
    /// When it was seen first.
    pub first_seen: i64,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    /// What it is worth.
    pub value: DeviceValue,
    /// Its tags, reported or given, in order.
    pub tags: Vec<String>,
    /// Its place in the order of all changes; later ones are higher.
    pub sequence: u64,
    /// What is installed, by software and version; Windows and its parts among it.
    pub software: Vec<Arc<Installed>>,
    /// Its software as it was reported, shared with other machines.
    reported: Vec<Arc<Software>>,
    pub(crate) ordinal: u32,
    pub(crate) state: usize,
    pub(crate) patch_state: Arc<PatchState>,
}

/// A version of a software on a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Installed {
    /// The software.
    pub id: SoftwareId,
    /// The version as reported; of parts of Windows that of Windows. May be empty.
    pub version: String,
    /// Whether the reviewed tables know it: the API's "product code".
    pub is_known: bool,
    /// Whether the rules decide about it: only then no vulnerability means none.
    pub is_assessed: bool,
}

impl FleetMachine {
    pub(crate) fn new(
        check_in: CheckIn,
        ordinal: u32,
        state: usize,
        patch_state: Arc<PatchState>,
        catalog: &Catalog,
        pools: &mut Pools,
    ) -> Self {
        let mut machine = Self {
            facts: check_in.machine,
            seen_at: check_in.seen_at,
            first_seen: check_in.first_seen,
            group_id: check_in.group_id,
            value: check_in.value,
            tags: check_in.tags,
            sequence: check_in.sequence,
            software: Vec::new(),
            reported: Vec::new(),
            ordinal,
            state,
            patch_state,
        };
        let software = machine.all_software(catalog).into_iter();
        machine.software = software.map(|s| pools.installed.share(s)).collect();
        let reported = std::mem::take(&mut machine.facts.software).into_iter();
        machine.reported = reported.map(|s| pools.reported.share(s)).collect();
        machine
    }

    /// The check-in again, for another index.
    pub(crate) fn check_in(&self) -> CheckIn {
        let software = self.reported.iter().map(|s| Software::clone(s));
        CheckIn {
            machine: Machine {
                software: software.collect(),
                ..self.facts.clone()
            },
            seen_at: self.seen_at,
            first_seen: self.first_seen,
            group_id: self.group_id,
            value: self.value,
            tags: self.tags.clone(),
            sequence: self.sequence,
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &MachineId {
        &self.facts.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.facts.computer_dns_name
    }

    /// Whether it is in a set of machines of its index.
    #[must_use]
    pub fn is_in(&self, ordinals: &RoaringBitmap) -> bool {
        ordinals.contains(self.ordinal)
    }

    /// Its Windows build.
    #[must_use]
    pub const fn build(&self) -> u32 {
        self.facts.os.build
    }

    /// Whether it was seen within 30 days of `now` (milliseconds since 1970), so that
    /// it counts.
    #[must_use]
    pub const fn is_active(&self, now: i64) -> bool {
        self.seen_at >= now.saturating_sub(RETENTION_MS)
    }

    /// The KBs that it misses for a software and that no other of them supersedes.
    pub fn kbs_to_install(&self, software: SoftwareIx) -> impl Iterator<Item = KbId> {
        let missing = self.patch_state.assessed().map(|a| a.missing.as_slice());
        missing
            .unwrap_or_default()
            .iter()
            .filter(move |kb| !kb.superseded && kb.vulnerable_software.contains(&software))
            .map(|kb| kb.id)
    }

    /// Its operating system, where it could be assessed.
    #[must_use]
    pub fn os(&self) -> Option<&OsFacts> {
        self.patch_state.assessed().map(|assessed| &assessed.os)
    }

    /// The software that its Windows is, where it could be assessed.
    #[must_use]
    pub fn os_software(&self) -> Option<SoftwareIx> {
        self.patch_state.assessed()?.software.first().copied()
    }

    /// Why it could not be assessed, where it could not.
    #[must_use]
    pub fn not_assessed(&self) -> Option<String> {
        match &self.patch_state.assessment {
            Assessment::Assessed(_) => None,
            Assessment::NotAssessed(reason) => Some(reason.to_string()),
        }
    }

    /// The software with a product code about which no rule decides, by id: that it has
    /// no vulnerability there says nothing.
    pub fn undecided(&self) -> impl Iterator<Item = &SoftwareId> {
        let ids: BTreeSet<_> = self
            .software
            .iter()
            .filter(|s| s.is_known && !s.is_assessed)
            .map(|s| &s.id)
            .collect();
        ids.into_iter()
    }

    /// Its score, 0 to 100; `None` where it could not be assessed.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.patch_state.assessed()?;
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
    pub fn weaknesses(&self, catalog: &Catalog) -> Vec<Weakness> {
        weaknesses(catalog, &self.patch_state.projection)
    }

    /// A number that machines in the same patch state share, while one of them lives.
    #[must_use]
    pub fn state_key(&self) -> usize {
        Arc::as_ptr(&self.patch_state).addr()
    }

    /// All that decides what [`FleetMachine::weaknesses`] gives and in which versions,
    /// hashed: while it stays the same, so does that. Another release of this program
    /// may hash otherwise, which costs no more than running the rules once.
    #[must_use]
    pub fn exposure_fingerprint(&self, catalog: &Catalog) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.patch_state.fingerprint.hash(&mut hasher);
        for software in self.vulnerable_software() {
            self.version_of(catalog.software_id(software))
                .hash(&mut hasher);
        }
        hasher.finish()
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
        let vulnerable = self.patch_state.vulnerable();
        vulnerable
            .iter()
            .find(|v| v.software == software)
            .map_or(0, |v| v.cves.len())
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
    pub fn version_of(&self, id: &str) -> Option<&str> {
        let versions = self.software.iter().filter(|s| s.id.as_str() == id);
        versions
            .map(|s| s.version.as_str())
            .min_by_key(|text| (Version::parse(text).is_none(), Version::parse(text)))
    }

    /// The version of Windows with its revision, such as `10.0.18363.592`: the
    /// reported one, else the one that installed updates tell.
    #[must_use]
    pub fn os_version(&self) -> String {
        let os = &self.facts.os;
        let (major, minor) = os.version;
        let derived = || self.os().and_then(|os| os.revision);
        match os.revision.or_else(derived) {
            Some(revision) => format!("{major}.{minor}.{}.{revision}", os.build),
            None => format!("{major}.{minor}.{}", os.build),
        }
    }

    fn all_software(&self, catalog: &Catalog) -> Vec<Installed> {
        let version = self.os_version();
        let parts = self.patch_state.assessed().map(|a| a.software.as_slice());
        let mut all: BTreeSet<Installed> = parts
            .unwrap_or_default()
            .iter()
            .filter_map(|&ix| {
                Some(Installed {
                    id: catalog.software_id(ix).parse().ok()?,
                    version: version.clone(),
                    is_known: true,
                    is_assessed: true,
                })
            })
            .collect();
        let parts: BTreeSet<SoftwareId> = all.iter().map(|part| part.id.clone()).collect();
        let any = self.patch_state.assessed().is_some();
        let reported = self.facts.software.iter().filter_map(|s| installed(s, any));
        // What is part of Windows is there once, whatever the list says.
        all.extend(reported.filter(|installed| !parts.contains(&installed.id)));
        all.into_iter().collect()
    }
}

/// A reported software under the API's name; `None` where it has no vendor.
/// `any` is whether anything of the machine could be assessed.
fn installed(software: &Software, any: bool) -> Option<Installed> {
    let mapped = map_installed(&software.vendor, &software.name, &software.version);
    let (id, is_known, by_version) = match mapped {
        // The old Edge is part of Windows: without its Windows it is not known to run.
        Some((id, component)) => {
            let is_known = component != Component::EdgeHtml;
            (id, is_known, component == Component::EdgeChromium)
        }
        None => {
            let id = SoftwareId::from_names(&software.vendor, &software.name)?;
            let is_known = is_mapped_software(&id);
            (id, is_known, false)
        }
    };
    Some(Installed {
        id,
        version: software.version.clone(),
        is_known,
        is_assessed: any && by_version && Version::parse(&software.version).is_some(),
    })
}
