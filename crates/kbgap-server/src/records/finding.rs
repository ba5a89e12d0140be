//! Vulnerabilities of software on machines: one finding for each.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_assess::Weakness;
use kbgap_catalog::{Catalog, SoftwareId, Vulnerability, VulnerabilityIx};
use kbgap_fleet::FleetMachine;
use kbgap_odata::edm::Record;
use kbgap_odata::types::vulnerability::{EPSS_NAME, KNOWN_EXPLOITED_NAME, PUBLIC_EXPLOIT_NAME};
use kbgap_odata::{Filter, Value};

use super::severity;
use super::vulnerability::{all_cves, epss, find_cves, known_exploited};

/// A vulnerability of a software on a machine (api.md, section 7.5).
#[derive(Clone)]
pub(crate) struct FindingRecord {
    pub(crate) catalog: Catalog,
    pub(crate) machine: Arc<FleetMachine>,
    pub(crate) weakness: Weakness,
}

/// Finds what machines are vulnerable to. The rules run once for machines in the
/// same patch state that come one after another.
pub(crate) struct Findings {
    catalog: Catalog,
    /// The CVEs that are asked for, in order; all where there is no list.
    only: Option<Vec<VulnerabilityIx>>,
    known: HashMap<usize, Arc<[Weakness]>>,
}

/// States whose weaknesses are kept at a time: some thousand each.
const KEPT: usize = 64;

impl Findings {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            only: None,
            known: HashMap::new(),
        }
    }

    /// The same of these CVEs alone, where they are given in order.
    pub(crate) fn only(self, cves: Option<Vec<VulnerabilityIx>>) -> Self {
        Self { only: cves, ..self }
    }

    /// The weaknesses of a machine in the order of their ids.
    pub(crate) fn weaknesses(&mut self, machine: &FleetMachine) -> Arc<[Weakness]> {
        if let Some(known) = self.known.get(&machine.state_key()) {
            return Arc::clone(known);
        }
        let mut weaknesses = machine.weaknesses();
        if let Some(cves) = &self.only {
            weaknesses.retain(|w| cves.binary_search(&w.vulnerability).is_ok());
        }
        weaknesses.sort_by_key(|w| (w.vulnerability, self.catalog.software_id(w.software)));
        let weaknesses: Arc<[Weakness]> = weaknesses.into();
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        self.known
            .insert(machine.state_key(), Arc::clone(&weaknesses));
        weaknesses
    }

    /// How many CVEs a machine has in a software.
    pub(crate) fn count(&self, machine: &FleetMachine, software: &SoftwareId) -> usize {
        let ix = self.catalog.find_software(software.as_str());
        ix.map_or(0, |ix| machine.weaknesses_in(ix))
    }

    /// The findings of a machine in the order of their ids.
    pub(crate) fn of(&mut self, machine: &Arc<FleetMachine>) -> Vec<FindingRecord> {
        let weaknesses = self.weaknesses(machine);
        let records = weaknesses.iter().map(|&weakness| FindingRecord {
            catalog: self.catalog.clone(),
            machine: Arc::clone(machine),
            weakness,
        });
        records.collect()
    }
}

impl FindingRecord {
    pub(crate) fn cve(&self) -> &str {
        self.vulnerability().map_or("", |v| v.id())
    }

    pub(super) fn vulnerability(&self) -> Option<Vulnerability<'_>> {
        self.catalog.vulnerability(self.weakness.vulnerability)
    }

    pub(crate) fn software(&self) -> &str {
        self.catalog.software_id(self.weakness.software)
    }

    pub(crate) fn version(&self) -> Arc<str> {
        self.machine.version_of(self.software()).unwrap_or_default()
    }

    fn software_part(&self, part: fn(&SoftwareId) -> &str) -> Value<'_> {
        let id: Option<SoftwareId> = self.software().parse().ok();
        Value::or_null(id.map(|id| part(&id).to_owned()))
    }
}

impl Record for FindingRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        let kb = self.weakness.fixing_kb;
        match property {
            "id" => Value::owned(format!(
                "{}-_-{}-_-{}-_-{}-_-{}",
                self.machine.id(),
                self.cve(),
                self.software(),
                self.version(),
                kb.map_or_else(String::new, |kb| kb.to_string())
            )),
            "cveId" => Value::text(self.cve()),
            "machineId" => Value::text(self.machine.id().as_str()),
            "fixingKbId" => Value::or_null(kb.map(|kb| kb.to_string())),
            "productName" => self.software_part(SoftwareId::name),
            "productVendor" => self.software_part(SoftwareId::vendor),
            "productVersion" => Value::owned(self.version().to_string()),
            of_cve_alone => {
                let vulnerability = self.vulnerability();
                vulnerability.map_or(Value::Null, |v| of_cve(v, of_cve_alone))
            }
        }
    }
}

/// What a finding says of its CVE, the same on every machine.
pub(super) fn of_cve<'a>(vulnerability: Vulnerability<'a>, property: &str) -> Value<'a> {
    match property {
        "cveId" => Value::text(vulnerability.id()),
        "severity" => Value::text(severity(vulnerability)),
        KNOWN_EXPLOITED_NAME => known_exploited(vulnerability),
        EPSS_NAME => Value::or_null(epss(vulnerability).map(Value::Double)),
        PUBLIC_EXPLOIT_NAME => Value::Bool(vulnerability.is_exploited()),
        _ => Value::Null,
    }
}

/// A CVE as all its findings show it.
struct Cve<'a>(Vulnerability<'a>);

impl Cve<'_> {
    /// What [`of_cve`] knows.
    const KNOWN: [&'static str; 5] = [
        "cveId",
        "severity",
        KNOWN_EXPLOITED_NAME,
        EPSS_NAME,
        PUBLIC_EXPLOIT_NAME,
    ];
}

impl Record for Cve<'_> {
    fn get(&self, property: &'static str) -> Value<'_> {
        of_cve(self.0, property)
    }
}

/// The CVEs whose findings may pass a filter, in order; `None` where those of all may.
pub(crate) fn cves_that_may_pass(
    catalog: &Catalog,
    filter: &Filter,
) -> Option<Vec<VulnerabilityIx>> {
    if !filter.asks_of(&Cve::KNOWN) {
        return None;
    }
    let may_pass = |ix: &VulnerabilityIx| {
        let vulnerability = catalog.vulnerability(*ix);
        vulnerability.is_some_and(|v| filter.may_pass(&Cve(v), &Cve::KNOWN))
    };
    // Looking up the few that are named takes less than asking about all.
    let named = filter
        .values_of("cveId")
        .map(|ids| find_cves(catalog, &ids));
    let is_named = named.is_some();
    let mut cves = named.unwrap_or_else(|| all_cves(catalog).collect());
    let all = cves.len();
    cves.retain(may_pass);
    (is_named || cves.len() < all).then_some(cves)
}
