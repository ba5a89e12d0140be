//! The rows of the store.

use std::net::IpAddr;

use crate::PackedBody;

/// A feed document without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedHead {
    /// The vendor's id, for instance `2020-Mar`.
    pub id: String,
    /// The kind of document, for instance `cvrf`.
    pub kind: String,
    /// When it was released, in the words of whoever wrote it.
    pub current_release: String,
    /// Its revision number as written.
    pub revision: String,
    /// A hash of its content.
    pub content_hash: [u8; 32],
    /// How many vulnerabilities it lists.
    pub vulnerabilities: u32,
    /// How many fixes it lists.
    pub fixes: u32,
}

/// A feed document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedDocument {
    /// What is known of it without reading it.
    pub head: FeedHead,
    /// The encoded document.
    pub body: Vec<u8>,
}

/// What a machine reported, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineReport {
    /// The device id.
    pub id: String,
    /// The host's name.
    pub computer_dns_name: String,
    /// When it was seen, in milliseconds since 1970.
    pub seen_at_ms: i64,
    /// A hash of what was reported, without the time.
    pub content_hash: [u8; 32],
    /// The encoded report.
    pub body: PackedBody,
    /// The device group that the report names; it has a number from then on. Only
    /// written: [`MachineMeta::group_id`] is what is read.
    pub group: Option<String>,
    /// The addresses under which it was seen. Only written: [`Store::seen_at_address`](crate::Store::seen_at_address)
    /// tells who had one.
    pub addresses: Vec<IpAddr>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The machine is new.
    Created,
    /// It reports something else than before.
    Changed,
    /// It reports what it did before; only the time moved.
    Unchanged,
    /// A newer report is stored; this one was ignored.
    Stale,
}

/// What became of reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The last place in the order of changes before. Whoever has followed until there
    /// and enters these reports knows all until [`after`](Self::after).
    pub before: u64,
    /// The last place now.
    pub after: u64,
    /// What became of each report.
    pub machines: Vec<Stored>,
}

impl Put {
    /// What became of each report, in a word.
    pub fn outcomes(&self) -> impl Iterator<Item = PutOutcome> {
        self.machines.iter().map(|stored| stored.outcome)
    }
}

/// What became of a report, and what is kept of its machine beside it: of a stale one as
/// before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What became of it.
    pub outcome: PutOutcome,
    /// What is kept beside it.
    pub meta: MachineMeta,
}

/// What is kept of a machine beside its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineMeta {
    /// Its place in the order of changes.
    pub sequence: u64,
    /// When it was first seen, in milliseconds since 1970.
    pub first_seen_ms: i64,
    /// The number of its device group; 0 for none.
    pub group_id: i32,
    /// What somebody says it is worth; empty where nobody does.
    pub device_value: String,
    /// What was done to its tags.
    pub tags: TagEdits,
}

/// By which a copy of a tenant's machines is known to be whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// The tenant.
    pub tenant: String,
    /// How many machines it has.
    pub machines: u64,
    /// The sum of their places in the order of changes, modulo 2^64.
    pub sequence_sum: u64,
}

/// A stored machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineRow {
    /// Its newest report.
    pub report: MachineReport,
    /// What is kept beside it.
    pub meta: MachineMeta,
}

/// What somebody did to the tags of a machine. The tags that it reports are not
/// touched by it: they come back with each report, and these count on top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagEdits {
    /// Tags that were added, in order.
    pub added: Vec<String>,
    /// Tags that were removed, and stay away although the machine reports them.
    pub removed: Vec<String>,
}

/// A change to what is kept of a machine beside its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineEdit {
    /// A tag is added.
    AddTag(String),
    /// A tag is removed.
    RemoveTag(String),
    /// It is worth this from now on.
    DeviceValue(String),
}

impl TagEdits {
    /// Adds a tag.
    pub fn add(&mut self, tag: &str) {
        self.removed.retain(|t| t != tag);
        if !self.added.iter().any(|t| t == tag) {
            self.added.push(tag.to_owned());
        }
    }

    /// Removes a tag.
    pub fn remove(&mut self, tag: &str) {
        self.added.retain(|t| t != tag);
        if !self.removed.iter().any(|t| t == tag) {
            self.removed.push(tag.to_owned());
        }
    }

    /// The tags of a machine that reports `reported`: in order, each once.
    #[must_use]
    pub fn apply(&self, reported: &[String]) -> Vec<String> {
        let mut tags: Vec<String> = reported.iter().chain(&self.added).cloned().collect();
        tags.retain(|t| !self.removed.contains(t));
        tags.sort();
        tags.dedup();
        tags
    }

    /// A tag a line. Tags hold no control characters.
    pub(crate) fn encode(&self) -> String {
        let added = self.added.iter().map(|tag| format!("+{tag}\n"));
        added
            .chain(self.removed.iter().map(|tag| format!("-{tag}\n")))
            .collect()
    }

    pub(crate) fn decode(text: &str) -> Self {
        let with = |sign| {
            text.lines()
                .filter_map(move |line| line.strip_prefix(sign))
                .map(str::to_owned)
                .collect()
        };
        Self {
            added: with('+'),
            removed: with('-'),
        }
    }
}

/// A remediation task, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTask {
    /// Its id.
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// The encoded task.
    pub body: Vec<u8>,
}

/// A step of the change feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineChange {
    /// The machine is new, or was seen or changed.
    Put {
        /// Its tenant.
        tenant: String,
        /// The machine as it is now.
        machine: Box<MachineRow>,
    },
    /// The machine was removed.
    Removed {
        /// Its tenant.
        tenant: String,
        /// The device id.
        id: String,
        /// The place in the order of changes.
        sequence: u64,
    },
}

impl MachineChange {
    /// The place in the order of changes.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        match self {
            Self::Put { machine, .. } => machine.meta.sequence,
            Self::Removed { sequence, .. } => *sequence,
        }
    }
}

/// A registered application.
#[derive(Clone, PartialEq, Eq)]
pub struct App {
    /// The tenant.
    pub tenant: String,
    /// The client id.
    pub client_id: String,
    /// A name to know it by.
    pub name: String,
    /// SHA-256 of its secret.
    pub secret_sha256: [u8; 32],
    /// Its application permissions.
    pub roles: Vec<String>,
    /// When it was registered, in milliseconds since 1970.
    pub created_at_ms: i64,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("tenant", &self.tenant)
            .field("client_id", &self.client_id)
            .field("name", &self.name)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}
