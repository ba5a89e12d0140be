//! Limits of calls for each application and class of endpoints.
//!
//! Calls are counted in windows that begin with an application's first call. So
//! exactly the configured number goes through, whatever the pace, and the time to
//! wait is known. A bucket that fills up again while it is drained would let
//! nearly twice the number through in the first minute, and one for the minute
//! beside one for the hour would take from the one what the other refuses.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kbgap_auth::Claims;

use crate::config::{Rate, RateLimits};
use crate::http::Failure;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Endpoints that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Machines: the list, one, tags, searches, the device value.
    Machines,
    /// The vulnerabilities of a machine.
    MachineVulnerabilities,
    /// Exports as JSON, by pages.
    ExportJson,
    /// Exports as files.
    ExportFiles,
    /// All that a host asks and tells by osquery.
    Osquery,
    /// All else.
    Other,
}

/// Who calls what.
#[derive(PartialEq, Eq, Hash)]
struct Caller {
    tenant: String,
    app_id: String,
    class: Class,
}

/// The calls of all applications. Callers come from tokens and keys that the server issued,
/// so nobody can invent them at will; those who have not called for an hour are
/// forgotten.
pub(crate) struct Limits {
    config: RateLimits,
    calls: Mutex<Calls>,
}

struct Calls {
    by_caller: HashMap<Caller, Windows>,
    swept: Instant,
}

struct Windows {
    minute: Window,
    hour: Window,
}

struct Window {
    began: Instant,
    calls: u32,
}

/// Too many calls.
#[derive(Debug, PartialEq, Eq)]
struct Exceeded {
    allowed: NonZeroU32,
    unit: &'static str,
    wait: Duration,
}

impl Limits {
    pub(crate) fn new(config: RateLimits) -> Self {
        Self {
            config,
            calls: Mutex::new(Calls {
                by_caller: HashMap::new(),
                swept: Instant::now(),
            }),
        }
    }

    /// Counts a call; 429 where there have been too many, which is not counted.
    pub(crate) fn check(&self, claims: &Claims, class: Class) -> Result<(), Failure> {
        self.check_caller(&claims.tenant, &claims.app_id, class)
    }

    /// The same for a caller without a token.
    pub(crate) fn check_caller(
        &self,
        tenant: &str,
        app_id: &str,
        class: Class,
    ) -> Result<(), Failure> {
        self.count(tenant, app_id, class, Instant::now())
            .map_err(|exceeded| {
                Failure::too_many_requests(
                    format!(
                        "The quota of {} calls per {} is used up.",
                        exceeded.allowed, exceeded.unit
                    ),
                    exceeded.wait,
                )
            })
    }

    fn count(
        &self,
        tenant: &str,
        app_id: &str,
        class: Class,
        now: Instant,
    ) -> Result<(), Exceeded> {
        let rate = self.rate(class);
        if !self.config.enabled || (rate.per_minute.is_none() && rate.per_hour.is_none()) {
            return Ok(());
        }
        let caller = Caller {
            tenant: tenant.to_owned(),
            app_id: app_id.to_owned(),
            class,
        };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.sweep(now);
        calls
            .by_caller
            .entry(caller)
            .or_insert_with(|| Windows::begin(now))
            .count(rate, now)
    }

    const fn rate(&self, class: Class) -> Rate {
        match class {
            Class::Machines => self.config.machines,
            Class::MachineVulnerabilities => self.config.machine_vulnerabilities,
            Class::ExportJson => self.config.export_json,
            Class::ExportFiles => self.config.export_files,
            Class::Osquery => self.config.osquery,
            Class::Other => self.config.other,
        }
    }
}

impl Calls {
    /// Forgets callers whose windows are over, once a minute.
    fn sweep(&mut self, now: Instant) {
        if now.duration_since(self.swept) >= MINUTE {
            self.swept = now;
            self.by_caller
                .retain(|_, windows| now.duration_since(windows.hour.began) < HOUR);
        }
    }
}

impl Windows {
    const fn begin(now: Instant) -> Self {
        Self {
            minute: Window {
                began: now,
                calls: 0,
            },
            hour: Window {
                began: now,
                calls: 0,
            },
        }
    }

    /// Counts a call in both windows, or in none and tells the longer wait.
    fn count(&mut self, rate: Rate, now: Instant) -> Result<(), Exceeded> {
        self.hour.room(rate.per_hour, HOUR, "hour", now)?;
        self.minute.room(rate.per_minute, MINUTE, "minute", now)?;
        self.hour.calls = self.hour.calls.saturating_add(1);
        self.minute.calls = self.minute.calls.saturating_add(1);
        Ok(())
    }
}

impl Window {
    /// Whether there is room for a call, in a new window where this one is over.
    fn room(
        &mut self,
        limit: Option<NonZeroU32>,
        length: Duration,
        unit: &'static str,
        now: Instant,
    ) -> Result<(), Exceeded> {
        if now.duration_since(self.began) >= length {
            *self = Self {
                began: now,
                calls: 0,
            };
        }
        match limit {
            Some(allowed) if self.calls >= allowed.get() => Err(Exceeded {
                allowed,
                unit,
                wait: length.saturating_sub(now.duration_since(self.began)),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Who<'w> = (&'w str, &'w str);

    fn count(limits: &Limits, who: Who<'_>, class: Class, now: Instant) -> Result<(), Exceeded> {
        limits.count(who.0, who.1, class, now)
    }

    /// Calls until one is refused: how many went through, and the refusal.
    fn drain(limits: &Limits, who: Who<'_>, class: Class, now: Instant) -> (u32, Exceeded) {
        let mut through = 0;
        loop {
            match count(limits, who, class, now) {
                Ok(()) => through += 1,
                Err(exceeded) => return (through, exceeded),
            }
        }
    }

    #[test]
    fn the_documented_numbers_to_the_call() {
        let (limits, who, now) = (
            Limits::new(RateLimits::default()),
            ("t", "a"),
            Instant::now(),
        );
        for (class, per_minute, per_hour) in [
            (Class::Machines, 100, 1_500),
            (Class::MachineVulnerabilities, 50, 1_500),
            (Class::ExportJson, 30, 1_000),
            (Class::ExportFiles, 5, 20),
        ] {
            let mut total = 0;
            for minute in 0.. {
                let (through, exceeded) = drain(&limits, who, class, now + MINUTE * minute);
                total += through;
                if exceeded.unit == "hour" {
                    assert_eq!(total, per_hour, "{class:?}");
                    assert_eq!(exceeded.wait, HOUR - MINUTE * minute);
                    break;
                }
                assert_eq!((through, exceeded.wait), (per_minute, MINUTE), "{class:?}");
            }
        }
        for _ in 0..10_000 {
            assert_eq!(count(&limits, who, Class::Other, now), Ok(()));
        }
    }

    #[test]
    fn a_slow_pace_lets_no_more_through() {
        let (limits, who, now) = (
            Limits::new(RateLimits::default()),
            ("t", "a"),
            Instant::now(),
        );
        let through = (0..1_200)
            .filter(|i| {
                let at = now + Duration::from_millis(50) * *i;
                count(&limits, who, Class::Machines, at).is_ok()
            })
            .count();
        assert_eq!(through, 100);
    }

    #[test]
    fn who_waits_as_told_gets_through() {
        let (limits, who, now) = (
            Limits::new(RateLimits::default()),
            ("t", "a"),
            Instant::now(),
        );
        let (_, exceeded) = drain(&limits, who, Class::ExportFiles, now);
        let early = now + exceeded.wait - Duration::from_millis(1);
        assert!(count(&limits, who, Class::ExportFiles, early).is_err());
        assert!(count(&limits, who, Class::ExportFiles, now + exceeded.wait).is_ok());
    }

    #[test]
    fn tenants_applications_and_classes_count_apart() {
        let (limits, now) = (Limits::new(RateLimits::default()), Instant::now());
        for (tenant, app_id) in [("t", "a"), ("t", "b"), ("u", "a")] {
            for class in [Class::ExportFiles, Class::ExportJson] {
                assert!(drain(&limits, (tenant, app_id), class, now).0 > 0);
            }
        }
    }

    #[test]
    fn the_idle_are_forgotten() {
        let (limits, now) = (Limits::new(RateLimits::default()), Instant::now());
        let known = || limits.calls.lock().unwrap().by_caller.len();
        for i in 0..1_000 {
            let app_id = i.to_string();
            let who = ("t", app_id.as_str());
            count(&limits, who, Class::Machines, now).unwrap();
        }
        assert_eq!(known(), 1_000);
        count(&limits, ("t", "x"), Class::Machines, now + HOUR).unwrap();
        assert_eq!(known(), 1);
    }

    #[test]
    fn off_is_off() {
        let (limits, now) = (Limits::new(RateLimits::off()), Instant::now());
        for _ in 0..1_000 {
            assert_eq!(count(&limits, ("t", "a"), Class::ExportFiles, now), Ok(()));
        }
    }
}
