//! The answer for spreadsheets: one line for each missing KB.

use super::document::CheckDocument;

/// The names of the columns.
pub(crate) fn header() -> [&'static str; 16] {
    [
        "computerDnsName",
        "os",
        "build",
        "id",
        "name",
        "cveAddressed",
        "severity",
        "knownExploited",
        "superseded",
        "software",
        "evidence",
        "ransomware",
        "dueDate",
        "highestEpss",
        "supportStatus",
        "endOfSupport",
    ]
}

/// The lines of one host. One that was not assessed, or that misses nothing and is not known
/// to be supported, has a line that says so, since no line at all would read as clean.
pub(crate) fn rows(document: &CheckDocument) -> Vec<[String; 16]> {
    let build = match document.os.revision {
        Some(revision) => format!("{}.{revision}", document.os.build),
        None => document.os.build.to_string(),
    };
    let name = inert(&document.computer_dns_name);
    let os = inert(document.os.product.as_deref().unwrap_or_default());
    let [status, end] = support(document);
    let is_flagged = document.missing.is_empty() && !matches!(status.as_str(), "" | "supported");
    if document.reason.is_some() || is_flagged {
        let mut row: [String; 16] = Default::default();
        [row[0], row[1], row[2]] = [name, os, build];
        row[10] = inert(document.reason.as_deref().unwrap_or_default());
        [row[14], row[15]] = [status, end];
        return vec![row];
    }
    document
        .missing
        .iter()
        .map(|kb| {
            let software: Vec<_> = kb
                .software
                .iter()
                .map(|s| format!("{} {}", s.id, s.cves))
                .collect();
            [
                name.clone(),
                os.clone(),
                build.clone(),
                kb.id.to_string(),
                inert(&kb.name),
                kb.cve_addressed.to_string(),
                kb.severity.to_owned(),
                kb.urgency.known_exploited.to_string(),
                kb.superseded.to_string(),
                software.join("; "),
                kb.evidence.summary(),
                kb.urgency.ransomware.to_string(),
                kb.urgency.due_date.clone().unwrap_or_default(),
                kb.urgency
                    .highest_epss
                    .map(|epss| epss.to_string())
                    .unwrap_or_default(),
                status.clone(),
                end.clone(),
            ]
        })
        .collect()
}

/// Whether its Windows is supported, and until when.
fn support(document: &CheckDocument) -> [String; 2] {
    let support = document.os.support.as_ref();
    support.map_or_else(Default::default, |support| {
        let end = support.end_of_support.map(|end| end.to_string());
        [support.status.name().to_owned(), end.unwrap_or_default()]
    })
}

/// A text that begins like a formula must not become one in a spreadsheet.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
