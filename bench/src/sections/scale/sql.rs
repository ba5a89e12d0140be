//! The same fleet in SQLite, as somebody would have it who knows SQL well: what each fix
//! needs in one table, made from the feed once; machines with an index for the question; and
//! what they installed in the order in which it is looked up.
//!
//! Its rule is simpler than ours, which favours SQL: an update is missing where the revision
//! is below the one that it brings, or what it depends on is so, and the machine does not
//! list it. Other updates, of servicing stacks for instance, are left out.

use std::collections::BTreeMap;
use std::path::Path;

use kbgap_catalog::{Catalog, Condition, Family, Release};
use kbgap_inventory::Machine;
use rusqlite::{Connection, params};

const SCHEMA: &str = "
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4000000;
PRAGMA temp_store = MEMORY;
CREATE TABLE machine (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL, device_group INTEGER NOT NULL,
  platform INTEGER NOT NULL, revision INTEGER, secure_boot INTEGER NOT NULL, win_re INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
);
CREATE TABLE software (
  machine INTEGER NOT NULL, software TEXT NOT NULL, version TEXT NOT NULL,
  PRIMARY KEY (software, machine, version)
) WITHOUT ROWID;
CREATE TABLE machine_kb (machine INTEGER NOT NULL, kb INTEGER NOT NULL, PRIMARY KEY (machine, kb)) WITHOUT ROWID;
CREATE TABLE fix (
  software TEXT NOT NULL, platform INTEGER NOT NULL, kb INTEGER NOT NULL, revision INTEGER NOT NULL,
  condition INTEGER NOT NULL,
  PRIMARY KEY (software, platform, kb)
) WITHOUT ROWID;
";

/// Made when all machines are in, which is faster and gives better trees.
const INDEX: &str = "
CREATE INDEX machine_of_group ON machine (device_group, platform, seen_at, revision, secure_boot, win_re);
CREATE INDEX machine_of_platform ON machine (platform, seen_at, revision, secure_boot, win_re);
ANALYZE;
";

const MISSING: &str = "
SELECT fix.kb, count(*) FROM machine
JOIN fix ON fix.software = ?1 AND fix.platform = machine.platform
WHERE machine.seen_at > ?2 AND machine.device_group = ?3
  AND CASE fix.condition
    WHEN 0 THEN machine.revision IS NULL OR machine.revision < fix.revision
    WHEN 1 THEN machine.secure_boot
    ELSE machine.win_re
  END
  AND NOT EXISTS (SELECT 1 FROM machine_kb WHERE machine_kb.machine = machine.id AND machine_kb.kb = fix.kb)
GROUP BY fix.kb ORDER BY count(*) DESC, fix.kb DESC
";

/// A fleet in SQLite.
pub(super) struct Database(Connection);

impl Database {
    pub(super) fn new(file: &Path, catalog: &Catalog) -> anyhow::Result<Self> {
        let database = Connection::open(file)?;
        database.execute_batch(SCHEMA)?;
        database.execute_batch("BEGIN")?;
        let mut insert = database.prepare("INSERT INTO fix VALUES (?, ?, ?, ?, ?)")?;
        for ((software, platform, kb), needs) in fixes(catalog) {
            insert.execute(params![
                software,
                platform,
                kb,
                needs.revision,
                needs.condition
            ])?;
        }
        drop(insert);
        Ok(Self(database))
    }

    /// Adds a machine with its number and the number of its group.
    pub(super) fn add(
        &self,
        number: u64,
        group: i32,
        machine: &Machine,
        seen_at: i64,
    ) -> anyhow::Result<()> {
        let number = i64::try_from(number)?;
        let platform = platform_of(machine).unwrap_or(-1);
        self.0
            .prepare_cached("INSERT INTO machine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?
            .execute(params![
                number,
                machine.id.as_str(),
                machine.computer_dns_name,
                group,
                platform,
                machine.os.revision,
                machine.secure_boot == Some(true),
                machine.win_re == Some(true),
                seen_at
            ])?;
        let mut insert = self
            .0
            .prepare_cached("INSERT INTO machine_kb VALUES (?, ?)")?;
        for kb in &machine.installed_kbs {
            insert.execute(params![number, kb.id.number()])?;
        }
        // Only what is mapped: the question is about nothing else.
        let mut insert = self
            .0
            .prepare_cached("INSERT OR IGNORE INTO software VALUES (?, ?, ?)")?;
        for software in machine.software.iter() {
            let (vendor, name, version) = (&software.vendor, &software.name, &software.version);
            if let Some((id, _)) = kbgap_catalog::map_installed(vendor, name, version) {
                insert.execute(params![number, id.as_str(), version])?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(&self) -> anyhow::Result<()> {
        self.0.execute_batch("COMMIT")?;
        self.0.execute_batch(INDEX)?;
        Ok(())
    }

    /// The KBs of a software that machines of a group miss, or all where none is named,
    /// and how many miss each.
    pub(super) fn missing(
        &self,
        software: &str,
        group: Option<i32>,
        since: i64,
    ) -> anyhow::Result<Vec<(u32, u64)>> {
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
        let rows: Result<_, _> = match group {
            Some(group) => {
                let mut statement = self.0.prepare_cached(MISSING)?;
                statement
                    .query_map(params![software, since, group], read)?
                    .collect()
            }
            None => {
                let all = MISSING.replace("AND machine.device_group = ?3", "");
                let mut statement = self.0.prepare_cached(&all)?;
                statement
                    .query_map(params![software, since], read)?
                    .collect()
            }
        };
        Ok(rows?)
    }

    /// Whether it can tell who misses a KB.
    pub(super) fn knows(&self, kb: u32) -> anyhow::Result<bool> {
        let mut statement = self.0.prepare_cached("SELECT 1 FROM fix WHERE kb = ?")?;
        Ok(statement.exists([kb])?)
    }
}

/// What decides whether a machine misses an update.
struct Needs {
    /// What it brings at most.
    revision: u32,
    /// 0: the revision; 1: Secure Boot; 2: a recovery environment.
    condition: u8,
}

/// For each software, platform and KB.
type Fixes<'a> = BTreeMap<(&'a str, i64, u32), Needs>;

fn fixes(catalog: &Catalog) -> Fixes<'_> {
    let mut fixes = Fixes::new();
    for product in catalog.products() {
        let part = product.component().is_some_and(|c| c.is_part_of_windows());
        let (Some(platform), Some(software), true) = (product.platform(), product.software(), part)
        else {
            continue;
        };
        let number = platform_number(
            platform.release,
            platform.architecture as u8,
            platform.server_core,
        );
        for fix in product.fixes() {
            let Some(kb) = fix.kb() else { continue };
            // Before 2022 the feed names none, but our tables do.
            let known = kb.id().zip(Family::of_platform(&platform));
            let known = known.and_then(|(kb, family)| catalog.revision_of(kb, family));
            let condition = match kb.condition() {
                None => 0,
                Some(Condition::SecureBoot) => 1,
                Some(Condition::WinRe) => 2,
            };
            let revision = fix.revision().max(known);
            if revision.is_none() && condition == 0 {
                continue;
            }
            let revision = revision.unwrap_or_default();
            let key = (catalog.software_id(software), number, kb.number());
            let needs = fixes.entry(key).or_insert(Needs {
                revision,
                condition,
            });
            needs.revision = needs.revision.max(revision);
        }
    }
    fixes
}

fn platform_of(machine: &Machine) -> Option<i64> {
    let kind = machine.os.installation_type?;
    let release = Release::of_build(machine.os.build, kind.is_server())?;
    let core = kind == kbgap_catalog::InstallationType::ServerCore;
    Some(platform_number(
        release,
        machine.os.architecture? as u8,
        core,
    ))
}

fn platform_number(release: &Release, architecture: u8, core: bool) -> i64 {
    i64::from(release.number()) * 8 + i64::from(architecture) * 2 + i64::from(core)
}
