//! The server's clock. It can be set, so that a demo of March 2020 counts
//! machines that were seen then. Tokens always live by the real time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::civil::Date;

/// A clock that may have been set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    set: Option<(i64, Instant)>,
}

impl Clock {
    /// A clock that shows `now` (milliseconds since 1970) from this moment on.
    #[must_use]
    pub fn set_to(now: i64) -> Self {
        Self {
            set: Some((now, Instant::now())),
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match self.set {
            Some((start, since)) => start.saturating_add(millis(since.elapsed())),
            None => millis(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default(),
            ),
        }
    }

    /// The day in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        day_of(self.now_ms())
    }

    /// The real time, in seconds since 1970.
    #[must_use]
    pub fn real_seconds() -> i64 {
        millis(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        ) / 1_000
    }
}

/// The day in UTC of a time in milliseconds since 1970; of what no calendar has the first.
pub(crate) fn day_of(ms: i64) -> Date {
    let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(instant).date()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
