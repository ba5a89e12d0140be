//! Numbers over all machines: weaknesses, exposed machines, scores (docs/scoring.md).
//!
//! They are the same until a machine checks in, falls silent or the feed changes, so
//! the last summary is kept. Equal lists of CVEs are shared by states, and what counts
//! machines for a CVE joins the machines of its lists: CVEs that stand in the same
//! lists have the same count, which is computed once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use kbgap_catalog::{Catalog, SoftwareId, SoftwareIx, VulnerabilityIx};
use kbgap_inventory::DeviceValue;
use roaring::RoaringBitmap;

use crate::RETENTION_MS;
use crate::detections::Detections;
use crate::fleet::Fleet;
use crate::score::{mean, weight};

/// Numbers over the machines seen in the last 30 days.
#[derive(Debug)]
pub struct Summary {
    /// Every software that a machine has, by id.
    pub software: BTreeMap<SoftwareId, SoftwareSummary>,
    /// The exposure score of the organisation, 0 to 100; lower is better. 0 also where
    /// no machine was assessed.
    pub score: f64,
    /// The exposure score of each device group of which a machine was assessed, by number.
    pub groups: Vec<GroupScore>,
    catalog: Catalog,
    detections: Arc<Detections>,
    lists: Vec<List>,
    /// How many machines are vulnerable to each CVE, by position.
    exposed: Vec<u32>,
}

/// Numbers about one software.
#[derive(Clone, Debug, Default)]
pub struct SoftwareSummary {
    /// Machines that have it.
    pub installed: RoaringBitmap,
    /// Machines that are vulnerable in it.
    pub exposed: RoaringBitmap,
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

/// How often a version of a software is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// The version; empty where it is not reported.
    pub version: String,
    /// Machines that have it.
    pub installations: u64,
    /// CVEs to which some of them is vulnerable in the software.
    pub vulnerabilities: u64,
}

/// The machines that are vulnerable to just these CVEs of a software.
#[derive(Debug)]
struct List {
    software: SoftwareIx,
    cves: Arc<[VulnerabilityIx]>,
    machines: RoaringBitmap,
}

/// The summary that was made last.
#[derive(Debug, Default)]
pub(crate) struct Summaries {
    last: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    generation: u64,
    silent: RoaringBitmap,
    summary: Arc<Summary>,
}

impl Fleet {
    /// The numbers at `now`, in milliseconds since 1970.
    #[must_use]
    pub fn summary(&self, now: i64) -> Arc<Summary> {
        let silent = self.activity.silent_since(now.saturating_sub(RETENTION_MS));
        // Whoever comes while it is being made waits for it rather than making another.
        let mut summaries = self
            .summaries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &summaries.last
            && kept.generation == self.generation
            && kept.silent == silent
        {
            return Arc::clone(&kept.summary);
        }
        let summary = Arc::new(Summary::of(self, &silent));
        summaries.last = Some(Kept {
            generation: self.generation,
            silent,
            summary: Arc::clone(&summary),
        });
        summary
    }

    /// The versions of a software on machines seen in the last 30 days, by version.
    #[must_use]
    pub fn distributions(&self, software: &SoftwareId, now: i64) -> Vec<Distribution> {
        let silent = self.activity.silent_since(now.saturating_sub(RETENTION_MS));
        let Some(installed) = self.installed.get(software) else {
            return Vec::new();
        };
        let ix = self.catalog.find_software(software.as_str());
        let mut versions: BTreeMap<
            &str,
            (u64, HashMap<*const VulnerabilityIx, &[VulnerabilityIx]>),
        > = BTreeMap::new();
        for machine in (installed - silent).iter().filter_map(|o| self.at(o)) {
            let vulnerable = machine.patch_state.vulnerable();
            let list = vulnerable.iter().find(|v| Some(v.software) == ix);
            for installed in machine.software.iter().filter(|s| s.id == *software) {
                let (count, lists) = versions.entry(&installed.version).or_default();
                *count += 1;
                if let Some(list) = list {
                    lists.insert(list.cves.as_ptr(), &list.cves);
                }
            }
        }
        let versions = versions.into_iter();
        versions
            .map(|(version, (installations, lists))| Distribution {
                version: version.to_owned(),
                installations,
                vulnerabilities: union(lists.into_values()).len() as u64,
            })
            .collect()
    }
}

impl Summary {
    fn of(fleet: &Fleet, silent: &RoaringBitmap) -> Self {
        let lists = lists(fleet, silent);
        let mut software = installed(fleet, silent);
        for (ix, own) in by_software(&lists) {
            let Ok(id) = fleet.catalog.software_id(ix).parse::<SoftwareId>() else {
                continue;
            };
            let summary = software.entry(id).or_default();
            summary.cves = union(own.iter().map(|list| &*list.cves));
            summary.public_exploit = summary.cves.iter().any(|&cve| {
                fleet
                    .catalog
                    .vulnerability(cve)
                    .is_some_and(|v| v.is_exploited())
            });
            for list in own {
                summary.exposed |= &list.machines;
            }
            let high = fleet.values.get(&DeviceValue::High);
            summary.exposed_of_high_value =
                high.map_or(0, |high| high.intersection_len(&summary.exposed));
        }
        let scores = Scores::of(fleet, silent, None);
        for (ix, impact) in scores.impacts() {
            if let Ok(id) = fleet.catalog.software_id(ix).parse::<SoftwareId>()
                && let Some(summary) = software.get_mut(&id)
            {
                summary.impact = impact;
            }
        }
        let groups = fleet.groups.iter().filter_map(|(&id, group)| {
            Some(GroupScore {
                id,
                name: group.name.clone(),
                score: Scores::of(fleet, silent, Some(&group.machines)).total()?,
            })
        });
        Self {
            software,
            score: scores.total().unwrap_or_default(),
            groups: groups.collect(),
            exposed: exposed(&lists, fleet.catalog.vulnerabilities().len()),
            catalog: fleet.catalog.clone(),
            detections: Arc::clone(&fleet.detections),
            lists,
        }
    }

    /// The catalogue that the numbers are of.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
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

    /// The machines that are vulnerable to one of these CVEs, in whatever software.
    #[must_use]
    pub fn machines_exposed_to(
        &self,
        cves: impl IntoIterator<Item = VulnerabilityIx>,
    ) -> RoaringBitmap {
        let mut machines = RoaringBitmap::new();
        for cve in cves {
            for list in &self.lists {
                if list.cves.binary_search(&cve).is_ok() {
                    machines |= &list.machines;
                }
            }
        }
        machines
    }
}

fn lists(fleet: &Fleet, silent: &RoaringBitmap) -> Vec<List> {
    let mut positions: HashMap<(SoftwareIx, *const VulnerabilityIx), usize> = HashMap::new();
    let mut lists: Vec<List> = Vec::new();
    for state in &fleet.states {
        let machines = &state.machines - silent;
        if machines.is_empty() {
            continue;
        }
        for vulnerable in state.patch_state.vulnerable() {
            let key = (vulnerable.software, vulnerable.cves.as_ptr());
            let position = *positions.entry(key).or_insert_with(|| {
                lists.push(List {
                    software: vulnerable.software,
                    cves: Arc::clone(&vulnerable.cves),
                    machines: RoaringBitmap::new(),
                });
                lists.len() - 1
            });
            lists[position].machines |= &machines;
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

fn installed(fleet: &Fleet, silent: &RoaringBitmap) -> BTreeMap<SoftwareId, SoftwareSummary> {
    let software = fleet.installed.iter().filter_map(|(id, machines)| {
        let installed = machines - silent;
        let any = fleet.at(installed.min()?)?;
        let is_known = any
            .software
            .iter()
            .any(|installed| installed.id == *id && installed.is_known);
        let summary = SoftwareSummary {
            installed,
            is_known,
            ..SoftwareSummary::default()
        };
        Some((id.clone(), summary))
    });
    software.collect()
}

fn union<'a>(lists: impl Iterator<Item = &'a [VulnerabilityIx]>) -> Vec<VulnerabilityIx> {
    let mut all: Vec<VulnerabilityIx> = lists.flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Machines for each CVE.
fn exposed(lists: &[List], cves: usize) -> Vec<u32> {
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
        let mut machines = RoaringBitmap::new();
        for &list in places {
            machines |= &lists[list as usize].machines;
        }
        u32::try_from(machines.len()).unwrap_or(u32::MAX)
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

/// Weighted sums over assessed machines.
#[derive(Default)]
struct Scores {
    weights: u128,
    scores: u128,
    impacts: BTreeMap<SoftwareIx, u128>,
}

impl Scores {
    /// Over the machines that are not silent, of one group where one is given.
    fn of(fleet: &Fleet, silent: &RoaringBitmap, group: Option<&RoaringBitmap>) -> Self {
        let none = RoaringBitmap::new();
        let low = fleet.values.get(&DeviceValue::Low).unwrap_or(&none);
        let high = fleet.values.get(&DeviceValue::High).unwrap_or(&none);
        let assessed = fleet.states.iter().filter(|s| s.assessed().is_some());
        let states: Vec<(&_, RoaringBitmap)> = assessed
            .map(|state| {
                let mut machines = &state.machines - silent;
                if let Some(group) = group {
                    machines &= group;
                }
                (state, machines)
            })
            .filter(|(_, machines)| !machines.is_empty())
            .collect();
        let machines = states.iter().map(|(_, machines)| machines.len()).sum();
        let mut sums = Self::default();
        for (state, of_state) in &states {
            let (low, high) = (
                low.intersection_len(of_state),
                high.intersection_len(of_state),
            );
            let normal = of_state.len() - low - high;
            let weight = [
                (DeviceValue::Normal, normal),
                (DeviceValue::Low, low),
                (DeviceValue::High, high),
            ]
            .into_iter()
            .map(|(value, count)| u128::from(weight(value, machines)) * u128::from(count))
            .sum::<u128>();
            let risk = &state.patch_state.risk;
            sums.weights += weight;
            sums.scores += weight * u128::from(risk.score().units());
            for (software, impact) in risk.impacts() {
                *sums.impacts.entry(software).or_default() += weight * u128::from(impact.units());
            }
        }
        sums
    }

    /// `None` where no machine counts: that is no score of 0.
    fn total(&self) -> Option<f64> {
        mean(self.scores, self.weights)
    }

    fn impacts(&self) -> impl Iterator<Item = (SoftwareIx, f64)> {
        let of = |impact: u128| mean(impact, self.weights).unwrap_or_default();
        self.impacts
            .iter()
            .map(move |(&software, &impact)| (software, of(impact)))
    }
}
