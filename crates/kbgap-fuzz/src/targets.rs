//! The list of all targets.

mod auth;
mod feed;
mod inventory;
mod odata;
mod osquery;
mod snapshots;
mod values;

/// What is fuzzed, by a name.
#[derive(Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Takes any bytes, and panics where something is wrong.
    pub run: fn(&[u8]),
    /// Small inputs that are valid, to begin with.
    pub seeds: Seeds,
    /// Files of the shared data that are seeds, too: the beginnings of their paths in it.
    pub files: &'static [&'static str],
}

/// Where seeds come from.
#[derive(Debug)]
pub enum Seeds {
    /// Texts.
    Texts(&'static [&'static str]),
    /// Bytes that no text can be.
    Made(fn() -> Vec<Vec<u8>>),
}

use Seeds::{Made, Texts};

/// All targets. `.ci/fuzz` and the tests run what stands here.
#[rustfmt::skip]
pub const TARGETS: &[Target] = &[
    Target { name: "cvrf_xml", run: feed::document, seeds: Texts(feed::CVRF_XML), files: &["data/msrc-cvrf-xml/"] },
    Target { name: "cvrf_json", run: feed::document, seeds: Texts(feed::CVRF_JSON), files: &[] },
    Target { name: "cvrf_fields", run: feed::fields, seeds: Texts(feed::FIELDS), files: &[] },
    Target { name: "csaf", run: feed::document, seeds: Texts(feed::CSAF), files: &["data/msrc-csaf/"] },
    Target { name: "kev", run: feed::document, seeds: Texts(feed::KEV), files: &[] },
    Target { name: "epss", run: feed::document, seeds: Texts(feed::EPSS), files: &[] },
    Target { name: "feed_archive", run: feed::archive, seeds: Made(feed::archives), files: &[] },
    Target { name: "feed_order", run: feed::order, seeds: Texts(feed::ORDER), files: &[] },
    Target { name: "update_index", run: feed::update_index, seeds: Texts(feed::INDEX), files: &[] },
    Target { name: "feed_bundle", run: snapshots::bundle, seeds: Texts(snapshots::BUNDLE), files: &[] },
    Target { name: "catalog_snapshot", run: snapshots::catalog, seeds: Made(snapshots::changes), files: &[] },
    Target { name: "fleet_snapshot", run: snapshots::fleet, seeds: Texts(&[]), files: &[] },
    Target { name: "native", run: inventory::import, seeds: Texts(inventory::NATIVE), files: &[] },
    Target { name: "ndjson", run: inventory::lines, seeds: Texts(inventory::NATIVE), files: &[] },
    Target { name: "systeminfo", run: inventory::import, seeds: Texts(inventory::SYSTEMINFO), files: &["data/inventories/systeminfo/"] },
    Target { name: "vuls", run: inventory::import, seeds: Texts(inventory::VULS), files: &["data/inventories/vuls-scan/"] },
    Target { name: "console_lists", run: inventory::import, seeds: Texts(inventory::LISTS), files: &[] },
    Target { name: "registry", run: inventory::import, seeds: Texts(inventory::REGISTRY), files: &[] },
    Target { name: "table", run: inventory::import, seeds: Texts(inventory::TABLES), files: &[] },
    Target { name: "defender", run: inventory::import, seeds: Texts(inventory::DEFENDER), files: &[] },
    Target { name: "cyclonedx", run: inventory::import, seeds: Texts(inventory::CYCLONEDX), files: &[] },
    Target { name: "machine_import", run: inventory::several, seeds: Texts(inventory::SEVERAL), files: &["data/inventories/"] },
    Target { name: "osquery", run: osquery::body, seeds: Texts(osquery::BODIES), files: &[] },
    Target { name: "odata_filter", run: odata::filter, seeds: Texts(odata::FILTERS), files: &[] },
    Target { name: "odata_query", run: odata::query, seeds: Texts(odata::QUERIES), files: &[] },
    Target { name: "odata_path", run: odata::path, seeds: Texts(odata::PATHS), files: &[] },
    Target { name: "values", run: values::all, seeds: Texts(values::SEEDS), files: &[] },
    Target { name: "names", run: values::names, seeds: Texts(values::NAMES), files: &[] },
    Target { name: "assessment", run: values::assessment, seeds: Texts(inventory::NATIVE), files: &[] },
    Target { name: "token", run: auth::token, seeds: Texts(auth::TOKENS), files: &[] },
    Target { name: "token_request", run: auth::request, seeds: Texts(auth::REQUESTS), files: &[] },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
