//! Turns of those who read reports while they come.
//!
//! One thread makes the index and another one writes the store, and whoever reports waits
//! for both. Where all read at once who can, these two share the cores with a crowd, and
//! when that has read as far ahead as it may, it waits for them while cores are idle: a
//! fleet takes a fifth longer to load. So only some read at a time, and a turn is
//! given back while whoever has it waits for anything.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};

/// Cores that are left to the index and the store.
const LEFT: usize = 2;

/// The turns that there are.
pub(crate) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

/// The turn of one who reads. It is not had before it is taken.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    is_had: Cell<bool>,
}

impl Turns {
    /// For so many cores.
    pub(crate) fn on(cores: usize) -> Self {
        Self {
            free: Mutex::new(cores.saturating_sub(LEFT).max(1)),
            freed: Condvar::new(),
        }
    }

    pub(super) const fn turn(&self) -> Turn<'_> {
        Turn {
            turns: self,
            is_had: Cell::new(false),
        }
    }
}

impl Turn<'_> {
    /// Waits for it, where it is not had yet. Not on the runtime's threads.
    pub(super) fn take(&self) {
        if self.is_had.replace(true) {
            return;
        }
        let Turns { free, freed } = self.turns;
        let free = free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = freed.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    /// Gives it back, where it is had.
    pub(super) fn end(&self) {
        if self.is_had.replace(false) {
            let free = &self.turns.free;
            *free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            self.turns.freed.notify_one();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::thread;

    use super::*;

    #[test]
    fn there_is_always_one_and_two_cores_are_left() {
        for (cores, turns) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (16, 14)] {
            assert_eq!(*Turns::on(cores).free.lock().unwrap(), turns);
        }
    }

    #[test]
    fn the_next_one_waits_until_a_turn_is_given_back() {
        let turns = Turns::on(2);
        let first = turns.turn();
        first.take();
        // Once more is no other.
        first.take();
        let (taken, has_taken) = sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                let second = turns.turn();
                second.take();
                taken.send(()).unwrap();
            });
            assert!(has_taken.try_recv().is_err());
            first.end();
            has_taken.recv().unwrap();
        });
        // It ended with its thread, and one that is not had ends nothing.
        drop(first);
        assert_eq!(*turns.free.lock().unwrap(), 1);
    }
}
