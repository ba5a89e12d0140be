//! How long after its release an update is installed.

use crate::calendar::Day;
use crate::random::Stream;

/// When updates are installed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    delay: Day,
    /// Whether nothing is installed any more: what there was stays.
    stopped: bool,
}

/// Of a thousand: from which to which day after a release, and whether that was the end.
type Shares = [(u32, Day, Day, bool)];

/// Rings of monthly updates: most of the fleet within five weeks, then a long tail.
const MONTHLY: &Shares = &[
    (120, 0, 3, false),
    (420, 4, 12, false),
    (260, 13, 28, false),
    (80, 29, 60, false),
    (85, 61, 200, true),
    (25, 201, 500, true),
    (8, 501, 1_200, true),
    // Never.
    (2, 100_000, 100_000, true),
];

/// A browser updates itself, unless somebody forbids it.
const BROWSER: &Shares = &[
    (720, 1, 6, false),
    (180, 7, 25, false),
    (70, 26, 150, true),
    (30, 151, 900, true),
];

impl Pace {
    pub(crate) fn monthly(stream: &mut Stream) -> Self {
        Self::draw(stream, MONTHLY)
    }

    pub(crate) fn browser(stream: &mut Stream) -> Self {
        Self::draw(stream, BROWSER)
    }

    fn draw(stream: &mut Stream, shares: &Shares) -> Self {
        let mut drawn = stream.below(1_000);
        let mut pace = Self {
            delay: 0,
            stopped: false,
        };
        for &(share, from, to, stopped) in shares {
            if drawn < share {
                pace = Self {
                    delay: stream.between(from, to),
                    stopped,
                };
                break;
            }
            drawn -= share;
        }
        pace
    }

    /// The latest release day whose updates are installed on a day, on a machine that
    /// is so many days behind others of its kind. `zero` is the fleet's day 0.
    pub(crate) fn installed_until(self, day: Day, zero: Day, behind: Day) -> Day {
        if self.stopped {
            zero - self.delay
        } else {
            day - self.delay - behind
        }
    }

    /// The day on which what was released on a day was installed.
    pub(crate) const fn installs(self, released: Day, behind: Day) -> Day {
        // Who stopped long ago was as fast as others before.
        released + behind + if self.delay > 60 { 10 } else { self.delay }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_a_thousand() {
        for shares in [MONTHLY, BROWSER] {
            assert_eq!(shares.iter().map(|s| s.0).sum::<u32>(), 1_000);
        }
    }

    #[test]
    fn who_has_stopped_stays_where_it_is() {
        let stopped = Pace {
            delay: 100,
            stopped: true,
        };
        let going = Pace {
            delay: 100,
            stopped: false,
        };
        for (pace, moved) in [(stopped, 0), (going, 30)] {
            let before = pace.installed_until(1_000, 1_000, 0);
            assert_eq!(pace.installed_until(1_030, 1_000, 0) - before, moved);
        }
    }
}
