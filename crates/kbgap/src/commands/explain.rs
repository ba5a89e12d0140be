//! `kbgap explain`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kbgap_assess::{Explanation, ExplanationVerdict, Projection, Urgency, explain};
use kbgap_catalog::{Catalog, KbId};
use kbgap_inventory::{Machine, MachineId};
use kbgap_server::{decode_machine, feed};
use kbgap_store::Store;
use serde::Serialize;

use crate::args::{ExplainArgs, OutputFormat};
use crate::check::UrgencyEntry;
use crate::commands::{open_store_to_read, tenant};
use crate::hosts::read_hosts;
use crate::output::{clean, print, print_json};

pub(crate) async fn run(data_dir: &Path, args: &ExplainArgs) -> anyhow::Result<()> {
    let kb: KbId = args.kb.parse()?;
    let store = open_store_to_read(data_dir)?;
    let catalog = feed::catalog(store.as_ref(), data_dir).await?;
    let machine = machine(store.as_ref(), &args.machine).await?;
    let projection = Projection::of(&machine, &catalog);
    let explanation = explain(&catalog, &projection, kb)
        .map_err(|reason| anyhow::anyhow!("{}: {reason}", machine.computer_dns_name))?
        .ok_or_else(|| anyhow::anyhow!("KB{kb} is not in the feed, which knows security updates alone: see `kbgap feed status` for how new it is"))?;
    let cves = attacked(&explanation, &catalog);
    match args.format.format {
        OutputFormat::Json => print_json(&Document {
            explanation: &explanation,
            vulnerabilities: cves.values().collect(),
        }),
        OutputFormat::Table => print(&text(&machine, &explanation, &cves)?),
    }
}

/// What JSON has: what is known of attacks stands beside the explanation, once for a CVE of
/// several products.
#[derive(Serialize)]
struct Document<'e> {
    #[serde(flatten)]
    explanation: &'e Explanation,
    vulnerabilities: Vec<&'e CveEntry>,
}

/// What is known of attacks on a CVE that the machine is vulnerable to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CveEntry {
    id: String,
    known_exploited: bool,
    ransomware: bool,
    due_date: Option<String>,
    epss: Option<f64>,
}

/// The CVEs that the machine is vulnerable to, by their ids.
type Cves = BTreeMap<String, CveEntry>;

fn attacked(explanation: &Explanation, catalog: &Catalog) -> Cves {
    let ids = explanation.products.iter().flat_map(|p| &p.vulnerable);
    let found = ids.filter_map(|id| {
        let vulnerability = catalog.vulnerability(catalog.find_vulnerability(id)?)?;
        let mut urgency = Urgency::default();
        urgency.add(vulnerability);
        let known = UrgencyEntry::from(urgency);
        let entry = CveEntry {
            id: id.clone(),
            known_exploited: known.known_exploited,
            ransomware: known.ransomware,
            due_date: known.due_date,
            epss: known.highest_epss,
        };
        Some((id.clone(), entry))
    });
    found.collect()
}

/// A stored machine by id or name, or the one of a file.
async fn machine(store: &dyn Store, named: &str) -> anyhow::Result<Machine> {
    let tenant = tenant(store).await?;
    let stored = match named.parse::<MachineId>() {
        Ok(id) => store.machine(&tenant, id.as_str()).await?,
        Err(_) => store
            .machines_by_name(&tenant, named)
            .await?
            .into_iter()
            .next(),
    };
    if let Some(stored) = stored {
        return Ok(decode_machine(&stored.report.body)?);
    }
    let file = PathBuf::from(named);
    anyhow::ensure!(
        file.exists() || named == "-",
        "`{named}` is neither a file nor a stored machine: `kbgap machine import` stores what hosts report"
    );
    let hosts = read_hosts(&[file], None);
    if let Some(error) = hosts.errors.first() {
        anyhow::bail!("{error}");
    }
    let mut machines = hosts.machines.into_iter().map(|host| host.machine);
    let first = machines
        .next()
        .ok_or_else(|| anyhow::anyhow!("`{named}` holds no host"))?;
    anyhow::ensure!(
        machines.next().is_none(),
        "`{named}` holds several hosts: import it and name one of them"
    );
    Ok(first)
}

fn text(machine: &Machine, explanation: &Explanation, cves: &Cves) -> anyhow::Result<String> {
    let verdict = match explanation.verdict {
        ExplanationVerdict::Missing => "is missing on",
        ExplanationVerdict::Advisory => "is missing, but known through advisories alone, on",
        ExplanationVerdict::Present => "is not needed any more on",
        ExplanationVerdict::NotAssessed => "could not be decided on",
        ExplanationVerdict::NotApplicable => "is for none of the products of",
    };
    let mut text = String::new();
    writeln!(
        text,
        "KB{} ({}) {verdict} {}.",
        explanation.id,
        clean(&explanation.name),
        clean(&machine.computer_dns_name)
    )?;
    if let Some(lacking) = &explanation.lacking {
        writeln!(
            text,
            "The report lacks {lacking}, on which this update depends."
        )?;
    }
    for product in &explanation.products {
        writeln!(text, "\n{} ({})", clean(&product.product), product.software)?;
        writeln!(text, "  evidence: {}", product.evidence.summary())?;
        for (what, ids) in [
            ("vulnerable to", &product.vulnerable),
            ("fixed", &product.fixed),
        ] {
            if !ids.is_empty() {
                writeln!(text, "  {what} ({}): {}", ids.len(), ids.join(", "))?;
            }
        }
        let known = || product.vulnerable.iter().filter_map(|id| cves.get(id));
        let exploited: Vec<String> = known().filter_map(exploited).collect();
        if !exploited.is_empty() {
            writeln!(text, "  exploited in the wild: {}", exploited.join(", "))?;
        }
        if let Some((id, probability)) = likeliest(known()) {
            writeln!(text, "  highest EPSS: {:.1} % ({id})", probability * 100.0)?;
        }
        for (what, kbs) in [
            ("fixed by", &product.fixed_by),
            ("instead would do", &product.alternatives),
        ] {
            if !kbs.is_empty() {
                let kbs: Vec<String> = kbs.iter().map(|kb| format!("KB{kb}")).collect();
                writeln!(text, "  {what}: {}", kbs.join(", "))?;
            }
        }
    }
    Ok(text)
}

/// The CVE that is exploited the likeliest, and how likely that is, where it was estimated.
fn likeliest<'c>(cves: impl Iterator<Item = &'c CveEntry>) -> Option<(&'c str, f64)> {
    let scored = cves.filter_map(|cve| Some((cve.id.as_str(), cve.epss?)));
    scored.max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// A CVE that is exploited, with what CISA says of it.
fn exploited(cve: &CveEntry) -> Option<String> {
    if !cve.known_exploited {
        return None;
    }
    let facts = [
        cve.ransomware.then(|| "ransomware".to_owned()),
        cve.due_date.as_ref().map(|due| format!("due {due}")),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    Some(if facts.is_empty() {
        cve.id.clone()
    } else {
        format!("{} ({})", cve.id, facts.join(", "))
    })
}
