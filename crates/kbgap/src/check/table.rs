//! The answer for people.

use std::fmt::Write as _;

use kbgap_assess::SupportStatus;

use super::document::{CheckDocument, MissingEntry, NotAssessedEntry};
use crate::output::{clean, counted, table};

/// The whole answer as text. What is untrusted is cleaned of control characters.
pub(crate) fn show(document: &CheckDocument) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = head(document, &mut text);
    if document.assessed && document.missing.is_empty() {
        text.push_str("No update is missing that the feed knows of.\n");
    }
    if !document.missing.is_empty() {
        let rows = document.missing.iter().map(|kb| {
            let software = kb
                .software
                .iter()
                .map(|s| format!("{} {}", short(&s.id), s.cves));
            [
                format!("KB{}", kb.id),
                kb.name.clone(),
                software.collect::<Vec<_>>().join(", "),
                kb.cve_addressed.to_string(),
                kb.severity.to_owned(),
                exploited(kb),
                how(kb.evidence.summary(), kb.superseded),
            ]
        });
        text.push_str(&table(
            [
                "KB",
                "Title",
                "Software, CVEs",
                "CVEs",
                "Severity",
                "Exploited",
                "How it was decided",
            ],
            rows,
        ));
        text.push('\n');
    }
    let _ = tail(document, &mut text);
    text
}

fn head(document: &CheckDocument, text: &mut String) -> std::fmt::Result {
    let os = &document.os;
    let revision = os.revision.map(|r| format!(".{r}")).unwrap_or_default();
    writeln!(text, "{}", clean(&document.computer_dns_name))?;
    match (&os.product, &document.reason) {
        (Some(product), _) => {
            writeln!(
                text,
                "  {}, build {}{revision}, {} track",
                clean(product),
                os.build,
                os.track.unwrap_or("?")
            )?;
        }
        (None, Some(reason)) => {
            writeln!(text, "  build {}{revision}: {}", os.build, clean(reason))?;
        }
        (None, None) => {}
    }
    let supported = os.support.as_ref();
    let supported = supported.filter(|support| support.status == SupportStatus::Supported);
    if let Some(end) = supported.and_then(|support| support.end_of_support) {
        writeln!(text, "  supported until {end}")?;
    }
    let feed = &document.feed;
    let as_of = feed.as_of.as_deref().unwrap_or("no date");
    let documents = counted(feed.documents, "document");
    writeln!(text, "  feed as of {as_of}, {documents}")?;
    for warning in &document.warnings {
        writeln!(text, "  warning: {}", clean(warning))?;
    }
    writeln!(text)
}

fn tail(document: &CheckDocument, text: &mut String) -> std::fmt::Result {
    if !document.missing.is_empty() {
        let newest: Vec<_> = document
            .to_install
            .iter()
            .map(|kb| format!("KB{kb}"))
            .collect();
        match document.missing.len() {
            1 => writeln!(text, "1 update is missing.")?,
            all if all == newest.len() => writeln!(text, "{all} updates are missing.")?,
            all => writeln!(
                text,
                "{all} updates are missing. To install: {}; the rest comes with that.",
                newest.join(", ")
            )?,
        }
    }
    if !document.advisories.is_empty() {
        let ids: Vec<_> = document
            .advisories
            .iter()
            .map(|kb| format!("KB{}", kb.id))
            .collect();
        writeln!(text, "Known through advisories alone: {}", ids.join(", "))?;
    }
    for entry in &document.not_assessed {
        match entry {
            NotAssessedEntry::Kb { id, lacking } => {
                writeln!(text, "Not assessed: KB{id}, the report lacks {lacking}")?;
            }
            NotAssessedEntry::Software { software, lacking } => {
                writeln!(text, "Not assessed: {}, {lacking}", clean(software))?;
            }
        }
    }
    Ok(())
}

/// Whether it is exploited, by whom and by when it is to be fixed; else how likely it is to be.
fn exploited(kb: &MissingEntry) -> String {
    let mut parts = Vec::new();
    parts.push(if kb.known_exploited { "yes" } else { "no" }.to_owned());
    if kb.ransomware {
        parts.push("ransomware".to_owned());
    }
    if let Some(date) = &kb.due_date {
        parts.push(format!("due {date}"));
    }
    if let Some(epss) = kb.highest_epss {
        parts.push(format!("EPSS {:.1} %", epss * 100.0));
    }
    parts.join(", ")
}

fn how(summary: String, superseded: bool) -> String {
    if superseded {
        format!("{summary}; superseded")
    } else {
        summary
    }
}

fn short(software: &str) -> &str {
    software
        .split_once("-_-")
        .map_or(software, |(_, name)| name)
}
