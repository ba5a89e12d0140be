//! The fleets of all tenants, kept in step with the store.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use kbgap_catalog::Catalog;
use kbgap_fleet::{CheckIn, Fleet, FleetMachine};
use kbgap_inventory::{DeviceValue, Machine, MachineId};
use kbgap_store::{MachineChange, MachineRow, PackedBody, Store, StoreError};
use tokio::sync::Mutex;

use crate::history::mark::Marks;
use crate::history::{Feed, Recorder};
use crate::ingest::EncodeError;

const PAGE: usize = 2_000;
/// Machines that are recorded at a time under a new catalogue; reports wait for no more.
const RECORDED: usize = 100;

/// The fleets of all tenants.
///
/// Writers come one at a time: they read the store's change feed from where the
/// last one stopped, so that changes of this process and of others arrive by the
/// same way and in the same order.
pub struct Tenants {
    store: Arc<dyn Store>,
    fleets: RwLock<Fleets>,
    writer: Mutex<Writer>,
}

struct Fleets {
    feed: Feed,
    by_tenant: HashMap<String, Arc<RwLock<Fleet>>>,
}

struct Writer {
    /// The last change that was followed.
    followed: u64,
    /// Who records history, where somebody does.
    recorder: Option<Recorder>,
    marks: Marks,
}

impl Tenants {
    /// No fleets yet; [`Tenants::follow`] brings them.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, catalog: Catalog) -> Self {
        Self::under(
            store,
            Feed {
                catalog,
                generation: 0,
            },
            None,
        )
    }

    /// The same, recording the history of exposure.
    pub(crate) fn recording(store: Arc<dyn Store>, feed: Feed, recorder: Recorder) -> Self {
        Self::under(store, feed, Some(recorder))
    }

    fn under(store: Arc<dyn Store>, feed: Feed, recorder: Option<Recorder>) -> Self {
        let fleets = Fleets {
            feed,
            by_tenant: HashMap::new(),
        };
        Self {
            store,
            fleets: RwLock::new(fleets),
            writer: Mutex::new(Writer {
                followed: 0,
                recorder,
                marks: Marks::default(),
            }),
        }
    }

    /// Applies all changes that the store has since the last call, and records what
    /// they change for each machine.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; the next call begins with the same changes.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        loop {
            let changes = self.store.changes_after(writer.followed, PAGE).await?;
            let Some(last) = changes.last().map(MachineChange::sequence) else {
                return Ok(());
            };
            // Assessing a new state takes a millisecond or so: not on the runtime's threads.
            let changed = tokio::task::block_in_place(|| {
                let mut changed = BTreeMap::new();
                for change in changes {
                    self.apply(change, &mut writer, &mut changed);
                }
                changed
            });
            for (tenant, machines) in changed {
                self.record(&mut writer, &tenant, machines).await?;
            }
            writer.followed = last;
        }
    }

    /// Puts all fleets under another catalogue. Readers go on with the old one
    /// until each new index is complete; [`Tenants::record_all`] then records what has
    /// changed by it.
    pub(crate) async fn set_feed(&self, feed: Feed) {
        // No machine may come in between the old index and the new.
        let _writer = self.writer.lock().await;
        tokio::task::block_in_place(|| {
            let by_tenant = self
                .all()
                .into_iter()
                .map(|(tenant, fleet)| {
                    let fleet = fleet
                        .read()
                        .unwrap_or_else(PoisonError::into_inner)
                        .under(feed.catalog.clone());
                    (tenant, Arc::new(RwLock::new(fleet)))
                })
                .collect();
            let mut fleets = self.fleets.write().unwrap_or_else(PoisonError::into_inner);
            *fleets = Fleets { feed, by_tenant };
        });
    }

    /// Records what has changed for any machine, a few machines at a time, so that
    /// reports that come meanwhile hardly wait.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub(crate) async fn record_all(&self) -> Result<(), StoreError> {
        let tenants: Vec<String> = self.all().into_iter().map(|(tenant, _)| tenant).collect();
        for tenant in tenants {
            let before = self.feed();
            let mut after: Option<String> = None;
            loop {
                let mut writer = self.writer.lock().await;
                let machines: Vec<Arc<FleetMachine>> = self.read(&tenant, |fleet| {
                    let rest = fleet.machines_from(after.as_deref());
                    rest.take(RECORDED).cloned().collect()
                });
                let Some(last) = machines.last() else {
                    let feed = self.feed();
                    // Some may have been recorded under the feed of before.
                    if let Some(recorder) = &writer.recorder
                        && feed.generation == before.generation
                    {
                        recorder.recorded_all(&tenant, &feed).await?;
                    }
                    break;
                };
                // The least text above the id.
                after = Some(format!("{}\0", last.id()));
                self.record(&mut writer, &tenant, machines).await?;
            }
        }
        Ok(())
    }

    async fn record(
        &self,
        writer: &mut Writer,
        tenant: &str,
        machines: Vec<Arc<FleetMachine>>,
    ) -> Result<(), StoreError> {
        let feed = self.feed();
        let Some(recorder) = &mut writer.recorder else {
            return Ok(());
        };
        let marked = writer.marks.of(tenant, machines);
        let news = recorder.record(tenant, marked, &feed).await?;
        for (tenant, id, mark) in &news.marks {
            writer.marks.set(tenant, id, *mark);
        }
        if let Some(detections) = news.detections {
            let fleet = self.fleet(tenant, writer);
            fleet
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .set_detections(detections);
        }
        Ok(())
    }

    fn feed(&self) -> Feed {
        let fleets = self.fleets.read().unwrap_or_else(PoisonError::into_inner);
        fleets.feed.clone()
    }

    fn all(&self) -> Vec<(String, Arc<RwLock<Fleet>>)> {
        let fleets = self.fleets.read().unwrap_or_else(PoisonError::into_inner);
        let all = fleets.by_tenant.iter();
        all.map(|(tenant, fleet)| (tenant.clone(), Arc::clone(fleet)))
            .collect()
    }

    /// Reads the fleet of a tenant; an empty one where it has no machine.
    pub fn read<T>(&self, tenant: &str, read: impl FnOnce(&Fleet) -> T) -> T {
        let (fleet, catalog) = {
            let fleets = self.fleets.read().unwrap_or_else(PoisonError::into_inner);
            (
                fleets.by_tenant.get(tenant).cloned(),
                fleets.feed.catalog.clone(),
            )
        };
        match fleet {
            Some(fleet) => read(&fleet.read().unwrap_or_else(PoisonError::into_inner)),
            None => read(&Fleet::new(catalog)),
        }
    }

    fn apply(
        &self,
        change: MachineChange,
        writer: &mut Writer,
        changed: &mut BTreeMap<String, Vec<Arc<FleetMachine>>>,
    ) {
        match change {
            MachineChange::Put { tenant, machine } => match decode_machine(&machine.report.body) {
                Ok(facts) => {
                    let id = facts.id.clone();
                    let fleet = self.fleet(&tenant, writer);
                    let mut fleet = fleet.write().unwrap_or_else(PoisonError::into_inner);
                    fleet.upsert(check_in(facts, &machine));
                    let machine = fleet.machine(&id).cloned();
                    changed.entry(tenant).or_default().extend(machine);
                }
                Err(error) => {
                    tracing::error!(machine = machine.report.id, %error, "a stored machine cannot be read");
                }
            },
            MachineChange::Removed { tenant, id, .. } => {
                if let Ok(id) = id.parse::<MachineId>() {
                    self.fleet(&tenant, writer)
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .remove(&id);
                    writer.marks.set(&tenant, &id, 0);
                }
            }
        }
    }

    fn fleet(&self, tenant: &str, writer: &Writer) -> Arc<RwLock<Fleet>> {
        let mut fleets = self.fleets.write().unwrap_or_else(PoisonError::into_inner);
        let catalog = fleets.feed.catalog.clone();
        let fleet = fleets.by_tenant.entry(tenant.to_owned());
        Arc::clone(fleet.or_insert_with(|| {
            let mut fleet = Fleet::new(catalog);
            if let Some(recorder) = &writer.recorder {
                fleet.set_detections(recorder.history().detections(tenant));
            }
            Arc::new(RwLock::new(fleet))
        }))
    }
}

fn check_in(machine: Machine, row: &MachineRow) -> CheckIn {
    CheckIn {
        tags: row.tags.apply(&machine.tags),
        machine,
        seen_at: row.report.seen_at_ms,
        first_seen: row.first_seen_ms,
        group_id: row.group_id,
        value: DeviceValue::parse(&row.device_value).unwrap_or_default(),
        sequence: row.sequence,
    }
}

/// Reads a machine as the store keeps it.
///
/// # Errors
/// When the body is not what [`crate::encode_machine`] wrote.
pub fn decode_machine(body: &PackedBody) -> Result<Machine, EncodeError> {
    Ok(serde_json::from_slice(&body.unpack()?)?)
}
