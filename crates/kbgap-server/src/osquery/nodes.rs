//! From rows of a node to its machine.
//!
//! The rows are stored first, then the machine that all rows of the node make goes the way
//! of every report. Who is told that rows were taken finds them in the store and in the
//! answers of the API; who is told otherwise sends them again, which changes nothing more.

use std::collections::BTreeMap;
use std::sync::Arc;

use kbgap_auth::{secret_matches, secret_sha256};
use kbgap_inventory::osquery::{BodyError, Entry, Host, Query, Table, machine};
use kbgap_inventory::{Machine, MachineId};
use kbgap_store::{Node, NodeTable, NodeUpdate, PackedBody, StoreError};

use super::log::Results;
use super::{Answered, Refused, Taken, pack, read};
use crate::http::{Class, Failure, off_the_runtime};
use crate::ingest::{Packing, became, outcome_name, report};
use crate::oauth::plain_json;
use crate::state::Shared;
use crate::tenants::Report;

/// How often rows are entered anew where another request of the same node was faster.
const ATTEMPTS: usize = 8;

/// How long a machine waits for the registry to tell its name, in milliseconds: the id of a
/// machine follows from its first name, and other tables know it without its domain.
const WAIT_FOR_NAME: i64 = 60 * 60 * 1_000;

/// The node whose key this is; every call counts for its node.
pub(super) async fn find(state: &Shared, key: &str) -> Result<Node, Refused> {
    let node = by_key(state, key).await?;
    let caller = format!("osquery node {}", node.number);
    state
        .limits
        .check_caller(&node.enrollment.tenant, &caller, Class::Osquery)?;
    Ok(node)
}

async fn by_key(state: &Shared, key: &str) -> Result<Node, Refused> {
    let node = state.store.node(secret_sha256(key)).await?;
    let stored = node.as_ref().map(|node| &node.enrollment.key_sha256);
    match (secret_matches(key, stored), node) {
        (true, Some(node)) => Ok(node),
        _ => Err(Refused::Invalid(
            "the node key is none of this server; enroll again",
        )),
    }
}

/// Takes the body of a request with rows.
pub(super) async fn take(
    state: &Shared,
    key: &str,
    node: Node,
    text: String,
    read_rows: fn(&str, i64) -> Result<Results, BodyError>,
) -> Answered {
    if pack::is_windows(&node) {
        let now = state.clock.now_ms() / 1_000;
        let read_rows = move || read(&text, |text| read_rows(text, now));
        let results = off_the_runtime(state, read_rows).await?;
        for _ in 0..results.refused {
            state.metrics.ingest.record("refused");
        }
        if !results.entries.is_empty() {
            store(state, key, node, results.entries.into()).await?;
        }
    }
    Ok(plain_json(200, &Taken {}))
}

/// Stores what a node tells, and its machine.
async fn store(
    state: &Shared,
    key: &str,
    mut node: Node,
    entries: Arc<[Entry]>,
) -> Result<(), Refused> {
    for _ in 0..ATTEMPTS {
        let tenant = node.enrollment.tenant.clone();
        let stored = state.store.node_tables(node.number).await?;
        let (now_ms, entries) = (state.clock.now_ms(), Arc::clone(&entries));
        let entered =
            off_the_runtime(state, move || enter(&node, stored, &entries, now_ms)).await?;
        if state.store.update_node(entered.update).await? {
            if let Some(report) = entered.report {
                let outcomes = state.intake.hand_in(&tenant, vec![report])?;
                for outcome in became(outcomes.await)? {
                    state.metrics.ingest.record(outcome_name(outcome));
                }
            }
            return Ok(());
        }
        // Its key may have changed meanwhile.
        node = by_key(state, key).await?;
    }
    Err(StoreError::Busy.into())
}

/// What rows change, and the machine that comes of it.
struct Entered {
    update: NodeUpdate,
    report: Option<Report>,
}

fn enter(
    node: &Node,
    stored: Vec<NodeTable>,
    entries: &[Entry],
    now_ms: i64,
) -> Result<Entered, Failure> {
    let mut tables: BTreeMap<Query, Table> = stored
        .into_iter()
        .filter_map(|stored| Some((Query::named(&stored.query)?, decoded(node, &stored)?)))
        .collect();
    let mut told: BTreeMap<Query, Vec<_>> = BTreeMap::new();
    for entry in entries {
        let runs = told.entry(entry.query).or_default();
        runs.push((entry.run, entry.change.clone()));
    }
    let mut changed = Vec::new();
    for (query, runs) in told {
        let table = tables.entry(query).or_default();
        table.apply(runs, now_ms / 1_000);
        let body = serde_json::to_vec(table).map_err(Failure::internal)?;
        changed.push(NodeTable {
            query: query.name().to_owned(),
            is_lacking: table.is_lacking(),
            body: PackedBody::pack(&body)?,
        });
    }
    let machine = machine_of(node, &tables, now_ms);
    let machine_id = machine.as_ref().map(|machine| machine.id.to_string());
    let report = machine.map(|machine| {
        let stored = report(&machine, now_ms, Packing::Later).map_err(Failure::internal)?;
        Ok::<_, Failure>(Report { machine, stored })
    });
    Ok(Entered {
        update: NodeUpdate {
            number: node.number,
            version: node.version,
            machine_id: machine_id.or_else(|| node.machine_id.clone()),
            seen_at_ms: now_ms,
            tables: changed,
        },
        report: report.transpose()?,
    })
}

/// A table that cannot be read is as if it was never told: it is asked for anew.
fn decoded(node: &Node, stored: &NodeTable) -> Option<Table> {
    let body = stored.body.unpack().map_err(|error| error.to_string());
    let table = body.and_then(|body| serde_json::from_slice(&body).map_err(|e| e.to_string()));
    table
        .inspect_err(|error| {
            tracing::error!(
                node = node.number,
                query = stored.query,
                error,
                "stored rows cannot be read"
            );
        })
        .ok()
}

fn machine_of(node: &Node, tables: &BTreeMap<Query, Table>, now_ms: i64) -> Option<Machine> {
    let enrollment = &node.enrollment;
    let is_named = tables
        .get(&Query::Registry)
        .is_some_and(|table| table.rows().is_some());
    let has_waited = now_ms.saturating_sub(enrollment.at_ms) >= WAIT_FOR_NAME;
    if node.machine_id.is_none() && !is_named && !has_waited {
        return None;
    }
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let host = Host {
        id: node
            .machine_id
            .as_deref()
            .and_then(|id| id.parse::<MachineId>().ok()),
        name: told(&enrollment.name),
        agent_version: told(&enrollment.agent_version),
    };
    let (machine, warnings) = machine(&host, tables)?;
    for warning in warnings {
        tracing::debug!(node = node.number, warning, "of a host's rows");
    }
    Some(machine)
}
