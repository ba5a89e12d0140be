//! Software and its versions.

use std::sync::Arc;

use kbgap_catalog::SoftwareId;
use kbgap_fleet::{Distribution, SoftwareSummary, Summary};
use kbgap_odata::edm::Record;
use kbgap_odata::{Expansion, Value};

use super::VulnerabilityRecord;

/// A software (api.md, section 5.1).
#[derive(Clone)]
pub(crate) struct SoftwareRecord {
    pub(crate) id: SoftwareId,
    pub(crate) summary: SoftwareSummary,
    /// Its versions, where they were asked for.
    pub(crate) distributions: Vec<Distribution>,
    whole: Arc<Summary>,
}

impl SoftwareRecord {
    pub(crate) fn new(id: SoftwareId, summary: SoftwareSummary, whole: &Arc<Summary>) -> Self {
        Self {
            id,
            summary,
            distributions: Vec::new(),
            whole: Arc::clone(whole),
        }
    }

    /// `vulnerabilities` is the only way that leads on from a software.
    pub(crate) fn expand(&self, expansion: &Expansion) -> Value<'static> {
        VulnerabilityRecord::expanded(&self.summary.cves, &self.whole, expansion)
    }
}

impl Record for SoftwareRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        let summary = &self.summary;
        match property {
            "id" => Value::text(self.id.as_str()),
            "name" => Value::text(self.id.name()),
            "vendor" => Value::text(self.id.vendor()),
            "weaknesses" => Value::count(summary.cves.len()),
            "publicExploit" => Value::Bool(summary.public_exploit),
            "activeAlert" => Value::Bool(false),
            "exposedMachines" => Value::count(summary.exposed),
            "installedMachines" => Value::count(summary.installed),
            "impactScore" => Value::Double(single(summary.impact)),
            "isNormalized" => Value::Bool(summary.is_known),
            "category" => Value::text(category(&self.id)),
            "distributions" => Value::List(self.distributions.iter().map(distribution).collect()),
            _ => Value::Null,
        }
    }
}

/// Windows is an operating system, everything else an application.
pub(crate) fn category(id: &SoftwareId) -> &'static str {
    if id.vendor() == "microsoft" && is_windows(id.name()) {
        "OS"
    } else {
        "Application"
    }
}

fn is_windows(name: &str) -> bool {
    name.strip_prefix("windows_").is_some_and(|rest| {
        rest == "vista"
            || rest.starts_with(|c: char| c.is_ascii_digit())
            || rest.starts_with("server")
    })
}

/// The value that a number of single precision has.
pub(crate) fn single(value: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "declared as Edm.Single")]
    let single = value as f32;
    // By its text: widening would show digits that a single does not have.
    single.to_string().parse().unwrap_or(value)
}

fn distribution(distribution: &Distribution) -> Value<'_> {
    Value::Object(vec![
        ("version", Value::text(&distribution.version)),
        ("installations", Value::count(distribution.installations)),
        (
            "vulnerabilities",
            Value::count(distribution.vulnerabilities),
        ),
    ])
}

/// A version of a software (api.md, section 5.4).
pub(crate) struct DistributionRecord(pub(crate) Distribution);

impl Record for DistributionRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        match property {
            "version" => Value::text(&self.0.version),
            "installations" => Value::count(self.0.installations),
            "vulnerabilities" => Value::count(self.0.vulnerabilities),
            _ => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_windows_itself_is_an_operating_system() {
        for (id, expected) in [
            ("microsoft-_-windows_10", "OS"),
            ("microsoft-_-windows_server_2012_r2", "OS"),
            ("microsoft-_-windows_defender", "Application"),
            ("microsoft-_-edge", "Application"),
            ("contoso-_-windows_10", "Application"),
        ] {
            assert_eq!(category(&id.parse().unwrap()), expected, "{id}");
        }
    }
}
