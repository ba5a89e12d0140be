//! `kbgap osquery`: secrets by which hosts enroll, and the hosts that did.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;
use kbgap_auth::{ClientSecret, random_guid};
use kbgap_server::Clock;
use kbgap_store::{EnrollSecret, Node, Store};
use serde::Serialize;

use crate::args::{Format, NodeCommand, OsqueryCommand, OutputFormat, SecretCommand};
use crate::commands::{open_store, tenant};
use crate::output::{print, print_json, table};

pub(crate) async fn run(data_dir: &Path, command: OsqueryCommand) -> anyhow::Result<()> {
    let store = open_store(data_dir)?;
    let store = store.as_ref();
    let tenant = tenant(store).await?;
    match command {
        OsqueryCommand::Secret(SecretCommand::Create { name, format }) => {
            create_secret(store, tenant, &name, format).await
        }
        OsqueryCommand::Secret(SecretCommand::List { format }) => {
            list_secrets(store, &tenant, format).await
        }
        OsqueryCommand::Secret(SecretCommand::Delete { id }) => {
            anyhow::ensure!(
                store.delete_enroll_secret(&tenant, &id).await?,
                "there is no secret `{id}` (see `kbgap osquery secret list`)"
            );
            Ok(())
        }
        OsqueryCommand::Node(NodeCommand::List { format }) => {
            list_nodes(store, &tenant, format).await
        }
        OsqueryCommand::Node(NodeCommand::Delete { host }) => {
            anyhow::ensure!(
                store.delete_node(&tenant, &host).await?,
                "there is no host `{host}` (see `kbgap osquery node list`)"
            );
            Ok(())
        }
    }
}

/// What is shown of a new secret, once.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewSecret {
    id: String,
    name: String,
    secret: String,
}

async fn create_secret(
    store: &dyn Store,
    tenant: String,
    name: &str,
    format: Format,
) -> anyhow::Result<()> {
    anyhow::ensure!(!name.trim().is_empty(), "the secret needs a name");
    let secret = ClientSecret::random()?;
    let stored = EnrollSecret {
        tenant,
        id: random_guid()?,
        name: name.trim().to_owned(),
        sha256: secret.sha256(),
        created_at_ms: Clock::default().now_ms(),
    };
    store.create_enroll_secret(stored.clone()).await?;
    let shown = NewSecret {
        id: stored.id,
        name: stored.name,
        secret: secret.reveal().to_owned(),
    };
    match format.format {
        OutputFormat::Json => print_json(&shown),
        OutputFormat::Table => print(&format!(
            "id:     {}\nname:   {}\nsecret: {}\n\
             The secret is shown this once and cannot be recovered: write it to the file that \
             --enroll_secret_path names.\n",
            shown.id, shown.name, shown.secret
        )),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedSecret {
    id: String,
    name: String,
    created_at: String,
}

async fn list_secrets(store: &dyn Store, tenant: &str, format: Format) -> anyhow::Result<()> {
    let secrets = store.enroll_secrets(tenant).await?.into_iter();
    let secrets: Vec<ListedSecret> = secrets
        .map(|secret| ListedSecret {
            id: secret.id,
            name: secret.name,
            created_at: time(secret.created_at_ms),
        })
        .collect();
    match format.format {
        OutputFormat::Json => print_json(&secrets),
        OutputFormat::Table => print(&table(
            ["Id", "Name", "Created"],
            secrets.into_iter().map(|s| [s.id, s.name, s.created_at]),
        )),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedNode {
    host_identifier: String,
    name: String,
    platform: String,
    osquery_version: String,
    /// `null` where the host is none of Windows, or has not told its Windows yet.
    machine_id: Option<String>,
    enrolled_at: String,
    seen_at: String,
    /// Whether it is assessed, or why not.
    state: &'static str,
}

impl ListedNode {
    /// `is_shared` tells whether another host makes the same machine.
    fn of(node: Node, is_shared: bool) -> Self {
        let enrollment = node.enrollment;
        let is_windows = enrollment.platform.eq_ignore_ascii_case("windows");
        let state = match (&node.machine_id, is_windows) {
            (Some(_), _) if is_shared => "reports, and so does another host of the same name",
            (Some(_), _) => "reports",
            (None, true) => "has not told its Windows yet",
            (None, false) => "not assessed: no Windows",
        };
        Self {
            host_identifier: enrollment.host_identifier,
            name: enrollment.name,
            platform: enrollment.platform,
            osquery_version: enrollment.agent_version,
            machine_id: node.machine_id,
            enrolled_at: time(enrollment.at_ms),
            seen_at: time(node.seen_at_ms),
            state,
        }
    }
}

async fn list_nodes(store: &dyn Store, tenant: &str, format: Format) -> anyhow::Result<()> {
    let nodes = store.nodes(tenant).await?;
    let mut hosts_of: HashMap<String, usize> = HashMap::new();
    for id in nodes.iter().filter_map(|node| node.machine_id.as_ref()) {
        *hosts_of.entry(id.clone()).or_default() += 1;
    }
    let is_shared = |node: &Node| {
        let hosts = node.machine_id.as_ref().and_then(|id| hosts_of.get(id));
        hosts.is_some_and(|hosts| *hosts > 1)
    };
    let nodes = nodes.into_iter().map(|node| {
        let is_shared = is_shared(&node);
        ListedNode::of(node, is_shared)
    });
    let nodes: Vec<ListedNode> = nodes.collect();
    match format.format {
        OutputFormat::Json => print_json(&nodes),
        OutputFormat::Table => print(&table(
            [
                "Host identifier",
                "Name",
                "Platform",
                "osquery",
                "Seen",
                "State",
            ],
            nodes.into_iter().map(|node| {
                [
                    node.host_identifier,
                    node.name,
                    node.platform,
                    node.osquery_version,
                    node.seen_at,
                    node.state.to_owned(),
                ]
            }),
        )),
    }
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |time| time.to_string())
}
