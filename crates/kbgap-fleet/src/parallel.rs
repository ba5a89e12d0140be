//! Work that is the same for many things, on all cores.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What `work` makes of each number below `count`, in their order; `None` where `stop` was set
/// before the end. Each thread takes `portion` numbers at a time, and has a room of its own
/// to work in.
pub(crate) fn on_all_cores<T: Send, R: Default>(
    count: usize,
    portion: usize,
    stop: &AtomicBool,
    work: impl Fn(&mut R, usize) -> T + Sync,
) -> Option<Vec<T>> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut room = R::default();
        let mut done = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let from = next.fetch_add(portion, Ordering::Relaxed);
            if from >= count {
                break;
            }
            let numbers = from..count.min(from + portion);
            done.extend(numbers.map(|number| (number, work(&mut room, number))));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended
            .flat_map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    done.sort_unstable_by_key(|(number, _)| *number);
    Some(done.into_iter().map(|(_, made)| made).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_made_once_and_in_order() {
        let stop = AtomicBool::new(false);
        for count in [0, 1, 63, 64, 1_000] {
            let made = on_all_cores(count, 64, &stop, |taken: &mut usize, number| {
                *taken += 1;
                assert!(*taken <= count);
                number * 2
            });
            let expected: Vec<usize> = (0..count).map(|number| number * 2).collect();
            assert_eq!(made, Some(expected));
        }
    }

    #[test]
    fn what_is_stopped_has_no_result() {
        let stop = AtomicBool::new(false);
        let made = on_all_cores(10_000, 1, &stop, |(): &mut (), number| {
            stop.fetch_or(number == 5, Ordering::Relaxed)
        });
        assert_eq!(made, None);
    }
}
