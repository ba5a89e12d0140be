//! Numbers that look drawn and are computed: the same seed gives the same ones on
//! every machine and in every version of every library.

/// A stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Stream(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Stream {
    /// The stream of a thing: `what` keeps those of one seed apart.
    pub(crate) const fn new(seed: u64, what: u64) -> Self {
        Self(mix(seed ^ mix(what)))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// From 0 up to and without 1.
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.next())
    }

    /// From 0 up to and without `bound`.
    pub(crate) const fn below(&mut self, bound: u32) -> u32 {
        below(self.next(), bound)
    }

    /// From `low` to `high`, both of them too.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below(low.abs_diff(high) + 1).cast_signed()
    }

    /// True so many times in a hundred.
    pub(crate) const fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

/// A one-to-one mapping of 64 bits in which each bit depends on all.
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number below a bound, from the upper half of a drawn one.
pub(crate) const fn below(drawn: u64, bound: u32) -> u32 {
    (((drawn >> 32) * bound as u64) >> 32) as u32
}

#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn unit(drawn: u64) -> f64 {
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}

/// The index of one of `count` things of very different weight: of 200, the first has a
/// sixth of all, each of the last few a thousandth or two.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to a number of 32 bits"
)]
pub(crate) fn skewed(unit: f64, count: u32) -> u32 {
    (f64::from(count) * unit.powi(3)) as u32
}
