//! `kbgap serve`.

use std::path::Path;

use kbgap_server::{Clock, Config, Server};
use tracing_subscriber::EnvFilter;

use crate::args::ServeArgs;
use crate::output::note;

pub(crate) async fn run(data_dir: &Path, args: ServeArgs) -> anyhow::Result<()> {
    log();
    let mut config = match &args.config {
        Some(file) => Config::read(file)?,
        None => Config::default(),
    };
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    if args.public_url.is_some() {
        config.public_url = args.public_url;
    }
    config.check().map_err(anyhow::Error::msg)?;
    let server = Server::start(data_dir, config, Clock::default()).await?;
    note(&format!(
        "kbgap listens on {} (data in {})",
        server.url()?,
        data_dir.display()
    ));
    server.run(interruption()?).await;
    Ok(())
}

/// The log goes to stderr; `KBGAP_LOG` sets what is told.
pub(crate) fn log() {
    let filter = EnvFilter::try_from_env("KBGAP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// Ends on Ctrl-C or when the system asks. It listens from the call on, not from the
/// first wait: whoever is interrupted while starting can still clean up.
pub(crate) fn interruption() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
        Ok(async move { drop(ctrl_c.recv().await) })
    }
}
