//! How fast that is done which nobody waits for.
//!
//! After a feed, history is recorded for all machines while reports come in. Both take
//! turns at the recorder, and both want the processor. So work is done in pieces that
//! take no longer than whoever reports may wait, and rests in between while many report.

use std::time::Duration;

/// Machines of a piece, at least: each piece has its own cost.
const FEWEST: usize = 50;
/// Machines of a piece, at most.
const MOST: usize = 1_000;
/// How long a piece should take.
const BRIEF: Duration = Duration::from_millis(10);
/// What a report is given time for.
const REPORT: Duration = Duration::from_micros(200);
/// However many report, so many times as long as it has worked it rests at most.
const LONGEST: u32 = 20;

/// The pace of such work.
#[derive(Debug)]
pub(super) struct Pace {
    machines: usize,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { machines: FEWEST }
    }

    /// Machines of the next piece.
    pub(super) const fn machines(&self) -> usize {
        self.machines
    }

    /// Learns from how long a piece took, while so many reports came. Gives how long to
    /// rest before the next one.
    pub(super) fn took(&mut self, took: Duration, reports: u64) -> Duration {
        if took > BRIEF {
            self.machines = FEWEST.max(self.machines / 2);
        } else if took < BRIEF / 2 {
            self.machines = MOST.min(self.machines * 2);
        }
        let reports = u32::try_from(reports).unwrap_or(u32::MAX);
        REPORT.saturating_mul(reports).min(took * LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_take_as_long_as_they_should() {
        let mut pace = Pace::new();
        for each in [10, 100, 400] {
            for _ in 0..10 {
                let took = Duration::from_micros(each) * u32::try_from(pace.machines()).unwrap();
                pace.took(took, 0);
            }
            let took = Duration::from_micros(each) * u32::try_from(pace.machines()).unwrap();
            let is_fewest = pace.machines() == FEWEST;
            assert!(took <= BRIEF || is_fewest, "{each}: {}", pace.machines());
            assert!(took >= BRIEF / 4 || pace.machines() == MOST, "{each}");
        }
    }

    #[test]
    fn it_rests_while_many_report_and_yet_comes_to_an_end() {
        let took = Duration::from_millis(8);
        let rest = |reports| Pace::new().took(took, reports);
        assert_eq!(rest(0), Duration::ZERO);
        assert_eq!(rest(10), Duration::from_millis(2));
        assert_eq!(rest(u64::MAX), took * LONGEST);
    }
}
