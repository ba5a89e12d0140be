//! `kbgap feed sync`.

use std::path::Path;
use std::process::ExitCode;

use kbgap_server::Clock;
use kbgap_server::feed::{ImportOptions, SyncOptions, SyncReport, sync};
use kbgap_sync::{ClientOptions, Lists, Retries, Stop};
use serde::Serialize;
use tokio::runtime::Handle;

use crate::args::{OutputFormat, SyncArgs};
use crate::commands::open_store;
use crate::output::{counted, note, print, print_json};
use crate::progress::Progress;

pub(crate) async fn run(data_dir: &Path, args: SyncArgs) -> anyhow::Result<ExitCode> {
    let format = args.format.format;
    let options = options(args);
    let store = open_store(data_dir)?;
    let progress = Progress::unknown("documents");
    let report = tokio::task::block_in_place(|| {
        sync(
            store.as_ref(),
            data_dir,
            &options,
            &Stop::default(),
            &|done, total| progress.set(done, total),
            &Handle::current(),
        )
    });
    progress.finish();
    let report = report?;

    for (id, reason) in &report.failed {
        note(&format!("error: {id}: {reason}"));
    }
    if let Some(warning) = report.warning() {
        note(&format!("warning: {warning}"));
    }
    let summary = Summary::of(&report);
    match format {
        OutputFormat::Json => print_json(&summary)?,
        OutputFormat::Table => print(&summary.text())?,
    }
    Ok(if report.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn options(args: SyncArgs) -> SyncOptions {
    let import = ImportOptions {
        allow_shrink: args.allow_shrink,
        ..ImportOptions::default()
    }
    .at(Clock::real_seconds());
    let retries = Retries {
        attempts: args.attempts,
        ..Retries::default()
    };
    let named = Lists {
        known_exploited: args.kev_url,
        epss: args.epss_url,
    };
    let lists = match args.no_lists {
        true => Lists::default(),
        false => Lists::beside(&args.url, named),
    };
    SyncOptions {
        lists,
        client: ClientOptions {
            base: args.url,
            proxy: args.proxy,
            ca_file: args.ca_file,
            timeout: std::time::Duration::from_secs(args.timeout),
        },
        retries,
        import,
    }
}

#[derive(Serialize)]
struct Summary<'r> {
    listed: usize,
    new: &'r [String],
    changed: &'r [String],
    unchanged: usize,
    failed: Vec<Failed<'r>>,
    /// Stored, and not listed any more.
    unlisted: &'r [String],
    documents: usize,
    kbs: usize,
}

#[derive(Serialize)]
struct Failed<'r> {
    id: &'r str,
    reason: &'r str,
}

impl<'r> Summary<'r> {
    fn of(report: &'r SyncReport) -> Self {
        let (documents, kbs) = report.catalog.unwrap_or_default();
        let failed = report.failed.iter();
        Self {
            listed: report.listed,
            new: &report.new,
            changed: &report.changed,
            unchanged: report.unchanged,
            failed: failed.map(|(id, reason)| Failed { id, reason }).collect(),
            unlisted: &report.unlisted,
            documents,
            kbs,
        }
    }

    fn text(&self) -> String {
        let parts: Vec<String> = [
            (self.new.len(), "new"),
            (self.changed.len(), "changed"),
            (self.unchanged, "unchanged"),
            (self.failed.len(), "failed"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        let outcome = if self.new.is_empty() && self.changed.is_empty() {
            "Nothing has changed"
        } else {
            "The catalogue has changed"
        };
        format!(
            "{}. {outcome}: {}, {}.\n",
            parts.join(", "),
            counted(self.documents, "document"),
            counted(self.kbs, "KB")
        )
    }
}
