//! A catalogue made ready for assessing machines.

use std::sync::Arc;

use kbgap_assess::Assessor;
use kbgap_catalog::Catalog;

use crate::rows::Counts;
use crate::score::Risks;

/// The rules under one catalogue, with all that is worked out once for every fleet under
/// it. Clones share it.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) assessor: Arc<Assessor>,
    pub(crate) risks: Arc<Risks>,
    pub(crate) counts: Arc<Counts>,
}

impl Rules {
    /// The catalogue.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.assessor.catalog()
    }
}

impl From<Catalog> for Rules {
    fn from(catalog: Catalog) -> Self {
        Self {
            risks: Arc::new(Risks::of(&catalog)),
            assessor: Arc::new(Assessor::new(catalog)),
            counts: Arc::default(),
        }
    }
}
