//! Recording exposures.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction, params};

use super::exposures::last;
use super::put::State;
use super::tenants::Tenant;
use crate::{ExposureBatch, Recorded, SetHash, StepOutcome};

pub(super) fn record(
    transaction: &Transaction<'_>,
    tenant: &str,
    batch: &ExposureBatch,
) -> rusqlite::Result<Recorded> {
    let tenant = Tenant::of(transaction, tenant)?;
    let before = last(transaction)?;
    let mut after = before;
    let mut put = transaction.prepare_cached(include_str!("../../queries/finding_set/put.sql"))?;
    for set in &batch.sets {
        put.execute(params![tenant.number, set.hash, set.body])?;
    }
    let mut sets = Sets::default();
    let mut outcomes = Vec::with_capacity(batch.steps.len());
    let mut state = State::statement(transaction)?;
    let mut append =
        transaction.prepare_cached(include_str!("../../queries/exposure/append.sql"))?;
    let mut expose =
        transaction.prepare_cached(include_str!("../../queries/machine/expose.sql"))?;
    for step in &batch.steps {
        let machine = State::read(&mut state, &tenant, &step.machine_id)?;
        let Some(machine) = machine.filter(|machine| machine.content_hash.is_some()) else {
            outcomes.push(StepOutcome::Gone);
            continue;
        };
        if machine.exposure.unwrap_or(0) != step.follows {
            outcomes.push(StepOutcome::Overtaken);
            continue;
        }
        let Some(set) = sets.number(transaction, &tenant, &step.set_hash)? else {
            outcomes.push(StepOutcome::Unlisted);
            continue;
        };
        after += 1;
        append.execute(params![
            after,
            tenant.number,
            machine.number,
            step.number,
            machine.exposure,
            batch.at_ms,
            step.seen_at_ms,
            set,
            step.group_id,
            step.judged.fingerprint,
            step.judged.feed,
            step.judged.sequence,
            step.first_seen
        ])?;
        expose.execute(params![machine.number, after])?;
        outcomes.push(StepOutcome::Taken);
    }
    sets.write(transaction)?;
    let mut detect = transaction.prepare_cached(include_str!("../../queries/detection/put.sql"))?;
    for (cve, at_ms) in &batch.detected {
        detect.execute(params![tenant.number, cve, at_ms])?;
    }
    if after > before {
        transaction
            .prepare_cached(include_str!("../../queries/recording/put.sql"))?
            .execute(params![before + 1, after, tenant.number, batch.at_ms])?;
        transaction
            .prepare_cached(include_str!("../../queries/change_counter/bump.sql"))?
            .execute(params!["exposure", after - before])?;
    }
    Ok(Recorded {
        outcomes,
        before,
        after,
    })
}

/// The lists that a batch names: their numbers, and how often each is named.
#[derive(Default)]
struct Sets(HashMap<SetHash, Option<(i64, u64)>>);

impl Sets {
    /// The number of a list that is named once more; `None` where there is no such list.
    fn number(
        &mut self,
        transaction: &Transaction<'_>,
        tenant: &Tenant,
        hash: &SetHash,
    ) -> rusqlite::Result<Option<i64>> {
        let known = match self.0.get_mut(hash) {
            Some(known) => known,
            None => {
                let found: Option<i64> = transaction
                    .prepare_cached(include_str!("../../queries/finding_set/number.sql"))?
                    .query_row(params![tenant.number, hash], |row| row.get(0))
                    .optional()?;
                let uses = found.map(|number| (number, 0));
                self.0.entry(*hash).or_insert(uses)
            }
        };
        Ok(known.as_mut().map(|(number, uses)| {
            *uses += 1;
            *number
        }))
    }

    fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut count =
            transaction.prepare_cached(include_str!("../../queries/finding_set/use.sql"))?;
        for (number, uses) in self.0.values().flatten() {
            count.execute(params![number, uses])?;
        }
        Ok(())
    }
}
