//! Patch states: what is common to all machines with the same projection.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kbgap_assess::{Assessed, Assessment, Projection, VulnerableSoftware, assess};
use kbgap_catalog::{Catalog, VulnerabilityIx};
use roaring::RoaringBitmap;

use crate::score::{Risks, StateRisk};

/// A state with its machines.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) patch_state: Arc<PatchState>,
    pub(crate) machines: RoaringBitmap,
}

/// What the rules say of a state.
#[derive(Debug)]
pub(crate) struct PatchState {
    pub(crate) projection: Projection,
    pub(crate) assessment: Assessment,
    pub(crate) risk: StateRisk,
    /// The rules, the catalogue and the projection, hashed.
    pub(crate) fingerprint: u64,
}

impl State {
    pub(crate) fn new(patch_state: PatchState) -> Self {
        Self {
            patch_state: Arc::new(patch_state),
            machines: RoaringBitmap::new(),
        }
    }

    pub(crate) fn assessed(&self) -> Option<&Assessed> {
        self.patch_state.assessed()
    }
}

impl PatchState {
    pub(crate) fn new(
        catalog: &Catalog,
        projection: Projection,
        risks: &Risks,
        lists: &mut HashSet<Arc<[VulnerabilityIx]>>,
    ) -> Self {
        let mut assessment = assess(catalog, &projection);
        let mut risk = StateRisk::default();
        if let Assessment::Assessed(assessed) = &mut assessment {
            for vulnerable in &mut assessed.vulnerable {
                match lists.get(&vulnerable.cves) {
                    Some(known) => vulnerable.cves = Arc::clone(known),
                    None => {
                        lists.insert(Arc::clone(&vulnerable.cves));
                    }
                }
            }
            risk = StateRisk::of(&assessed.vulnerable, risks);
        }
        Self {
            fingerprint: fingerprint(catalog, &projection),
            projection,
            assessment,
            risk,
        }
    }

    pub(crate) fn assessed(&self) -> Option<&Assessed> {
        match &self.assessment {
            Assessment::Assessed(assessed) => Some(assessed),
            Assessment::NotAssessed(_) => None,
        }
    }

    pub(crate) fn vulnerable(&self) -> &[VulnerableSoftware] {
        self.assessed().map_or(&[], |a| &a.vulnerable)
    }
}

/// Each release may have other rules, so it is part of what decides.
fn fingerprint(catalog: &Catalog, projection: &Projection) -> u64 {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    catalog.checksum().hash(&mut hasher);
    projection.hash(&mut hasher);
    hasher.finish()
}
