//! The index of one tenant's machines.

use std::collections::{BTreeSet, HashMap};

use kbgap_assess::{Assessed, Projection};
use kbgap_catalog::{Catalog, KbId, SoftwareId, SoftwareIx, map_installed};
use kbgap_inventory::{Machine, MachineId};
use roaring::RoaringBitmap;

use crate::activity::Activity;
use crate::rows::cves_in_software;
use crate::state::State;

/// The index of one tenant's machines.
#[derive(Debug)]
pub struct Fleet {
    pub(crate) catalog: Catalog,
    pub(crate) states: Vec<State>,
    state_of: HashMap<Projection, usize>,
    machines: Vec<Option<FleetMachine>>,
    ordinals: HashMap<MachineId, u32>,
    by_name: HashMap<String, BTreeSet<MachineId>>,
    pub(crate) missing: HashMap<(SoftwareIx, KbId), Missed>,
    pub(crate) builds: HashMap<u32, RoaringBitmap>,
    pub(crate) activity: Activity,
    /// Software that machines report, with the number of machines.
    installed: HashMap<SoftwareId, u32>,
}

/// What the index keeps of a machine.
#[derive(Clone, Debug)]
pub struct FleetMachine {
    /// Its id.
    pub id: MachineId,
    /// Its name.
    pub computer_dns_name: String,
    /// When it was last seen, in milliseconds since 1970.
    pub seen_at: i64,
    /// Its Windows build.
    pub build: u32,
    state: usize,
    software: Vec<SoftwareId>,
    facts: Machine,
}

/// A KB that machines miss for one software.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) machines: RoaringBitmap,
    /// Distinct CVEs that the KB fixes in the software, over all its products.
    pub(crate) cves: u32,
}

impl Fleet {
    /// An empty fleet under this catalogue.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            states: Vec::new(),
            state_of: HashMap::new(),
            machines: Vec::new(),
            ordinals: HashMap::new(),
            by_name: HashMap::new(),
            missing: HashMap::new(),
            builds: HashMap::new(),
            activity: Activity::default(),
            installed: HashMap::new(),
        }
    }

    /// The catalogue under which the machines are assessed.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Takes a check-in: a new machine, or a new report of a known one. The
    /// caller sees to it that an older report never follows a newer one.
    pub fn upsert(&mut self, machine: Machine, seen_at: i64) {
        self.remove(&machine.id);
        let state = self.state(Projection::of(&machine, &self.catalog));
        let ordinal = u32::try_from(self.machines.len()).unwrap_or(u32::MAX);
        let software = software_ids(&machine);
        for id in &software {
            *self.installed.entry(id.clone()).or_default() += 1;
        }
        let name = machine.computer_dns_name.to_lowercase();
        self.by_name
            .entry(name)
            .or_default()
            .insert(machine.id.clone());
        self.ordinals.insert(machine.id.clone(), ordinal);
        self.builds
            .entry(machine.os.build)
            .or_default()
            .insert(ordinal);
        self.activity.set(ordinal, None, seen_at);
        self.machines.push(Some(FleetMachine {
            id: machine.id.clone(),
            computer_dns_name: machine.computer_dns_name.clone(),
            seen_at,
            build: machine.os.build,
            state,
            software,
            facts: machine,
        }));
        self.enter(ordinal, state);
    }

    /// Notes that a machine was seen again with the same report.
    pub fn touch(&mut self, id: &MachineId, seen_at: i64) {
        let Some(&ordinal) = self.ordinals.get(id) else {
            return;
        };
        if let Some(machine) = self
            .machines
            .get_mut(ordinal as usize)
            .and_then(Option::as_mut)
        {
            self.activity.set(ordinal, Some(machine.seen_at), seen_at);
            machine.seen_at = seen_at;
        }
    }

    /// Forgets a machine.
    pub fn remove(&mut self, id: &MachineId) {
        let Some(ordinal) = self.ordinals.remove(id) else {
            return;
        };
        let Some(machine) = self
            .machines
            .get_mut(ordinal as usize)
            .and_then(Option::take)
        else {
            return;
        };
        self.leave(ordinal, machine.state);
        self.activity.remove(ordinal, machine.seen_at);
        if let Some(build) = self.builds.get_mut(&machine.build) {
            build.remove(ordinal);
        }
        let name = machine.computer_dns_name.to_lowercase();
        if let Some(ids) = self.by_name.get_mut(&name) {
            ids.remove(id);
            if ids.is_empty() {
                self.by_name.remove(&name);
            }
        }
        for software in machine.software {
            if let Some(count) = self.installed.get_mut(&software) {
                *count -= 1;
                if *count == 0 {
                    self.installed.remove(&software);
                }
            }
        }
    }

    /// Puts the machines under another catalogue: each state is assessed anew.
    /// Projections are made again, because a catalogue decides what they hold.
    #[must_use]
    pub fn under(&self, catalog: Catalog) -> Self {
        let mut fleet = Self::new(catalog);
        for machine in self.machines.iter().flatten() {
            fleet.upsert(machine.facts.clone(), machine.seen_at);
        }
        fleet
    }

    /// The machine with this id or, failing that, the one with this name. Of
    /// several with one name it is the one seen last.
    #[must_use]
    pub fn find(&self, id_or_name: &str) -> Option<&FleetMachine> {
        let by_id = id_or_name
            .parse()
            .ok()
            .and_then(|id: MachineId| self.machine(&id));
        by_id.or_else(|| {
            let ids = self.by_name.get(&id_or_name.trim().to_lowercase())?;
            ids.iter()
                .filter_map(|id| self.machine(id))
                .max_by_key(|m| (m.seen_at, &m.id))
        })
    }

    /// How many machines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ordinals.len()
    }

    /// Whether there is no machine.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ordinals.is_empty()
    }

    /// Whether some machine reports this software.
    #[must_use]
    pub fn has_installed(&self, software: &SoftwareId) -> bool {
        self.installed.contains_key(software)
    }

    pub(crate) fn machine(&self, id: &MachineId) -> Option<&FleetMachine> {
        self.at(*self.ordinals.get(id)?)
    }

    pub(crate) fn at(&self, ordinal: u32) -> Option<&FleetMachine> {
        self.machines.get(ordinal as usize)?.as_ref()
    }

    pub(crate) fn state_of(&self, machine: &FleetMachine) -> Option<&State> {
        self.states.get(machine.state)
    }

    fn state(&mut self, projection: Projection) -> usize {
        if let Some(&state) = self.state_of.get(&projection) {
            return state;
        }
        let state = self.states.len();
        self.states.push(State::new(&self.catalog, &projection));
        self.state_of.insert(projection, state);
        state
    }

    fn enter(&mut self, ordinal: u32, state: usize) {
        self.states[state].machines.insert(ordinal);
        let Some(assessed) = self.states[state].assessed() else {
            return;
        };
        for key in missed(assessed) {
            let missed = self.missing.entry(key).or_insert_with(|| Missed {
                machines: RoaringBitmap::new(),
                cves: cves_in_software(&self.catalog, [key.1], key.0),
            });
            missed.machines.insert(ordinal);
        }
    }

    fn leave(&mut self, ordinal: u32, state: usize) {
        self.states[state].machines.remove(ordinal);
        let Some(assessed) = self.states[state].assessed() else {
            return;
        };
        for key in missed(assessed) {
            if let Some(missed) = self.missing.get_mut(&key) {
                missed.machines.remove(ordinal);
                if missed.machines.is_empty() {
                    self.missing.remove(&key);
                }
            }
        }
    }
}

impl FleetMachine {
    /// The report.
    #[must_use]
    pub fn facts(&self) -> &Machine {
        &self.facts
    }
}

/// The pairs of software and KB that a state's machines miss.
pub(crate) fn missed(assessed: &Assessed) -> impl Iterator<Item = (SoftwareIx, KbId)> {
    assessed
        .missing
        .iter()
        .flat_map(|kb| kb.vulnerable_software.iter().map(move |&s| (s, kb.id)))
}

fn software_ids(machine: &Machine) -> Vec<SoftwareId> {
    let ids: BTreeSet<SoftwareId> = machine
        .software
        .iter()
        .filter_map(|s| {
            let mapped = map_installed(&s.vendor, &s.name, &s.version).map(|(id, _)| id);
            mapped.or_else(|| SoftwareId::from_names(&s.vendor, &s.name))
        })
        .collect();
    ids.into_iter().collect()
}
