//! Numbers over all machines: weaknesses, exposed machines, scores (docs/scoring.md).
//!
//! They are the same until a machine changes, falls silent or the feed changes, so the
//! last summary is kept. Machines are counted once, by profile and group; everything
//! else is summed over profiles. Equal lists of CVEs are shared by states, and CVEs that
//! stand in the same lists have the same count, which is computed once.

mod distributions;
mod tally;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use kbgap_catalog::{Catalog, SoftwareId, SoftwareIx, VulnerabilityIx};
use kbgap_inventory::DeviceValue;
use roaring::RoaringBitmap;

use crate::detections::Detections;
use crate::fleet::Fleet;
use crate::silence::Silence;
use crate::software::{Inventory, Which};
pub use distributions::Distribution;
use tally::Tally;

/// Numbers over the machines seen in the last 30 days.
#[derive(Debug)]
pub struct Summary {
    /// The exposure score of the organisation, 0 to 100; lower is better. 0 also where
    /// no machine was assessed.
    pub score: f64,
    /// The exposure score of each device group of which a machine was assessed, by number.
    pub groups: Vec<GroupScore>,
    catalog: Catalog,
    detections: Arc<Detections>,
    inventory: Inventory,
    silence: Arc<Silence>,
    /// Of what machines are vulnerable in, and of the parts of Windows.
    own: BTreeMap<SoftwareId, Own>,
    lists: Vec<List>,
    /// How many machines are vulnerable to each CVE, by position.
    exposed: Vec<u32>,
}

/// What is known of a software beyond who reports it.
#[derive(Clone, Debug, Default)]
struct Own {
    /// Machines of whose Windows it is a part, where there are any.
    installed: Option<RoaringBitmap>,
    exposed: u64,
    cves: Vec<VulnerabilityIx>,
    public_exploit: bool,
    impact: f64,
    exposed_of_high_value: u64,
}

/// Numbers about one software.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoftwareSummary {
    /// How many machines have it.
    pub installed: u64,
    /// How many machines are vulnerable in it.
    pub exposed: u64,
    /// CVEs to which some machine is vulnerable in it, in order.
    pub cves: Vec<VulnerabilityIx>,
    /// Whether one of them is exploited in the wild.
    pub public_exploit: bool,
    /// How far the exposure score of the organisation would fall if it were fixed everywhere.
    pub impact: f64,
    /// Whether the reviewed tables know it.
    pub is_known: bool,
    /// Exposed machines of high value.
    pub exposed_of_high_value: u64,
}

/// The exposure score of a device group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupScore {
    /// The number of the group.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// Its score, 0 to 100; lower is better.
    pub score: f64,
}

/// The profiles whose machines are vulnerable to just these CVEs of a software.
#[derive(Debug)]
struct List {
    software: SoftwareIx,
    cves: Arc<[VulnerabilityIx]>,
    profiles: RoaringBitmap,
}

/// The summary that was made last.
#[derive(Debug, Default)]
pub(crate) struct Summaries {
    last: Option<Kept>,
}

impl Summaries {
    /// Lets go of a summary of another composition: it holds all that machines reported
    /// then, and nobody will get it again who asks a later fleet.
    pub(crate) fn forget_before(&mut self, composition: u64) {
        if self
            .last
            .as_ref()
            .is_some_and(|kept| kept.composition != composition)
        {
            self.last = None;
        }
    }
}

#[derive(Debug)]
struct Kept {
    composition: u64,
    silence: Arc<Silence>,
    summary: Arc<Summary>,
}

impl Fleet {
    /// The numbers at `now`, in milliseconds since 1970.
    #[must_use]
    pub fn summary(&self, now: i64) -> Arc<Summary> {
        let silence = self.silence(now);
        // Whoever comes while it is being made waits for it rather than making another.
        let mut summaries = self
            .summaries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &summaries.last
            && kept.composition == self.composition
            && kept.silence.machines == silence.machines
        {
            return Arc::clone(&kept.summary);
        }
        let summary = Arc::new(Summary::of(self, Arc::clone(&silence)));
        summaries.last = Some(Kept {
            composition: self.composition,
            silence,
            summary: Arc::clone(&summary),
        });
        summary
    }
}

impl Summary {
    fn of(fleet: &Fleet, silence: Arc<Silence>) -> Self {
        let tally = Tally::of(fleet, &silence);
        let lists = lists(fleet, &tally);
        let mut own: BTreeMap<SoftwareId, Own> = BTreeMap::new();
        let id_of = |ix| fleet.catalog().software_id(ix).parse::<SoftwareId>().ok();
        for (ix, machines) in parts(fleet, &silence) {
            if let Some(id) = id_of(ix) {
                own.entry(id).or_default().installed = Some(machines);
            }
        }
        for (ix, lists) in by_software(&lists) {
            let Some(id) = id_of(ix) else { continue };
            let own = own.entry(id).or_default();
            own.cves = union(lists.iter().map(|list| &*list.cves));
            own.public_exploit = own.cves.iter().any(|&cve| {
                let vulnerability = fleet.catalog().vulnerability(cve);
                vulnerability.is_some_and(|v| v.is_exploited())
            });
            // A profile has one list for each software.
            for profile in lists.iter().flat_map(|list| list.profiles.iter()) {
                own.exposed += tally.machines(profile);
                own.exposed_of_high_value += tally.of_value(profile, DeviceValue::High);
            }
        }
        let scores = tally.scores(fleet);
        for (ix, impact) in scores.impacts() {
            if let Some(own) = id_of(ix).and_then(|id| own.get_mut(&id)) {
                own.impact = impact;
            }
        }
        let machines: Vec<u64> = (0..)
            .take(fleet.profiles.len())
            .map(|profile| tally.machines(profile))
            .collect();
        Self {
            own,
            score: scores.total().unwrap_or_default(),
            groups: tally.groups(fleet),
            exposed: exposed(&lists, &machines, fleet.catalog().vulnerabilities().len()),
            catalog: fleet.catalog().clone(),
            detections: Arc::clone(&fleet.detections),
            inventory: fleet.inventory.clone(),
            silence,
            lists,
        }
    }

    /// The catalogue that the numbers are of.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The numbers about one software; `None` where no machine has it.
    #[must_use]
    pub fn software(&self, id: &SoftwareId) -> Option<SoftwareSummary> {
        let which = self.inventory.find(id.as_str());
        let own = self.own.get(id);
        let about = self.about(which, own);
        (about.installed > 0).then_some(about)
    }

    /// The numbers about every software that a machine has, by id, from the first id that
    /// is not below `from` on. Each is made when it is asked for.
    pub fn all_software(
        &self,
        from: Option<&str>,
    ) -> impl Iterator<Item = (SoftwareId, SoftwareSummary)> {
        let from = from.unwrap_or_default();
        let mut reported = self.inventory.in_order(from).peekable();
        let own = self.own.iter().filter(move |(id, _)| id.as_str() >= from);
        let mut own = own.peekable();
        // Both are in the order of ids.
        let all = std::iter::from_fn(move || {
            let order = match (reported.peek(), own.peek()) {
                (Some((id, _)), Some((other, _))) => id.cmp(other),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            let reported = order.is_le().then(|| reported.next()).flatten();
            let other = order.is_ge().then(|| own.next()).flatten();
            let about = self.about(reported.as_ref().map(|r| r.1), other.map(|o| o.1));
            let id = match (reported, other) {
                (Some((id, _)), _) => id,
                (None, other) => other?.0.clone(),
            };
            Some((id, about))
        });
        // What only silent machines have is not there.
        all.filter(|(_, about)| about.installed > 0)
    }

    /// The software in which some machine is vulnerable, by id.
    pub fn vulnerable_software(&self) -> impl Iterator<Item = &SoftwareId> {
        let vulnerable = self.own.iter().filter(|(_, own)| !own.cves.is_empty());
        vulnerable.map(|(id, _)| id)
    }

    fn about(&self, which: Option<Which>, own: Option<&Own>) -> SoftwareSummary {
        let silent = &self.silence.machines;
        let parts = own.and_then(|own| own.installed.as_ref());
        let installed = match (which, parts) {
            (None, None) => 0,
            (Some(which), None) => self.inventory.count(which, silent),
            (None, Some(parts)) => parts.len(),
            (Some(which), Some(parts)) => {
                let reported = self.inventory.machines(which) - silent;
                reported.union_len(parts)
            }
        };
        let own = own.cloned().unwrap_or_default();
        SoftwareSummary {
            installed,
            exposed: own.exposed,
            cves: own.cves,
            public_exploit: own.public_exploit,
            impact: own.impact,
            // What is part of Windows is in the tables.
            is_known: parts.is_some() || which.is_some_and(|w| self.inventory.is_known(w)),
            exposed_of_high_value: own.exposed_of_high_value,
        }
    }

    /// How many machines are vulnerable to a CVE.
    #[must_use]
    pub fn exposed_machines(&self, cve: VulnerabilityIx) -> u32 {
        self.exposed
            .get(cve.position())
            .copied()
            .unwrap_or_default()
    }

    /// When a CVE was first seen on any machine, in milliseconds since 1970.
    #[must_use]
    pub fn first_detected(&self, cve: VulnerabilityIx) -> Option<i64> {
        let vulnerability = self.catalog.vulnerability(cve)?;
        self.detections.first(vulnerability.id())
    }

    /// The profiles of the machines that are vulnerable to one of these CVEs, in whatever
    /// software.
    fn profiles_exposed_to(&self, cves: &[VulnerabilityIx]) -> RoaringBitmap {
        let mut profiles = RoaringBitmap::new();
        for list in &self.lists {
            if cves.iter().any(|cve| list.cves.binary_search(cve).is_ok()) {
                profiles |= &list.profiles;
            }
        }
        profiles
    }
}

impl Fleet {
    /// The machines that are vulnerable to one of these CVEs, in whatever software, and
    /// count at `now`.
    #[must_use]
    pub fn machines_exposed_to(&self, cves: &[VulnerabilityIx], now: i64) -> RoaringBitmap {
        let profiles = self.summary(now).profiles_exposed_to(cves);
        let mut machines = RoaringBitmap::new();
        for profile in profiles.iter().filter_map(|number| self.profile(number)) {
            profile.machines.add_to(&mut machines);
        }
        machines - &self.silence(now).machines
    }
}

fn lists(fleet: &Fleet, tally: &Tally) -> Vec<List> {
    let mut positions: HashMap<(SoftwareIx, *const VulnerabilityIx), usize> = HashMap::new();
    let mut lists: Vec<List> = Vec::new();
    for (number, profile) in (0..).zip(fleet.profiles.iter()) {
        let Some(profile) = profile.as_ref().filter(|_| tally.machines(number) > 0) else {
            continue;
        };
        for vulnerable in profile.state.vulnerable() {
            let key = (vulnerable.software, vulnerable.cves.as_ptr());
            let position = *positions.entry(key).or_insert_with(|| {
                lists.push(List {
                    software: vulnerable.software,
                    cves: Arc::clone(&vulnerable.cves),
                    profiles: RoaringBitmap::new(),
                });
                lists.len() - 1
            });
            lists[position].profiles.insert(number);
        }
    }
    lists
}

fn by_software(lists: &[List]) -> BTreeMap<SoftwareIx, Vec<&List>> {
    let mut by_software: BTreeMap<SoftwareIx, Vec<&List>> = BTreeMap::new();
    for list in lists {
        by_software.entry(list.software).or_default().push(list);
    }
    by_software
}

/// The parts of Windows with the machines that have them.
fn parts(fleet: &Fleet, silence: &Silence) -> BTreeMap<SoftwareIx, RoaringBitmap> {
    let mut parts: BTreeMap<SoftwareIx, RoaringBitmap> = BTreeMap::new();
    for profile in fleet.profiles() {
        for &part in profile.state.parts() {
            profile.machines.add_to(parts.entry(part).or_default());
        }
    }
    for machines in parts.values_mut() {
        *machines -= &silence.machines;
    }
    parts.retain(|_, machines| !machines.is_empty());
    parts
}

fn union<'a>(lists: impl Iterator<Item = &'a [VulnerabilityIx]>) -> Vec<VulnerabilityIx> {
    let mut all: Vec<VulnerabilityIx> = lists.flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Machines for each CVE.
fn exposed(lists: &[List], machines: &[u64], cves: usize) -> Vec<u32> {
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); cves];
    for (number, list) in (0_u32..).zip(lists) {
        for cve in list.cves.iter() {
            if let Some(places) = places.get_mut(cve.position()) {
                places.push(number);
            }
        }
    }
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let count = |places: &[u32]| {
        let mut profiles = RoaringBitmap::new();
        for &list in places {
            profiles |= &lists[list as usize].profiles;
        }
        let counts = profiles.iter().filter_map(|p| machines.get(p as usize));
        u32::try_from(counts.sum::<u64>()).unwrap_or(u32::MAX)
    };
    let counts = places.into_iter().map(|places| match places.as_slice() {
        [] => 0,
        _ => match known.get(&places) {
            Some(&count) => count,
            None => {
                let count = count(&places);
                known.insert(places, count);
                count
            }
        },
    });
    counts.collect()
}
