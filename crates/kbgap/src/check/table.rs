//! The answer for people.

use std::fmt::Write as _;

use kbgap_assess::SupportStatus;
use kbgap_catalog::KbId;

use super::document::{CheckDocument, NotAssessedEntry};
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
                kb.urgency.text(),
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
    not_assessed(&document.not_assessed, text)
}

/// How many of the updates that lack the same are named.
const NAMED: usize = 3;

/// One line for all updates of a software that lack the same fact, the newest first: of
/// .NET Framework there are dozens. Windows comes first, as the entries have it.
fn not_assessed(entries: &[NotAssessedEntry], text: &mut String) -> std::fmt::Result {
    let mut lines: Vec<(&str, &str, Vec<KbId>)> = Vec::new();
    for entry in entries {
        if let NotAssessedEntry::Kb { id, lacking, fixes } = entry {
            let is_same =
                |line: &&mut (&str, &str, Vec<KbId>)| (line.0, line.1) == (fixes, lacking);
            match lines.iter_mut().find(is_same) {
                Some((_, _, ids)) => ids.push(*id),
                None => lines.push((fixes, lacking, vec![*id])),
            }
        }
    }
    for (software, lacking, mut ids) in lines {
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let named: Vec<String> = ids.iter().take(NAMED).map(|id| format!("KB{id}")).collect();
        let named = named.join(", ");
        let others = match ids.len() - NAMED.min(ids.len()) {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        let software = clean(short(software));
        match ids.len() {
            1 => writeln!(
                text,
                "Not assessed: {named} ({software}), lacking {lacking}"
            )?,
            all => writeln!(
                text,
                "Not assessed: {all} updates of {software}, lacking {lacking}: {named}{others}"
            )?,
        }
    }
    for entry in entries {
        if let NotAssessedEntry::Software { software, lacking } = entry {
            writeln!(text, "Not assessed: {}, lacking {lacking}", clean(software))?;
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_that_lack_the_same_are_one_line() {
        let kb = |id: u32, fixes: &str, lacking| NotAssessedEntry::Kb {
            id: KbId::new(id).unwrap(),
            lacking,
            fixes: fixes.to_owned(),
        };
        let (net, files) = ("microsoft-_-.net_framework", ".NET file version");
        let entries = [
            kb(5_042_320, "microsoft-_-windows_10", "winRe"),
            kb(5_046_400, "microsoft-_-windows_10", "winRe"),
            kb(4_535_680, "microsoft-_-windows_10", "secureBoot"),
            NotAssessedEntry::Software {
                software: "microsoft-_-office".to_owned(),
                lacking: "Office updates",
            },
            kb(5_066_747, net, files),
            kb(5_087_064, net, files),
            kb(5_050_188, net, files),
            kb(5_082_426, net, files),
            kb(4_614_080, net, "the build that it brings"),
        ];
        let mut text = String::new();
        not_assessed(&entries, &mut text).unwrap();
        let lines = [
            "Not assessed: 2 updates of windows_10, lacking winRe: KB5046400, KB5042320",
            "Not assessed: KB4535680 (windows_10), lacking secureBoot",
            "Not assessed: 4 updates of .net_framework, lacking .NET file version: \
             KB5087064, KB5082426, KB5066747 and 1 more",
            "Not assessed: KB4614080 (.net_framework), lacking the build that it brings",
            "Not assessed: microsoft-_-office, lacking Office updates",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }
}
