//! Patch states: what is common to all machines with the same projection.

use kbgap_assess::{Assessed, Assessment, Projection, assess};
use kbgap_catalog::Catalog;
use roaring::RoaringBitmap;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) assessment: Assessment,
    pub(crate) machines: RoaringBitmap,
}

impl State {
    pub(crate) fn new(catalog: &Catalog, projection: &Projection) -> Self {
        let assessment = assess(catalog, projection);
        Self {
            assessment,
            machines: RoaringBitmap::new(),
        }
    }

    pub(crate) fn assessed(&self) -> Option<&Assessed> {
        match &self.assessment {
            Assessment::Assessed(assessed) => Some(assessed),
            Assessment::NotAssessed(_) => None,
        }
    }
}
