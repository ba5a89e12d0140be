//! `kbgap machine import`.

mod preview;

use std::path::Path;
use std::process::ExitCode;

use kbgap_server::{Clock, new_machine};
use kbgap_store::PutOutcome;
use serde::Serialize;

use crate::args::{ImportArgs, OutputFormat};
use crate::commands::{open_store, tenant};
use crate::hosts::read_hosts;
use crate::output::{note, print, print_json};

#[derive(Default, Serialize)]
struct Summary {
    created: usize,
    changed: usize,
    unchanged: usize,
    stale: usize,
    refused: usize,
}

pub(crate) async fn run(data_dir: &Path, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let hosts = read_hosts(&args.paths, args.machine.as_deref());
    hosts.tell();
    let code = match hosts.errors.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    };
    if args.preview {
        preview::show(&hosts, args.format.format)?;
        return Ok(code);
    }
    let store = open_store(data_dir)?;
    let tenant = tenant(store.as_ref()).await?;
    let now = Clock::default().now_ms();
    let machines = hosts
        .machines
        .iter()
        .map(|host| new_machine(&host.machine, now))
        .collect::<Result<_, _>>()?;
    let put = store.put_machines(&tenant, machines).await?;

    let mut summary = Summary {
        refused: hosts.errors.len(),
        ..Summary::default()
    };
    for outcome in put.outcomes() {
        match outcome {
            PutOutcome::Created => summary.created += 1,
            PutOutcome::Changed => summary.changed += 1,
            PutOutcome::Unchanged => summary.unchanged += 1,
            PutOutcome::Stale => summary.stale += 1,
        }
    }
    for host in &hosts.machines {
        for warning in &host.warnings {
            note(&format!(
                "warning: {}: {warning}",
                host.machine.computer_dns_name
            ));
        }
    }
    match args.format.format {
        OutputFormat::Json => print_json(&summary)?,
        OutputFormat::Table => print(&format!(
            "{} new machines, {} changed, {} unchanged, {} older than what is stored, {} refused.\n",
            summary.created, summary.changed, summary.unchanged, summary.stale, summary.refused
        ))?,
    }
    Ok(code)
}
