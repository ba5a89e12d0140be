//! Profiles: what machines have in common whatever the feed says.
//!
//! A patch state depends on the catalogue, which decides what KBs it knows. A profile
//! does not: it has all facts that any catalogue could ask for. So a new month changes
//! the patch states of profiles, and no machine has to be looked at.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_assess::Projection;

use crate::parallel::on_all_cores;
use crate::rules::Rules;
use crate::score::Scratch;
use crate::state::PatchState;
use crate::table::MachineSet;

/// States that a thread takes at a time.
const PORTION: usize = 64;

/// A profile with its machines.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// The projection for a catalogue that knows every KB.
    pub(crate) facts: Arc<Projection>,
    pub(crate) state: Arc<PatchState>,
    pub(crate) machines: MachineSet,
}

impl Profile {
    pub(crate) fn new(facts: Arc<Projection>, state: Arc<PatchState>) -> Self {
        Self {
            facts,
            state,
            machines: MachineSet::EMPTY,
        }
    }
}

/// The state of one profile.
pub(crate) fn state_of(facts: &Projection, rules: &Rules) -> Arc<PatchState> {
    let mut narrow = facts.clone();
    narrow.narrow(rules.catalog());
    Arc::new(PatchState::new(rules, &narrow, &mut Scratch::default()))
}

/// The states of many profiles, in their order, on all cores; `None` where `stop` was set
/// before the end. Profiles that differ in nothing that the catalogue knows share one.
pub(crate) fn states_of(
    profiles: &[Arc<Projection>],
    rules: &Rules,
    stop: &AtomicBool,
) -> Option<Vec<Arc<PatchState>>> {
    let mut distinct: HashMap<Projection, usize> = HashMap::new();
    let places: Vec<usize> = profiles
        .iter()
        .map(|facts| {
            let mut narrow = Projection::clone(facts);
            narrow.narrow(rules.catalog());
            let next = distinct.len();
            *distinct.entry(narrow).or_insert(next)
        })
        .collect();
    let mut wanted: Vec<(usize, Projection)> = distinct
        .into_iter()
        .map(|(narrow, place)| (place, narrow))
        .collect();
    wanted.sort_unstable_by_key(|(place, _)| *place);
    let states = on_all_cores(wanted.len(), PORTION, stop, |scratch, number| {
        Arc::new(PatchState::new(rules, &wanted[number].1, scratch))
    })?;
    Some(
        places
            .into_iter()
            .map(|place| Arc::clone(&states[place]))
            .collect(),
    )
}
