//! Recording exposures.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

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
    let mut sets = Sets::default();
    let machines = match machines(transaction, &tenant, batch, &mut sets)? {
        Ok(machines) => machines,
        Err(outcomes) => {
            return Ok(Recorded {
                outcomes,
                before,
                after: before,
            });
        }
    };
    let mut after = before;
    let mut put = transaction.prepare_cached(include_str!("../../queries/finding_set/put.sql"))?;
    for set in &batch.sets {
        put.execute(params![tenant.number, set.hash, set.body])?;
    }
    let mut append =
        transaction.prepare_cached(include_str!("../../queries/exposure/append.sql"))?;
    let mut expose =
        transaction.prepare_cached(include_str!("../../queries/machine/expose.sql"))?;
    for (step, machine) in batch.steps.iter().zip(machines) {
        let set = sets.number(transaction, &tenant, &step.set_hash)?;
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
        outcomes: vec![StepOutcome::Taken; batch.steps.len()],
        before,
        after,
    })
}

/// The machines of all steps where all can be taken, else what becomes of each.
fn machines(
    transaction: &Transaction<'_>,
    tenant: &Tenant,
    batch: &ExposureBatch,
    sets: &mut Sets,
) -> rusqlite::Result<Result<Vec<State>, Vec<StepOutcome>>> {
    let coming: HashSet<&SetHash> = batch.sets.iter().map(|set| &set.hash).collect();
    let mut outcomes = Vec::with_capacity(batch.steps.len());
    let mut machines = Vec::with_capacity(batch.steps.len());
    let mut state = State::statement(transaction)?;
    for step in &batch.steps {
        let machine = State::read(&mut state, tenant, &step.machine_id)?;
        let machine = machine.filter(|machine| machine.content_hash.is_some());
        let follows = machine.as_ref().map(|m| m.exposure.unwrap_or(0));
        outcomes.push(match follows {
            None => StepOutcome::Gone,
            Some(follows) if follows != step.follows => StepOutcome::Overtaken,
            Some(_)
                if !coming.contains(&step.set_hash)
                    && sets.find(transaction, tenant, &step.set_hash)?.is_none() =>
            {
                StepOutcome::Unlisted
            }
            Some(_) => StepOutcome::Held,
        });
        machines.extend(machine);
    }
    let all = outcomes.iter().all(|outcome| *outcome == StepOutcome::Held);
    Ok(if all { Ok(machines) } else { Err(outcomes) })
}

/// The lists that a batch names: their numbers, and how often each is named.
#[derive(Default)]
struct Sets(HashMap<SetHash, Named>);

struct Named {
    number: i64,
    uses: u64,
}

impl Sets {
    /// The list, where there is one.
    fn find(
        &mut self,
        transaction: &Transaction<'_>,
        tenant: &Tenant,
        hash: &SetHash,
    ) -> rusqlite::Result<Option<&mut Named>> {
        Ok(match self.0.entry(*hash) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(place) => transaction
                .prepare_cached(include_str!("../../queries/finding_set/number.sql"))?
                .query_row(params![tenant.number, hash], |row| row.get(0))
                .optional()?
                .map(|number| place.insert(Named { number, uses: 0 })),
        })
    }

    /// The number of a list that is named once more.
    fn number(
        &mut self,
        transaction: &Transaction<'_>,
        tenant: &Tenant,
        hash: &SetHash,
    ) -> rusqlite::Result<i64> {
        let named = self.find(transaction, tenant, hash)?;
        let named = named.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        named.uses += 1;
        Ok(named.number)
    }

    fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut count =
            transaction.prepare_cached(include_str!("../../queries/finding_set/use.sql"))?;
        for Named { number, uses } in self.0.values() {
            count.execute(params![number, uses])?;
        }
        Ok(())
    }
}
