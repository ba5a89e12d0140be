//! `kbgap demo`: a server with a sample feed and fleet in a temporary folder.
//!
//! The feed is one month, `demo/2020-Mar.xml`: the public facts of March 2020 about
//! two releases of Windows 10. The fleet is described in `demo/fleet.tsv` and goes
//! the way of every report. The server's clock is set to that month, since
//! machines that were not seen for 30 days no longer count.

use std::path::Path;
use std::time::Duration;

use kbgap_inventory::native;
use kbgap_server::feed::{ImportOptions, import};
use kbgap_server::{Clock, Config, RateLimits, Server, new_machine};
use kbgap_store::Store;
use kbgap_store::sqlite::SqliteStore;

use crate::args::DemoArgs;
use crate::commands::{app, serve, tenant, token};
use crate::output::{note, print};

const FEED: &str = include_str!("../demo/2020-Mar.xml");
const FLEET: &str = include_str!("../demo/fleet.tsv");
/// 25 March 2020, 12:00 UTC.
const NOW_MS: i64 = 1_585_137_600_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;

pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let interrupted = serve::interruption()?;
    let folder = tempfile::Builder::new().prefix("kbgap-demo-").tempdir()?;
    let clock = Clock::set_to(NOW_MS);
    fill(folder.path()).await?;

    let config = Config {
        listen: args.listen,
        // Who tries things out should not be told to wait.
        rate_limits: RateLimits::off(),
        ..Config::default()
    };
    let server = Server::start(folder.path(), config, clock).await?;
    let store = server.store();
    // Everything is to be tried.
    let roles = kbgap_auth::ROLES;
    let app = app::register(store.as_ref(), "demo", &roles).await?;
    let token = token::issue(store.as_ref(), &roles, &[]).await?;
    let address = server.url()?;
    print(&format!(
        "kbgap demo: 300 Windows 10 machines in March 2020\n\n\
         address:       {address}\n\
         tenant id:     {}\n\
         client id:     {}\n\
         client secret: {}\n\
         token:\n{token}\n\n\
         Try:\n\
         curl -H \"Authorization: Bearer {token}\" {address}/api/Software/microsoft-_-edge/getmissingkbs\n\n\
         In a browser: {address}/api/docs\n\n\
         Ctrl-C ends it and removes its data.\n",
        app.tenant_id, app.client_id, app.client_secret
    ))?;
    server.run(interrupted).await;
    // A request that was under way may hold a file for a moment.
    for _ in 0..20 {
        if std::fs::remove_dir_all(folder.path()).is_ok() || !folder.path().exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    note("kbgap demo has ended; its data is gone.");
    Ok(())
}

/// Imports the sample feed and fleet.
async fn fill(folder: &Path) -> anyhow::Result<()> {
    let store = SqliteStore::open(&folder.join("kbgap.db"))?;
    let file = folder.join("2020-Mar.xml");
    std::fs::write(&file, FEED)?;
    let quiet = |_: usize, _: usize| {};
    tokio::task::block_in_place(|| {
        let import = import(
            &store,
            folder,
            vec![file.clone()],
            ImportOptions::default(),
            &quiet,
        );
        tokio::runtime::Handle::current().block_on(import)
    })?;
    std::fs::remove_file(file)?;
    let tenant = tenant(&store).await?;
    let mut machines = Vec::new();
    for document in fleet()? {
        machines.push(new_machine(&native::machine(&document)?, NOW_MS)?);
    }
    store.put_machines(&tenant, machines).await?;
    Ok(())
}

/// The fleet as native documents.
fn fleet() -> anyhow::Result<Vec<String>> {
    let mut documents = Vec::new();
    for line in FLEET
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[group, count, version, kbs] = &columns[..] else {
            anyhow::bail!(
                "the sample fleet has a line of {} columns: {line}",
                columns.len()
            );
        };
        for _ in 0..count.parse::<usize>()? {
            let number = documents.len() + 1;
            let seen_at = NOW_MS - i64::try_from(number % 48)? * HOUR_MS;
            let seen_at = jiff::Timestamp::from_millisecond(seen_at)?;
            let document = serde_json::json!({
                "computerDnsName": format!("pc-{number:03}.contoso.com"),
                "os": {"platform": "Windows10", "version": version, "architecture": "x64", "installationType": "Client"},
                "installedKbs": kbs.split(',').collect::<Vec<_>>(),
                "group": group,
                "seenAt": seen_at.to_string(),
            });
            documents.push(document.to_string());
        }
    }
    Ok(documents)
}
