//! The rows of the history of exposure.

/// A hash of a list of findings.
pub type SetHash = [u8; 32];

/// A list of findings under its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingSet {
    /// The hash of what the body says, whatever way it is packed.
    pub hash: SetHash,
    /// The encoded list.
    pub body: Vec<u8>,
}

/// What a machine was vulnerable to from one moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The device id.
    pub machine_id: String,
    /// Its place in the order of all exposures, which the store gives.
    pub sequence: u64,
    /// 1 for the first of the machine, then one more each.
    pub number: u64,
    /// When it was recorded, in milliseconds since 1970.
    pub at_ms: i64,
    /// When the machine had been seen last then.
    pub seen_at_ms: i64,
    /// What the machine was vulnerable to.
    pub set_hash: SetHash,
    /// Since when, finding by finding, encoded.
    pub first_seen: Vec<u8>,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    /// By what the machine was judged.
    pub judged: Judged,
}

/// By what a machine was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// All that the result depends on, hashed.
    pub fingerprint: i64,
    /// The feed generation; of a machine's newest exposure the one under which it was
    /// last found to hold, see [`Store::judged_all`](crate::Store::judged_all).
    pub feed: u64,
    /// The machine's place in the order of changes.
    pub sequence: u64,
}

/// What is to be recorded of machines of one tenant: all or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExposureBatch {
    /// When it is recorded, in milliseconds since 1970.
    pub at_ms: i64,
    /// One step for each machine.
    pub steps: Vec<ExposureStep>,
    /// Lists that the steps name, of which the store may not know yet.
    pub sets: Vec<FindingSet>,
    /// CVEs with the time, in milliseconds since 1970, since when some machine has them.
    pub detected: Vec<(String, i64)>,
}

/// What is to be recorded of one machine: an exposure that follows its newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposureStep {
    /// The place of the one that it follows; 0 where it is the first.
    pub follows: u64,
    /// The device id.
    pub machine_id: String,
    /// 1 for the first of the machine, then one more each.
    pub number: u64,
    /// When the machine was seen last.
    pub seen_at_ms: i64,
    /// What the machine is vulnerable to.
    pub set_hash: SetHash,
    /// Since when, finding by finding, encoded.
    pub first_seen: Vec<u8>,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    /// By what the machine was judged.
    pub judged: Judged,
}

/// What became of a batch: it is taken as a whole or not at all, since what it says was
/// detected is by all of its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What became of each step.
    pub outcomes: Vec<StepOutcome>,
    /// The last place that an exposure had before.
    pub before: u64,
    /// The last place that an exposure has now.
    pub after: u64,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It was taken, and so were all others of its batch.
    Taken,
    /// It could be taken, but another one of its batch could not.
    Held,
    /// Somebody else recorded something in between.
    Overtaken,
    /// The machine is no more.
    Gone,
    /// The store does not have the list that it names.
    Unlisted,
}

/// An exposure with the one that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposureChange {
    /// The exposure.
    pub now: Exposure,
    /// The name of its device group.
    pub group: Option<String>,
    /// The one before, with the name of its group; `None` for the first.
    pub before: Option<(Exposure, Option<String>)>,
}

/// When a CVE was first seen on any machine of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// The tenant.
    pub tenant: String,
    /// The CVE.
    pub cve: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}
