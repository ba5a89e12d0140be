//! How often each version of a software is installed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kbgap_catalog::{SoftwareId, SoftwareIx, VulnerabilityIx};

use super::union;
use crate::fleet::Fleet;
use crate::packed::Packed;
use crate::profile::Profile;

/// How often a version of a software is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// The version; empty where it is not reported.
    pub version: String,
    /// Machines that have it.
    pub installations: u64,
    /// CVEs to which some of them is vulnerable in the software.
    pub vulnerabilities: u64,
}

/// Machines with a version of a software, and their lists of CVEs, each once.
#[derive(Default)]
struct OfVersion<'f> {
    machines: u64,
    lists: HashMap<*const VulnerabilityIx, &'f [VulnerabilityIx]>,
}

impl<'f> OfVersion<'f> {
    fn add(&mut self, machines: u64, list: Option<&'f [VulnerabilityIx]>) {
        self.machines += machines;
        if let Some(cves) = list {
            self.lists.insert(cves.as_ptr(), cves);
        }
    }
}

impl Fleet {
    /// The versions of a software on machines seen in the last 30 days, by version.
    #[must_use]
    pub fn distributions(&self, software: &SoftwareId, now: i64) -> Vec<Distribution> {
        let ix = self.catalog().find_software(software.as_str());
        let which = self.inventory.find(software.as_str());
        let mut versions: BTreeMap<Arc<str>, OfVersion<'_>> = BTreeMap::new();
        // What is part of Windows has its version, which a profile nearly tells: it is written
        // once for all machines alike.
        let mut parts: HashMap<(u32, (u32, u32)), u64> = HashMap::new();
        for ordinal in &self.machines_with(software, now) {
            let slot = self.machines.get(ordinal as usize);
            let Some((slot, profile)) = slot.and_then(|s| Some((s, self.profile(s.profile)?)))
            else {
                continue;
            };
            if ix.is_some_and(|ix| profile.state.parts().contains(&ix)) {
                let packed = Packed::read(self.inventory.records.get(ordinal));
                if let Some((_, version)) = packed.and_then(|packed| packed.begin()) {
                    *parts.entry((slot.profile, version)).or_default() += 1;
                }
                continue;
            }
            let listed = which.map(|which| self.inventory.listed(ordinal, which));
            let of = listed.into_iter().flatten().map(|listed| listed.version());
            let mut of: Vec<Arc<str>> = of.collect();
            of.dedup();
            for version in of {
                let of_version = versions.entry(version).or_default();
                of_version.add(1, cves(profile, ix));
            }
        }
        for ((number, version), machines) in parts {
            let Some(profile) = self.profile(number) else {
                continue;
            };
            let version = profile.state.os_version(&profile.facts, version);
            let of_version = versions.entry(version.into()).or_default();
            of_version.add(machines, cves(profile, ix));
        }
        let versions = versions.into_iter();
        versions
            .map(|(version, of)| Distribution {
                version: version.to_string(),
                installations: of.machines,
                vulnerabilities: union(of.lists.into_values()).len() as u64,
            })
            .collect()
    }
}

/// What machines of a profile are vulnerable to in a software.
fn cves(profile: &Profile, software: Option<SoftwareIx>) -> Option<&[VulnerabilityIx]> {
    let vulnerable = profile.state.vulnerable_in(software?)?;
    Some(&vulnerable.cves)
}
