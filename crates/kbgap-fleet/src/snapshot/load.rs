//! Reading.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_assess::Projection;
use kbgap_inventory::DeviceValue;

use super::format::Input;
use crate::activity::Activity;
use crate::fingerprint::Fingerprint;
use crate::fleet::{Fleet, Group, Slot};
use crate::index::FleetIndex;
use crate::packed::Packed;
use crate::profile::{Profile, states_of};
use crate::records::Records;
use crate::rules::Rules;
use crate::software::{Entries, decode_numbers};
use crate::state::PatchState;
use crate::table::{MachineSet, Ordinals};
use crate::words::Words;

/// Why an index could not be read: it has to be made from the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Something in it is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}

/// What is counted while machines are read.
#[derive(Default)]
struct Counted {
    ids: Vec<([u8; 20], u32)>,
    names: Vec<(u32, u32)>,
    /// Machines of each group.
    groups: BTreeMap<i32, Vec<u32>>,
    vacant: Vec<u32>,
    /// Machines of each entry.
    users: Vec<u32>,
    /// Machines of each profile.
    members: Vec<Vec<u32>>,
}

impl FleetIndex {
    /// Reads an index and puts it under these rules.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(rules: impl Into<Rules>, input: &mut dyn Read) -> Result<Self, LoadError> {
        let mut input = Input(input);
        let mut fleet = Fleet::new(rules.into());
        fleet.inventory.words = Words::load(&mut input)?;
        fleet.inventory.shared = Entries::load(&mut input)?;
        let names = group_names(&mut input)?;
        let profiles = Profiles::read(&mut input)?;
        let rules = fleet.rules.clone();
        // Neither needs the other, and there are as many cores for the states as are left.
        let (states, counted) = std::thread::scope(|scope| {
            let states = scope.spawn(|| profiles.states(&rules));
            let counted = machines(&mut fleet, &profiles, &mut input);
            let states = states.join();
            let states = states.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            counted.map(|counted| (states, counted))
        })?;
        let groups = counted.groups.into_iter().filter_map(|(id, machines)| {
            let group = Group {
                name: Arc::clone(names.get(&id)?),
                machines: Ordinals::of_ascending(&machines),
            };
            Some((id, group))
        });
        fleet.groups = Arc::new(groups.collect());
        let vacant_profiles = profiles.enter(&mut fleet, states, counted.members);
        Ok(Self::of(
            fleet,
            counted.users,
            vacant_profiles,
            counted.vacant,
        ))
    }
}

fn group_names(input: &mut Input<'_>) -> Result<BTreeMap<i32, Arc<str>>, LoadError> {
    let mut buffer = Vec::new();
    let mut names = BTreeMap::new();
    for _ in 0..input.u32()? {
        let id = input.i32()?;
        names.insert(id, input.text(&mut buffer)?);
    }
    Ok(names)
}

/// The profiles by their numbers, `None` where one is vacant.
struct Profiles(Vec<Option<Arc<Projection>>>);

impl Profiles {
    fn read(input: &mut Input<'_>) -> Result<Self, LoadError> {
        let mut buffer = Vec::new();
        let mut profiles = Vec::new();
        for _ in 0..input.u32()? {
            profiles.push(match input.u8()? {
                0 => None,
                1 => Some(Arc::new(input.value(&mut buffer)?)),
                _ => return Err(LoadError::Damaged("a profile")),
            });
        }
        Ok(Self(profiles))
    }

    /// The states of those that are there, in their order.
    fn states(&self, rules: &Rules) -> Vec<Arc<PatchState>> {
        let facts: Vec<Arc<Projection>> = self.0.iter().flatten().map(Arc::clone).collect();
        states_of(&facts, rules, &AtomicBool::new(false)).unwrap_or_default()
    }

    /// Enters them with their states and their machines; gives the numbers that are vacant.
    fn enter(
        self,
        fleet: &mut Fleet,
        states: Vec<Arc<PatchState>>,
        members: Vec<Vec<u32>>,
    ) -> Vec<u32> {
        let (mut states, mut vacant) = (states.into_iter(), Vec::new());
        for ((facts, machines), number) in self.0.into_iter().zip(members).zip(0..) {
            let facts = facts.and_then(|facts| Some((facts, states.next()?)));
            if facts.is_none() {
                vacant.push(number);
            }
            fleet.profiles.push(facts.map(|(facts, state)| {
                Arc::new(Profile {
                    machines: MachineSet::of_ascending(&machines),
                    ..Profile::new(facts, state)
                })
            }));
        }
        vacant
    }
}

fn machines(
    fleet: &mut Fleet,
    profiles: &Profiles,
    input: &mut Input<'_>,
) -> Result<Counted, LoadError> {
    let mut buffer = Vec::new();
    let mut records = Records::default();
    let mut counted = Counted {
        users: vec![0; fleet.inventory.shared.len()],
        members: vec![Vec::new(); profiles.0.len()],
        ..Counted::default()
    };
    for ordinal in 0..input.u32()? {
        let slot = slot(input, &mut buffer)?;
        if slot.is_vacant() {
            counted.vacant.push(ordinal);
        } else {
            if !matches!(profiles.0.get(slot.profile as usize), Some(Some(_))) {
                return Err(LoadError::Damaged("a profile"));
            }
            enter(fleet, &slot, (ordinal, &buffer), &mut counted)?;
            records.set(ordinal, &buffer);
        }
        fleet.machines.push(slot);
    }
    fleet.inventory.records = records;
    let slots = (0..).zip(fleet.machines.iter());
    let seen = slots.filter(|(_, slot)| !slot.is_vacant());
    fleet.activity = Activity::of_ascending(seen.map(|(ordinal, slot)| (ordinal, slot.seen_at)));
    // Here, while others assess: putting all in order takes long.
    fleet.ids = std::mem::take(&mut counted.ids).into_iter().collect();
    fleet.names = std::mem::take(&mut counted.names).into_iter().collect();
    fleet.inventory.find_owners();
    Ok(counted)
}

/// Reads a slot, and the record of its machine into the buffer.
fn slot(input: &mut Input<'_>, buffer: &mut Vec<u8>) -> Result<Slot, LoadError> {
    let value = match input.u8()? {
        0 => return Ok(Slot::VACANT),
        1 => DeviceValue::Normal,
        2 => DeviceValue::Low,
        3 => DeviceValue::High,
        _ => return Err(LoadError::Damaged("a machine")),
    };
    let (seen_at, sequence, mark) = (input.i64()?, input.u64()?, input.u64()?);
    let (profile, group) = (input.u32()?, input.i32()?);
    input.bytes(buffer)?;
    Ok(Slot {
        seen_at,
        sequence,
        mark,
        profile,
        group,
        value,
        // The next check-in tells.
        fingerprint: Fingerprint::default(),
    })
}

fn enter(
    fleet: &Fleet,
    slot: &Slot,
    (ordinal, record): (u32, &[u8]),
    counted: &mut Counted,
) -> Result<(), LoadError> {
    let packed = Packed::read(record).ok_or(LoadError::Damaged("a machine"))?;
    let details = packed.details().ok_or(LoadError::Damaged("a machine"))?;
    let name = details.name(&fleet.inventory.words).to_lowercase();
    counted.ids.push((*packed.id, ordinal));
    counted.names.push((fleet.name_hash(&name), ordinal));
    for number in decode_numbers(packed.software) {
        let users = counted.users.get_mut(number as usize);
        *users.ok_or(LoadError::Damaged("a software"))? += 1;
    }
    if let Some(members) = counted.members.get_mut(slot.profile as usize) {
        members.push(ordinal);
    }
    if slot.group != 0 {
        let group = counted.groups.entry(slot.group);
        group.or_default().push(ordinal);
    }
    Ok(())
}
