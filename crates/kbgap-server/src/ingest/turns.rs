//! Turns of those who read reports while they come.
//!
//! One thread makes the index and another one writes the store, and whoever reports waits
//! for both. Where all read at once who can, these two share the cores with a crowd, and
//! when that has read as far ahead as it may, it waits for them while cores are idle: a
//! fleet takes a fifth longer to load. So only some read at a time, each a portion in
//! turn, and a turn is given back while whoever has it waits for anything.

use std::cell::RefCell;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Cores that are left to the index and the store.
const LEFT: usize = 2;

/// The turns that there are. Who has waited longest gets the next one.
pub(crate) struct Turns(Semaphore);

/// The turn of one who reads. It is not had before it is taken.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    had: RefCell<Option<SemaphorePermit<'t>>>,
}

impl Turns {
    /// For so many cores.
    pub(crate) fn on(cores: usize) -> Self {
        Self(Semaphore::new(cores.saturating_sub(LEFT).max(1)))
    }

    pub(super) const fn turn(&self) -> Turn<'_> {
        Turn {
            turns: self,
            had: RefCell::new(None),
        }
    }
}

impl Turn<'_> {
    /// Waits for it, where it is not had yet. Not on the runtime's threads.
    pub(super) fn take(&self) {
        if self.had.borrow().is_none() {
            // They are never closed.
            let turn = Handle::current().block_on(self.turns.0.acquire());
            *self.had.borrow_mut() = turn.ok();
        }
    }

    /// Gives it back, where it is had.
    pub(super) fn end(&self) {
        self.had.borrow_mut().take();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn there_is_always_one_and_two_cores_are_left() {
        for (cores, turns) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (16, 14)] {
            assert_eq!(Turns::on(cores).0.available_permits(), turns);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_who_always_want_it_each_has_it_in_turn() {
        let (turns, had) = (Arc::new(Turns::on(2)), Arc::new(Mutex::new(Vec::new())));
        let first = turns.turn();
        tokio::task::block_in_place(|| first.take());
        let readers = [0, 1].map(|reader| {
            let (turns, had) = (Arc::clone(&turns), Arc::clone(&had));
            tokio::task::spawn_blocking(move || {
                let turn = turns.turn();
                for _ in 0..20 {
                    turn.take();
                    // Once more is no other.
                    turn.take();
                    had.lock().unwrap().push(reader);
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    turn.end();
                }
            })
        });
        // Nobody has it meanwhile.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert!(had.lock().unwrap().is_empty());
        first.end();
        for reader in readers {
            reader.await.unwrap();
        }
        let had = had.lock().unwrap();
        let in_a_row = had.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(in_a_row < 5, "{had:?}");
        assert_eq!(turns.0.available_permits(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_panics_gives_it_back() {
        let turns = Arc::new(Turns::on(2));
        let panics = Arc::clone(&turns);
        let reader = tokio::task::spawn_blocking(move || {
            let turn = panics.turn();
            turn.take();
            panic!("on purpose");
        });
        assert!(reader.await.is_err());
        assert_eq!(turns.0.available_permits(), 1);
    }
}
