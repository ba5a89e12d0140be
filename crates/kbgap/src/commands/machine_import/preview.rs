//! `kbgap machine import --preview`: what would be imported, and as what.

use kbgap_catalog::Release;
use serde::Serialize;

use crate::args::OutputFormat;
use crate::hosts::{Host, Hosts};
use crate::output::{clean, counted, print, print_json, table};

/// More hosts than these are counted and not shown in the answer for people.
const SHOWN: usize = 50;

#[derive(Serialize)]
struct Preview {
    files: Vec<FileEntry>,
    machines: Vec<MachineEntry>,
    refused: usize,
}

#[derive(Serialize)]
struct FileEntry {
    name: String,
    format: Option<String>,
    reports: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<ColumnEntry>,
}

#[derive(Serialize)]
struct ColumnEntry {
    heading: String,
    /// Null where the column is passed over.
    field: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MachineEntry {
    computer_dns_name: String,
    /// The release; null where it is not known.
    os: Option<&'static str>,
    build: u32,
    revision: Option<u32>,
    architecture: Option<String>,
    installation_type: Option<String>,
    installed_kbs: usize,
    /// Null where the reports have no list.
    software: Option<usize>,
    warnings: Vec<String>,
}

/// Shows what was read.
pub(super) fn show(hosts: &Hosts, format: OutputFormat) -> anyhow::Result<()> {
    let preview = Preview {
        files: hosts
            .files
            .iter()
            .map(|file| FileEntry {
                name: file.name.clone(),
                format: file.format.map(|format| format.to_string()),
                reports: file.reports,
                columns: file
                    .columns
                    .iter()
                    .map(|column| ColumnEntry {
                        heading: column.heading.clone(),
                        field: column.field,
                    })
                    .collect(),
            })
            .collect(),
        machines: hosts.machines.iter().map(machine).collect(),
        refused: hosts.errors.len(),
    };
    match format {
        OutputFormat::Json => print_json(&preview),
        OutputFormat::Table => print(&text(&preview)),
    }
}

fn machine(host: &Host) -> MachineEntry {
    let os = &host.machine.os;
    let release = os
        .installation_type
        .and_then(|kind| Release::of_build(os.build, kind.is_server()));
    MachineEntry {
        computer_dns_name: host.machine.computer_dns_name.clone(),
        os: release.map(|release| release.title),
        build: os.build,
        revision: os.revision,
        architecture: os.architecture.map(|a| a.to_string()),
        installation_type: os.installation_type.map(|kind| kind.to_string()),
        installed_kbs: host.machine.installed_kbs.len(),
        software: host
            .machine
            .software_reported
            .then_some(host.machine.software.len()),
        warnings: host.warnings.clone(),
    }
}

fn text(preview: &Preview) -> String {
    let mut text = String::new();
    for file in &preview.files {
        let format = file.format.as_deref().unwrap_or("nothing that is known");
        let reports = counted(file.reports, "report");
        text.push_str(&format!("{}: {format}, {reports}\n", clean(&file.name)));
        for column in &file.columns {
            let field = column.field.unwrap_or("passed over");
            text.push_str(&format!("  {} -> {field}\n", clean(&column.heading)));
        }
    }
    let rows = preview.machines.iter().take(SHOWN).map(|machine| {
        let revision = machine
            .revision
            .map(|r| format!(".{r}"))
            .unwrap_or_default();
        [
            clean(&machine.computer_dns_name),
            machine.os.unwrap_or("not known").to_owned(),
            format!("{}{revision}", machine.build),
            machine.architecture.clone().unwrap_or_default(),
            machine.installation_type.clone().unwrap_or_default(),
            machine.installed_kbs.to_string(),
            machine
                .software
                .map_or_else(|| "-".to_owned(), |n| n.to_string()),
        ]
    });
    text.push('\n');
    text.push_str(&table(
        [
            "Machine",
            "Windows",
            "Build",
            "Architecture",
            "Kind",
            "KBs",
            "Software",
        ],
        rows,
    ));
    text.push('\n');
    for machine in preview.machines.iter().take(SHOWN) {
        for warning in &machine.warnings {
            let name = clean(&machine.computer_dns_name);
            text.push_str(&format!("warning: {name}: {}\n", clean(warning)));
        }
    }
    let machines = counted(preview.machines.len(), "machine");
    text.push_str(&format!(
        "{machines} would be imported, {} refused. Nothing was stored.\n",
        preview.refused
    ));
    text
}
