//! `kbgap app`.

use std::path::Path;

use kbgap_auth::{ClientSecret, random_guid};
use kbgap_server::Clock;
use kbgap_store::{App, Store};
use serde::Serialize;

use crate::args::{Format, OutputFormat};
use crate::commands::{open_store, tenant};
use crate::output::{print, print_json, table};

/// What is shown of a new application, once.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewApp {
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) roles: Vec<String>,
}

pub(crate) async fn create(
    data_dir: &Path,
    name: &str,
    roles: &[&str],
    format: Format,
) -> anyhow::Result<()> {
    let store = open_store(data_dir)?;
    let app = register(store.as_ref(), name, roles).await?;
    match format.format {
        OutputFormat::Json => print_json(&app),
        OutputFormat::Table => print(&format!(
            "tenant id:     {}\nclient id:     {}\nclient secret: {}\nroles:         {}\n\
             The secret is shown this once and cannot be recovered.\n",
            app.tenant_id,
            app.client_id,
            app.client_secret,
            app.roles.join(", ")
        )),
    }
}

/// Registers an application in the default tenant.
pub(crate) async fn register(
    store: &dyn Store,
    name: &str,
    roles: &[&str],
) -> anyhow::Result<NewApp> {
    anyhow::ensure!(!name.trim().is_empty(), "the application needs a name");
    let mut known: Vec<String> = Vec::new();
    for role in roles {
        if !known.iter().any(|k| k == role) {
            known.push((*role).to_owned());
        }
    }
    let secret = ClientSecret::random()?;
    let app = App {
        tenant: tenant(store).await?,
        client_id: random_guid()?,
        name: name.trim().to_owned(),
        secret_sha256: secret.sha256(),
        roles: known,
        created_at_ms: Clock::default().now_ms(),
    };
    store.create_app(app.clone()).await?;
    Ok(NewApp {
        tenant_id: app.tenant,
        client_id: app.client_id,
        client_secret: secret.reveal().to_owned(),
        roles: app.roles,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedApp {
    client_id: String,
    name: String,
    roles: Vec<String>,
}

pub(crate) async fn list(data_dir: &Path, format: Format) -> anyhow::Result<()> {
    let store = open_store(data_dir)?;
    let tenant = tenant(store.as_ref()).await?;
    let apps: Vec<ListedApp> = store
        .apps(&tenant)
        .await?
        .into_iter()
        .map(|app| ListedApp {
            client_id: app.client_id,
            name: app.name,
            roles: app.roles,
        })
        .collect();
    match format.format {
        OutputFormat::Json => print_json(&apps),
        OutputFormat::Table => print(&table(
            ["Client id", "Name", "Roles"],
            apps.into_iter()
                .map(|app| [app.client_id, app.name, app.roles.join(", ")]),
        )),
    }
}

pub(crate) async fn delete(data_dir: &Path, client_id: &str) -> anyhow::Result<()> {
    let store = open_store(data_dir)?;
    let tenant = tenant(store.as_ref()).await?;
    anyhow::ensure!(
        store.delete_app(&tenant, client_id).await?,
        "there is no application `{client_id}` (see `kbgap app list`)"
    );
    Ok(())
}
