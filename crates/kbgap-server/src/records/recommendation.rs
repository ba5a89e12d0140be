//! Recommendations: what one should update, and by which KB or to which version.

use std::sync::Arc;

use kbgap_assess::fixed_version;
use kbgap_catalog::{KbId, SoftwareId};
use kbgap_fleet::{SoftwareSummary, Summary};
use kbgap_odata::edm::Record;
use kbgap_odata::{Expansion, Value, object};

use super::software::category;
use super::{SoftwareRecord, VulnerabilityRecord, cvss, display_name};

/// A recommendation (api.md, section 8.1): one for each software in which a machine
/// is vulnerable.
#[derive(Clone)]
pub(crate) struct RecommendationRecord {
    software: SoftwareId,
    id: String,
    name: String,
    version: String,
    severity: f64,
    pub(crate) summary: SoftwareSummary,
    whole: Arc<Summary>,
}

const PREFIX: &str = "va-_-";

impl RecommendationRecord {
    /// `None` where no machine is vulnerable in it. `kbs` are the updates that one
    /// would install today, what most machines miss first. Where no KB fixes it, the
    /// version to update to is named.
    pub(crate) fn new(software: &SoftwareId, summary: &Arc<Summary>, kbs: &[KbId]) -> Option<Self> {
        let own = summary
            .software(software)
            .filter(|own| !own.cves.is_empty())?;
        let cves = own.cves.iter();
        let severity = cves
            .filter_map(|&cve| summary.catalog().vulnerability(cve))
            .map(cvss)
            .fold(0.0, f64::max);
        let version = match kbs {
            [] => fixed_version(summary.catalog(), software, &own.cves),
            _ => None,
        };
        let version = version.map_or_else(String::new, |version| version.to_string());
        Some(Self {
            id: format!("{PREFIX}{software}"),
            name: name(software, kbs, &version),
            version,
            severity,
            summary: own,
            whole: Arc::clone(summary),
            software: software.clone(),
        })
    }

    /// The software that it is about.
    pub(crate) const fn software(&self) -> &SoftwareId {
        &self.software
    }

    /// The version to update to; empty where a KB does it.
    pub(crate) fn into_version(self) -> String {
        self.version
    }

    /// Its software, or the CVEs behind it.
    pub(crate) fn expand(&self, expansion: &Expansion) -> Value<'static> {
        if expansion.navigation.many {
            return VulnerabilityRecord::expanded(&self.summary.cves, &self.whole, expansion);
        }
        let software =
            SoftwareRecord::new(self.software.clone(), self.summary.clone(), &self.whole);
        object(&software, expansion).into_owned()
    }

    /// The software of the recommendation with this id.
    pub(crate) fn software_of(id: &str) -> Option<SoftwareId> {
        let prefix = id.get(..PREFIX.len())?;
        prefix
            .eq_ignore_ascii_case(PREFIX)
            .then(|| id[PREFIX.len()..].to_lowercase().parse().ok())?
    }
}

fn name(software: &SoftwareId, kbs: &[KbId], version: &str) -> String {
    let software = display_name(software.name());
    match kbs {
        [] if version.is_empty() => format!("Update {software}"),
        [] => format!("Update {software} to version {version}"),
        [kb] => format!("Update {software}: install KB{kb}"),
        [kb, more @ ..] => format!("Update {software}: install KB{kb} and {} more", more.len()),
    }
}

impl Record for RecommendationRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        let summary = &self.summary;
        match property {
            "id" => Value::text(&self.id),
            "productName" => Value::text(self.software.name()),
            "recommendationName" => Value::text(&self.name),
            "weaknesses" => Value::count(summary.cves.len()),
            "vendor" => Value::text(self.software.vendor()),
            "recommendedVersion" => Value::text(&self.version),
            "recommendedVendor" | "recommendedProgram" | "subCategory" => Value::text(""),
            "recommendationCategory" => Value::text(category(&self.software)),
            "severityScore" => Value::Double(self.severity),
            "publicExploit" => Value::Bool(summary.public_exploit),
            "activeAlert" | "hasUnpatchableCve" => Value::Bool(false),
            "associatedThreats" | "tags" => Value::List(Vec::new()),
            "remediationType" => Value::text("Update"),
            "status" => Value::text("Active"),
            "configScoreImpact" => Value::Double(0.0),
            "exposureImpact" => Value::Double(summary.impact),
            "totalMachineCount" => Value::count(summary.installed),
            "exposedMachinesCount" => Value::count(summary.exposed),
            "nonProductivityImpactedAssets" => Value::Int(0),
            "relatedComponent" => Value::owned(display_name(self.software.name())),
            "exposedCriticalDevices" => Value::count(summary.exposed_of_high_value),
            _ => Value::Null,
        }
    }
}
