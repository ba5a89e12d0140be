//! The outline of an assessment: what an index of a whole fleet keeps of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use kbgap_catalog::{KbId, SoftwareIx, VulnerabilityIx};

use crate::assessor::Assessor;
use crate::bits::Bits;
use crate::findings::Findings;
use crate::pair::Case;
use crate::servicing::Track;
use crate::{OsFacts, VulnerableSoftware};

/// What an index of a whole fleet keeps of an assessment: the same decisions as
/// [`Assessed`](crate::Assessed), without what only a reader of one machine asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The operating system as it was understood.
    pub os: OsFacts,
    /// The Windows and what is part of it, as software: Windows first.
    pub software: Arc<[SoftwareIx]>,
    /// What the machine is vulnerable to, software by software in order.
    pub vulnerable: Arc<[OutlinedSoftware]>,
    /// Software beside Windows about all of which rules decide by KBs on this machine.
    pub decided: Arc<[SoftwareIx]>,
    /// The id of the software of which the version alone decides about all of it on this
    /// machine, also where the feed does not name it: nothing could be missing then.
    pub by_version: Option<&'static str>,
}

/// A software with the CVEs to which the machine is vulnerable in it, and the KBs for the
/// lack of which it is. Equal lists of one assessor are mostly the same in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlinedSoftware {
    /// The software.
    pub software: SoftwareIx,
    /// The CVEs in order, at least one.
    pub cves: Arc<[VulnerabilityIx]>,
    /// The missing KBs in order; none for what a version decides.
    pub missing: Arc<[OutlinedKb]>,
}

/// A KB that is missing for a software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutlinedKb {
    /// The KB.
    pub id: KbId,
    /// Whether another missing KB of this machine supersedes it.
    pub superseded: bool,
}

impl OutlinedSoftware {
    pub(crate) fn by_version(found: &VulnerableSoftware) -> Self {
        Self {
            software: found.software,
            cves: Arc::clone(&found.cves),
            missing: Arc::default(),
        }
    }

    pub(crate) fn vulnerable(&self) -> VulnerableSoftware {
        VulnerableSoftware {
            software: self.software,
            cves: Arc::clone(&self.cves),
        }
    }

    /// The same, where KBs that are missing for Windows, too, are superseded as there.
    pub(crate) fn as_with(&self, windows: &[Self], assessor: &Assessor) -> Self {
        let of_windows = |id: KbId| {
            let mut lists = windows.iter().map(|part| &part.missing);
            lists.find_map(|kbs| {
                let place = kbs.binary_search_by_key(&id, |kb| kb.id).ok()?;
                Some(kbs[place])
            })
        };
        let same = |kb: &OutlinedKb| of_windows(kb.id).unwrap_or(*kb);
        if self.missing.iter().all(|kb| same(kb) == *kb) {
            return self.clone();
        }
        Self {
            missing: assessor.share_kbs(self.missing.iter().map(same).collect()),
            ..self.clone()
        }
    }

    /// Adds what is found besides in the same software.
    pub(crate) fn add(&mut self, other: &Self) {
        let cves = self.cves.iter().chain(other.cves.iter());
        let cves: BTreeSet<VulnerabilityIx> = cves.copied().collect();
        self.cves = cves.into_iter().collect();
        if !other.missing.is_empty() {
            let missing = self.missing.iter().chain(other.missing.iter());
            let missing: BTreeSet<OutlinedKb> = missing.copied().collect();
            self.missing = missing.into_iter().collect();
        }
    }
}

/// All that decides what is outlined of one Windows: the groups without a present update,
/// and what decides which of their KBs are named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OutlineKey {
    open: Bits,
    track: Track,
    secure_boot: Option<bool>,
    win_re: Option<bool>,
}

impl OutlineKey {
    pub(crate) const fn new(case: &Case<'_>, open: Bits) -> Self {
        Self {
            open,
            track: case.servicing.track,
            secure_boot: case.machine.secure_boot,
            win_re: case.machine.win_re,
        }
    }
}

/// What KBs fix, of the Windows and its parts.
pub(crate) fn of_windows(
    case: &Case<'_>,
    open: &Bits,
    assessor: &Assessor,
) -> Arc<[OutlinedSoftware]> {
    let key = OutlineKey::new(case, open.clone());
    let find = || outlined(case, &Findings::of(case, open), assessor);
    case.windows.outlines.get_or(key, find)
}

fn outlined(case: &Case<'_>, findings: &Findings, assessor: &Assessor) -> Arc<[OutlinedSoftware]> {
    let windows = &case.windows;
    let rows = findings.rows();
    let superseded = windows.superseded_within(&rows, assessor.supersedence(), assessor.catalog());
    let missing_for = |software: SoftwareIx| -> Arc<[OutlinedKb]> {
        let found = findings.missing.iter().enumerate();
        let of_software = found.filter_map(|(place, finding)| {
            let is_missing = finding.as_ref()?.software.contains(&software);
            is_missing.then(|| OutlinedKb {
                id: windows.kbs[place].1,
                superseded: superseded.contains(place),
            })
        });
        assessor.share_kbs(of_software.collect())
    };
    let parts = windows.parts.iter().zip(&findings.weak);
    let mut outlined: Vec<OutlinedSoftware> = parts
        .filter(|(_, weak)| !weak.is_empty())
        .filter_map(|(part, weak)| {
            let software = part.software?;
            let cves = weak.iter().map(|place| part.vulnerabilities[place]);
            Some(OutlinedSoftware {
                software,
                cves: assessor.share_cves(cves.collect()),
                missing: missing_for(software),
            })
        })
        .collect();
    outlined.sort_unstable_by_key(|outlined| outlined.software);
    outlined.into()
}
