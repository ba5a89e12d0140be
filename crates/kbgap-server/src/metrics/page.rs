//! The page as a whole: what it tells, in the order in which it is read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::SystemTime;

use kbgap_catalog::{Catalog, Source};
use kbgap_fleet::Size;

use super::text::{Kind, Text};
use super::{Ingest, OUTCOMES, Syncs};
use crate::state::AppState;

/// The files of the data folder that grow.
const FILES: [&str; 4] = [
    "kbgap.db",
    "kbgap.db-wal",
    "catalog.snapshot",
    "fleets.snapshot",
];

/// Writes all numbers.
pub(super) fn page(state: &AppState, generation: u64) -> String {
    let (empty, fleets) = state.tenants.all_fleets();
    let now = state.clock.now_ms();
    let mut size = Size::default();
    fleets.iter().for_each(|fleet| size += fleet.size(now));
    let mut text = Text::default();
    server(&mut text, state);
    feed(&mut text, empty.catalog(), generation);
    syncs(&mut text, &state.metrics.syncs);
    let tenants = fleets.iter().filter(|fleet| !fleet.is_empty()).count();
    machines(&mut text, size, tenants);
    ingest(&mut text, &state.metrics.ingest, state.intake.waiting());
    index(&mut text, state);
    state.metrics.requests.write(&mut text);
    text.finish()
}

fn server(text: &mut Text, state: &AppState) {
    text.family(
        "kbgap_build_info",
        Kind::Gauge,
        "Always 1; the label is the version of the program.",
    )
    .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    let since = state.metrics.started.duration_since(SystemTime::UNIX_EPOCH);
    text.one(
        "kbgap_start_time_seconds",
        Kind::Gauge,
        "When the server was started, in seconds since 1970.",
        since.unwrap_or_default().as_secs(),
    );
    let mut family = text.family(
        "kbgap_store_bytes",
        Kind::Gauge,
        "The size of each file of the data folder.",
    );
    for file in FILES {
        // One that is not there yet has no size.
        let size = std::fs::metadata(state.data_dir.join(file)).map_or(0, |m| m.len());
        family.sample(&[("file", file)], size);
    }
}

fn feed(text: &mut Text, catalog: &Catalog, generation: u64) {
    text.one(
        "kbgap_feed_generation",
        Kind::Gauge,
        "The number of the stored feed; it grows with each import that changed something.",
        generation,
    );
    text.one(
        "kbgap_feed_kbs",
        Kind::Gauge,
        "Updates that the catalogue in use knows.",
        catalog.kbs().len(),
    );
    text.one(
        "kbgap_feed_vulnerabilities",
        Kind::Gauge,
        "Vulnerabilities that the catalogue in use knows.",
        catalog.vulnerabilities().len(),
    );
    let mut by_source = |name, help, value: fn(Source<'_>) -> i64| {
        let mut family = text.family(name, Kind::Gauge, help);
        for source in catalog.sources() {
            family.sample(&[("source", source.kind().name())], value(source));
        }
    };
    by_source(
        "kbgap_feed_documents",
        "Documents and lists of the catalogue in use, by kind.",
        |source| source.documents().into(),
    );
    by_source(
        "kbgap_feed_newest_timestamp_seconds",
        "When the newest document of each kind was released, in seconds since 1970.",
        |source| source.newest(),
    );
    by_source(
        "kbgap_feed_skipped_by_source",
        "Values of the feed that were passed over, by the kind of document or list.",
        |source| source.odd_values().into(),
    );
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for odd in catalog.odd_values() {
        *kinds.entry(odd.kind.name()).or_default() += 1;
    }
    let mut family = text.family(
        "kbgap_feed_skipped_by_kind",
        Kind::Gauge,
        "Values of the vendor's documents that were passed over, by what was wrong; `kbgap feed status --details` lists them.",
    );
    for (kind, count) in kinds {
        family.sample(&[("kind", kind)], count);
    }
    let unmapped = catalog
        .products()
        .filter(|p| p.has_kb() && p.software().is_none());
    text.one(
        "kbgap_feed_unmapped_products",
        Kind::Gauge,
        "Products with updates that map to no software.",
        unmapped.count(),
    );
}

fn syncs(text: &mut Text, syncs: &Syncs) {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let time = |time: &AtomicI64| time.load(Ordering::Relaxed);
    let mut family = text.family(
        "kbgap_feed_syncs_total",
        Kind::Counter,
        "Scheduled syncs of the feed by what became of them; one with a document that failed has failed.",
    );
    family.sample(&[("outcome", "success")], count(&syncs.succeeded));
    family.sample(&[("outcome", "failure")], count(&syncs.failed));
    text.one(
        "kbgap_feed_sync_failed_documents_total",
        Kind::Counter,
        "Documents that scheduled syncs could not fetch or import.",
        count(&syncs.failed_documents),
    );
    let mut family = text.family(
        "kbgap_feed_last_sync_timestamp_seconds",
        Kind::Gauge,
        "When a scheduled sync last ended so, in seconds since 1970; 0 where none has since the start.",
    );
    family.sample(&[("outcome", "success")], time(&syncs.last_success));
    family.sample(&[("outcome", "failure")], time(&syncs.last_failure));
}

fn machines(text: &mut Text, size: Size, tenants: usize) {
    let mut family = text.family(
        "kbgap_machines",
        Kind::Gauge,
        "Machines; silent ones were not seen for 30 days and do not count elsewhere.",
    );
    family.sample(&[("activity", "active")], size.active);
    family.sample(&[("activity", "silent")], size.silent);
    text.one(
        "kbgap_machines_not_assessed",
        Kind::Gauge,
        "Active machines of which nothing can be decided.",
        size.not_assessed,
    );
    text.one(
        "kbgap_tenants",
        Kind::Gauge,
        "Tenants with machines.",
        tenants,
    );
    text.one(
        "kbgap_index_profiles",
        Kind::Gauge,
        "Sets of facts that machines share.",
        size.profiles,
    );
    text.one(
        "kbgap_index_states",
        Kind::Gauge,
        "Sets of facts that the catalogue tells apart; the rules run once for each.",
        size.states,
    );
}

fn ingest(text: &mut Text, ingest: &Ingest, waiting: usize) {
    let mut family = text.family(
        "kbgap_ingest_records_total",
        Kind::Counter,
        "Records of reports by what became of them.",
    );
    for (outcome, counter) in OUTCOMES.iter().zip(&ingest.by_outcome) {
        family.sample(&[("outcome", outcome)], counter.load(Ordering::Relaxed));
    }
    text.one(
        "kbgap_ingest_busy_total",
        Kind::Counter,
        "Requests with reports that were answered 503, to come again.",
        ingest.busy.load(Ordering::Relaxed),
    );
    text.one(
        "kbgap_ingest_queue_requests",
        Kind::Gauge,
        "Requests whose reports wait to be stored.",
        waiting,
    );
}

fn index(text: &mut Text, state: &AppState) {
    text.family(
        "kbgap_index_publish_duration_seconds",
        Kind::Summary,
        "Time to let readers see what has changed.",
    )
    .durations(&[], state.tenants.publishing.read());
    text.family(
        "kbgap_index_assess_duration_seconds",
        Kind::Summary,
        "Time to assess all machines under a new feed.",
    )
    .durations(&[], state.tenants.assessing.read());
}
