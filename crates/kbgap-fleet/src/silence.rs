//! Machines that are not seen any more and so do not count.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::RETENTION_MS;
use crate::fleet::{Fleet, Slot};
use crate::table::Pages;

/// The machines that do not count at a time: those last seen more than 30 days before
/// (section 6 of the rules).
#[derive(Clone, Debug, Default)]
pub(crate) struct Silence {
    pub(crate) machines: RoaringBitmap,
    /// How many there are of each profile.
    by_profile: Pages<u32>,
}

/// Silence that holds for a while.
#[derive(Clone, Debug)]
pub(crate) struct Lasting {
    silence: Arc<Silence>,
    /// When the one of them that was seen last was seen; `None` for nobody.
    last_silent: Option<i64>,
    /// When the one that was seen first of all others was seen; `None` for nobody.
    first_heard: Option<i64>,
    /// Others are silent now than those that were published.
    is_news: bool,
}

impl Silence {
    fn of(fleet: &Fleet, cutoff: i64) -> Self {
        let machines = fleet.activity.before(cutoff, |o| fleet.seen_at(o));
        let mut by_profile = vec![0; fleet.profiles.len()];
        for ordinal in &machines {
            let slot = fleet.machines.get(ordinal as usize);
            if let Some(count) = slot.and_then(|s| by_profile.get_mut(s.profile as usize)) {
                *count += 1;
            }
        }
        Self {
            machines,
            by_profile: by_profile.into_iter().collect(),
        }
    }

    /// Takes a machine out, which had this profile; `false` where it is not among them.
    fn remove(&mut self, ordinal: u32, profile: u32) -> bool {
        let is_there = self.machines.remove(ordinal);
        if is_there && let Some(count) = self.by_profile.get_mut(profile as usize) {
            *count = count.saturating_sub(1);
        }
        is_there
    }

    /// Puts a machine of a profile in; `false` where it is among them already.
    fn insert(&mut self, ordinal: u32, profile: u32) -> bool {
        while self.by_profile.len() <= profile as usize {
            self.by_profile.push(0);
        }
        if let Some(count) = self.by_profile.get_mut(profile as usize) {
            *count += 1;
        }
        self.machines.insert(ordinal)
    }

    /// How many machines of a profile do not count.
    pub(crate) fn of_profile(&self, profile: u32) -> u32 {
        let count = self.by_profile.get(profile as usize);
        count.copied().unwrap_or_default()
    }
}

impl Lasting {
    pub(crate) fn of(fleet: &Fleet, now: i64) -> Self {
        let cutoff = now.saturating_sub(RETENTION_MS);
        let (last_silent, first_heard) = fleet.activity.around(cutoff, |o| fleet.seen_at(o));
        Self {
            silence: Arc::new(Silence::of(fleet, cutoff)),
            last_silent,
            first_heard,
            is_news: false,
        }
    }

    /// What holds at a time when this was to hold no more: the same with what was taken in
    /// since, as long as time alone has changed nothing.
    pub(crate) fn renewed(self, fleet: &Fleet, now: i64) -> Self {
        let same = Self {
            is_news: false,
            ..self
        };
        match same.holds(now) {
            true => same,
            false => Self::of(fleet, now),
        }
    }

    /// Who does not count while it holds.
    pub(crate) fn machines(&self) -> &RoaringBitmap {
        &self.silence.machines
    }

    /// The silence that was published, or is to be.
    #[cfg(test)]
    pub(crate) fn silence(&self) -> &Silence {
        &self.silence
    }

    /// Whether it holds at a time.
    pub(crate) fn holds(&self, now: i64) -> bool {
        let cutoff = now.saturating_sub(RETENTION_MS);
        !self.is_news
            && self.last_silent.is_none_or(|last| last < cutoff)
            && self.first_heard.is_none_or(|first| first >= cutoff)
    }

    /// Takes in that a machine is another one than before, or was seen at another time;
    /// `false` where it no longer holds at all. Each is moved by itself: in a large fleet
    /// there are some silent ones in any group of reports, and far more of whom nothing
    /// is heard.
    pub(crate) fn moved(
        &mut self,
        ordinal: u32,
        before: Option<&Slot>,
        now: Option<&Slot>,
    ) -> bool {
        let is_silent = |slot: &&Slot| self.last_silent.is_some_and(|last| slot.seen_at <= last);
        let silent_before = before.filter(is_silent).map(|slot| slot.profile);
        let silent_now = now.filter(is_silent).map(|slot| slot.profile);
        if silent_before != silent_now {
            let silence = Arc::make_mut(&mut self.silence);
            let removed = silent_before.is_none_or(|profile| silence.remove(ordinal, profile));
            if !removed || silent_now.is_some_and(|profile| !silence.insert(ordinal, profile)) {
                return false;
            }
            self.is_news = true;
        }
        if let Some(now) = now.filter(|_| silent_now.is_none()) {
            let first = self.first_heard.unwrap_or(now.seen_at);
            self.first_heard = Some(first.min(now.seen_at));
        }
        true
    }
}

impl Fleet {
    /// The machines that do not count at `now`.
    pub(crate) fn silence(&self, now: i64) -> Arc<Silence> {
        match &self.lasting {
            Some(lasting) if lasting.holds(now) => Arc::clone(&lasting.silence),
            _ => Arc::new(Silence::of(self, now.saturating_sub(RETENTION_MS))),
        }
    }
}
