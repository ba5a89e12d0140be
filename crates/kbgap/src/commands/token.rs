//! `kbgap token`.

use std::path::Path;

use kbgap_auth::{
    DEFAULT_AUDIENCES, Grant, Issuer, SigningKey, parse_role, parse_scope, random_guid,
};
use kbgap_server::{Clock, signing_key};
use kbgap_store::Store;

use crate::args::TokenArgs;
use crate::commands::{open_store, tenant};
use crate::output::print;

pub(crate) async fn run(data_dir: &Path, args: &TokenArgs) -> anyhow::Result<()> {
    let store = open_store(data_dir)?;
    let token = issue(store.as_ref(), &args.role, &args.scope).await?;
    print(&format!("{token}\n"))
}

/// Issues a token in the default tenant, for no registered application.
pub(crate) async fn issue(
    store: &dyn Store,
    roles: &[String],
    scopes: &[String],
) -> anyhow::Result<String> {
    let owned = |name: &'static str| name.to_owned();
    let roles = roles
        .iter()
        .map(|r| parse_role(r).map(owned))
        .collect::<Result<Vec<_>, _>>()?;
    let scopes = scopes
        .iter()
        .map(|s| parse_scope(s).map(owned))
        .collect::<Result<Vec<_>, _>>()?;
    let tenant = tenant(store).await?;
    let pkcs8 = signing_key(store)
        .await
        .map_err(|e| anyhow::anyhow!("no signing key: {e}"))?;
    let issuer = Issuer::new(SigningKey::from_pkcs8(&pkcs8)?, &[]);
    let app_id = random_guid()?;
    let grant = Grant {
        tenant: &tenant,
        app_id: &app_id,
        roles: &roles,
        scopes: &scopes,
        audience: DEFAULT_AUDIENCES[0],
    };
    Ok(issuer.issue(&grant, Clock::real_seconds())?)
}
