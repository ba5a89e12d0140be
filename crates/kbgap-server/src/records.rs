//! What the API shows, as records whose properties filters and answers ask for by
//! name. Each owns what it shows, so that a list can be sent when its index is gone.

mod change;
mod export;
mod finding;
mod machine;
mod recommendation;
mod score;
mod software;
pub(crate) mod support;
mod task;
mod vulnerability;

pub(crate) use change::{ChangeEvent, ChangeRecord, Group};
pub(crate) use export::{
    ExportFilesRecord, ExportedFinding, ExportedOtherSoftware, ExportedSoftware,
};
pub(crate) use finding::{FindingRecord, Findings, cves_that_may_pass};
pub(crate) use machine::{MachineRecord, ReferenceRecord};
pub(crate) use recommendation::RecommendationRecord;
pub(crate) use score::ScoreRecord;
pub(crate) use software::{DistributionRecord, SoftwareRecord};
pub(crate) use task::{Completion, Task, TaskRecord, TaskStatus};
pub(crate) use vulnerability::{VulnerabilityRecord, all_cves, day, find_cve, find_cves};

use kbgap_catalog::{Severity, Vulnerability};
use kbgap_fleet::FleetMachine;

/// The display name of a software token: `edge_chromium-based` is `Edge Chromium-based`.
pub(crate) fn display_name(token: &str) -> String {
    let words = token.split('_').filter(|word| !word.is_empty());
    let words: Vec<String> = words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect()
        })
        .collect();
    words.join(" ")
}

/// The severity in the API's four words: by the CVSS score where there is one (its
/// qualitative scale), else by the vendor's rating. Clients know no fifth word, so what
/// nobody has rated is Medium, by which it also counts in scores, and a score of 0 is Low.
pub(crate) fn severity(vulnerability: Vulnerability<'_>) -> &'static str {
    match vulnerability.cvss() {
        Some((90.., _)) => "Critical",
        Some((70.., _)) => "High",
        Some((40.., _)) => "Medium",
        Some((1.., _)) => "Low",
        rated => match vulnerability.severity() {
            Severity::Critical => "Critical",
            Severity::Important => "High",
            Severity::Moderate => "Medium",
            Severity::Low => "Low",
            Severity::None if rated.is_some() => "Low",
            Severity::None => "Medium",
        },
    }
}

/// The CVSS base score, 0 where there is none.
pub(crate) fn cvss(vulnerability: Vulnerability<'_>) -> f64 {
    vulnerability
        .cvss()
        .map_or(0.0, |(tenths, _)| f64::from(tenths) / 10.0)
}

/// The update catalogue's page of a KB, by its id or number.
pub(crate) fn catalog_url(kb: impl std::fmt::Display) -> String {
    format!("https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB{kb}")
}

/// The group as exports name it: `Unassigned` for none (api.md, section 10.1).
pub(crate) fn group_or_unassigned(machine: &FleetMachine) -> &str {
    machine.group().unwrap_or("Unassigned")
}

/// The platform token of a machine: of its Windows where that is known, else the
/// reported hint where it is a token.
pub(crate) fn os_platform(machine: &FleetMachine) -> Option<String> {
    let hint = machine.reported.platform.as_deref();
    machine::release(machine)
        .map(kbgap_catalog::Release::platform_token)
        .or_else(|| {
            hint.filter(|hint| !hint.contains(char::is_whitespace))
                .map(str::to_owned)
        })
}
