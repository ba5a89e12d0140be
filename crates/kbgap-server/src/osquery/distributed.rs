//! Distributed queries: what is not known of a host is asked at once, rather than when
//! its schedule comes to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kbgap_inventory::osquery::{BodyError, Change, Entry, Query, Run};
use kbgap_store::Node;
use serde::Serialize;

use super::log::Results;
use super::{Answered, pack};
use crate::oauth::plain_json;
use crate::state::Shared;

/// The query by which a host tells its time: rows are ordered by the host's clock.
const TIME: (&str, &str) = ("kbgap_time", "SELECT unix_time FROM time;");

/// How long a host is not asked the same again. A query may fail on it for ever.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// When hosts were asked last, by the numbers of their nodes.
#[derive(Default)]
pub(crate) struct Asked(Mutex<HashMap<i64, (Instant, i64)>>);

impl Asked {
    /// Whether a node may be asked now, and notes that it is. Who enrolls anew has
    /// forgotten what it was asked.
    fn may_ask(&self, node: &Node, now: Instant) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let enrolled = node.enrollment.at_ms;
        let is_recent = |at: Instant| now.duration_since(at) < PATIENCE;
        if let Some((at, of)) = asked.get(&node.number)
            && is_recent(*at)
            && *of == enrolled
        {
            return false;
        }
        // Those who were asked long ago are forgotten when the room would have to grow.
        if asked.len() == asked.capacity() {
            asked.retain(|_, (at, _)| is_recent(*at));
        }
        asked.insert(node.number, (now, enrolled));
        true
    }
}

#[derive(Serialize)]
struct Queries {
    queries: BTreeMap<&'static str, &'static str>,
}

/// What a host is to ask at once.
pub(super) async fn read(state: &Shared, node: &Node) -> Answered {
    let mut queries = BTreeMap::new();
    if pack::is_windows(node) {
        let known = state.store.node_queries(node.number).await?;
        let is_known = |query: Query| {
            let mut known = known.iter();
            known.any(|(name, is_lacking)| name == query.name() && !is_lacking)
        };
        let lacking = Query::ALL.into_iter().filter(|query| !is_known(*query));
        queries = lacking
            .filter_map(|query| Some((query.name(), pack::text(query)?)))
            .collect();
        if !queries.is_empty() {
            if state.asked.may_ask(node, Instant::now()) {
                queries.insert(TIME.0, TIME.1);
            } else {
                queries.clear();
            }
        }
    }
    Ok(plain_json(200, &Queries { queries }))
}

/// Reads answers, each of which tells all rows of its query.
pub(super) fn read_answers(text: &str, now: i64) -> Result<Results, BodyError> {
    let answers = kbgap_inventory::osquery::read_answers(text)?;
    for (query, message) in &answers.failed {
        tracing::info!(?query, ?message, "a host could not answer");
    }
    let run = Run {
        at: answers.at.unwrap_or(now),
        counter: 0,
        epoch: 0,
    };
    let entries = answers.rows.into_iter().map(|(query, rows)| Entry {
        query,
        run,
        change: Change::All(rows),
    });
    Ok(Results {
        entries: entries.collect(),
        refused: 0,
    })
}

#[cfg(test)]
mod tests {
    use kbgap_store::Enrollment;

    use super::*;

    fn node(number: i64, enrolled: i64) -> Node {
        Node {
            number,
            enrollment: Enrollment {
                tenant: "t".to_owned(),
                host_identifier: "h".to_owned(),
                key_sha256: [0; 32],
                platform: "windows".to_owned(),
                name: String::new(),
                agent_version: String::new(),
                at_ms: enrolled,
            },
            machine_id: None,
            seen_at_ms: 0,
            version: 0,
        }
    }

    #[test]
    fn a_host_is_asked_now_and_then() {
        let (asked, now) = (Asked::default(), Instant::now());
        assert!(asked.may_ask(&node(1, 5), now));
        assert!(!asked.may_ask(&node(1, 5), now + PATIENCE / 2));
        assert!(asked.may_ask(&node(1, 6), now + PATIENCE / 2));
        assert!(asked.may_ask(&node(2, 5), now + PATIENCE / 2));
        assert!(asked.may_ask(&node(1, 6), now + PATIENCE * 2));
    }

    #[test]
    fn those_who_were_asked_long_ago_are_forgotten() {
        let (asked, now) = (Asked::default(), Instant::now());
        for number in 0..10_000 {
            asked.may_ask(&node(number, 0), now);
        }
        for number in 10_000..40_000 {
            asked.may_ask(&node(number, 0), now + PATIENCE * 2);
        }
        assert!(asked.0.lock().unwrap().len() <= 30_001);
    }
}
