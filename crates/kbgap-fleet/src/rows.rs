//! The rows of getmissingkbs (section 6 of the rules).
//!
//! Machines are not looked at: how many miss each KB is counted while they come and go
//! ([`Misses`](crate::misses)). What one would install today depends on all that a machine
//! misses, so for that machines are counted by profile, and profiles that miss the same are
//! looked at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::fleet::{Fleet, Group};
use crate::machine::FleetMachine;
use crate::misses::EVERYBODY;
use crate::table::Ordinals;
use kbgap_assess::{Assessed, Assessment, OutlinedKb, OutlinedSoftware, Urgency};
use kbgap_catalog::{Catalog, KbId, ProductIx, SoftwareIx, VulnerabilityIx};

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
    /// What is known of attacks on these.
    pub urgency: Urgency,
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

/// Machines that count, and what build they have.
#[derive(Clone, Copy, Debug)]
struct Counted {
    machines: u64,
    /// The lowest and the highest build.
    builds: (u32, u32),
}

impl Counted {
    const NONE: Self = Self {
        machines: 0,
        builds: (u32::MAX, 0),
    };

    fn add(&mut self, other: Self) {
        self.machines += other.machines;
        self.builds.0 = self.builds.0.min(other.builds.0);
        self.builds.1 = self.builds.1.max(other.builds.1);
    }

    /// The build that all of them share.
    fn build(self) -> Option<u32> {
        (self.builds.0 == self.builds.1).then_some(self.builds.0)
    }
}

/// The CVEs that a KB fixes in a software: the same for all machines, and asked for with
/// every row.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<HashMap<(SoftwareIx, KbId), Addressed>>);

/// How many CVEs are fixed, and what is known of attacks on them.
#[derive(Clone, Copy, Debug, Default)]
struct Addressed {
    cves: u32,
    urgency: Urgency,
}

impl Counts {
    fn addressed(&self, catalog: &Catalog, kb: KbId, software: SoftwareIx) -> Addressed {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known
            .entry((software, kb))
            .or_insert_with(|| addressed(catalog, [kb], software))
    }
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
        let missed = match view {
            View::All => self.all(software, EVERYBODY, now),
            View::Effective => self.effective(software, &self.counted(now)),
        };
        self.rows(software, missed)
    }

    /// The same over the machines of one device group; empty where no machine is in it.
    #[must_use]
    pub fn missing_kbs_of_software_in(
        &self,
        software: SoftwareIx,
        group: i32,
        now: i64,
        view: View,
    ) -> Vec<ProductFix> {
        let Some(Group { machines, .. }) = self.groups.get(&group) else {
            return Vec::new();
        };
        let missed = match view {
            View::All => self.all(software, group, now),
            View::Effective => self.effective(software, &self.counted_among(machines, now)),
        };
        self.rows(software, missed)
    }

    /// Profiles with the number of their machines that count at `now`.
    fn counted(&self, now: i64) -> Vec<(u32, u32)> {
        let silence = self.silence(now);
        let profiles = (0..).zip(self.profiles.iter());
        profiles
            .filter_map(|(number, profile)| {
                let all = u32::try_from(profile.as_ref()?.machines.len()).unwrap_or(u32::MAX);
                let count = all - silence.of_profile(number);
                (count > 0).then_some((number, count))
            })
            .collect()
    }

    /// The same of some machines only.
    fn counted_among(&self, machines: &Ordinals, now: i64) -> Vec<(u32, u32)> {
        let silence = self.silence(now);
        let mut counts = vec![0_u32; self.profiles.len()];
        for ordinal in machines.iter().filter(|&o| !silence.machines.contains(o)) {
            let slot = self.machines.get(ordinal as usize);
            if let Some(count) = slot.and_then(|s| counts.get_mut(s.profile as usize)) {
                *count += 1;
            }
        }
        (0..).zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    fn rows(
        &self,
        software: SoftwareIx,
        missed: Vec<(KbId, Counted, Addressed)>,
    ) -> Vec<ProductFix> {
        let name = self.software_name(software);
        let mut rows: Vec<ProductFix> = missed
            .into_iter()
            .map(|(id, counted, addressed)| ProductFix {
                id,
                name: self.title(id),
                os_build: counted.build(),
                products_names: vec![name.clone()],
                machine_missed_on: counted.machines,
                cve_addressed: addressed.cves.into(),
                urgency: addressed.urgency,
            })
            .collect();
        rows.sort_unstable_by_key(|row| (Reverse(row.machine_missed_on), Reverse(row.id)));
        rows
    }

    fn all(&self, software: SoftwareIx, group: i32, now: i64) -> Vec<(KbId, Counted, Addressed)> {
        let mut missed: Vec<(KbId, Counted, Addressed)> = Vec::new();
        // In the order of KBs.
        for (miss, machines) in self.misses_at(now).of(group, software) {
            let of_build = Counted {
                machines: machines.into(),
                builds: (miss.build, miss.build),
            };
            match missed.last_mut() {
                Some((kb, counted, _)) if *kb == miss.kb => counted.add(of_build),
                _ => {
                    let counts = &self.rules.counts;
                    let addressed = counts.addressed(self.catalog(), miss.kb, software);
                    missed.push((miss.kb, of_build, addressed));
                }
            }
        }
        missed
    }

    fn effective(
        &self,
        software: SoftwareIx,
        counted: &[(u32, u32)],
    ) -> Vec<(KbId, Counted, Addressed)> {
        // States that miss the same in all software are looked at once.
        let mut alike: HashMap<Vec<*const OutlinedKb>, (&[OutlinedSoftware], Counted)> =
            HashMap::new();
        for &(number, machines) in counted {
            let Some(profile) = self.profile(number) else {
                continue;
            };
            let outlined = profile.state.vulnerable();
            let lists = outlined.iter().map(|v| v.missing.as_ptr());
            let (_, counted) = alike
                .entry(lists.collect())
                .or_insert((outlined, Counted::NONE));
            counted.add(Counted {
                machines: machines.into(),
                builds: (profile.facts.build, profile.facts.build),
            });
        }
        let mut found: BTreeMap<KbId, (Counted, BTreeSet<KbId>)> = BTreeMap::new();
        for (outlined, counted) in alike.into_values() {
            let all = || outlined.iter().flat_map(|of| of.missing.iter());
            let own = outlined.iter().filter(|of| of.software == software);
            let own = own.flat_map(|of| of.missing.iter());
            let vulnerable: HashSet<KbId> = own.map(|kb| kb.id).collect();
            if vulnerable.is_empty() {
                continue;
            }
            let missing: HashSet<KbId> = all().map(|kb| kb.id).collect();
            let to_install = all().filter(|kb| !kb.superseded).map(|kb| kb.id);
            for kb in to_install.collect::<BTreeSet<_>>() {
                let mut cured = replaced_by(self.catalog(), &missing, kb);
                cured.insert(kb);
                cured.retain(|kb| vulnerable.contains(kb));
                if !cured.is_empty() {
                    let entry = found.entry(kb).or_insert((Counted::NONE, BTreeSet::new()));
                    entry.0.add(counted);
                    entry.1.extend(cured);
                }
            }
        }
        found
            .into_iter()
            .map(|(kb, (counted, cured))| {
                let all = cured.into_iter().chain([kb]);
                (kb, counted, addressed(self.catalog(), all, software))
            })
            .collect()
    }

    /// The missing KBs of one machine, by id descending.
    #[must_use]
    pub fn missing_kbs_of_machine(&self, machine: &FleetMachine, view: View) -> MachineRows {
        // Only here are all facts about each KB asked for: states do not keep them.
        let assessed = match self.rules.assessor.assess(&machine.projection()) {
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
                let (software, cves, urgency) = match view {
                    View::All => (
                        kb.software.iter().map(|s| s.software).collect(),
                        kb.cve_addressed(),
                        kb.urgency,
                    ),
                    View::Effective => self.with_replaced(&assessed, kb.id),
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
                    urgency,
                }
            })
            .collect();
        rows.sort_by_key(|row| Reverse(row.id));
        MachineRows {
            rows,
            not_assessed: None,
        }
    }

    /// The software of a machine that a KB and those that it replaces fix, Windows
    /// first, the distinct CVEs in all of it, and what is known of attacks on them.
    fn with_replaced(&self, assessed: &Assessed, kb: KbId) -> (Vec<SoftwareIx>, u32, Urgency) {
        let missing: HashSet<KbId> = assessed.missing.iter().map(|m| m.id).collect();
        let mut cured = replaced_by(self.catalog(), &missing, kb);
        cured.insert(kb);
        let mut software: Vec<SoftwareIx> = Vec::new();
        let mut urgency = Urgency::default();
        for row in assessed.missing.iter().filter(|m| cured.contains(&m.id)) {
            urgency.merge(row.urgency);
            for ix in row.software.iter().map(|s| s.software) {
                if !software.contains(&ix) {
                    software.push(ix);
                }
            }
        }
        let products: HashSet<ProductIx> = assessed.products.iter().copied().collect();
        let mut pairs: HashSet<(SoftwareIx, VulnerabilityIx)> = HashSet::new();
        for fix in cured
            .iter()
            .filter_map(|&kb| self.catalog().kb(kb))
            .flat_map(|kb| kb.fixes())
        {
            let product = fix.product();
            let Some(ix) = product.software().filter(|ix| software.contains(ix)) else {
                continue;
            };
            if products.contains(&product.ix) && !fix.vulnerability().is_advisory() {
                pairs.insert((ix, fix.vulnerability_ix()));
            }
        }
        let cves = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
        (software, cves, urgency)
    }

    fn title(&self, kb: KbId) -> String {
        self.catalog()
            .kb(kb)
            .map_or_else(String::new, |kb| kb.title().to_owned())
    }

    fn software_name(&self, software: SoftwareIx) -> String {
        let id = self.catalog().software_id(software);
        id.split_once("-_-").map_or(id, |(_, name)| name).to_owned()
    }
}

/// The missing KBs of a machine that another of them supersedes, in any number of steps.
fn replaced_by(catalog: &Catalog, missing: &HashSet<KbId>, kb: KbId) -> BTreeSet<KbId> {
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

/// The distinct CVEs that KBs fix in a software, over all its products.
fn addressed(
    catalog: &Catalog,
    kbs: impl IntoIterator<Item = KbId>,
    software: SoftwareIx,
) -> Addressed {
    let mut cves: HashSet<VulnerabilityIx> = HashSet::new();
    let mut urgency = Urgency::default();
    let fixes = kbs
        .into_iter()
        .filter_map(|kb| catalog.kb(kb))
        .flat_map(|kb| kb.fixes())
        .filter(|fix| fix.product().software() == Some(software))
        .filter(|fix| !fix.vulnerability().is_advisory());
    for fix in fixes {
        if cves.insert(fix.vulnerability_ix()) {
            urgency.add(fix.vulnerability());
        }
    }
    Addressed {
        cves: u32::try_from(cves.len()).unwrap_or(u32::MAX),
        urgency,
    }
}
