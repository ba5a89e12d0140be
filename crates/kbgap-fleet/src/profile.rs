//! Profiles: what machines have in common whatever the feed says.
//!
//! A patch state depends on the catalogue, which decides what KBs it knows. A profile
//! does not: it has all facts that any catalogue could ask for. So a new month changes
//! the patch states of profiles, and no machine has to be looked at.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kbgap_assess::Projection;
use kbgap_catalog::Catalog;
use roaring::RoaringBitmap;

use crate::score::{Risks, Scratch};
use crate::state::{Lists, PatchState};

/// A profile with its machines.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// The projection for a catalogue that knows every KB.
    pub(crate) facts: Arc<Projection>,
    pub(crate) state: Arc<PatchState>,
    pub(crate) machines: RoaringBitmap,
    /// How many they are.
    pub(crate) count: u32,
}

impl Profile {
    pub(crate) fn new(facts: Arc<Projection>, state: Arc<PatchState>) -> Self {
        Self {
            facts,
            state,
            machines: RoaringBitmap::new(),
            count: 0,
        }
    }

    pub(crate) fn insert(&mut self, ordinal: u32) {
        self.count += u32::from(self.machines.insert(ordinal));
    }

    pub(crate) fn remove(&mut self, ordinal: u32) {
        self.count -= u32::from(self.machines.remove(ordinal));
    }
}

/// The state of one profile.
pub(crate) fn state_of(
    facts: &Projection,
    catalog: &Catalog,
    risks: &Risks,
    lists: &mut Lists,
) -> Arc<PatchState> {
    let mut narrow = facts.clone();
    narrow.narrow(catalog);
    let mut state = PatchState::new(catalog, &narrow, risks, &mut Scratch::default());
    state.share(lists);
    Arc::new(state)
}

/// The states of many profiles, in their order, on all cores; `None` where `stop` was set
/// before the end. Profiles that differ in nothing that the catalogue knows share one.
pub(crate) fn states_of(
    profiles: &[Arc<Projection>],
    catalog: &Catalog,
    risks: &Risks,
    lists: &mut Lists,
    stop: &AtomicBool,
) -> Option<Vec<Arc<PatchState>>> {
    let mut distinct: HashMap<Projection, usize> = HashMap::new();
    let places: Vec<usize> = profiles
        .iter()
        .map(|facts| {
            let mut narrow = Projection::clone(facts);
            narrow.narrow(catalog);
            let next = distinct.len();
            *distinct.entry(narrow).or_insert(next)
        })
        .collect();
    let mut wanted: Vec<(usize, Projection)> = distinct
        .into_iter()
        .map(|(narrow, place)| (place, narrow))
        .collect();
    wanted.sort_unstable_by_key(|(place, _)| *place);
    let assess = |part: &[(usize, Projection)]| -> Vec<PatchState> {
        let (mut own, mut scratch) = (Lists::default(), Scratch::default());
        let part = part.iter().take_while(|_| !stop.load(Ordering::Relaxed));
        let states = part.map(|(_, projection)| {
            let mut state = PatchState::new(catalog, projection, risks, &mut scratch);
            // At once: lists that are not shared would fill the memory.
            state.share(&mut own);
            state
        });
        states.collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = wanted.chunks(wanted.len().div_ceil(threads).max(1));
    let parts: Vec<Vec<PatchState>> = std::thread::scope(|scope| {
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| assess(part))).collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended
            .map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let states = parts.into_iter().flatten().map(|mut state| {
        state.share(lists);
        Arc::new(state)
    });
    let states: Vec<Arc<PatchState>> = states.collect();
    Some(
        places
            .into_iter()
            .map(|place| Arc::clone(&states[place]))
            .collect(),
    )
}
