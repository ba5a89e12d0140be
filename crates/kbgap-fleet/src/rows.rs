//! The rows of getmissingkbs (section 6 of the rules).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use kbgap_assess::{Assessed, Assessment};
use kbgap_catalog::{Catalog, KbId, SoftwareIx, VulnerabilityIx};
use roaring::RoaringBitmap;

use crate::RETENTION_MS;
use crate::fleet::Fleet;
use crate::machine::FleetMachine;

/// A row of getmissingkbs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductFix {
    /// The KB.
    pub id: KbId,
    /// The title of its document.
    pub name: String,
    /// The build that all machines counted share.
    pub os_build: Option<u32>,
    /// Names of the software that it fixes, without vendor.
    pub products_names: Vec<String>,
    /// Machines that miss it.
    pub machine_missed_on: u64,
    /// CVEs that it fixes.
    pub cve_addressed: u64,
}

/// Which missing KBs get a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Every missing KB, with the CVEs of its own, as Microsoft counts.
    #[default]
    All,
    /// Only those that one would install today; CVEs of those that another
    /// missing KB supersedes count towards it.
    Effective,
}

/// The rows of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineRows {
    /// The rows.
    pub rows: Vec<ProductFix>,
    /// Why there are none, where the machine could not be assessed: an empty
    /// list must not read as clean.
    pub not_assessed: Option<String>,
}

impl Fleet {
    /// The missing KBs of a software over all machines seen within 30 days of
    /// `now` (milliseconds since 1970): by machines descending, then id descending.
    #[must_use]
    pub fn missing_kbs_of_software(
        &self,
        software: SoftwareIx,
        now: i64,
        view: View,
    ) -> Vec<ProductFix> {
        let silent = self.activity.silent_since(now.saturating_sub(RETENTION_MS));
        let missed: Vec<(KbId, RoaringBitmap, u32)> = match view {
            View::All => self
                .missing
                .iter()
                .filter(|((s, _), _)| *s == software)
                .map(|((_, kb), missed)| (*kb, &missed.machines - &silent, missed.cves))
                .collect(),
            View::Effective => self.effective(software, &silent),
        };
        let name = self.software_name(software);
        let mut rows: Vec<ProductFix> = missed
            .into_iter()
            .filter(|(_, machines, _)| !machines.is_empty())
            .map(|(id, machines, cves)| ProductFix {
                id,
                name: self.title(id),
                os_build: self.shared_build(&machines),
                products_names: vec![name.clone()],
                machine_missed_on: machines.len(),
                cve_addressed: cves.into(),
            })
            .collect();
        rows.sort_by_key(|row| (Reverse(row.machine_missed_on), Reverse(row.id)));
        rows
    }

    /// The missing KBs of one machine, by id descending.
    #[must_use]
    pub fn missing_kbs_of_machine(&self, machine: &FleetMachine, view: View) -> MachineRows {
        let assessed = match &machine.patch_state.assessment {
            Assessment::Assessed(assessed) => assessed,
            Assessment::NotAssessed(reason) => {
                return MachineRows {
                    rows: Vec::new(),
                    not_assessed: Some(reason.to_string()),
                };
            }
        };
        let mut rows: Vec<ProductFix> = assessed
            .missing
            .iter()
            .filter(|kb| view == View::All || !kb.superseded)
            .map(|kb| {
                let (software, cves) = match view {
                    View::All => (
                        kb.software.iter().map(|s| s.software).collect(),
                        kb.cve_addressed(),
                    ),
                    View::Effective => self.with_replaced(assessed, kb.id),
                };
                ProductFix {
                    id: kb.id,
                    name: self.title(kb.id),
                    os_build: Some(machine.build()),
                    products_names: software
                        .into_iter()
                        .map(|s| self.software_name(s))
                        .collect(),
                    machine_missed_on: 1,
                    cve_addressed: cves.into(),
                }
            })
            .collect();
        rows.sort_by_key(|row| Reverse(row.id));
        MachineRows {
            rows,
            not_assessed: None,
        }
    }

    fn effective(
        &self,
        software: SoftwareIx,
        silent: &RoaringBitmap,
    ) -> Vec<(KbId, RoaringBitmap, u32)> {
        let mut found: BTreeMap<KbId, (RoaringBitmap, BTreeSet<KbId>)> = BTreeMap::new();
        for state in &self.states {
            let machines = &state.machines - silent;
            let Some(assessed) = state.assessed().filter(|_| !machines.is_empty()) else {
                continue;
            };
            let vulnerable: HashSet<KbId> = assessed
                .missing
                .iter()
                .filter(|kb| kb.vulnerable_software.contains(&software))
                .map(|kb| kb.id)
                .collect();
            for kb in assessed.missing.iter().filter(|kb| !kb.superseded) {
                let mut cured = replaced_by(&self.catalog, assessed, kb.id);
                cured.insert(kb.id);
                if cured.iter().any(|kb| vulnerable.contains(kb)) {
                    let entry = found.entry(kb.id).or_default();
                    entry.0 |= &machines;
                    entry
                        .1
                        .extend(cured.into_iter().filter(|kb| vulnerable.contains(kb)));
                }
            }
        }
        found
            .into_iter()
            .map(|(kb, (machines, cured))| {
                let cves = cves_in_software(&self.catalog, cured.into_iter().chain([kb]), software);
                (kb, machines, cves)
            })
            .collect()
    }

    /// The software of a machine that a KB and those that it replaces fix, Windows
    /// first, and the distinct CVEs in all of it.
    fn with_replaced(&self, assessed: &Assessed, kb: KbId) -> (Vec<SoftwareIx>, u32) {
        let mut cured = replaced_by(&self.catalog, assessed, kb);
        cured.insert(kb);
        let mut software: Vec<SoftwareIx> = Vec::new();
        let rows = assessed.missing.iter().filter(|m| cured.contains(&m.id));
        for ix in rows.flat_map(|m| m.software.iter().map(|s| s.software)) {
            if !software.contains(&ix) {
                software.push(ix);
            }
        }
        let platform = &*assessed.os.product;
        let mut pairs: HashSet<(SoftwareIx, VulnerabilityIx)> = HashSet::new();
        for fix in cured
            .iter()
            .filter_map(|&kb| self.catalog.kb(kb))
            .flat_map(|kb| kb.fixes())
        {
            let product = fix.product();
            let Some(ix) = product.software().filter(|ix| software.contains(ix)) else {
                continue;
            };
            // A product of the machine is its platform or a component on it.
            let own =
                product.name() == platform || product.name().ends_with(&format!(" on {platform}"));
            if own && !fix.vulnerability().is_advisory() {
                pairs.insert((ix, fix.vulnerability_ix()));
            }
        }
        (software, u32::try_from(pairs.len()).unwrap_or(u32::MAX))
    }

    fn shared_build(&self, machines: &RoaringBitmap) -> Option<u32> {
        let build = self.at(machines.min()?)?.build();
        self.builds
            .get(&build)
            .is_some_and(|all| machines.is_subset(all))
            .then_some(build)
    }

    fn title(&self, kb: KbId) -> String {
        self.catalog
            .kb(kb)
            .map_or_else(String::new, |kb| kb.title().to_owned())
    }

    fn software_name(&self, software: SoftwareIx) -> String {
        let id = self.catalog.software_id(software);
        id.split_once("-_-").map_or(id, |(_, name)| name).to_owned()
    }
}

/// The missing KBs of a machine that another of them supersedes, in any number of steps.
fn replaced_by(catalog: &Catalog, assessed: &Assessed, kb: KbId) -> BTreeSet<KbId> {
    let missing: HashSet<KbId> = assessed.missing.iter().map(|m| m.id).collect();
    let mut reached = BTreeSet::new();
    let mut stack = vec![kb];
    while let Some(newer) = stack.pop().and_then(|id| catalog.kb(id)) {
        for older in newer.supersedes().filter_map(KbId::new) {
            if older != kb && catalog.kb(older).is_some() && reached.insert(older) {
                stack.push(older);
            }
        }
    }
    reached.retain(|kb| missing.contains(kb));
    reached
}

/// Distinct CVEs that KBs fix in a software, over all its products.
pub(crate) fn cves_in_software(
    catalog: &Catalog,
    kbs: impl IntoIterator<Item = KbId>,
    software: SoftwareIx,
) -> u32 {
    let cves: HashSet<VulnerabilityIx> = kbs
        .into_iter()
        .filter_map(|kb| catalog.kb(kb))
        .flat_map(|kb| kb.fixes())
        .filter(|fix| fix.product().software() == Some(software))
        .filter(|fix| !fix.vulnerability().is_advisory())
        .map(|fix| fix.vulnerability_ix())
        .collect();
    u32::try_from(cves.len()).unwrap_or(u32::MAX)
}
