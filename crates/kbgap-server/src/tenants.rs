//! The fleets of all tenants, kept in step with the store.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use kbgap_catalog::Catalog;
use kbgap_fleet::{CheckIn, Fleet};
use kbgap_inventory::{DeviceValue, Machine};
use kbgap_store::{MachineChange, MachineRow, Store, StoreError};
use tokio::sync::Mutex;

const PAGE: usize = 2_000;

/// The fleets of all tenants.
///
/// Writers come one at a time: they read the store's change feed from where the
/// last one stopped, so that changes of this process and of others arrive by the
/// same way and in the same order.
pub struct Tenants {
    store: Arc<dyn Store>,
    fleets: RwLock<Fleets>,
    followed: Mutex<u64>,
}

struct Fleets {
    catalog: Catalog,
    by_tenant: HashMap<String, Arc<RwLock<Fleet>>>,
}

impl Tenants {
    /// No fleets yet; [`Tenants::follow`] brings them.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, catalog: Catalog) -> Self {
        let fleets = Fleets {
            catalog,
            by_tenant: HashMap::new(),
        };
        Self {
            store,
            fleets: RwLock::new(fleets),
            followed: Mutex::new(0),
        }
    }

    /// Applies all changes that the store has since the last call.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let mut followed = self.followed.lock().await;
        loop {
            let changes = self.store.changes_after(*followed, PAGE).await?;
            let Some(last) = changes.last().map(MachineChange::sequence) else {
                return Ok(());
            };
            // Assessing a new state takes a millisecond or so: not on the runtime's threads.
            tokio::task::block_in_place(|| {
                for change in changes {
                    self.apply(change);
                }
            });
            *followed = last;
        }
    }

    /// Puts all fleets under another catalogue. Readers go on with the old one
    /// until each new index is complete.
    pub async fn set_catalog(&self, catalog: Catalog) {
        // No machine may come in between the old index and the new.
        let _writer = self.followed.lock().await;
        tokio::task::block_in_place(|| {
            let old: Vec<_> = {
                let fleets = self.fleets.read().unwrap_or_else(PoisonError::into_inner);
                fleets
                    .by_tenant
                    .iter()
                    .map(|(tenant, fleet)| (tenant.clone(), Arc::clone(fleet)))
                    .collect()
            };
            let by_tenant = old
                .into_iter()
                .map(|(tenant, fleet)| {
                    let fleet = fleet
                        .read()
                        .unwrap_or_else(PoisonError::into_inner)
                        .under(catalog.clone());
                    (tenant, Arc::new(RwLock::new(fleet)))
                })
                .collect();
            let mut fleets = self.fleets.write().unwrap_or_else(PoisonError::into_inner);
            *fleets = Fleets { catalog, by_tenant };
        });
    }

    /// Reads the fleet of a tenant; an empty one where it has no machine.
    pub fn read<T>(&self, tenant: &str, read: impl FnOnce(&Fleet) -> T) -> T {
        let (fleet, catalog) = {
            let fleets = self.fleets.read().unwrap_or_else(PoisonError::into_inner);
            (
                fleets.by_tenant.get(tenant).cloned(),
                fleets.catalog.clone(),
            )
        };
        match fleet {
            Some(fleet) => read(&fleet.read().unwrap_or_else(PoisonError::into_inner)),
            None => read(&Fleet::new(catalog)),
        }
    }

    fn apply(&self, change: MachineChange) {
        match change {
            MachineChange::Put { tenant, machine } => {
                let fleet = self.fleet(&tenant);
                let mut fleet = fleet.write().unwrap_or_else(PoisonError::into_inner);
                match decode_machine(&machine.report.body) {
                    Ok(facts) => fleet.upsert(check_in(facts, &machine)),
                    Err(error) => {
                        tracing::error!(machine = machine.report.id, %error, "a stored machine cannot be read")
                    }
                }
            }
            MachineChange::Removed { tenant, id, .. } => {
                if let Ok(id) = id.parse() {
                    let fleet = self.fleet(&tenant);
                    fleet
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .remove(&id);
                }
            }
        }
    }

    fn fleet(&self, tenant: &str) -> Arc<RwLock<Fleet>> {
        let mut fleets = self.fleets.write().unwrap_or_else(PoisonError::into_inner);
        let catalog = fleets.catalog.clone();
        let fleet = fleets.by_tenant.entry(tenant.to_owned());
        Arc::clone(fleet.or_insert_with(|| Arc::new(RwLock::new(Fleet::new(catalog)))))
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
    }
}

/// Reads a machine as the store keeps it.
///
/// # Errors
/// When the body is not what [`crate::encode_machine`] wrote.
pub fn decode_machine(body: &[u8]) -> Result<Machine, serde_json::Error> {
    serde_json::from_slice(body)
}
