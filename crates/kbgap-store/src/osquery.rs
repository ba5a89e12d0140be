//! Hosts that report by osquery.

use std::fmt;

use async_trait::async_trait;

use crate::{PackedBody, StoreError};

/// By which hosts may enroll.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrollSecret {
    /// The tenant of the hosts.
    pub tenant: String,
    /// Its id.
    pub id: String,
    /// A name to know it by.
    pub name: String,
    /// SHA-256 of the secret.
    pub sha256: [u8; 32],
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
}

impl fmt::Debug for EnrollSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrollSecret")
            .field("tenant", &self.tenant)
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a host says of itself when it enrolls, with the key that it gets.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrollment {
    /// The tenant of the secret that it showed.
    pub tenant: String,
    /// By what it is known: a host that comes again is the same node.
    pub host_identifier: String,
    /// SHA-256 of its key.
    pub key_sha256: [u8; 32],
    /// Its platform, such as `windows`.
    pub platform: String,
    /// Its name; empty where it says none.
    pub name: String,
    /// The version of its osquery; empty where it says none.
    pub agent_version: String,
    /// When it enrolls, in milliseconds since 1970.
    pub at_ms: i64,
}

impl fmt::Debug for Enrollment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrollment")
            .field("tenant", &self.tenant)
            .field("host_identifier", &self.host_identifier)
            .field("platform", &self.platform)
            .finish_non_exhaustive()
    }
}

/// A host that has enrolled.
#[derive(Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number among all nodes.
    pub number: i64,
    /// What it said when it enrolled last.
    pub enrollment: Enrollment,
    /// The id of its machine, where it has made one.
    pub machine_id: Option<String>,
    /// When it told rows last, or enrolled, in milliseconds since 1970.
    pub seen_at_ms: i64,
    /// Grows with each change.
    pub version: i64,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("number", &self.number)
            .field("enrollment", &self.enrollment)
            .field("machine_id", &self.machine_id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What a query of a node told last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeTable {
    /// The name of the query.
    pub query: String,
    /// Whether the rows should be asked for anew.
    pub is_lacking: bool,
    /// The encoded rows.
    pub body: PackedBody,
}

/// What changes of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUpdate {
    /// Its number.
    pub number: i64,
    /// The version of which it is a change.
    pub version: i64,
    /// The id of its machine from now on.
    pub machine_id: Option<String>,
    /// When it told something, in milliseconds since 1970.
    pub seen_at_ms: i64,
    /// The tables that change.
    pub tables: Vec<NodeTable>,
}

/// What every store keeps of hosts that report by osquery; durable as all that a
/// [`Store`](crate::Store) acknowledges.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Stores a secret by which hosts may enroll.
    async fn create_enroll_secret(&self, secret: EnrollSecret) -> Result<(), StoreError>;

    /// The secret with this SHA-256.
    async fn enroll_secret(&self, sha256: [u8; 32]) -> Result<Option<EnrollSecret>, StoreError>;

    /// The secrets of a tenant, by name.
    async fn enroll_secrets(&self, tenant: &str) -> Result<Vec<EnrollSecret>, StoreError>;

    /// Removes a secret; `false` where there is none. Who has enrolled by it stays.
    async fn delete_enroll_secret(&self, tenant: &str, id: &str) -> Result<bool, StoreError>;

    /// Enrolls a host. One that comes again is the same node, keeps its tables and gets the
    /// new key in place of the one before. `false` where the host is new and its tenant has
    /// `most` nodes or more: nothing is stored then.
    async fn enroll_node(&self, node: Enrollment, most: u64) -> Result<bool, StoreError>;

    /// The node whose key has this SHA-256.
    async fn node(&self, key_sha256: [u8; 32]) -> Result<Option<Node>, StoreError>;

    /// The nodes of a tenant, by host identifier.
    async fn nodes(&self, tenant: &str) -> Result<Vec<Node>, StoreError>;

    /// Removes a node with its tables; `false` where there is none. Its machine stays.
    async fn delete_node(&self, tenant: &str, host_identifier: &str) -> Result<bool, StoreError>;

    /// What the queries of a node told last, by query.
    async fn node_tables(&self, number: i64) -> Result<Vec<NodeTable>, StoreError>;

    /// The queries of a node that told something, and whether each should be asked anew.
    async fn node_queries(&self, number: i64) -> Result<Vec<(String, bool)>, StoreError>;

    /// Changes a node and its tables: all or nothing. `false` where somebody else has
    /// changed it since it was read, or removed it.
    async fn update_node(&self, update: NodeUpdate) -> Result<bool, StoreError>;
}
