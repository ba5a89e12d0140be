//! What a machine is missing, in total (sections 5 and 6).

use std::sync::Arc;

use kbgap_catalog::{Catalog, KbId, ProductIx, Severity, SoftwareIx, VulnerabilityIx};

use crate::assessor::Assessor;
use crate::evidence::Evidence;
use crate::servicing::Track;
use crate::urgency::Urgency;
use crate::{Projection, Unassessable};

/// The result for one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assessment {
    /// The machine was assessed.
    Assessed(Assessed),
    /// It could not be, which is not the same as missing nothing.
    NotAssessed(Unassessable),
}

/// What was found on an assessed machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// The operating system as it was understood.
    pub os: OsFacts,
    /// The Windows and what is part of it, as software: Windows first.
    pub software: Vec<SoftwareIx>,
    /// The products of the feed that apply to the machine, whose KBs are judged.
    pub products: Vec<ProductIx>,
    /// What the machine is vulnerable to, software by software in order.
    pub vulnerable: Vec<VulnerableSoftware>,
    /// Missing KBs that fix CVEs, by CVEs descending, then id ascending.
    pub missing: Vec<MissingKb>,
    /// Missing KBs that the feed knows through advisories alone: shown, never counted.
    pub advisories: Vec<KbId>,
    /// What could not be decided, and the fact that is lacking.
    pub not_assessed: Vec<NotAssessed>,
    /// What people should know besides.
    pub warnings: Vec<String>,
}

/// The operating system as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsFacts {
    /// The feed's name of the platform.
    pub product: Arc<str>,
    /// The build.
    pub build: u32,
    /// The revision that was compared; reported, or brought by an installed KB.
    pub revision: Option<u32>,
    /// Which updates the machine takes.
    pub track: Track,
}

/// A software with the CVEs to which the machine is vulnerable in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VulnerableSoftware {
    /// The software.
    pub software: SoftwareIx,
    /// The CVEs in order, at least one. States share equal lists.
    pub cves: Arc<[VulnerabilityIx]>,
}

/// A KB that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingKb {
    /// The KB.
    pub id: KbId,
    /// CVEs that it fixes in each software of this machine: Windows first, then
    /// by count. Their sum is `cveAddressed` of the machine's row (section 6).
    pub software: Vec<SoftwareCves>,
    /// Software in which this machine is vulnerable for the lack of it.
    pub vulnerable_software: Vec<SoftwareIx>,
    /// The highest severity of its CVEs on this machine.
    pub severity: Severity,
    /// What is known of attacks on its CVEs.
    pub urgency: Urgency,
    /// Whether another missing KB of this machine supersedes it.
    pub superseded: bool,
    /// Why it counts as missing.
    pub evidence: Evidence,
    /// Other KBs that would do in its place, for some CVE.
    pub alternatives: Vec<KbId>,
}

impl VulnerableSoftware {
    /// Pairs that are in order, as lists that the assessor shares.
    pub(crate) fn list(pairs: &[(SoftwareIx, VulnerabilityIx)], assessor: &Assessor) -> Vec<Self> {
        let of_one = pairs.chunk_by(|a, b| a.0 == b.0);
        of_one
            .map(|pairs| Self {
                software: pairs[0].0,
                cves: assessor.share_cves(pairs.iter().map(|&(_, cve)| cve).collect()),
            })
            .collect()
    }
}

impl MissingKb {
    /// The sum over this machine's software of the distinct CVEs in each.
    #[must_use]
    pub fn cve_addressed(&self) -> u32 {
        self.software.iter().map(|s| s.cves).sum()
    }
}

/// How many CVEs a KB fixes in one software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftwareCves {
    /// The software.
    pub software: SoftwareIx,
    /// Distinct CVEs.
    pub cves: u32,
}

/// Something that was not decided, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotAssessed {
    /// A KB of which it cannot be told whether it is present or needed.
    Kb {
        /// The KB.
        id: KbId,
        /// The field of the native machine document that is lacking, or the fact of the
        /// feed.
        lacking: &'static str,
    },
    /// A software whose rules do not exist yet, or for which they lack a fact.
    Software {
        /// Its id.
        id: String,
        /// What is lacking.
        lacking: &'static str,
    },
}

/// Assesses a machine. Whoever has many uses one [`Assessor`] for all.
#[must_use]
pub fn assess(catalog: &Catalog, machine: &Projection) -> Assessment {
    Assessor::new(catalog.clone()).assess(machine)
}
