//! `kbgap check`: one host or a few, without a server.

use std::path::Path;
use std::process::ExitCode;

use kbgap_catalog::{Catalog, SnapshotError};
use kbgap_server::{Clock, feed};

use crate::args::{CheckArgs, CheckFormat, FailOn};
use crate::check::{CheckDocument, FeedState, csv_header, csv_rows, show_table};
use crate::commands::{database_path, open_store_to_read, runtime};
use crate::hosts::read_hosts;
use crate::output::{note, print, print_json};

const FOUND: u8 = 3;

pub(crate) fn run(data_dir: &Path, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let hosts = read_hosts(&args.files, args.machine.as_deref());
    hosts.tell();
    if hosts.machines.is_empty() {
        anyhow::ensure!(!hosts.errors.is_empty(), "what was named holds no host");
        return Ok(ExitCode::FAILURE);
    }
    let catalog = load(data_dir)?;
    let feed = FeedState::of(&catalog);
    let on = args.date.unwrap_or_else(|| Clock::default().today());
    let documents: Vec<CheckDocument> = hosts
        .machines
        .into_iter()
        .map(|host| CheckDocument::of(&catalog, &host.machine, feed.clone(), on, host.warnings))
        .collect();
    show(&documents, args.format)?;

    let judged = args.fail_on.is_none_or(|_| all_assessed(&documents));
    let found = documents
        .iter()
        .flat_map(|d| &d.missing)
        .any(|kb| match args.fail_on {
            Some(FailOn::Missing) => true,
            Some(FailOn::KnownExploited) => kb.urgency.known_exploited,
            None => false,
        });
    Ok(match (found, hosts.errors.is_empty() && judged) {
        (_, false) => ExitCode::FAILURE,
        (true, true) => ExitCode::from(FOUND),
        (false, true) => ExitCode::SUCCESS,
    })
}

/// A pipeline must not take a host that was not assessed for one that misses nothing.
fn all_assessed(documents: &[CheckDocument]) -> bool {
    let mut all = true;
    for document in documents {
        if let Some(reason) = &document.reason {
            note(&format!("error: {}: {reason}", document.computer_dns_name));
            all = false;
        }
    }
    all
}

/// The snapshot, without opening the store unless it has to be compiled anew.
fn load(data_dir: &Path) -> anyhow::Result<Catalog> {
    match Catalog::load(&feed::snapshot_path(data_dir)) {
        Err(unusable) if can_be_compiled(&unusable, data_dir) => {
            let store = open_store_to_read(data_dir)?;
            Ok(runtime()?.block_on(feed::catalog(store.as_ref(), data_dir))?)
        }
        other => Ok(other?),
    }
}

/// Whether the store may have what the snapshot should have been made of. It is not
/// opened where there is none, since that would make one.
fn can_be_compiled(unusable: &SnapshotError, data_dir: &Path) -> bool {
    match unusable {
        SnapshotError::Damaged(_) | SnapshotError::OtherVersion => true,
        SnapshotError::Missing(_) => database_path(data_dir).exists(),
        _ => false,
    }
}

fn show(documents: &[CheckDocument], format: CheckFormat) -> anyhow::Result<()> {
    match format {
        CheckFormat::Json => documents.iter().try_for_each(print_json),
        CheckFormat::Table => {
            let texts: Vec<String> = documents.iter().map(show_table).collect();
            print(&texts.join("\n"))
        }
        CheckFormat::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(csv_header())?;
            for row in documents.iter().flat_map(csv_rows) {
                writer.write_record(row)?;
            }
            print(&String::from_utf8(writer.into_inner()?)?)
        }
    }
}
