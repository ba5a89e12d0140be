//! Trying again: more and more patiently, at random moments so that many clients do not come
//! back at once, and never before the server wants to be asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Failure;

/// How often and after which pauses something is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// How often something is tried in all.
    pub attempts: u32,
    /// The longest pause after the first failure; each further one may last twice as long.
    pub first_pause: Duration,
    /// No pause of ours is longer.
    pub longest_pause: Duration,
    /// A server that asks for a longer pause is left alone until the next run.
    pub longest_wait: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            longest_wait: Duration::from_secs(120),
        }
    }
}

impl Retries {
    /// A pause after so many failures, which is half chance.
    fn pause(&self, failures: u32) -> Duration {
        let doubled = self
            .first_pause
            .saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled
            .min(self.longest_pause)
            .mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// Tells work on other threads to end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Work ends as soon as it looks.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether work is to end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits, but not for whoever has been stopped.
    pub fn sleep_until(&self, end: Instant) {
        while !self.is_stopped() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
    }
}

/// When the server may be asked again, by any of those who ask it.
#[derive(Default)]
pub(crate) struct Gate(Mutex<Option<Instant>>);

impl Gate {
    fn close_until(&self, end: Instant) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(until.map_or(end, |known| known.max(end)));
    }

    fn until(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries until it succeeds, fails for good, or was tried often enough.
pub(crate) fn persistently<T>(
    retries: Retries,
    gate: &Gate,
    stop: &Stop,
    mut attempt: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut failures = 0;
    loop {
        if let Some(until) = gate.until() {
            stop.sleep_until(until);
        }
        if stop.is_stopped() {
            return Err(Failure::Stopped);
        }
        let failure = match attempt() {
            Err(failure) if failure.may_pass() => failure,
            other => return other,
        };
        failures += 1;
        let asked = match failure {
            Failure::Status {
                status,
                retry_after: Some(wait),
            } if wait > retries.longest_wait => return Err(Failure::Busy { status, wait }),
            Failure::Status { retry_after, .. } => retry_after,
            _ => None,
        };
        if let Some(wait) = asked {
            gate.close_until(Instant::now() + wait);
        }
        if failures >= retries.attempts {
            return Err(failure);
        }
        stop.sleep_until(Instant::now() + retries.pause(failures));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Retries = Retries {
        attempts: 3,
        first_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(3),
        longest_wait: Duration::from_secs(1),
    };

    fn status(status: u16, retry_after: Option<Duration>) -> Failure {
        Failure::Status {
            status,
            retry_after,
        }
    }

    fn tried(failures: &[fn() -> Failure]) -> (u32, Result<(), Failure>) {
        let mut count = 0;
        let result = persistently(QUICK, &Gate::default(), &Stop::default(), || {
            count += 1;
            failures
                .get(count as usize - 1)
                .map_or(Ok(()), |f| Err(f()))
        });
        (count, result)
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        let (count, result) = tried(&[|| status(503, None), || Failure::Connection("x".into())]);
        assert!(count == 3 && result.is_ok());
        let failing: fn() -> Failure = || status(500, None);
        let (count, result) = tried(&[failing; 5]);
        assert!(count == 3 && matches!(result, Err(Failure::Status { status: 500, .. })));
        let (count, result) = tried(&[|| status(404, None)]);
        assert!(count == 1 && result.is_err());
    }

    #[test]
    fn the_server_says_when_to_come_back_and_all_heed_it() {
        let gate = Gate::default();
        let wait = Duration::from_millis(300);
        let mut first = true;
        let start = Instant::now();
        let asked = || {
            if std::mem::take(&mut first) {
                return Err(status(429, Some(wait)));
            }
            Ok(())
        };
        persistently(QUICK, &gate, &Stop::default(), asked).unwrap();
        assert!(start.elapsed() >= wait);
        assert!(gate.until().unwrap() >= start + wait);

        let (count, result) = tried(&[|| status(429, Some(Duration::from_secs(3_600)))]);
        assert!(count == 1 && matches!(result, Err(Failure::Busy { .. })));
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let retries = Retries::default();
        for (failures, longest) in [(1, 500), (2, 1_000), (3, 2_000), (99, 30_000)] {
            let pause = retries.pause(failures).as_millis();
            assert!(
                pause >= longest / 2 && pause <= longest,
                "{failures}: {pause}"
            );
        }
    }

    #[test]
    fn whoever_is_stopped_does_not_wait() {
        let stop = Stop::default();
        stop.stop();
        let start = Instant::now();
        stop.sleep_until(start + Duration::from_secs(60));
        assert!(start.elapsed() < Duration::from_secs(10));
        let result: Result<(), _> = persistently(QUICK, &Gate::default(), &stop, || Ok(()));
        assert!(matches!(result, Err(Failure::Stopped)));
    }
}
