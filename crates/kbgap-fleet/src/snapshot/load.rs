//! Reading.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_assess::Projection;
use kbgap_inventory::DeviceValue;

use super::format::Input;
use crate::fingerprint::Fingerprint;
use crate::fleet::{Fleet, Group, Slot};
use crate::index::FleetIndex;
use crate::packed::Packed;
use crate::profile::{Profile, states_of};
use crate::rules::Rules;
use crate::software::{Entries, decode_numbers};
use crate::table::Ordinals;
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
    groups: BTreeMap<i32, Ordinals>,
    vacant: Vec<u32>,
    /// Machines of each entry.
    users: Vec<u32>,
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
        let vacant_profiles = profiles(&mut fleet, &mut input)?;
        let counted = machines(&mut fleet, &mut input)?;
        let groups = counted.groups.into_iter().filter_map(|(id, machines)| {
            let group = Group {
                name: Arc::clone(names.get(&id)?),
                machines,
            };
            Some((id, group))
        });
        fleet.groups = Arc::new(groups.collect());
        fleet.ids = counted.ids.into_iter().collect();
        fleet.inventory.find_owners();
        fleet.names = counted.names.into_iter().collect();
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

/// Reads the profiles and assesses them; gives the numbers that are vacant.
fn profiles(fleet: &mut Fleet, input: &mut Input<'_>) -> Result<Vec<u32>, LoadError> {
    let mut buffer = Vec::new();
    let (mut facts, mut numbers): (Vec<Arc<Projection>>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut vacant = Vec::new();
    for number in 0..input.u32()? {
        fleet.profiles.push(None);
        match input.u8()? {
            0 => vacant.push(number),
            1 => {
                facts.push(Arc::new(input.value(&mut buffer)?));
                numbers.push(number);
            }
            _ => return Err(LoadError::Damaged("a profile")),
        }
    }
    let never = AtomicBool::new(false);
    let states = states_of(&facts, &fleet.rules, &never).unwrap_or_default();
    for ((number, facts), state) in numbers.into_iter().zip(facts).zip(states) {
        if let Some(place) = fleet.profiles.get_mut(number as usize) {
            *place = Some(Arc::new(Profile::new(facts, state)));
        }
    }
    Ok(vacant)
}

fn machines(fleet: &mut Fleet, input: &mut Input<'_>) -> Result<Counted, LoadError> {
    let mut buffer = Vec::new();
    let mut counted = Counted {
        users: vec![0; fleet.inventory.shared.len()],
        ..Counted::default()
    };
    for ordinal in 0..input.u32()? {
        let slot = slot(input, &mut buffer)?;
        if slot.is_vacant() {
            counted.vacant.push(ordinal);
        } else {
            enter(fleet, &slot, (ordinal, &buffer), &mut counted)?;
            fleet.inventory.records.set(ordinal, &buffer);
        }
        fleet.machines.push(slot);
    }
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
    fleet: &mut Fleet,
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
    match fleet.profiles.get_mut(slot.profile as usize) {
        Some(Some(profile)) => drop(Arc::make_mut(profile).machines.insert(ordinal)),
        _ => return Err(LoadError::Damaged("a profile")),
    }
    if slot.group != 0 {
        counted
            .groups
            .entry(slot.group)
            .or_default()
            .insert(ordinal);
    }
    fleet.activity.insert(ordinal, slot.seen_at);
    Ok(())
}
