//! Patch states: what the rules say of all machines with the same facts.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kbgap_assess::{Assessor, Outline, OutlinedKb, OutlinedSoftware, Projection};
use kbgap_catalog::{SoftwareId, SoftwareIx};

use crate::rules::Rules;
use crate::score::{Scratch, StateRisk};

/// What the rules say of a state, without what only a machine's own page shows: the
/// rules run again for that.
#[derive(Debug)]
pub(crate) struct PatchState {
    outcome: Result<Outline, String>,
    pub(crate) risk: StateRisk,
    /// The rules, the catalogue and the projection, hashed.
    pub(crate) fingerprint: u64,
}

impl PatchState {
    pub(crate) fn new(
        Rules {
            assessor, risks, ..
        }: &Rules,
        projection: &Projection,
        scratch: &mut Scratch,
    ) -> Self {
        let outcome = assessor.outline(projection);
        let vulnerable = outcome.as_ref().map_or(&[][..], |o| &o.vulnerable);
        Self {
            risk: StateRisk::of(vulnerable, risks, scratch),
            outcome: outcome.map_err(|reason| reason.to_string()),
            fingerprint: fingerprint(assessor, projection),
        }
    }

    /// What was found, where it could be assessed.
    pub(crate) fn outcome(&self) -> Option<&Outline> {
        self.outcome.as_ref().ok()
    }

    /// Why it could not be assessed, where it could not.
    pub(crate) fn not_assessed(&self) -> Option<&str> {
        self.outcome.as_ref().err().map(String::as_str)
    }

    /// Windows and its parts, as software.
    pub(crate) fn parts(&self) -> &[SoftwareIx] {
        self.outcome().map_or(&[], |outcome| &outcome.software)
    }

    /// The version of Windows with its revision: the reported one, else the one that
    /// installed updates tell.
    pub(crate) fn os_version(&self, facts: &Projection, (major, minor): (u32, u32)) -> String {
        let build = facts.build;
        let derived = || self.outcome().and_then(|outcome| outcome.os.revision);
        match facts.revision.or_else(derived) {
            Some(revision) => format!("{major}.{minor}.{build}.{revision}"),
            None => format!("{major}.{minor}.{build}"),
        }
    }

    /// Whether rules decide by KBs about all of a software beside Windows.
    pub(crate) fn decides(&self, software: SoftwareIx) -> bool {
        self.outcome()
            .is_some_and(|outcome| outcome.decided.contains(&software))
    }

    /// The same of a reported software, about which its version may decide, too; `ix` is it in
    /// the catalogue, where that has it.
    pub(crate) fn decides_about(&self, id: &SoftwareId, ix: Option<SoftwareIx>) -> bool {
        let by_version = self.outcome().and_then(|outcome| outcome.by_version);
        by_version == Some(id.as_str()) || ix.is_some_and(|ix| self.decides(ix))
    }

    pub(crate) fn vulnerable(&self) -> &[OutlinedSoftware] {
        self.outcome().map_or(&[], |outcome| &outcome.vulnerable)
    }

    pub(crate) fn vulnerable_in(&self, software: SoftwareIx) -> Option<&OutlinedSoftware> {
        self.vulnerable().iter().find(|v| v.software == software)
    }

    /// The KBs that are missed in one software; states share equal lists.
    pub(crate) fn missed_in(&self, software: SoftwareIx) -> Option<&Arc<[OutlinedKb]>> {
        let kbs = &self.vulnerable_in(software)?.missing;
        (!kbs.is_empty()).then_some(kbs)
    }
}

/// Each release may have other rules, so it is part of what decides.
fn fingerprint(assessor: &Assessor, projection: &Projection) -> u64 {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    assessor.catalog().decisive_checksum().hash(&mut hasher);
    projection.hash(&mut hasher);
    hasher.finish()
}
