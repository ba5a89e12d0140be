//! `kbgap missing-kbs`: the rows of getmissingkbs, from the store.

use std::path::Path;
use std::sync::Arc;

use kbgap_catalog::{SoftwareId, is_mapped_software};
use kbgap_fleet::{ProductFix, View};
use kbgap_server::{Clock, Tenants, feed};
use serde::Serialize;

use crate::args::{MissingKbsArgs, OutputFormat};
use crate::check::UrgencyEntry;
use crate::commands::{open_store_to_read, tenant};
use crate::output::{note, print, print_json, table};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    os_build: Option<u32>,
    products_names: Vec<String>,
    machine_missed_on: u64,
    cve_addressed: u64,
    #[serde(flatten)]
    urgency: UrgencyEntry,
}

pub(crate) async fn run(data_dir: &Path, args: &MissingKbsArgs) -> anyhow::Result<()> {
    let store = open_store_to_read(data_dir)?;
    let catalog = feed::catalog(store.as_ref(), data_dir).await?;
    let tenant = tenant(store.as_ref()).await?;
    let tenants = Tenants::new(Arc::clone(&store), catalog);
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(tenants.follow()))?;
    let fleet = tenants.fleet(&tenant);
    let find = || -> anyhow::Result<Vec<ProductFix>> {
        if let Some(machine) = &args.machine {
            let found = fleet
                .find(machine)
                .ok_or_else(|| anyhow::anyhow!("machine `{machine}` was not found: `kbgap machine import` stores what hosts report"))?;
            let support = found.release().zip(found.support(Clock::default().today()));
            if let Some(warning) = support.and_then(|(os, support)| support.warning(os.title)) {
                note(&format!("warning: {warning}"));
            }
            let rows = fleet.missing_kbs_of_machine(&found, View::All);
            if let Some(reason) = rows.not_assessed {
                note(&format!("warning: {reason}"));
            }
            return Ok(rows.rows);
        }
        let id: SoftwareId = args.software.as_deref().unwrap_or_default().parse()?;
        let Some(ix) = fleet.catalog().find_software(id.as_str()) else {
            // As over HTTP: what is known and never had a KB misses nothing.
            anyhow::ensure!(
                is_mapped_software(&id) || fleet.has_installed(&id),
                "software `{id}` is neither in the catalogue nor on any machine: \
                 expected an id such as microsoft-_-windows_10"
            );
            return Ok(Vec::new());
        };
        Ok(fleet.missing_kbs_of_software(ix, Clock::default().now_ms(), View::All))
    };
    let rows: Vec<Row> = find()?.into_iter().map(row).collect();
    match args.format.format {
        OutputFormat::Json => print_json(&rows),
        OutputFormat::Table => print(&table(
            [
                "KB",
                "Title",
                "Build",
                "Software",
                "Machines",
                "CVEs",
                "Exploited",
            ],
            rows.into_iter().map(|row| {
                [
                    format!("KB{}", row.id),
                    row.name,
                    row.os_build.map_or_else(String::new, |b| b.to_string()),
                    row.products_names.join(", "),
                    row.machine_missed_on.to_string(),
                    row.cve_addressed.to_string(),
                    row.urgency.text(),
                ]
            }),
        )),
    }
}

fn row(fix: ProductFix) -> Row {
    Row {
        id: fix.id.to_string(),
        name: fix.name,
        os_build: fix.os_build,
        products_names: fix.products_names,
        machine_missed_on: fix.machine_missed_on,
        cve_addressed: fix.cve_addressed,
        urgency: fix.urgency.into(),
    }
}
