//! `kbgap token`.

use std::path::Path;

use kbgap_auth::{DEFAULT_AUDIENCES, Grant, Issuer, SigningKey, random_guid};
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
    roles: &[&str],
    scopes: &[&str],
) -> anyhow::Result<String> {
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let (roles, scopes) = (owned(roles), owned(scopes));
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
