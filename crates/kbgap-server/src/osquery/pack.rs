//! What hosts are told to ask: the pack that ships in `deploy/osquery`, which is part of
//! the program, so that there is one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::Response;
use kbgap_inventory::osquery::Query;
use kbgap_store::Node;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::oauth::plain_json;

/// The pack as it is shipped.
const PACK: &str = include_str!("../../../../deploy/osquery/kbgap.json");

/// The platform whose hosts are assessed.
const WINDOWS: &str = "windows";

/// A pack as osquery reads it, as far as it is looked at here.
#[derive(Deserialize)]
struct Pack {
    queries: BTreeMap<String, Scheduled>,
}

#[derive(Deserialize)]
struct Scheduled {
    query: String,
}

#[derive(Serialize)]
struct Config<'p> {
    schedule: Value,
    packs: BTreeMap<&'static str, &'p RawValue>,
}

/// Whether the hosts of a node are assessed. Others may enroll, and are asked nothing.
pub(super) fn is_windows(node: &Node) -> bool {
    node.enrollment.platform.eq_ignore_ascii_case(WINDOWS)
}

/// What a host asks regularly.
pub(super) fn config(node: &Node) -> Response<Body> {
    let packs = serde_json::from_str::<&RawValue>(PACK)
        .ok()
        .filter(|_| is_windows(node))
        .map(|pack| ("kbgap", pack));
    plain_json(
        200,
        &Config {
            schedule: json!({}),
            packs: packs.into_iter().collect(),
        },
    )
}

/// The text of a query.
pub(super) fn text(query: Query) -> Option<&'static str> {
    static TEXTS: LazyLock<BTreeMap<String, Scheduled>> = LazyLock::new(|| {
        // That it can be read is tested.
        serde_json::from_str::<Pack>(PACK).map_or_else(|_| BTreeMap::new(), |pack| pack.queries)
    });
    Some(TEXTS.get(query.name())?.query.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pack_asks_what_is_read_and_nothing_else() {
        let pack: Value = serde_json::from_str(PACK).unwrap();
        assert_eq!(pack["platform"], WINDOWS);
        let queries = pack["queries"].as_object().unwrap();
        assert_eq!(queries.len(), Query::ALL.len());
        for query in Query::ALL {
            let scheduled = &queries[query.name()];
            assert_eq!(scheduled["snapshot"], true, "{query:?}");
            // Whoever is asked less often than once a day looks silent.
            let interval = scheduled["interval"].as_u64().unwrap();
            assert!((600..=86_400).contains(&interval), "{query:?}");
            assert_eq!(Some(scheduled["query"].as_str().unwrap()), text(query));
        }
    }
}
