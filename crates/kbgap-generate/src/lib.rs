//! Synthetic fleets for trials and benchmarks: any number of machines, each a native
//! document that is a pure function of the seed, the machine's number and the day.
//!
//! A fleet is made of *cohorts*: machines that were set up alike and are kept alike, some
//! large, most small. A cohort has a release of Windows, a pace at which it installs
//! updates, and the list of what it installed; its machines differ by who is a day or two
//! ahead, by who has not reported for long, and by all that no rule reads.
//!
//! Updates, revisions and versions are public facts of January 2022 to June 2026. Day 0 is
//! a week after the updates of June 2026, so that their rollout is under way: on the
//! days that follow, each cohort installs them when its ring does.
//!
//! ```
//! use kbgap_generate::{Fleet, Generator};
//!
//! let generator = Generator::new(Fleet::new(7));
//! let mut lines = Vec::new();
//! for number in 0..10 {
//!     generator.write(number, 0, &mut lines);
//! }
//! assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 10);
//! ```

mod calendar;
mod cohort;
mod document;
mod machine;
mod pace;
mod random;
mod tables;
mod text;

use jiff::civil::{Date, date};

use calendar::{Dates, Day, day_of};
use machine::Machine;
use tables::{Programs, Windows};

/// The most days after day 0 for which there are documents.
pub const LAST_DAY: u32 = 1_000;
/// The highest number of a machine: a thousand million.
pub const LAST_NUMBER: u64 = 1_000_000_000;
/// Dates of day 0 for which there are documents.
pub const DATES: (Date, Date) = (date(2023, 1, 1), date(2027, 1, 1));

/// Patch states of 1,000,000 machines unless told.
const STATES: u32 = 20_000;

/// Which fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// Another seed gives another fleet.
    pub seed: u64,
    /// About how many patch states 1,000,000 of its machines have.
    pub states: u32,
    /// The date of day 0, as `seenAt` tells it; within [`DATES`].
    pub as_of: Date,
}

impl Fleet {
    /// The fleet of a seed with 20,000 patch states, seen when its updates were new.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            states: STATES,
            as_of: date(2026, 6, 16),
        }
    }
}

/// Writes the documents of a fleet.
#[derive(Debug)]
pub struct Generator {
    seed: u64,
    cohorts: u32,
    windows: Windows,
    programs: Programs,
    in_house: Vec<Box<[u8]>>,
    dates: Dates,
    /// Day 0, as updates see it.
    zero: Day,
    /// Day 0, as `seenAt` tells it.
    start: Day,
}

impl Generator {
    /// Reads the tables.
    #[must_use]
    pub fn new(fleet: Fleet) -> Self {
        Self {
            seed: fleet.seed,
            cohorts: cohorts(fleet.states),
            windows: Windows::read(),
            programs: Programs::read(),
            in_house: document::in_house(),
            dates: Dates::new(),
            zero: calendar::day_zero(),
            start: day_of(fleet.as_of),
        }
    }

    /// Appends the document of a machine on a day, and the end of its line.
    pub fn write(&self, number: u64, day: u32, out: &mut Vec<u8>) {
        let day = Day::try_from(day.min(LAST_DAY)).unwrap_or_default();
        if let Some(mut machine) = Machine::of(self, number.min(LAST_NUMBER), day) {
            self.write_document(&mut machine, out);
        }
    }

    /// The id of a machine on a day: another one when the device was replaced.
    #[must_use]
    pub fn id(&self, number: u64, day: u32) -> String {
        let day = Day::try_from(day.min(LAST_DAY)).unwrap_or_default();
        let mut id = Vec::with_capacity(40);
        if let Some(machine) = Machine::of(self, number.min(LAST_NUMBER), day) {
            document::write_id(machine.key, &mut id);
        }
        String::from_utf8(id).unwrap_or_default()
    }
}

/// Patch states of 1,000,000 machines, and the cohorts that have so many. States are more,
/// since machines are ahead, behind and silent; and not each cohort has a machine.
const MEASURED: [(u32, u32); 8] = [
    (0, 0),
    (730, 60),
    (5_050, 571),
    (21_260, 5_714),
    (35_320, 14_285),
    (52_900, 28_571),
    (83_200, 57_142),
    (200_000, 190_000),
];

/// The names of all device groups, the largest first.
pub fn groups() -> impl Iterator<Item = String> {
    (0..machine::GROUPS).map(|group| {
        let (site, department) = document::group(group);
        format!("{site} {department}")
    })
}

/// How many cohorts have so many states, between what was measured.
fn cohorts(states: u32) -> u32 {
    let above = MEASURED.partition_point(|(measured, _)| *measured < states);
    let above = above.clamp(1, MEASURED.len() - 1);
    let ((low, from), (high, to)) = (MEASURED[above - 1], MEASURED[above]);
    let steep = u64::from(to - from) * u64::from(states - low) / u64::from(high - low);
    from.saturating_add(u32::try_from(steep).unwrap_or(u32::MAX))
        .max(1)
}
