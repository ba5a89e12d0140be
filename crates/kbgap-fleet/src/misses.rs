//! How many machines miss each KB, of all and of each device group, counted while
//! machines come and go.
//!
//! Machines that were silent at the last publication are left out. Whoever changes since in
//! a way that makes that silence hold no longer has it found anew, and only the difference
//! is counted then. So a question reads what is counted for one software and one group, and
//! looks at no machine. There are few of these counters: machines miss a handful of KBs, and
//! those of a group mostly the same.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kbgap_assess::{OutlinedKb, OutlinedSoftware};
use kbgap_catalog::{KbId, SoftwareIx};
use roaring::RoaringBitmap;

use crate::fleet::{Fleet, Group, NOBODY};
use crate::parallel::on_all_cores;
use crate::silence::Lasting;
use crate::state::PatchState;
use crate::table::Counters;

/// Stands for all machines where else a group does: 0 is the number of none.
pub(crate) const EVERYBODY: i32 = 0;

/// That a machine misses a KB in a software. Its build is part of it, because a row tells
/// the build that all machines counted share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Miss {
    pub(crate) software: SoftwareIx,
    pub(crate) kb: KbId,
    pub(crate) build: u32,
}

/// So many changes are gathered at most, or a few more.
const GATHERED: usize = 1 << 16;

/// Machines by group and by what they miss.
#[derive(Clone, Debug, Default)]
pub(crate) struct Misses {
    counted: Counters<Key>,
    /// Changes that are to be made: those of many machines in order take less time than each
    /// by itself, which looks for its counters all over the table. None in what readers have.
    gathered: Vec<(Key, i32)>,
}

type Key = (i32, Miss);

/// What decides where a machine is counted.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    state: Arc<PatchState>,
    build: u32,
    group: Option<i32>,
}

impl Standing {
    fn misses(&self) -> impl Iterator<Item = Miss> {
        of_list(self.state.vulnerable(), self.build)
    }

    fn is_counted_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
            && (self.build, self.group) == (other.build, other.group)
    }
}

/// In order.
fn of_list(vulnerable: &[OutlinedSoftware], build: u32) -> impl Iterator<Item = Miss> {
    vulnerable.iter().flat_map(move |of| {
        of.missing.iter().map(move |kb| Miss {
            software: of.software,
            kb: kb.id,
            build,
        })
    })
}

impl Misses {
    /// Counts a machine as what it is now instead of what it was; `None` is not counted.
    pub(crate) fn shift(&mut self, before: Option<&Standing>, now: Option<&Standing>) {
        let is_same = before.zip(now).is_some_and(|(b, n)| b.is_counted_as(n));
        if is_same {
            return;
        }
        if self.gathered.len() >= GATHERED {
            self.settle();
        }
        self.shift_in(EVERYBODY, before, now);
        let group = |standing: Option<&Standing>| standing.and_then(|s| s.group);
        match (group(before), group(now)) {
            (Some(old), Some(new)) if old == new => self.shift_in(new, before, now),
            (old, new) => {
                if let Some(old) = old {
                    self.shift_in(old, before, None);
                }
                if let Some(new) = new {
                    self.shift_in(new, None, now);
                }
            }
        }
    }

    /// Touches only what is in one of the two lists and not in the other.
    fn shift_in(&mut self, group: i32, before: Option<&Standing>, now: Option<&Standing>) {
        let mut before = before.into_iter().flat_map(Standing::misses).peekable();
        let mut now = now.into_iter().flat_map(Standing::misses).peekable();
        loop {
            let order = match (before.peek(), now.peek()) {
                (None, None) => return,
                (Some(old), Some(new)) => old.cmp(new),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            };
            let old = before.next_if(|_| order.is_le());
            let new = now.next_if(|_| order.is_ge());
            match (old, new) {
                (Some(old), None) => self.gathered.push(((group, old), -1)),
                (None, Some(new)) => self.gathered.push(((group, new), 1)),
                _ => {}
            }
        }
    }

    /// Makes the changes that were gathered.
    pub(crate) fn settle(&mut self) {
        self.gathered.sort_unstable_by_key(|(key, _)| *key);
        for alike in self.gathered.chunk_by(|a, b| a.0 == b.0) {
            let by = alike.iter().map(|(_, by)| by).sum();
            if by != 0 {
                self.counted.shift(alike[0].0, by);
            }
        }
        self.gathered.clear();
    }

    /// How many machines of a group miss what in a software, by KB. All changes have to be
    /// made.
    pub(crate) fn of(
        &self,
        group: i32,
        software: SoftwareIx,
    ) -> impl Iterator<Item = (Miss, u32)> + use<'_> {
        let wanted = (group, software);
        self.counted
            .from(&|(group, miss)| (*group, miss.software) < wanted)
            .take_while(move |((group, miss), _)| (*group, miss.software) == wanted)
            .map(|((_, miss), count)| (miss, count))
    }

    /// Counts all machines of a fleet that are to be counted: profiles and states share lists, so
    /// machines are counted for each profile first, and then for each list.
    pub(crate) fn count(fleet: &Fleet) -> Self {
        let lists = Lists::of(fleet);
        // The one number that is wanted of each machine, without all that is between them.
        let mut profiles: Vec<u32> = fleet.machines.iter().map(|slot| slot.profile).collect();
        for ordinal in &*fleet.uncounted {
            if let Some(profile) = profiles.get_mut(ordinal as usize) {
                *profile = NOBODY;
            }
        }
        let groups: Vec<(&i32, &Group)> = fleet.groups.iter().collect();
        let never = AtomicBool::new(false);
        // Groups after everybody, in order: so all keys are.
        let counted = on_all_cores(1 + groups.len(), 1, &never, |room, number| {
            let Some((id, group)) = number.checked_sub(1).map(|place| groups[place]) else {
                return lists.count(EVERYBODY, profiles.iter().copied(), room);
            };
            let machines = group.machines.iter();
            let of_group = machines.filter_map(|o| profiles.get(o as usize).copied());
            lists.count(*id, of_group, room)
        });
        let mut counted = counted.unwrap_or_default().concat();
        // Already so, unless a file told a group with a number below that of everybody.
        counted.sort_unstable_by_key(|(key, _)| *key);
        Self {
            counted: Counters::of(&counted),
            gathered: Vec::new(),
        }
    }
}

impl Fleet {
    /// As what a machine is counted; `None` where it is not.
    pub(crate) fn standing(&self, ordinal: u32) -> Option<Standing> {
        let is_counted = !self.uncounted.contains(ordinal);
        is_counted.then(|| self.standing_of(ordinal)).flatten()
    }

    fn standing_of(&self, ordinal: u32) -> Option<Standing> {
        let slot = self.machines.get(ordinal as usize)?;
        let profile = self.profile(slot.profile)?;
        let group = self.groups.get(&slot.group);
        // Who does not name its group is not in it.
        let is_in = group.is_some_and(|group| group.machines.contains(ordinal));
        Some(Standing {
            state: Arc::clone(&profile.state),
            build: profile.facts.build,
            group: is_in.then_some(slot.group),
        })
    }

    /// Counts a machine that has changed, or is gone, instead of what it was counted as.
    pub(crate) fn recount(&mut self, ordinal: u32, before: Option<&Standing>) {
        if self.uncounted.contains(ordinal) {
            // What stays silent is left out as before.
            let silent = self.lasting.as_ref().map(Lasting::machines);
            if silent.is_some_and(|silent| silent.contains(ordinal)) {
                return;
            }
            Arc::make_mut(&mut self.uncounted).remove(ordinal);
        }
        let now = self.standing_of(ordinal);
        self.misses.shift(before, now.as_ref());
    }

    /// Leaves these machines out of what is counted, and no others.
    pub(crate) fn leave_out(&mut self, silent: &RoaringBitmap) {
        if *self.uncounted == *silent {
            return;
        }
        self.misses = self.misses_without(silent);
        self.uncounted = Arc::new(silent.clone());
    }

    /// What machines miss that count at `now`. It takes as long as there are machines that
    /// have fallen silent, or come back, since the fleet was published.
    pub(crate) fn misses_at(&self, now: i64) -> Misses {
        match &self.lasting {
            Some(lasting) if lasting.holds(now) => {
                let mut misses = self.misses.clone();
                misses.settle();
                misses
            }
            _ => self.misses_without(&self.silence(now).machines),
        }
    }

    fn misses_without(&self, silent: &RoaringBitmap) -> Misses {
        let mut misses = self.misses.clone();
        for ordinal in silent - &*self.uncounted {
            misses.shift(self.standing_of(ordinal).as_ref(), None);
        }
        for ordinal in &*self.uncounted - silent {
            misses.shift(None, self.standing_of(ordinal).as_ref());
        }
        misses.settle();
        misses
    }
}

/// The lists of a fleet's profiles.
struct Lists {
    /// All that machines miss, in order.
    misses: Vec<Miss>,
    /// What machines with each of the lists miss, by place.
    lists: Vec<Vec<u32>>,
    /// The lists of each profile end where those of the next one begin.
    of_profile: Vec<u32>,
    begins: Vec<usize>,
}

/// Room to count in.
#[derive(Default)]
struct Room {
    of_profile: Vec<u32>,
    of_list: Vec<u32>,
    of_miss: Vec<u32>,
}

impl Lists {
    fn of(fleet: &Fleet) -> Self {
        let mut lists = Self {
            misses: Vec::new(),
            lists: Vec::new(),
            of_profile: Vec::new(),
            begins: vec![0],
        };
        let mut known: HashMap<(SoftwareIx, *const OutlinedKb, u32), u32> = HashMap::new();
        let mut named: Vec<Vec<Miss>> = Vec::new();
        for profile in fleet.profiles.iter() {
            if let Some(profile) = profile {
                let build = profile.facts.build;
                for of in profile.state.vulnerable() {
                    if of.missing.is_empty() {
                        continue;
                    }
                    let list = known.entry((of.software, of.missing.as_ptr(), build));
                    let number = *list.or_insert_with(|| {
                        named.push(of_list(std::slice::from_ref(of), build).collect());
                        named.len() as u32 - 1
                    });
                    lists.of_profile.push(number);
                }
            }
            lists.begins.push(lists.of_profile.len());
        }
        lists.name(&named);
        lists
    }

    /// Numbers what the lists name.
    fn name(&mut self, named: &[Vec<Miss>]) {
        self.misses = named.concat();
        self.misses.sort_unstable();
        self.misses.dedup();
        let place = |miss: &Miss| self.misses.partition_point(|other| other < miss) as u32;
        let lists = named.iter();
        self.lists = lists.map(|list| list.iter().map(place).collect()).collect();
    }

    /// Counts the machines of a group, of which the profiles are given.
    fn count(
        &self,
        group: i32,
        profiles: impl Iterator<Item = u32>,
        room: &mut Room,
    ) -> Vec<((i32, Miss), u32)> {
        cleared(&mut room.of_profile, self.begins.len() - 1);
        for profile in profiles {
            if let Some(machines) = room.of_profile.get_mut(profile as usize) {
                *machines += 1;
            }
        }
        cleared(&mut room.of_list, self.lists.len());
        let bounds = self.begins.windows(2).zip(&room.of_profile);
        for (bounds, machines) in bounds.filter(|(_, machines)| **machines > 0) {
            for list in &self.of_profile[bounds[0]..bounds[1]] {
                room.of_list[*list as usize] += machines;
            }
        }
        cleared(&mut room.of_miss, self.misses.len());
        let lists = self.lists.iter().zip(&room.of_list);
        for (list, machines) in lists.filter(|(_, machines)| **machines > 0) {
            for miss in list {
                room.of_miss[*miss as usize] += machines;
            }
        }
        let counted = self.misses.iter().zip(&room.of_miss);
        let counted = counted.filter(|(_, machines)| **machines > 0);
        counted.map(|(miss, n)| ((group, *miss), *n)).collect()
    }
}

fn cleared(counts: &mut Vec<u32>, length: usize) {
    counts.clear();
    counts.resize(length, 0);
}
