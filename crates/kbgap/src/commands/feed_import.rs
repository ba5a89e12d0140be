//! `kbgap feed import`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kbgap_server::feed::{FileOutcome, ImportOptions, ImportReport, Outcome, find_files, import};
use serde::Serialize;

use crate::args::{Format, OutputFormat};
use crate::commands::open_store;
use crate::output::{counted, day, note, print, print_json};
use crate::progress::Progress;

pub(crate) async fn run(
    data_dir: &Path,
    paths: &[PathBuf],
    options: ImportOptions,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let files = find_files(paths);
    if files.is_empty() {
        let named: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
        anyhow::bail!(
            "no feed files in {}: expected names that end in .xml, .json or .csv, plain or with .gz or .zst, or in .zip",
            named.join(", ")
        );
    }
    let store = open_store(data_dir)?;
    let progress = Progress::new(files.len(), "files");
    let report = tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(import(
            store.as_ref(),
            data_dir,
            files,
            options,
            &|done, total| progress.set(done, total),
        ))
    })?;
    progress.finish();

    for file in &report.files {
        if let Some(message) = refusal(file) {
            note(&format!("error: {message}"));
        }
    }
    let summary = Summary::of(&report);
    match format.format {
        OutputFormat::Json => print_json(&summary)?,
        OutputFormat::Table => print(&summary.text(&report))?,
    }
    let refused = report.files.iter().any(|f| f.outcome.is_refusal());
    Ok(if refused {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn refusal(file: &FileOutcome) -> Option<String> {
    let name = file.file.display();
    let document = file.document.as_deref().unwrap_or("?");
    match &file.outcome {
        Outcome::Refused(error) => Some(error.to_string()),
        Outcome::Older { known, new } => Some(format!(
            "{name}: {document} of {} is older than the stored one of {}, which stays (take it with --force)",
            day(*new).unwrap_or_default(),
            day(*known).unwrap_or_default()
        )),
        Outcome::Shrank { known, new } => Some(format!(
            "{name}: {document} shrank from {known} to {new} vulnerabilities or lost fixes; the stored one stays \
             (take the new one with --allow-shrink)"
        )),
        Outcome::Added | Outcome::Replaced | Outcome::Unchanged | Outcome::UpdateIndex => None,
    }
}

#[derive(Serialize)]
struct Summary {
    added: usize,
    replaced: usize,
    unchanged: usize,
    older: usize,
    shrank: usize,
    refused: usize,
    changed: bool,
    documents: usize,
    kbs: usize,
}

impl Summary {
    fn of(report: &ImportReport) -> Self {
        let count =
            |is: fn(&Outcome) -> bool| report.files.iter().filter(|f| is(&f.outcome)).count();
        Self {
            added: count(|o| matches!(o, Outcome::Added)),
            replaced: count(|o| matches!(o, Outcome::Replaced)),
            unchanged: count(|o| matches!(o, Outcome::Unchanged)),
            older: count(|o| matches!(o, Outcome::Older { .. })),
            shrank: count(|o| matches!(o, Outcome::Shrank { .. })),
            refused: count(|o| matches!(o, Outcome::Refused(_))),
            changed: report.changed,
            documents: report.catalog.as_ref().map_or(0, |c| c.documents().len()),
            kbs: report.catalog.as_ref().map_or(0, |c| c.kbs().len()),
        }
    }

    fn text(&self, report: &ImportReport) -> String {
        let mut parts = Vec::new();
        for (count, what) in [
            (self.added, "new"),
            (self.replaced, "replaced"),
            (self.unchanged, "unchanged"),
            (self.older + self.shrank, "left out for the stored ones"),
            (self.refused, "refused"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let files = if parts.is_empty() {
            "no documents".to_owned()
        } else {
            parts.join(", ")
        };
        let outcome = if report.changed {
            "The catalogue has changed"
        } else {
            "Nothing has changed"
        };
        format!(
            "{files}. {outcome}: {}, {}.\n",
            counted(self.documents, "document"),
            counted(self.kbs, "KB")
        )
    }
}
