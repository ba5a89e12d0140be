//! What machines miss, computed from the store: machine by machine with the rules, no
//! index, no bitmaps, nothing shared.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kbgap_assess::{Assessed, Assessment, Projection, assess};
use kbgap_catalog::{Catalog, KbId, SoftwareIx};
use kbgap_server::{decode_machine, feed};
use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{MachineChange, MachineRow, Store};
use serde_json::{Value, json};

use super::world::World;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A machine as it is stored, with its tags, what it misses, and whether it counts.
struct Plain {
    row: MachineRow,
    group: Option<String>,
    tags: Vec<String>,
    build: u32,
    found: Option<Assessed>,
    is_active: bool,
}

/// Compares the API with the store.
pub fn check(world: &World, at: &str) {
    let folder = world.server.data_dir().to_owned();
    let now = world.now();
    let (sender, receiver) = std::sync::mpsc::channel();
    world
        .server
        .run(async move { sender.send(read(&folder, now).await).unwrap() });
    let (catalog, mut stored) = receiver.recv().unwrap();
    for tenant in world.tenants() {
        let machines = stored.remove(&tenant).unwrap_or_default();
        let token = world.server.token_of(&tenant, &kbgap_auth::ROLES, &[]);
        let ask = |path: &str| world.server.get_as(path, &token);
        let list = ask("/api/machines");
        let told: Vec<Value> = match list.status {
            404 => Vec::new(),
            _ => list.rows().iter().map(shown).collect(),
        };
        let plain: Vec<Value> = machines.iter().map(shown_plain).collect();
        assert_eq!(told, plain, "{at}");
        let groups: BTreeMap<i32, &str> = machines
            .iter()
            .filter_map(|m| Some((m.row.meta.group_id, m.group.as_deref()?)))
            .collect();
        let choices = std::iter::once(None).chain(groups.keys().copied().map(Some));
        let active: Vec<&Plain> = machines.iter().filter(|m| m.is_active).collect();
        for group in choices {
            let of_group: Vec<&Plain> = active
                .iter()
                .copied()
                .filter(|m| group.is_none_or(|id| m.row.meta.group_id == id))
                .collect();
            for (ix, software) in catalog.software() {
                for view in ["all", "effective"] {
                    let mut path = format!("/api/Software/{software}/getmissingkbs?view={view}");
                    if let Some(id) = group {
                        path += &format!("&rbacGroupId={id}");
                    }
                    let answer = ask(&path);
                    assert_eq!(answer.status, 200, "{at}: {path}: {}", answer.body);
                    let plain = rows(&catalog, &of_group, ix, view == "effective");
                    assert_eq!(answer.rows(), plain, "{at}: {path}");
                }
            }
        }
    }
}

async fn read(folder: &Path, now: i64) -> (Catalog, BTreeMap<String, Vec<Plain>>) {
    let store = SqliteStore::open(&folder.join("kbgap.db")).unwrap();
    let catalog = feed::catalog(&store, folder).await.unwrap();
    let mut by_tenant: BTreeMap<String, Vec<Plain>> = BTreeMap::new();
    for change in store.changes_after(0, 1_000).await.unwrap() {
        if let MachineChange::Put { tenant, machine } = change {
            let plain = plain(&catalog, *machine, now);
            by_tenant.entry(tenant).or_default().push(plain);
        }
    }
    for machines in by_tenant.values_mut() {
        machines.sort_by(|a, b| a.row.report.id.cmp(&b.row.report.id));
    }
    (catalog, by_tenant)
}

fn plain(catalog: &Catalog, row: MachineRow, now: i64) -> Plain {
    let machine = decode_machine(&row.report.body).unwrap();
    let projection = Projection::of(&machine, catalog);
    Plain {
        tags: row.meta.tags.apply(&machine.tags),
        build: projection.build,
        found: match assess(catalog, &projection) {
            Assessment::Assessed(found) => Some(found),
            Assessment::NotAssessed(_) => None,
        },
        is_active: row.report.seen_at_ms >= now - 30 * DAY_MS,
        group: machine.group,
        row,
    }
}

fn shown(machine: &Value) -> Value {
    json!([
        machine["id"],
        machine["lastSeen"],
        machine["firstSeen"],
        machine["rbacGroupId"],
        machine["rbacGroupName"],
        machine["deviceValue"],
        machine["machineTags"],
        machine["osBuild"],
    ])
}

fn shown_plain(plain: &Plain) -> Value {
    let row = &plain.row;
    let value = match row.meta.device_value.as_str() {
        "" => "Normal",
        value => value,
    };
    json!([
        row.report.id,
        text(row.report.seen_at_ms),
        text(row.meta.first_seen_ms),
        row.meta.group_id,
        plain.group,
        value,
        plain.tags,
        plain.build,
    ])
}

/// A time as the API writes it, of the days that there are.
fn text(ms: i64) -> String {
    const DAYS: [(i64, &str); 3] = [
        (1_578_614_400_000, "2020-01-10"),
        (1_585_008_000_000, "2020-03-24"),
        (1_585_094_400_000, "2020-03-25"),
    ];
    let day = DAYS.iter().rev().find(|(start, _)| ms >= *start).unwrap();
    let minutes = (ms - day.0) / 60_000;
    format!("{}T{:02}:{:02}:00Z", day.1, minutes / 60, minutes % 60)
}

/// The rows of getmissingkbs (section 6 of the rules).
fn rows(catalog: &Catalog, machines: &[&Plain], ix: SoftwareIx, effective: bool) -> Vec<Value> {
    // Of each KB the builds of the machines that miss it, and the KBs that it stands for.
    let mut missed: BTreeMap<KbId, (Vec<u32>, BTreeSet<KbId>)> = BTreeMap::new();
    for machine in machines {
        let Some(found) = &machine.found else {
            continue;
        };
        let all: BTreeSet<KbId> = found.missing.iter().map(|kb| kb.id).collect();
        let own = found.missing.iter();
        let own = own.filter(|kb| kb.vulnerable_software.contains(&ix));
        let own: BTreeSet<KbId> = own.map(|kb| kb.id).collect();
        for kb in &found.missing {
            let stands_for: BTreeSet<KbId> = match effective {
                false => own.iter().copied().filter(|&id| id == kb.id).collect(),
                true if kb.superseded => BTreeSet::new(),
                true => {
                    let mut cured = superseded_by(catalog, kb.id);
                    cured.retain(|id| all.contains(id));
                    cured.insert(kb.id);
                    cured.intersection(&own).copied().collect()
                }
            };
            if !stands_for.is_empty() {
                let entry = missed.entry(kb.id).or_default();
                entry.0.push(machine.build);
                entry.1.extend(stands_for);
                entry.1.insert(kb.id);
            }
        }
    }
    let mut missed: Vec<_> = missed.into_iter().collect();
    missed.sort_by_key(|(id, (builds, _))| (Reverse(builds.len()), Reverse(*id)));
    let software = catalog.software_id(ix);
    let name = software.split_once("-_-").unwrap().1;
    let rows = missed.into_iter().map(|(id, (builds, stands_for))| {
        let mut row = json!({
            "id": id.to_string(),
            "name": catalog.kb(id).unwrap().title(),
            "productsNames": [name],
            "url": format!("https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB{id}"),
            "machineMissedOn": builds.len(),
            "cveAddressed": cves(catalog, &stands_for, ix),
        });
        if builds.iter().all(|build| *build == builds[0]) {
            row["osBuild"] = builds[0].into();
        }
        row
    });
    rows.collect()
}

/// All that a KB supersedes, in any number of steps.
fn superseded_by(catalog: &Catalog, kb: KbId) -> BTreeSet<KbId> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![kb]);
    while let Some(kb) = next.pop() {
        for older in catalog.kb(kb).into_iter().flat_map(|kb| kb.supersedes()) {
            let older = KbId::new(older).unwrap();
            if catalog.kb(older).is_some() && reached.insert(older) {
                next.push(older);
            }
        }
    }
    reached
}

/// The distinct CVEs that KBs fix in a software.
fn cves(catalog: &Catalog, kbs: &BTreeSet<KbId>, ix: SoftwareIx) -> usize {
    let fixes = kbs
        .iter()
        .filter_map(|&kb| catalog.kb(kb))
        .flat_map(|kb| kb.fixes());
    let own = fixes.filter(|fix| fix.product().software() == Some(ix));
    let cves: BTreeSet<&str> = own
        .map(|fix| fix.vulnerability())
        .filter(|cve| !cve.is_advisory())
        .map(|cve| cve.id())
        .collect();
    cves.len()
}
