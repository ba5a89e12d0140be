//! `kbgap machine import`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kbgap_server::{Clock, new_machine};
use kbgap_store::PutOutcome;
use serde::Serialize;

use crate::args::{Format, OutputFormat};
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

pub(crate) async fn run(
    data_dir: &Path,
    paths: &[PathBuf],
    format: Format,
) -> anyhow::Result<ExitCode> {
    let hosts = read_hosts(paths);
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
    for error in &hosts.errors {
        note(&format!("error: {error}"));
    }
    for host in &hosts.machines {
        for warning in &host.warnings {
            note(&format!(
                "warning: {}: {warning}",
                host.machine.computer_dns_name
            ));
        }
    }
    match format.format {
        OutputFormat::Json => print_json(&summary)?,
        OutputFormat::Table => print(&format!(
            "{} new machines, {} changed, {} unchanged, {} older than what is stored, {} refused.\n",
            summary.created, summary.changed, summary.unchanged, summary.stale, summary.refused
        ))?,
    }
    Ok(if hosts.errors.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
