//! `kbgap explain`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kbgap_assess::{Explanation, ExplanationVerdict, Projection, explain};
use kbgap_catalog::{Catalog, KbId};
use kbgap_inventory::{Machine, MachineId};
use kbgap_server::{decode_machine, feed};
use kbgap_store::Store;

use crate::args::{ExplainArgs, OutputFormat};
use crate::commands::{open_store_to_read, tenant};
use crate::hosts::read_hosts;
use crate::output::{clean, day, print, print_json};

pub(crate) async fn run(data_dir: &Path, args: &ExplainArgs) -> anyhow::Result<()> {
    let kb: KbId = args.kb.parse()?;
    let store = open_store_to_read(data_dir)?;
    let catalog = feed::catalog(store.as_ref(), data_dir).await?;
    let machine = machine(store.as_ref(), &args.machine).await?;
    let projection = Projection::of(&machine, &catalog);
    let explanation = explain(&catalog, &projection, kb)
        .map_err(|reason| anyhow::anyhow!("{}: {reason}", machine.computer_dns_name))?
        .ok_or_else(|| anyhow::anyhow!("KB{kb} is not in the feed, which knows security updates alone: see `kbgap feed status` for how new it is"))?;
    match args.format.format {
        OutputFormat::Json => print_json(&explanation),
        OutputFormat::Table => print(&text(&machine, &explanation, &catalog)?),
    }
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

fn text(machine: &Machine, explanation: &Explanation, catalog: &Catalog) -> anyhow::Result<String> {
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
        let exploited: Vec<String> = product
            .vulnerable
            .iter()
            .filter_map(|id| exploited(catalog, id))
            .collect();
        if !exploited.is_empty() {
            writeln!(text, "  exploited in the wild: {}", exploited.join(", "))?;
        }
        if let Some((id, probability)) = likeliest(catalog, &product.vulnerable) {
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
fn likeliest<'i>(catalog: &Catalog, ids: &'i [String]) -> Option<(&'i str, f64)> {
    let scored = ids.iter().filter_map(|id| {
        let vulnerability = catalog.vulnerability(catalog.find_vulnerability(id)?)?;
        Some((id.as_str(), vulnerability.epss()?.probability))
    });
    let (id, probability) = scored.max_by_key(|(_, probability)| *probability)?;
    Some((id, probability.value()))
}

/// A CVE that is exploited, with what CISA says of it.
fn exploited(catalog: &Catalog, id: &str) -> Option<String> {
    let vulnerability = catalog.vulnerability(catalog.find_vulnerability(id)?)?;
    if !vulnerability.is_exploited() {
        return None;
    }
    let known = vulnerability.known_exploited();
    let ransomware = known.filter(|known| known.is_used_by_ransomware());
    let due = known.and_then(|known| day(known.due_date()?));
    let facts = [
        ransomware.map(|_| "ransomware".to_owned()),
        due.map(|due| format!("due {due}")),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    Some(if facts.is_empty() {
        id.to_owned()
    } else {
        format!("{id} ({})", facts.join(", "))
    })
}
