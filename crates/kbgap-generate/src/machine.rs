//! What is a machine's own: its name, its place, when it was seen.

use crate::Generator;
use crate::calendar::Day;
use crate::cohort::Cohort;
use crate::random::{Stream, below, mix, skewed};

/// A machine as of its last report.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    pub(crate) number: u64,
    /// How often the device behind the number was replaced.
    pub(crate) generation: u64,
    /// Another one for each device of the fleet.
    pub(crate) key: u64,
    pub(crate) cohort: Cohort<'a>,
    /// Days since day 0 at its last report; below 0 where that was before.
    pub(crate) seen: Day,
    /// Seconds of that day.
    pub(crate) second: u32,
    /// How many days it is behind others of its cohort.
    pub(crate) behind: Day,
    /// Of [`GROUPS`].
    pub(crate) group: u32,
    /// What remains to be drawn.
    pub(crate) stream: Stream,
}

/// Device groups.
pub(crate) const GROUPS: u32 = 200;

/// Devices are replaced after so many days, of which some are spent before day 0.
const LIFE: Day = 1_500;
/// Numbers of machines take the bits above those of the generation.
const GENERATION_BITS: u32 = 12;
/// What programs go by when they are updated, in days.
const PROGRAMS: Day = 45;

const MACHINE: u64 = 3;

impl<'a> Machine<'a> {
    pub(crate) fn of(generator: &'a Generator, number: u64, day: Day) -> Option<Self> {
        let age = below(mix(generator.seed ^ mix(number)), LIFE.unsigned_abs());
        let age = day.saturating_add_unsigned(age);
        let generation = u64::from((age / LIFE).unsigned_abs());
        let key = mix((number << GENERATION_BITS | generation) ^ mix(generator.seed));
        let cohort = Cohort::of(generator, key)?;
        let mut stream = Stream::new(key, MACHINE);
        let born = age % LIFE;
        let seen = last_seen(&mut stream, day, generation, born);
        let group = match stream.chance(50) {
            // Those who are set up alike often stand together.
            true => skewed(Stream::new(cohort.key, MACHINE).unit(), GROUPS),
            false => skewed(stream.unit(), GROUPS),
        };
        Some(Self {
            number,
            generation,
            key,
            cohort,
            seen,
            second: stream.below(24 * 60 * 60),
            behind: stream.between(0, 2),
            group,
            stream,
        })
    }

    /// How many rounds of updates its programs have seen since day 0.
    pub(crate) fn round(&mut self) -> i32 {
        (self.seen + self.stream.between(0, PROGRAMS - 1)).div_euclid(PROGRAMS)
    }
}

/// Days since day 0 at the last report: today for most.
fn last_seen(stream: &mut Stream, day: Day, generation: u64, born: Day) -> Day {
    let drawn = stream.below(1_000);
    let (from, to) = match drawn {
        0..870 => (0, 0),
        870..960 => (1, 3),
        960..985 => (4, 14),
        // Silent since before day 0, and for good.
        _ if generation == 0 => return -stream.between(31, 120),
        _ => (0, 0),
    };
    // Nobody reports before it was set up.
    day - stream.between(from, to).min(born)
}
