//! The one who writes the indexes of all tenants.

use std::collections::HashMap;
use std::sync::Arc;

use kbgap_fleet::{CheckIn, Fleet, FleetIndex, JudgedMachine, Reassessed};
use kbgap_inventory::{DeviceValue, Machine, MachineId};
use kbgap_store::{MachineChange, MachineMeta, PutOutcome};

use super::decode_machine;
use crate::history::mark::NO_ROW;
use crate::history::{Feed, History, News};

pub(super) struct Writer {
    pub(super) feed: Arc<Feed>,
    /// Where it is known when CVEs were first seen.
    history: Option<Arc<History>>,
    indexes: HashMap<String, FleetIndex>,
    /// The last change of the store that was applied.
    pub(super) followed: u64,
    /// Whether that may be in the middle of a commit: nothing is published then.
    pub(super) is_between: bool,
}

/// What decides about the history of a machine that has changed. It is looked at when it
/// changes, under the feed of that time: that may be another one when it is queued.
pub(super) struct Changed {
    pub(super) tenant: Arc<str>,
    pub(super) machine: Arc<JudgedMachine>,
    pub(super) feed: Arc<Feed>,
}

impl Writer {
    pub(super) fn new(feed: Feed, history: Option<Arc<History>>) -> Self {
        Self {
            feed: Arc::new(feed),
            history,
            indexes: HashMap::new(),
            followed: 0,
            is_between: false,
        }
    }

    /// Goes on with fleets that have all changes until one.
    pub(super) fn restore(&mut self, indexes: HashMap<String, FleetIndex>, followed: u64) {
        self.indexes = indexes;
        self.followed = followed;
        if let Some(history) = &self.history {
            for (tenant, index) in &mut self.indexes {
                index.set_detections(history.detections(tenant));
            }
        }
    }

    /// Applies changes as the store tells them. Those that were applied before are left out:
    /// what this process stores comes by a shorter way.
    pub(super) fn follow(&mut self, changes: Vec<MachineChange>) -> Vec<Changed> {
        let mut changed = Vec::new();
        for change in changes {
            let sequence = change.sequence();
            if sequence <= self.followed {
                continue;
            }
            self.followed = sequence;
            match change {
                MachineChange::Put { tenant, machine } => {
                    match decode_machine(&machine.report.body) {
                        Ok(facts) => {
                            let said = Said {
                                machine: facts,
                                content_hash: machine.report.content_hash,
                                seen_at: machine.report.seen_at_ms,
                            };
                            let check_in = said.with(&machine.meta, 0);
                            // It may have changed and changed back since the index has
                            // seen it.
                            self.index(&tenant).upsert(&check_in);
                            changed.extend(self.changed(&tenant.into(), &check_in.machine.id));
                        }
                        Err(error) => {
                            let id = machine.report.id;
                            tracing::error!(machine = id, %error, "a stored machine cannot be read");
                        }
                    }
                }
                MachineChange::Removed { tenant, id, .. } => {
                    if let Ok(id) = id.parse::<MachineId>() {
                        self.index(&tenant).remove(&id);
                    }
                }
            }
        }
        changed
    }

    /// What decides about the history of a machine, as it is now.
    pub(super) fn changed(&self, tenant: &Arc<str>, id: &MachineId) -> Option<Changed> {
        Some(Changed {
            machine: self.indexes.get(&**tenant)?.fleet().judged(id)?,
            tenant: Arc::clone(tenant),
            feed: Arc::clone(&self.feed),
        })
    }

    /// The marks of machines; 0 where there is none.
    pub(super) fn marks(&self, tenant: &str, machines: &[Arc<JudgedMachine>]) -> Vec<u64> {
        let index = self.indexes.get(tenant);
        let mark = |id: &MachineId| index.map_or(0, |index| index.fleet().mark_of(id));
        machines.iter().map(|machine| mark(machine.id())).collect()
    }

    /// Takes in what was recorded of machines.
    pub(super) fn recorded(&mut self, tenant: &str, news: News) {
        for of_tenant in news.marks.chunk_by(|(a, ..), (b, ..)| a == b) {
            let index = self.index(&of_tenant[0].0);
            for (_, id, mark) in of_tenant {
                index.mark(id, *mark);
            }
        }
        if let Some(detections) = news.detections {
            self.index(tenant).set_detections(detections);
        }
    }

    /// Puts all fleets under another catalogue. One that came meanwhile is new, and small.
    pub(super) fn set_feed(&mut self, feed: Feed, mut assessed: HashMap<String, Reassessed>) {
        for (tenant, index) in &mut self.indexes {
            let assessed = assessed.remove(tenant);
            index.adopt(assessed.unwrap_or_else(|| Reassessed::none(feed.rules.clone())));
        }
        self.feed = Arc::new(feed);
    }

    /// The fleets that readers at `now` have to get anew.
    pub(super) fn publish(&mut self, now: i64) -> Vec<(String, Arc<Fleet>)> {
        let changed = self.indexes.iter_mut();
        let changed = changed.filter(|(_, index)| !index.is_published(now));
        changed
            .map(|(tenant, index)| (tenant.clone(), index.publish(now)))
            .collect()
    }

    /// The fleet of a tenant; a new one where it has none yet.
    pub(super) fn index(&mut self, tenant: &str) -> &mut FleetIndex {
        let index = self.indexes.entry(tenant.to_owned());
        index.or_insert_with(|| {
            let mut index = FleetIndex::new(self.feed.rules.clone());
            if let Some(history) = &self.history {
                index.set_detections(history.detections(tenant));
            }
            index
        })
    }
}

/// The mark of a machine that this was stored as, where it is new.
pub(super) fn first_mark(outcome: PutOutcome) -> u64 {
    match outcome {
        PutOutcome::Created => NO_ROW,
        PutOutcome::Changed | PutOutcome::Unchanged | PutOutcome::Stale => 0,
    }
}

/// What a machine has said.
pub(super) struct Said {
    pub(super) machine: Machine,
    pub(super) content_hash: [u8; 32],
    pub(super) seen_at: i64,
}

impl Said {
    /// The report as the index takes it, with what the store keeps beside it, and the mark
    /// of a machine that is new.
    pub(super) fn with(self, meta: &MachineMeta, mark: u64) -> CheckIn {
        let Self {
            machine,
            content_hash,
            seen_at,
        } = self;
        CheckIn {
            tags: meta.tags.apply(&machine.tags),
            machine,
            content_hash,
            seen_at,
            first_seen: meta.first_seen_ms,
            group_id: meta.group_id,
            value: DeviceValue::parse(&meta.device_value).unwrap_or_default(),
            sequence: meta.sequence,
            mark,
        }
    }
}
