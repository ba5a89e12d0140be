//! `kbgap feed status`.

use std::collections::BTreeMap;
use std::path::Path;

use kbgap_catalog::{Catalog, OddValue, Source};
use kbgap_server::feed;
use serde::Serialize;

use crate::args::{Format, OutputFormat};
use crate::check::FeedState;
use crate::commands::open_store_to_read;
use crate::output::{day, print, print_json, table};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    documents: usize,
    /// Vulnerabilities as the documents list them; one may stand in several.
    vulnerabilities: u64,
    /// Distinct ids among them.
    distinct_vulnerabilities: usize,
    fixes: u64,
    kbs: usize,
    /// Product ids that some KB fixes.
    products: usize,
    /// What they are after folding ids and spellings.
    distinct_products: usize,
    /// Product ids that some KB fixes and that map to no software.
    unmapped: usize,
    odd_values: usize,
    odd_values_by_kind: BTreeMap<String, usize>,
    as_of: Option<String>,
    sources: Vec<SourceEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

/// What there is of a kind of document or list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceEntry {
    kind: &'static str,
    documents: u32,
    newest: Option<String>,
    /// As the newest one writes it; empty for kinds of many documents.
    version: String,
    /// Vulnerabilities that are listed.
    entries: u32,
    /// Vulnerabilities of the catalogue of which something is said.
    matched: u32,
    odd_values: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    unmapped: Vec<String>,
    odd_values: Vec<OddValue>,
}

pub(crate) async fn run(data_dir: &Path, details: bool, format: Format) -> anyhow::Result<()> {
    let store = open_store_to_read(data_dir)?;
    let catalog = feed::catalog(store.as_ref(), data_dir).await?;
    let status = Status::of(&catalog, details);
    match format.format {
        OutputFormat::Json => print_json(&status),
        OutputFormat::Table => print(&status.text()),
    }
}

impl SourceEntry {
    fn of(source: Source<'_>) -> Self {
        Self {
            kind: source.kind().name(),
            documents: source.documents(),
            newest: day(source.newest()),
            version: source.version().to_owned(),
            entries: source.entries(),
            matched: source.matched(),
            odd_values: source.odd_values(),
        }
    }

    fn row(&self) -> [String; 7] {
        [
            self.kind.to_owned(),
            self.documents.to_string(),
            self.newest.clone().unwrap_or_default(),
            self.version.clone(),
            self.entries.to_string(),
            self.matched.to_string(),
            self.odd_values.to_string(),
        ]
    }
}

impl Status {
    fn of(catalog: &Catalog, details: bool) -> Self {
        let mut by_kind = BTreeMap::new();
        for odd in catalog.odd_values() {
            *by_kind.entry(odd.kind.to_string()).or_default() += 1;
        }
        let unmapped: Vec<String> = catalog
            .products()
            .filter(|p| p.has_kb() && p.software().is_none())
            .map(|p| p.name().to_owned())
            .collect();
        Self {
            documents: catalog.documents().len(),
            vulnerabilities: catalog
                .documents()
                .map(|d| u64::from(d.vulnerabilities()))
                .sum(),
            distinct_vulnerabilities: catalog.vulnerabilities().len(),
            fixes: catalog.documents().map(|d| u64::from(d.fixes())).sum(),
            kbs: catalog.kbs().len(),
            products: catalog
                .products()
                .map(|p| usize::from(p.ids_with_kb()))
                .sum(),
            distinct_products: catalog.products().filter(|p| p.has_kb()).count(),
            unmapped: catalog
                .products()
                .filter(|p| p.software().is_none())
                .map(|p| usize::from(p.ids_with_kb()))
                .sum(),
            odd_values: catalog.odd_values().len(),
            odd_values_by_kind: by_kind,
            as_of: FeedState::of(catalog).as_of,
            sources: catalog.sources().map(SourceEntry::of).collect(),
            details: details.then(|| Details {
                unmapped,
                odd_values: catalog.odd_values().collect(),
            }),
        }
    }

    fn text(&self) -> String {
        let as_of = self.as_of.clone().unwrap_or_default();
        let rows = [
            ["feed as of".to_owned(), as_of],
            ["documents".to_owned(), self.documents.to_string()],
            [
                "vulnerabilities".to_owned(),
                format!(
                    "{} ({} distinct)",
                    self.vulnerabilities, self.distinct_vulnerabilities
                ),
            ],
            ["KBs".to_owned(), self.kbs.to_string()],
            [
                "products with KBs".to_owned(),
                format!("{} ({} distinct)", self.products, self.distinct_products),
            ],
            [
                "  mapped to no software".to_owned(),
                self.unmapped.to_string(),
            ],
            ["odd values".to_owned(), self.odd_values.to_string()],
        ];
        let kinds = self
            .odd_values_by_kind
            .iter()
            .map(|(kind, n)| [format!("  {kind}"), n.to_string()]);
        let mut text = table(["Feed", ""], rows.into_iter().chain(kinds));
        text.push('\n');
        let sources = self.sources.iter().map(SourceEntry::row);
        text.push_str(&table(
            [
                "Source",
                "Documents",
                "Newest",
                "Version",
                "Entries",
                "In the catalogue",
                "Odd values",
            ],
            sources,
        ));
        if let Some(details) = &self.details {
            if !details.unmapped.is_empty() {
                text.push('\n');
                text.push_str(&table(
                    ["Mapped to no software"],
                    details.unmapped.iter().map(|n| [n.clone()]),
                ));
            }
            text.push('\n');
            let odd = details
                .odd_values
                .iter()
                .map(|o| [o.document.clone(), o.kind.to_string(), o.detail.clone()]);
            text.push_str(&table(["Document", "Odd value", "Detail"], odd));
        }
        text
    }
}
